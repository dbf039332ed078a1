"""What the client makes of every refusal, on every call, and of lists and answers that are not what they should be.

The server here only repeats what it was told, with bodies as the API's documentation shows them.
"""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from shared.core.errors import (
    Blocked,
    IntegrationError,
    Missing,
    NotAllowed,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
)
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.client.markdown_calls import replace_content
from tests.support.simulators.repeated_answers import PAGE, Repeater, refusal

RAY = "8f00ba5eba11-FRA"
HTML = "<html><body><h1>502 Bad Gateway</h1></body></html>"

READS: Mapping[str, Callable[[Notion], Any]] = {
    "me": lambda n: n.me(),
    "users": lambda n: n.users(),
    "list_first_users": lambda n: n.list_first_users(),
    "list_first_shared": lambda n: n.list_first_shared(),
    "page": lambda n: n.page(PAGE),
    "property_value": lambda n: n.property_value(PAGE, "title"),
    "block": lambda n: n.block(PAGE),
    "children": lambda n: n.children(PAGE),
    "read_tree": lambda n: n.read_tree(PAGE),
    "database": lambda n: n.database(PAGE),
    "data_source": lambda n: n.data_source(PAGE),
    "query": lambda n: n.query(PAGE),
    "query_part": lambda n: n.query_part(PAGE),
    "templates": lambda n: n.templates(PAGE),
    "search": lambda n: n.search(""),
    "comments": lambda n: n.comments(PAGE),
    "get_comment": lambda n: n.get_comment(PAGE),
    "file_upload": lambda n: n.file_upload(PAGE),
    "markdown": lambda n: n.markdown(PAGE),
    "async_task": lambda n: n.async_task("task_1"),
}
WRITES: Mapping[str, Callable[[Notion], Any]] = {
    "create_page": lambda n: n.create_page(page_id=PAGE, properties={}),
    "update_page": lambda n: n.update_page(PAGE, in_trash=True),
    "move_page": lambda n: n.move_page(PAGE, to_page=PAGE),
    "append": lambda n: n.append(PAGE, [{"object": "block", "type": "divider", "divider": {}}]),
    "update_block": lambda n: n.update_block(PAGE, "divider", {}),
    "delete_block": lambda n: n.delete_block(PAGE),
    "restore_block": lambda n: n.restore_block(PAGE),
    "create_database": lambda n: n.create_database(PAGE, "T", {"Name": {"title": {}}}),
    "trash_database": lambda n: n.trash_database(PAGE),
    "update_data_source": lambda n: n.update_data_source(PAGE, {}),
    "comment": lambda n: n.comment(PAGE, "x"),
    "reply": lambda n: n.reply(PAGE, "x"),
    "update_comment": lambda n: n.update_comment(PAGE, "x"),
    "delete_comment": lambda n: n.delete_comment(PAGE),
    "create_upload": lambda n: n.create_upload("a.txt", ""),
    "send_part": lambda n: n.send_part(PAGE, b"x"),
    "complete_upload": lambda n: n.complete_upload(PAGE),
    "edit_markdown": lambda n: n.edit_markdown(PAGE, replace_content("x")),
}
NOT_CALLS = {
    "read_page", "append_tree", "upload", "user",  # made of those above
    "their_now",  # of the last answer
}  # fmt: skip


def raised(call: Callable[[Notion], Any], notion: Notion) -> IntegrationError:
    with pytest.raises(IntegrationError) as caught:
        call(notion)
    return caught.value


def test_the_lists_above_name_every_call() -> None:
    public = {name for name in dir(Notion) if not name.startswith("_") and callable(getattr(Notion, name))}
    assert public == set(READS) | set(WRITES) | NOT_CALLS


