"""Webhooks of the simulated Notion: every operation as its own type, lost, late or doubled as ordered, and signed."""

import json

import requests

from tests.sim.notion.conftest import Receiver
from tests.support.simulators.seeded_notion import CLIENT_ID, Notion, block, text


def _listen(notion: Notion, receiver: Receiver, **more) -> str:
    """Subscribe with merging on the simulator's clock only, and nothing delivered unless a test says so."""
    made = notion.control("/_subscriptions", {"url": receiver.url, "client_id": CLIENT_ID, **more})
    token = json.loads(receiver.taken.pop()[1])["verification_token"]
    notion.control(f"/_subscriptions/{made['id']}/verify", {"verification_token": token})
    notion.simulator.stop()
    notion.control("/_config", {"aggregation_s": 60})
    return str(made["id"])


def _delivered(notion: Notion, receiver: Receiver, after_s: float) -> list[dict]:
    receiver.taken.clear()
    notion.control("/_clock", {"offset_s": notion.simulator.offset.total_seconds() + after_s})
    notion.simulator.webhooks.deliver_due()
    return [json.loads(raw) for _, raw in receiver.taken]


def _types(events: list[dict]) -> set[str]:
    return {event["type"] for event in events}


def test_every_operation_is_told_as_its_own_type(notion: Notion, receiver: Receiver):
    notion.connect()
    _listen(notion, receiver)
    page, other = notion.page(), notion.page()
    database = notion.call("POST", "/v1/databases", {"parent": {"page_id": notion.home}}).json()
    source = database["data_sources"][0]["id"]
    view = {"database_id": database["id"], "data_source_id": source, "name": "v", "type": "list"}
    view_id = notion.call("POST", "/v1/views", view).json()["id"]
    comment = {"parent": {"page_id": page}, "rich_text": text("c")}
    comment_id = notion.call("POST", "/v1/comments", comment).json()["id"]
    made = _types(_delivered(notion, receiver, 61))
    assert made == {
        *("page.created", "page.content_updated", "database.created", "data_source.created"),
        *("view.created", "comment.created"),
    }
    second = notion.call("POST", "/v1/databases", {"parent": {"page_id": notion.home}}).json()["id"]
    _delivered(notion, receiver, 61)
    notion.append(page, block("paragraph"))
    notion.call("PATCH", f"/v1/pages/{page}", {"properties": {"title": {"title": text("T")}}})
    notion.call("PATCH", f"/v1/pages/{page}", {"is_locked": True})
    notion.call("PATCH", f"/v1/pages/{page}", {"is_locked": False})
    notion.call("POST", f"/v1/pages/{page}/move", {"parent": {"page_id": other}})
    notion.call("POST", "/v1/pages", {"parent": {"data_source_id": source}, "properties": {}})
    notion.call("PATCH", f"/v1/data_sources/{source}", {"properties": {"New": {"number": {}}}})
    notion.call("PATCH", f"/v1/data_sources/{source}", {"parent": {"database_id": second}})
    notion.call("PATCH", f"/v1/databases/{database['id']}", {"parent": {"page_id": other}})
    notion.call("PATCH", f"/v1/views/{view_id}", {"name": "w"})
    notion.call("PATCH", f"/v1/comments/{comment_id}", {"rich_text": text("d")})
    changed = _types(_delivered(notion, receiver, 61))
    assert changed == {
        *("page.content_updated", "page.properties_updated", "page.locked", "page.unlocked", "page.moved"),
        *("page.created", "data_source.content_updated", "data_source.schema_updated", "data_source.moved"),
        *("database.moved", "view.updated", "comment.updated"),
    }
    for flag in (True, False):
        notion.call("PATCH", f"/v1/pages/{page}", {"in_trash": flag})
        notion.call("PATCH", f"/v1/data_sources/{source}", {"in_trash": flag})
        notion.call("PATCH", f"/v1/databases/{second}", {"in_trash": flag})
        if flag:
            notion.call("DELETE", f"/v1/comments/{comment_id}")
            notion.call("DELETE", f"/v1/views/{view_id}")
    ended = _types(_delivered(notion, receiver, 61)) - {"page.content_updated"}
    assert ended == {
        *(f"{kind}.{what}" for kind in ("page", "database", "data_source") for what in ("deleted", "undeleted")),
        *("comment.deleted", "view.deleted"),
    }


