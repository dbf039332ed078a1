"""Budgets of requests with their reasons, plan limits, and faults that change the world in the middle of a job."""

import json
import time

import pytest
import requests

from .conftest import CLIENT_ID, CLIENT_WORD, Notion, Receiver, block, text

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


# --- webhooks -----------------------------------------------------------------------------------------------------


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


def test_the_word_of_the_client_is_needed_for_its_grants(notion: Notion):
    answer = notion.grant({"token": "x"}, path="introspect", word=CLIENT_WORD + "!")
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_client")


@pytest.mark.parametrize("path", ["/v1/blocks/meeting_notes", "/v1/blocks/meeting_notes/query"])
def test_what_no_plan_has_is_refused_as_such(notion: Notion, path):
    answer = notion.call("POST", path, {})
    assert (answer.status_code, answer.json()["code"]) == (403, "restricted_resource")