@pytest.mark.parametrize(
    ("status", "body", "of_write", "of_read"),
    [
        (400, refusal(400, "validation_error"), Rejected, Rejected),
        (401, refusal(401, "unauthorized"), Unauthorized, Unauthorized),
        (403, refusal(403, "restricted_resource"), NotAllowed, NotAllowed),
        (404, refusal(404, "object_not_found"), Missing, Missing),
        (409, refusal(409, "conflict_error"), Unavailable, Unavailable),
        (429, refusal(429, "rate_limited"), RateLimited, RateLimited),
        (429, refusal(429, "rate_limited", rate_limit_reason="public_api_request_blocked"), Blocked, Blocked),
        (500, refusal(500, "internal_server_error"), OutcomeUnknown, Unavailable),
        (502, HTML, OutcomeUnknown, Unavailable),
        (503, refusal(503, "service_unavailable"), OutcomeUnknown, Unavailable),
        (503, "", OutcomeUnknown, Unavailable),
        (504, refusal(504, "gateway_timeout"), OutcomeUnknown, Unavailable),
        (529, refusal(529, "service_overload"), Unavailable, Unavailable),
        (200, "", OutcomeUnknown, Unavailable),
        (200, "[]", OutcomeUnknown, Unavailable),
        (200, HTML, OutcomeUnknown, Unavailable),
    ],
)
def test_every_call_says_what_is_known_after_a_refusal(
    repeater: tuple[Repeater, Notion], status: int, body: Any, of_write: type[Exception], of_read: type[Exception]
) -> None:
    told, notion = repeater
    told.tell(body, status=status, cf_ray=RAY)
    for calls, kind in ((WRITES, of_write), (READS, of_read)):
        for name, call in calls.items():
            if kind is Missing and name.startswith("delete_"):
                call(notion)  # gone already
                continue
            assert type(raised(call, notion)) is kind, name


def test_a_body_from_the_edge_keeps_its_status_and_ray(repeater: tuple[Repeater, Notion]) -> None:
    told, notion = repeater
    for body in (HTML, ""):
        told.tell(body, status=502, cf_ray=RAY)
        said = str(raised(WRITES["append"], notion))
        assert "502" in said
        assert RAY in said
        assert "html" not in said


@pytest.mark.parametrize(
    ("reason", "scope"),
    [
        ("public_api_request_rate_limit", "bot"),
        ("public_api_space_request_rate_limit", "workspace"),
        ("public_api_endpoint_rate_limit", "endpoint"),
        ("mcp_tool_rate_limit", "bot"),
        (None, "bot"),
    ],
)
def test_a_limit_says_how_long_and_for_whom(repeater: tuple[Repeater, Notion], reason: str | None, scope: str) -> None:
    told, notion = repeater
    extra = {"rate_limit_reason": reason, "retry_after": "17"} if reason else {"retry_after": "17"}
    for headers in ({"Retry_After": "17"}, {}):  # the body says it as well
        told.tell(refusal(429, "rate_limited", **extra), status=429, **headers)
        error = raised(READS["me"], notion)
        assert isinstance(error, RateLimited)
        assert error.retry_after is not None
        assert (error.retry_after.total_seconds(), error.scope) == (17, scope)


@pytest.mark.parametrize(
    ("call", "capability"),
    [
        ("append", "insert content"),
        ("create_page", "insert content"),
        ("create_upload", "insert content"),
        ("update_page", "update content"),
        ("move_page", "update content"),
        ("delete_block", "update content"),
        ("comment", "insert comments"),
        ("comments", "read comments"),
        ("users", "read user information"),
        ("query", "read content"),
        ("search", "read content"),
    ],
)
def test_a_missing_right_names_the_capability_and_where_to_change_it(
    repeater: tuple[Repeater, Notion], call: str, capability: str
) -> None:
    told, notion = repeater
    told.tell(refusal(403, "restricted_resource"), status=403)
    error = raised((READS | WRITES)[call], notion)
    assert isinstance(error, NotAllowed)
    assert f"may not {capability} " in error.way_out
    assert "Capabilities" in error.way_out
    assert "Share" in error.way_out


def test_a_used_up_plan_and_a_page_that_is_not_shared_say_what_to_do(repeater: tuple[Repeater, Notion]) -> None:
    told, notion = repeater
    told.tell(refusal(403, "restricted_resource", block_limit="block_creation"), status=403)
    error = raised(WRITES["append"], notion)
    assert isinstance(error, NotAllowed)
    assert "allows no more blocks" in error.way_out
    assert "Plans" in error.way_out
    told.tell(refusal(404, "object_not_found"), status=404)
    assert "••• › Connections" in str(raised(READS["page"], notion))


@pytest.mark.parametrize(("status", "code"), [(403, "restricted_resource"), (404, "object_not_found")])
def test_what_notion_says_ends_once_before_what_we_say(
    repeater: tuple[Repeater, Notion], status: int, code: str
) -> None:
    told, notion = repeater
    body = {**refusal(status, code), "message": "Could not find page. Make sure that it is shared."}
    told.tell(body, status=status)
    said = str(raised(READS["page"], notion))
    assert "that it is shared. " in said
    assert ".." not in said