def test_an_upload_is_told_to_its_own_connection_without_data(notion: Notion, receiver: Receiver):
    token = notion.connect()["access_token"]
    _listen(notion, receiver)
    notion.call("POST", "/v1/file_uploads", {"filename": "a.png"}, token=token)
    notion.call("POST", "/v1/file_uploads", {"filename": "b.png"})  # the internal connection's: no subscriber
    created = _delivered(notion, receiver, 1)
    expired = _delivered(notion, receiver, 3700)
    assert [(event["type"], "data" in event) for event in created + expired] == [
        ("file_upload.created", False),
        ("file_upload.expired", False),
    ]


def test_an_old_subscription_hears_of_databases_as_it_used_to(notion: Notion, receiver: Receiver):
    notion.connect()
    database = notion.call("POST", "/v1/databases", {"parent": {"page_id": notion.home}}).json()
    source = database["data_sources"][0]["id"]
    _listen(notion, receiver, api_version="2022-06-28")
    notion.call("PATCH", f"/v1/data_sources/{source}", {"properties": {"New": {"number": {}}}})
    (event,) = _delivered(notion, receiver, 61)
    assert (event["type"], event["entity"]["id"]) == ("database.schema_updated", database["id"])
    assert event["api_version"] == "2022-06-28"


def test_retries_wait_on_the_simulators_clock(notion: Notion, receiver: Receiver):
    notion.connect()
    _listen(notion, receiver)
    notion.control("/_config", {"retry_base_s": 600})
    receiver.statuses = [500] * 3
    notion.call("POST", "/v1/comments", {"parent": {"page_id": notion.home}, "rich_text": text("c")})
    attempts = [[e["attempt_number"] for e in _delivered(notion, receiver, s)] for s in (1, 590, 20, 1190, 20, 2400)]
    assert attempts == [[1], [], [2], [], [3], [4]]


def test_a_share_of_events_is_lost_late_or_doubled_the_same_for_the_same_seed(notion: Notion, receiver: Receiver):
    notion.connect()
    _listen(notion, receiver)
    notion.control("/_config", {"drop_share": 0.2, "duplicate_share": 0.3, "late_share": 0.5, "late_s": 300, "seed": 7})
    pages = [notion.page() for _ in range(40)]
    early = [e["entity"]["id"] for e in _delivered(notion, receiver, 61) if e["type"] == "page.created"]
    late = [e["entity"]["id"] for e in _delivered(notion, receiver, 301) if e["type"] == "page.created"]
    told = set(early) | set(late)
    assert not set(early) & set(late)
    assert 3 <= len(set(pages) - told) <= 16
    assert len(early) + len(late) > len(told)
    assert late


def test_a_new_token_signs_only_after_its_verification(notion: Notion, receiver: Receiver):
    notion.connect()
    subscription = _listen(notion, receiver)
    old = notion.simulator.state["subscriptions"][subscription]["verification_token"]
    requests.post(f"{notion.url}/_subscriptions/{subscription}/rotate", timeout=10)
    new = json.loads(receiver.taken.pop()[1])["verification_token"]
    assert new != old
    assert notion.simulator.state["subscriptions"][subscription]["verification_token"] == old
    assert "error" in notion.control(f"/_subscriptions/{subscription}/verify", {"verification_token": old})
    notion.control(f"/_subscriptions/{subscription}/verify", {"verification_token": new})
    assert notion.simulator.state["subscriptions"][subscription]["verification_token"] == new


def test_what_only_the_app_does_can_be_announced(notion: Notion, receiver: Receiver):
    notion.connect()
    page = notion.page()
    _listen(notion, receiver)
    kind = "page.transcription_block.transcript_deleted"
    data = {"target": {"id": page, "type": "page"}, "transcript_id": None}
    notion.control("/_announce", {"type": kind, "entity_id": page, "data": data})
    (event,) = _delivered(notion, receiver, 61)
    assert (event["type"], event["data"], event["authors"][0]["type"]) == (kind, data, "person")
