"""Ordered faults look like Notion's, a 503 after the commit names what was saved, and state outlives the process."""

import pytest
import requests

from shared.local.simulators._server import serve
from shared.local.simulators.notion.simulator import NotionSimulator
from tests.support.simulators.seeded_notion import Notion, block, text

APPEND = {"method": "PATCH", "path": "/v1/blocks/*/children"}


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, "unauthorized"),
        (409, "conflict_error"),
        (429, "rate_limited"),
        (500, "internal_server_error"),
        (503, "service_unavailable"),
        (504, "gateway_timeout"),
        (529, "service_overload"),
    ],
)
def test_an_ordered_fault_changes_nothing_and_has_notions_shape(notion: Notion, status, code):
    notion.control("/_faults", {**APPEND, "status": status})
    answer = notion.append(notion.home, block("paragraph"))
    assert (answer.status_code, answer.json()["code"], answer.json()["object"]) == (status, code, "error")
    assert notion.effects("block.append") == []
    assert notion.append(notion.home, block("paragraph")).status_code == 200


def test_a_429_carries_its_reason_and_its_wait(notion: Notion):
    reason = "public_api_space_request_rate_limit"
    notion.control("/_faults", {**APPEND, "status": 429, "reason": reason, "headers": {"Retry-After": "17"}})
    answer = notion.append(notion.home, block("paragraph"))
    assert answer.headers["Retry-After"] == "17"
    assert answer.json()["additional_data"] == {"rate_limit_reason": reason, "retry_after": "17"}


def test_a_502_is_html_from_the_edge(notion: Notion):
    notion.control("/_faults", {**APPEND, "status": 502})
    answer = notion.append(notion.home, block("paragraph"))
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "cf-ray" in answer.headers
    assert "x-notion-request-id" not in answer.headers


def test_a_503_after_the_commit_names_the_children(notion: Notion):
    notion.control("/_faults", {**APPEND, "status": 503, "when": "after", "committed": True})
    answer = notion.append(notion.home, block("paragraph", "a"), block("toggle", "b", children=[block("paragraph")]))
    data = answer.json()["additional_data"]
    saved = notion.call("GET", f"/v1/blocks/{notion.home}/children").json()["results"]
    assert answer.status_code == 503
    assert data["committed_resource_id"] == notion.home
    assert data["committed_child_ids"] == [b["id"] for b in saved]
    assert [effect["text"] for effect in notion.effects("block.append")] == ["a", "b"]


def test_a_503_after_the_commit_names_the_page(notion: Notion):
    order = {"method": "POST", "path": "/v1/pages", "status": 503, "when": "after", "committed": True}
    notion.control("/_faults", order)
    body = {"parent": {"page_id": notion.home}, "properties": {"title": {"title": text("x")}}}
    data = notion.call("POST", "/v1/pages", body).json()["additional_data"]
    assert notion.call("GET", f"/v1/pages/{data['committed_resource_id']}").status_code == 200
    assert "committed_child_ids" not in data


def test_a_504_after_the_commit_stays_silent_about_it(notion: Notion):
    notion.control("/_faults", {**APPEND, "status": 504, "when": "after"})
    answer = notion.append(notion.home, block("paragraph"))
    assert (answer.status_code, "additional_data" in answer.json()) == (504, False)
    assert len(notion.effects("block.append")) == 1


def test_a_connection_dropped_after_the_commit_leaves_the_block(notion: Notion):
    notion.control("/_faults", {**APPEND, "drop": True, "when": "after"})
    with pytest.raises(requests.ConnectionError):
        notion.append(notion.home, block("paragraph"))
    assert len(notion.effects("block.append")) == 1


def test_people_are_not_hit_by_faults(notion: Notion):
    notion.control("/_faults", {"path": "/v1/*", "status": 500})
    order = {"person": "ada@example.test", "method": "GET", "path": f"/v1/pages/{notion.home}"}
    assert notion.control("/_as_person", order)["id"] == notion.home
    assert notion.call("GET", "/v1/users/me").status_code == 500


def test_every_change_is_one_effect(notion: Notion):
    page = notion.page("P", children=[block("to_do", "t")])
    todo = notion.call("GET", f"/v1/blocks/{page}/children").json()["results"][0]["id"]
    notion.call("PATCH", f"/v1/blocks/{todo}", {"to_do": {"checked": True}})
    notion.call("PATCH", f"/v1/pages/{page}", {"properties": {"title": {"title": text("Q")}}})
    notion.call("POST", "/v1/comments", {"parent": {"page_id": page}, "rich_text": text("c")})
    entries = requests.get(f"{notion.url}/_journal?effects=1", timeout=10).json()
    kinds = [effect["kind"] for entry in entries for effect in entry["effects"]]
    assert kinds == ["page.create", "block.append", "block.update", "page.update", "comment.create"]
    assert notion.effects("page.update")[0]["properties"] == {"title": "Q"}
    assert notion.effects("block.update")[0]["checked"] is True
    assert notion.effects("block.append")[0]["by"] == {"id": notion.seeded["bot_id"], "type": "bot"}


def test_a_second_simulator_on_the_same_folder_goes_on(kept_notion: Notion):
    page = kept_notion.page("Kept", children=[block("paragraph", "still here")])
    second = NotionSimulator(kept_notion.simulator.data)
    server = serve(second)
    other = Notion(second, kept_notion.seeded)
    read = other.call("GET", f"/v1/blocks/{page}/children").json()["results"]
    assert read[0]["paragraph"]["rich_text"][0]["plain_text"] == "still here"
    assert other.page("Next") != page
    assert len(other.effects("page.create")) == 2
    server.shutdown()
    server.server_close()


def test_seeding_again_returns_the_same(notion: Notion):
    assert notion.control("/_seed", {"workspace": "Demo", "internal": True})["token"] == notion.seeded["token"]
    assert notion.control("/_seed", {"workspace": "Other"})["home_page_id"] != notion.home


def test_an_unknown_setting_is_refused(notion: Notion):
    answer = requests.post(f"{notion.url}/_config", json={"rate_limt": 1}, timeout=10)
    assert answer.status_code == 400
