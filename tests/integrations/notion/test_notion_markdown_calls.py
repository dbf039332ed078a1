"""Pages as Notion's own Markdown: read, the two edits, and the tasks that long ones become."""

from datetime import timedelta

import pytest

from shared.core.errors import Missing, NotAllowed, OutcomeUnknown, RateLimited, Rejected, Unavailable
from shared.integrations.notion.client.markdown_calls import (
    AsyncTask,
    MarkdownRead,
    replace_content,
    task_of,
    update_content,
)
from shared.integrations.notion.content import blocks
from tests.integrations.conftest import ServedNotion


def edited(desk: ServedNotion, page: str, edit: dict[str, object]) -> str:
    answer = desk.notion.edit_markdown(page, edit)
    assert isinstance(answer, MarkdownRead)
    assert answer == desk.notion.markdown(page)
    return answer.markdown


def test_each_edit_does_what_it_says(desk: ServedNotion) -> None:
    page = desk.page(children=[blocks.paragraph("one"), blocks.paragraph("two")])
    assert desk.notion.markdown(page) == MarkdownRead("one\ntwo", truncated=False)
    assert edited(desk, page, update_content([("one", "1"), ("two", "2")])) == "1\n2"
    assert edited(desk, page, replace_content("# All\n- [x] new")) == "# All\n- [x] new"
    kinds = [child["type"] for child in desk.notion.children(page)]
    assert kinds == ["heading_1", "to_do"]
    saved = {"object": "error", "status": 503, "code": "service_unavailable", "message": "saved"}
    late = saved | {"additional_data": {"committed_resource_id": page}}
    desk.sim.fault(method="PATCH", path="/v1/pages/*/markdown", status=503, when="after", body=late)
    assert edited(desk, page, replace_content("late")) == "late"


def test_what_notion_will_not_do_is_refused_with_its_reason(desk: ServedNotion) -> None:
    page = desk.page(children=[blocks.paragraph("zig zig")])
    desk.notion.create_page(page_id=page, properties={"title": {"title": [{"text": {"content": "Child"}}]}})
    with pytest.raises(Rejected, match="was not found"):
        desk.notion.edit_markdown(page, update_content([("zebra", "c")]))
    with pytest.raises(Rejected, match="found 2 times"):
        desk.notion.edit_markdown(page, update_content([("zig", "zag")]))
    with pytest.raises(Rejected, match="Child"):
        desk.notion.edit_markdown(page, replace_content("nothing"))


def test_a_read_that_was_cut_says_so(desk: ServedNotion) -> None:
    page = desk.page(children=[blocks.toggle("t", [blocks.paragraph(str(number)) for number in range(5)])])
    desk.sim.control("/_config", {"markdown_cap": 3})
    assert desk.notion.markdown(page).truncated
    desk.sim.control("/_config", {"markdown_cap": 20_000})
    assert not desk.notion.markdown(page).truncated


def test_long_work_becomes_a_task_that_is_asked_for_again(desk: ServedNotion) -> None:
    page = desk.page(children=[blocks.paragraph("old")])
    desk.sim.control("/_config", {"async_tasks": "always", "async_poll_s": 3})
    task = desk.notion.edit_markdown(page, replace_content("new"), allow_async=True)
    assert isinstance(task, AsyncTask)
    assert (task.status, task.done, task.poll_after) == ("queued", False, timedelta(seconds=3))
    with pytest.raises(Unavailable) as early:
        task.read_result()
    assert early.value.retry_after == timedelta(seconds=3)
    seen = [task.status]
    for minute in range(1, 5):
        desk.sim.control("/_clock", {"offset_s": 60 * minute})
        done = desk.notion.async_task(task.id)
        seen.append(done.status)
    assert list(dict.fromkeys(seen)) == ["queued", "running", "succeeded"]
    assert (done.status, done.done) == ("succeeded", True)
    assert done.read_result()
    assert desk.notion.markdown(page).markdown == "new"
    desk.sim.control("/_clock", {"offset_s": 24 * 3600})
    with pytest.raises(Missing):
        desk.notion.async_task(task.id)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "validation_error", Rejected),
        (403, "restricted_resource", NotAllowed),
        (404, "object_not_found", Missing),
        (409, "conflict_error", Unavailable),
        (409, "row_limit_exceeded", NotAllowed),
        (429, "rate_limited", RateLimited),
        (503, "service_unavailable", OutcomeUnknown),
        (529, "service_overload", Unavailable),
    ],
)
def test_a_failed_task_is_one_of_our_errors(status: int, code: str, kind: type[Exception]) -> None:
    error = {"object": "error", "status": status, "code": code, "message": "because"}
    task = task_of({"object": "async_task", "id": "task_1", "status": "failed", "error": error})
    assert task is not None
    with pytest.raises(kind, match="because") as caught:
        task.read_result()
    assert type(caught.value) is kind


def test_an_edit_that_cannot_be_meant_is_refused_before_it_is_sent() -> None:
    for call, words in (
        (lambda: update_content([]), "0 changes; Notion takes 1 to 100"),
        (lambda: update_content([("a", "b")] * 101), "101 changes"),
        (lambda: update_content([("", "b")]), "an empty text cannot be searched for"),
    ):
        with pytest.raises(Rejected, match=words):
            call()
