"""Webhooks: handshake, signature, envelope, authors, merging, retries, and what a killed simulator still owes."""

import hashlib
import hmac
import json
import subprocess
import sys

import pytest

from shared.local.simulators.notion.simulator import NotionSimulator
from shared.local.simulators.notion.webhooks import signature
from tests.sim.notion.conftest import Receiver, seed
from tests.support.simulators.seeded_notion import CLIENT_ID, Notion, block, text


def _subscribe(notion: Notion, receiver: Receiver) -> str:
    made = notion.control("/_subscriptions", {"url": receiver.url, "client_id": CLIENT_ID})
    token = json.loads(receiver.taken.pop()[1])["verification_token"]
    answer = notion.control(f"/_subscriptions/{made['id']}/verify", {"verification_token": token})
    assert answer == {"id": made["id"], "status": "active"}
    return token


def _events(receiver: Receiver) -> list[dict]:
    return [json.loads(raw) for _, raw in receiver.taken]


def test_the_published_vector():
    raw = b'{"id":"evt-1","type":"page.created"}'
    wanted = "sha256=9abc11387c409b0896ba6351866c9e544ad430f3d00f32abadd63291bd46d55e"
    assert signature("test-verification-token", raw) == wanted


def test_nothing_is_sent_before_the_right_token_is_pasted(notion: Notion, receiver: Receiver):
    notion.connect()
    made = notion.control("/_subscriptions", {"url": receiver.url, "client_id": CLIENT_ID})
    assert "error" in notion.control(f"/_subscriptions/{made['id']}/verify", {"verification_token": "guess"})
    notion.page()
    notion.simulator.webhooks.deliver_due()
    assert len(receiver.taken) == 1  # the handshake


def test_an_event_is_signed_and_says_who_where_and_for_whom(notion: Notion, receiver: Receiver):
    bot, token = notion.connect(), _subscribe(notion, receiver)
    ada = notion.seeded["people"][0]["id"]
    change = {"properties": {"title": {"title": text("New")}}}
    page = notion.page()
    receiver.wait(2)
    before = len(receiver.taken)
    order = {"person": "ada@example.test", "method": "PATCH", "path": f"/v1/pages/{page}", "body": change}
    assert notion.control("/_as_person", order)["id"] == page
    receiver.wait(before + 1)
    headers, raw = receiver.taken[-1]
    digest = hmac.new(token.encode(), raw, hashlib.sha256).hexdigest()
    assert headers["X-Notion-Signature"] == f"sha256={digest}"
    event = json.loads(raw)
    assert (event["type"], event["entity"]) == ("page.properties_updated", {"id": page, "type": "page"})
    assert event["data"] == {"parent": {"id": notion.home, "type": "page"}, "updated_properties": ["title"]}
    assert event["authors"] == [{"id": ada, "type": "person"}]
    assert event["accessible_by"] == [{"id": ada, "type": "person"}, {"id": bot["bot_id"], "type": "bot"}]
    assert (event["workspace_name"], event["attempt_number"]) == ("Demo", 1)


def test_frequent_events_merge_and_name_all_authors(notion: Notion, receiver: Receiver):
    notion.connect()
    page = notion.page()
    _subscribe(notion, receiver)
    notion.control("/_config", {"aggregation_s": 0.5})
    first = notion.append(page, block("paragraph", "a")).json()["results"][0]["id"]
    path, body = f"/v1/blocks/{page}/children", {"children": [block("paragraph", "b")]}
    order = {"person": "ben@example.test", "method": "PATCH", "path": path, "body": body}
    second = notion.control("/_as_person", order)["results"][0]["id"]
    receiver.wait(1)
    event = _events(receiver)[0]
    assert event["type"] == "page.content_updated"
    assert [changed["id"] for changed in event["data"]["updated_blocks"]] == [first, second]
    assert [author["type"] for author in event["authors"]] == ["bot", "person"]


def test_made_and_deleted_in_one_window_is_no_event_of_its_own(notion: Notion, receiver: Receiver):
    notion.connect()
    _subscribe(notion, receiver)
    notion.control("/_config", {"aggregation_s": 0.3})
    page = notion.page()
    notion.call("PATCH", f"/v1/pages/{page}", {"in_trash": True})
    receiver.wait(1)
    assert {event["type"] for event in _events(receiver)} == {"page.content_updated"}
    assert _events(receiver)[0]["entity"]["id"] == notion.home


