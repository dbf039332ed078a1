"""Pages as Notion's own Markdown over the wire: read, edited, and the tasks that long edits become.

Source: notion-api, section 10. The dialect differs from CommonMark; what it cannot say stands as `<unknown …/>`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from shared.core.errors import IntegrationError, Missing, NotAllowed, OutcomeUnknown, RateLimited, Rejected, Unavailable
from shared.integrations.notion.client.checked_answers import guard_parsing
from shared.integrations.notion.client.wire import Json, Wire, format_path_id
from shared.integrations.notion.content.blocks import MAX_ITEMS
from shared.integrations.notion.limits import refuse

_DEFAULT_POLL_S, _LONGEST_POLL_S = 2, 3600


@dataclass(frozen=True, slots=True)
class MarkdownRead:
    """A page as Markdown; `truncated` beyond about 20,000 blocks."""

    markdown: str
    truncated: bool


@dataclass(frozen=True, slots=True)
class AsyncTask:
    """Work Notion does later. Ask again after `poll_after`, no sooner; a finished one is forgotten after a while."""

    id: str
    status: str  # queued, running, retrying, succeeded, failed
    poll_after: timedelta
    result: Json | None
    error: Json | None  # a normal error object of Notion

    @property
    def done(self) -> bool:
        """Say whether it has succeeded or failed."""
        return self.status in ("succeeded", "failed")

    def read_result(self) -> Json:
        """Return the result; raises the failure as one of our errors, and Unavailable while there is neither."""
        if self.status == "failed":
            raise _failure(self.id, self.error or {})
        if self.result is None or self.status != "succeeded":
            raise Unavailable("notion", f"task {self.id} is {self.status}", retry_after=self.poll_after)
        return self.result


class MarkdownCalls(Wire):
    """Pages as text."""

    def markdown(self, id: str) -> MarkdownRead:
        """Return a page, or what stands below a block, as Markdown. Missing for an unknown part: it is not shared."""
        return _read(self._ask("GET", f"/v1/pages/{format_path_id(id)}/markdown"), read=True)

    def edit_markdown(self, page_id: str, edit: Json, *, allow_async: bool = False) -> MarkdownRead | AsyncTask:
        """Carry out an edit made by one of the functions below; return the new page, or the task it became.

        Only `replace_content` may be repeated without looking. Notion refuses (Rejected, names listed) what would drop
        child pages or databases, and an update whose text is not found exactly once.
        """
        body = edit | ({"allow_async": True} if allow_async else {})
        path = f"/v1/pages/{format_path_id(page_id)}/markdown"
        answer = self._complete_object(self._write("PATCH", path, body), lambda _: self._ask("GET", path))
        return task_of(answer) or _read(answer, read=False)

    def async_task(self, task_id: str) -> AsyncTask:
        """Return how a task stands; raises Missing once Notion has forgotten it."""
        task = task_of(self._ask("GET", f"/v1/async_tasks/{format_path_id(task_id)}"))
        if task is None:
            raise Unavailable(self.system, f"task {task_id}: the answer is not a task")
        return task


def replace_content(text: str) -> Json:
    """Return the edit that puts this text in the place of everything on the page."""
    return {"type": "replace_content", "replace_content": {"new_str": text}}


def update_content(changes: Sequence[tuple[str, str]]) -> Json:
    """Return the edit that puts each second text in place of the first, which stands exactly once on the page."""
    if not 1 <= len(changes) <= MAX_ITEMS:
        raise refuse("update_content.changes", f"{len(changes)} changes; Notion takes 1 to {MAX_ITEMS}")
    if any(not old for old, _ in changes):
        raise refuse("update_content.changes", "an empty text cannot be searched for")
    updates = [{"old_str": old, "new_str": new} for old, new in changes]
    return {"type": "update_content", "update_content": {"content_updates": updates}}


def task_of(answer: Json) -> AsyncTask | None:
    """Return the task that an answer to an edit is, or None when it is the page itself."""
    if answer.get("object") != "async_task":
        return None
    wait = answer.get("poll_after_seconds")
    wait = wait if isinstance(wait, int | float) and 0 <= wait <= _LONGEST_POLL_S else _DEFAULT_POLL_S
    result, error = answer.get("result"), answer.get("error")
    return AsyncTask(
        id=str(answer["id"]),
        status=str(answer.get("status")),
        poll_after=timedelta(seconds=wait),
        result=result if isinstance(result, dict) else None,
        error=error if isinstance(error, dict) else None,
    )


def _read(answer: Json, *, read: bool) -> MarkdownRead:
    with guard_parsing("the page as Markdown", read=read):
        return MarkdownRead("" + answer["markdown"], bool(answer.get("truncated")))


def _failure(task: str, error: Json) -> IntegrationError:
    status, code = error.get("status"), error.get("code")
    message = f"task {task}: {status} {code} {error.get('message') or ''}".rstrip()[:400]
    if status == 403 or code == "row_limit_exceeded":
        return NotAllowed("notion", message, way_out="Ask the workspace's owner to check its plan and our rights")
    if status == 404:
        return Missing("notion", message)
    if status == 429:
        return RateLimited("notion", message)
    if status in (409, 529):
        return Unavailable("notion", message)
    return (
        OutcomeUnknown("notion", message) if isinstance(status, int) and status >= 500 else Rejected("notion", message)
    )
