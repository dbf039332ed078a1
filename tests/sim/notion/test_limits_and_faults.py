"""Budgets of requests with their reasons, plan limits, and faults that change the world in the middle of a job."""

import json
import time

import pytest
import requests

from tests.support.simulators.seeded_notion import CLIENT_WORD, Notion, block, text

APPEND = {"method": "PATCH", "path": "/v1/blocks/*/children"}


def _until_refused(notion: Notion, method: str, path: str, body=None, token: str = "") -> tuple[int, requests.Response]:
    for count in range(20):
        answer = notion.call(method, path, body, token=token)
        if answer.status_code == 429:
            return count, answer
    raise AssertionError("never refused")


@pytest.mark.parametrize(
    ("config", "taken", "reason"),
    [
        ({"rate_limit": 3}, 3, "public_api_request_rate_limit"),
        ({"workspace_rate_limit": 4}, 4, "public_api_space_request_rate_limit"),
        ({"endpoint_rate_limits": {"GET /v1/users*": 2}}, 2, "public_api_endpoint_rate_limit"),
        ({"blocked": True}, 0, "public_api_request_blocked"),
    ],
)
def test_every_budget_has_its_reason(notion: Notion, config, taken, reason):
    notion.control("/_config", config)
    count, answer = _until_refused(notion, "GET", "/v1/users/me")
    data = answer.json()["additional_data"]
    assert (count, data["rate_limit_reason"]) == (taken, reason)
    assert data["retry_after"] == answer.headers["Retry-After"]


def test_a_window_slides_and_says_exactly_how_long_to_wait(notion: Notion):
    notion.control("/_config", {"rate_limit": 2})
    for offset in (0, 20):
        notion.control("/_clock", {"offset_s": offset})
        assert notion.call("GET", "/v1/users/me").status_code == 200
    wait = int(notion.call("GET", "/v1/users/me").headers["Retry-After"])
    assert wait in (40, 41)
    for offset, status in ((20 + wait - 2, 429), (20 + wait, 200), (21 + wait, 429), (82, 200)):
        notion.control("/_clock", {"offset_s": offset})
        assert notion.call("GET", "/v1/users/me").status_code == status, offset


def test_a_refused_request_spends_no_other_budget(notion: Notion):
    notion.control("/_config", {"rate_limit": 3, "endpoint_rate_limits": {"GET /v1/users": 1}})
    answers = [notion.call("GET", path).status_code for path in ("/v1/users", "/v1/users", "/v1/users")]
    assert answers == [200, 429, 429]
    assert _until_refused(notion, "GET", "/v1/users/me")[0] == 2


def test_two_bots_share_only_their_workspaces_budget(notion: Notion):
    other = notion.connect()["access_token"]
    notion.control("/_config", {"rate_limit": 3, "workspace_rate_limit": 5})
    assert _until_refused(notion, "GET", "/v1/users/me")[0] == 3
    count, answer = _until_refused(notion, "GET", "/v1/users/me", token=other)
    assert (count, answer.json()["additional_data"]["rate_limit_reason"]) == (2, "public_api_space_request_rate_limit")


def test_a_business_workspace_has_the_larger_budget(notion: Notion):
    notion.simulator.state["workspaces"][notion.seeded["workspace_id"]]["plan"] = "business"
    notion.control("/_config", {"rate_limit": 1, "rate_limit_business": 4})
    assert _until_refused(notion, "GET", "/v1/users/me")[0] == 4


def test_a_free_workspace_of_two_ends_at_its_blocks_for_limited_connections(notion: Notion):
    notion.simulator.state["workspaces"][notion.seeded["workspace_id"]]["plan"] = "free"
    everywhere = notion.connect()["access_token"]
    page = notion.page()
    notion.control("/_config", {"free_block_limit": 4})
    assert notion.append(page, *[block("paragraph")] * 3).status_code == 200
    refused = notion.append(page, block("paragraph"))
    assert (refused.status_code, refused.json()["code"]) == (403, "restricted_resource")
    assert refused.json()["additional_data"] == {"block_limit": "block_creation"}
    properties = {"properties": {"title": {"title": text("still")}}}
    assert notion.call("PATCH", f"/v1/pages/{page}", properties).status_code == 200
    body = {"children": [block("paragraph")]}
    assert notion.call("PATCH", f"/v1/blocks/{page}/children", body, token=everywhere).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/pages", {"parent": {"page_id": "HOME"}, "properties": {}}),
        ("POST", "/v1/pages", {"parent": {"page_id": "HOME"}, "markdown": "x"}),
        ("POST", "/v1/databases", {"parent": {"page_id": "HOME"}}),
        ("POST", "/v1/data_sources", {"parent": {"database_id": "DATABASE"}, "properties": {"Name": {"title": {}}}}),
        ("POST", "/v1/comments", {"parent": {"page_id": "HOME"}, "rich_text": [{"text": {"content": "x"}}]}),
        ("POST", "/v1/views", {"database_id": "DATABASE", "data_source_id": "SOURCE", "name": "v", "type": "list"}),
        ("POST", "/v1/file_uploads", {"filename": "a.png"}),
        ("PATCH", "/v1/blocks/HOME/children", {"children": [{"divider": {}}]}),
    ],
)
def test_a_503_after_the_commit_names_what_was_made(notion: Notion, method, path, body):
    database = notion.call("POST", "/v1/databases", {"parent": {"page_id": notion.home}}).json()
    names = {"HOME": notion.home, "DATABASE": database["id"], "SOURCE": database["data_sources"][0]["id"]}
    filled = json.dumps([path, body])
    for name, key in names.items():
        filled = filled.replace(name, key)
    path, body = json.loads(filled)
    notion.control("/_faults", {"method": method, "path": path, "status": 503, "when": "after", "committed": True})
    before = set(notion.simulator.state["nodes"])
    answer = notion.call(method, path, body)
    data = answer.json()["additional_data"]
    assert answer.status_code == 503
    entries = requests.get(f"{notion.url}/_journal?effects=1", timeout=10).json()
    made = {effect["id"] for effect in entries[-1]["effects"]}
    if method == "PATCH":
        assert (data["committed_resource_id"], set(data["committed_child_ids"])) == (notion.home, made)
    else:
        assert data["committed_resource_id"] in made
        assert "committed_child_ids" not in data
    assert data["committed_resource_id"] not in before or method == "PATCH"


