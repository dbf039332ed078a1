"""Conversations over the API: opened, continued, read and deleted by the key that began them, and by no other."""

from __future__ import annotations

from dataclasses import asdict

from shared.core.documents.places import Place
from shared.ports import Put
from tests.functions.conftest import MINE, OTHER, Service


def begun(service: Service, key: str = "owner") -> str:
    made = service.call("POST", "/v1/chats", key=key, json={})
    assert made.status_code == 201
    return str(made.json["id"])


def test_a_conversation_is_begun_continued_and_read(service: Service) -> None:
    service.waiting()
    chat = begun(service)
    shown = service.call("POST", f"/v1/chats/{chat}", json={"text": "approve", "message": "m-1"}).json
    assert [turn["role"] for turn in shown["turns"]] == ["user", "assistant"]
    assert shown["run"] == "run-waits"
    assert shown["turns"][1]["did"] == ""  # shown first
    done = service.call("POST", f"/v1/chats/{chat}", json={"text": "approve", "message": "m-2"}).json
    assert done["turns"][-1]["did"] == "approve"
    again = service.call("POST", f"/v1/chats/{chat}", json={"text": "approve", "message": "m-2"}).json
    assert again == done == service.call("GET", f"/v1/chats/{chat}").json
    assert [one["id"] for one in service.call("GET", "/v1/chats").json["chats"]] == [chat]
    loaded = service.deps.store.load_run(MINE, "run-waits")
    assert loaded is not None
    gate = next(step for step in loaded.run.steps if step.spec.gate)
    assert (gate.status.value, gate.output["via"]) == ("succeeded", "chat")


def test_nobody_else_sees_or_continues_it(service: Service) -> None:
    chat = begun(service)
    for key in ("admin", "member", "foreign owner"):
        assert service.call("GET", f"/v1/chats/{chat}", key=key).status_code == 404
        assert service.call("POST", f"/v1/chats/{chat}", key=key, json={"text": "approve"}).status_code == 404
        assert service.call("DELETE", f"/v1/chats/{chat}", key=key).status_code == 404
        assert service.call("GET", "/v1/chats", key=key).json["chats"] == []
    assert service.call("GET", f"/v1/chats/{chat}", key="viewer").status_code == 403
    assert service.call("GET", f"/v1/chats/{chat}").status_code == 200


def test_a_yes_reaches_no_other_tenants_run(service: Service) -> None:
    service.waiting(OTHER, "run-theirs")
    chat = begun(service)
    answer = service.call("POST", f"/v1/chats/{chat}", json={"text": "approve"}).json["turns"][-1]
    assert answer["text"] == "Nothing waits for a decision here."


def test_it_can_be_deleted(service: Service) -> None:
    chat = begun(service)
    assert service.call("DELETE", f"/v1/chats/{chat}").status_code == 200
    assert service.call("GET", f"/v1/chats/{chat}").status_code == 404


def test_a_page_that_notion_does_not_show_is_refused_in_words(service: Service) -> None:
    page = "11111111222243338444555555555555"
    refused = service.call("POST", "/v1/chats", json={"page": page})
    assert refused.status_code == 404
    assert "Share the page" in refused.json["way_out"]


def test_a_page_is_known_by_one_id_however_its_link_writes_it(service: Service) -> None:
    page = "11111111-2222-4333-8444-555555555555"  # as Notion returns it, and as runs name it
    service.deps.store.put(MINE, Put("map", page, asdict(Place(page, "page", "Guide"))))
    link = f"https://www.notion.so/Guide-{page.replace('-', '').upper()}?pvs=4"
    made = service.call("POST", "/v1/chats", json={"page": link, "project": link})
    assert (made.status_code, made.json["page"], made.json["project"], made.json["title"]) == (201, page, page, "Guide")


def test_a_project_that_notion_does_not_show_is_refused_in_words(service: Service) -> None:
    refused = service.call("POST", "/v1/chats", json={"project": "11111111222243338444555555555555"})
    assert (refused.status_code, "Share the page" in refused.json["way_out"]) == (404, True)


def test_another_text_under_a_name_is_a_conflict_and_text_nobody_sees_none_at_all(service: Service) -> None:
    chat = begun(service)
    assert service.call("POST", f"/v1/chats/{chat}", json={"text": "approve", "message": "m-1"}).status_code == 200
    other = service.call("POST", f"/v1/chats/{chat}", json={"text": "stop it", "message": "m-1"})
    assert (other.status_code, "message" in other.json["detail"]) == (409, True)
    unseen = service.call("POST", f"/v1/chats/{chat}", json={"text": "\u200b \n"})
    assert (unseen.status_code, "text" in unseen.json["detail"]) == (400, True)


def test_what_is_said_must_be_there(service: Service) -> None:
    chat = begun(service)
    for wrong, named in (({}, "text"), ({"text": ""}, "text"), ({"text": "a", "more": 1}, "more")):
        refused = service.call("POST", f"/v1/chats/{chat}", json=wrong)
        assert refused.status_code == 400
        assert named in refused.json["detail"]