def test_a_row_names_its_database_and_data_source(notion: Notion, receiver: Receiver):
    notion.connect()
    body = {"parent": {"type": "page_id", "page_id": notion.home}}
    database = notion.call("POST", "/v1/databases", body).json()
    source = database["data_sources"][0]["id"]
    _subscribe(notion, receiver)
    row = notion.call("POST", "/v1/pages", {"parent": {"data_source_id": source}, "properties": {}}).json()["id"]
    receiver.wait(2)
    by_type = {event["type"]: event for event in _events(receiver)}
    parent = {"id": database["id"], "type": "database", "data_source_id": source}
    assert by_type["page.created"]["data"] == {"parent": parent}
    assert by_type["data_source.content_updated"]["data"]["updated_blocks"] == [{"id": row, "type": "page"}]


def test_a_comment_comes_at_once_with_its_page(notion: Notion, receiver: Receiver):
    notion.connect()
    page = notion.page()
    _subscribe(notion, receiver)
    comment = notion.call("POST", "/v1/comments", {"parent": {"page_id": page}, "rich_text": text("hi")}).json()
    receiver.wait(1)
    event = _events(receiver)[0]
    assert (event["type"], event["entity"]["id"]) == ("comment.created", comment["id"])
    assert event["data"] == {"page_id": page, "parent": {"id": page, "type": "page"}}


def _one_event(notion: Notion) -> None:
    notion.call("POST", "/v1/comments", {"parent": {"page_id": notion.home}, "rich_text": text("hi")})


@pytest.mark.parametrize(("failures", "attempts"), [(2, 3), (20, 8)])
def test_a_refused_event_comes_again_up_to_eight_times(notion: Notion, receiver: Receiver, failures, attempts):
    notion.connect()
    _subscribe(notion, receiver)
    receiver.statuses = [500] * failures
    _one_event(notion)
    receiver.wait(attempts)
    events = _events(receiver)
    assert [event["attempt_number"] for event in events] == list(range(1, attempts + 1))
    assert len({event["id"] for event in events}) == 1
    notion.simulator.stop()
    assert notion.simulator.state["pending"] == {}
    log = notion.simulator.state["deliveries"].values()
    assert [entry["status"] for entry in log] == ([500] * failures + [200])[:attempts]


def test_duplicates_and_losses_on_order(notion: Notion, receiver: Receiver):
    notion.connect()
    _subscribe(notion, receiver)
    notion.control("/_config", {"duplicate": True})
    _one_event(notion)
    receiver.wait(2)
    assert receiver.taken[0][1] == receiver.taken[1][1]
    notion.simulator.stop()
    notion.control("/_config", {"duplicate": False, "drop_share": 1})
    _one_event(notion)
    notion.simulator.webhooks.deliver_due()
    assert [entry["outcome"] for entry in notion.simulator.state["deliveries"].values()] == ["delivered", "lost"]
    assert (len(receiver.taken), notion.simulator.state["pending"]) == (2, {})


_PROCESS = """
import sys, time
from pathlib import Path
from shared.local.simulators._server import serve
from shared.local.simulators.notion.simulator import NotionSimulator
simulator = NotionSimulator(Path(sys.argv[1]))
serve(simulator)
simulator.start()
print(simulator.base_url, flush=True)
time.sleep(60)
"""


def _change_a_page(process: subprocess.Popen[str], receiver: Receiver) -> str:
    simulator = NotionSimulator()  # only its address is used: the real one runs in the other process
    assert process.stdout is not None
    simulator.base_url = process.stdout.readline().strip()
    notion = Notion(simulator)
    notion.seeded = seed(simulator)
    notion.connect()
    _subscribe(notion, receiver)
    notion.control("/_config", {"aggregation_s": 2})
    return notion.page()


def test_a_pending_delivery_outlives_a_killed_process(tmp_path, receiver: Receiver):
    command = [sys.executable, "-c", _PROCESS, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            page = _change_a_page(process, receiver)
        finally:
            process.kill()
    assert receiver.taken == []
    second = NotionSimulator(tmp_path)
    second.start()
    receiver.wait(1)
    second.stop()
    assert page in {event["entity"]["id"] for event in _events(receiver)}


def test_an_unshared_page_makes_no_event(notion: Notion, receiver: Receiver):
    notion.connect()
    _subscribe(notion, receiver)
    order = {"person": "ada@example.test", "method": "POST", "path": "/v1/pages", "body": {"properties": {}}}
    private = notion.control("/_as_person", order)["id"]
    assert not [item for item in notion.simulator.state["pending"].values() if item["event"]["entity"]["id"] == private]
