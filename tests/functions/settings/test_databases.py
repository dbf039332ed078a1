"""An owner's wish for databases is kept and ordered; what came of it is shown."""

from __future__ import annotations

from shared.app.workspace.workspace_databases import SETUP
from shared.ports import Put
from tests.functions.conftest import MINE, Service

PAGE = "11112222-3333-4444-5555-666677778888"


def test_nothing_is_there_before_anybody_asked(service: Service) -> None:
    found = service.call("GET", "/v1/databases").json
    assert (found["connected"], found["state"], found["databases"]) == (False, "not begun", [])
    assert found["connect_url"].endswith("/start?provider=notion")


def test_who_pasted_a_token_is_shown_the_command_for_a_new_one(service: Service) -> None:
    grant = {"status": "revoked", "access": "", "public": {"given": "token"}, "at": "2026-11-23T09:00:00+00:00"}
    service.deps.store.put(MINE, Put("grants", "notion", grant))
    found = service.call("GET", "/v1/databases").json
    assert (found["connected"], found["connect_url"]) == (False, "")
    assert found["connect_command"] == "workwright init notion"


def test_a_wish_is_kept_with_the_answers_given_before_and_ordered_each_time(service: Service) -> None:
    link = f"https://www.notion.so/acme/Home-{PAGE.replace('-', '')}?pvs=4"
    first = service.call("POST", "/v1/databases", json={"page": link, "answers": {"tasks": "*new"}})
    assert (first.status_code, first.json["state"]) == (200, "working")
    service.call("POST", "/v1/databases", json={"answers": {"tasks.Due": "*add"}, "adopt": {"runs": PAGE}})
    doc = service.deps.store.get(MINE, *SETUP)
    assert doc is not None
    assert doc.body["page"] == PAGE.replace("-", "")
    assert doc.body["answers"] == {"tasks": "*new", "tasks.Due": "*add"}
    assert doc.body["adopt"] == {"runs": PAGE.replace("-", "")}
    assert doc.body["number"] == 2


def test_questions_and_choices_are_shown_only_when_they_are_due(service: Service) -> None:
    question = {"key": "tasks", "text": "Use it?", "choices": [{"value": "*new", "label": "No"}]}
    body = {"state": "asking", "questions": [question], "pages": [{"id": "p", "title": "Home"}], "number": 1}
    service.deps.store.put(MINE, Put(*SETUP, body))
    found = service.call("GET", "/v1/databases", key="viewer").json
    assert (found["questions"], found["pages"]) == ([question], [])


def test_what_names_nothing_is_refused_by_its_field(service: Service) -> None:
    for body, field in (({"page": "my page"}, "page"), ({"adopt": {"tasks": "x"}}, "adopt")):
        answer = service.call("POST", "/v1/databases", json=body)
        assert answer.status_code == 400
        assert field in answer.json["detail"]
        assert answer.json["way_out"] != ""
    assert "its link as copied from Notion" in service.call("POST", "/v1/databases", json={"page": "x"}).json["way_out"]
    for body in ({"adopt": {"dreams": PAGE}}, {"answers": {"a": 1}}, {"answers": ["a"]}, {"page": "\ud800"}):
        assert service.call("POST", "/v1/databases", json=body).status_code == 400