def test_a_503_after_an_update_names_nothing(notion: Notion):
    notion.control(
        "/_faults", {"method": "PATCH", "path": "/v1/pages/*", "status": 503, "when": "after", "committed": True}
    )
    answer = notion.call("PATCH", f"/v1/pages/{notion.page()}", {"is_locked": True}).json()
    assert {key for key in answer["additional_data"] if key.startswith("committed")} == set()
    assert "retry_guidance" in answer["additional_data"]


def test_a_token_dies_in_the_middle_and_a_refresh_brings_a_new_one(notion: Notion):
    grant = notion.connect()
    token = grant["access_token"]
    notion.control("/_faults", {**APPEND, "skip": 1, "grant": "expire", "bot_id": grant["bot_id"]})
    page = notion.call("POST", "/v1/pages", {"properties": {}}, token=token).json()["id"]
    path, body = f"/v1/blocks/{page}/children", {"children": [block("paragraph")]}
    assert [notion.call("PATCH", path, body, token=token).status_code for _ in range(3)] == [200, 401, 401]
    again = notion.grant({"grant_type": "refresh_token", "refresh_token": grant["refresh_token"]}).json()
    assert again["bot_id"] == grant["bot_id"]
    assert notion.call("PATCH", path, body, token=again["access_token"]).status_code == 200


def test_a_grant_is_revoked_in_the_middle_and_no_refresh_helps(notion: Notion):
    grant = notion.connect()
    notion.control("/_faults", {"path": "/v1/users/me", "grant": "revoke", "bot_id": grant["bot_id"]})
    assert notion.call("GET", "/v1/users/me", token=grant["access_token"]).status_code == 401
    again = notion.grant({"grant_type": "refresh_token", "refresh_token": grant["refresh_token"]})
    assert (again.status_code, again.json()["code"]) == (400, "invalid_grant")


def test_a_page_is_taken_away_in_the_middle_and_given_back(notion: Notion):
    order = {"grant": "unshare", "bot_id": notion.seeded["bot_id"], "page_id": notion.home}
    page = notion.page()
    notion.control("/_faults", {**APPEND, **order})
    gone = notion.append(page, block("paragraph"))
    assert (gone.status_code, gone.json()["code"]) == (404, "object_not_found")
    notion.control("/_grant/share", order)
    assert notion.append(page, block("paragraph")).status_code == 200


def test_a_page_below_what_is_shared_can_be_taken_away_by_itself(notion: Notion):
    page, beside = notion.page(), notion.page()
    order = {"bot_id": notion.seeded["bot_id"], "page_id": page}
    for _ in range(2):
        notion.control("/_grant/unshare", order)
    seen = [notion.call("GET", f"/v1/pages/{each}").status_code for each in (page, beside)]
    found = {each["id"] for each in notion.call("POST", "/v1/search", {}).json()["results"]}
    notion.control("/_grant/share", order)
    assert (seen, page in found) == ([404, 200], False)
    assert notion.call("GET", f"/v1/pages/{page}").status_code == 200


def test_a_slow_answer_is_slow_and_right(notion: Notion):
    notion.control("/_faults", {"path": "/v1/users/me", "delay_s": 0.2})
    started = time.monotonic()
    assert notion.call("GET", "/v1/users/me").status_code == 200
    assert time.monotonic() - started >= 0.2


def test_a_connection_dropped_before_the_commit_leaves_nothing(notion: Notion):
    notion.control("/_faults", {**APPEND, "drop": True})
    with pytest.raises(requests.ConnectionError):
        notion.append(notion.home, block("paragraph"))
    assert notion.effects("block.append") == []


def test_the_word_of_the_client_is_needed_for_its_grants(notion: Notion):
    answer = notion.grant({"token": "x"}, path="introspect", word=CLIENT_WORD + "!")
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_client")


@pytest.mark.parametrize("path", ["/v1/blocks/meeting_notes", "/v1/blocks/meeting_notes/query"])
def test_what_no_plan_has_is_refused_as_such(notion: Notion, path):
    answer = notion.call("POST", path, {})
    assert (answer.status_code, answer.json()["code"]) == (403, "restricted_resource")
