"""notion.edit_markdown: exact changes of a page's text, each found once or not made at all."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from pydantic import Field

from shared.core.errors import Missing, OutcomeUnknown, Rejected
from shared.core.text.outgoing_text import hosts_of, leading_out, plain
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.client.markdown_calls import AsyncTask, replace_content, update_content
from shared.steps._input import Input, Target
from shared.steps._kind import Again, Done, Repeat, StepContext, StepFailure, StepKind

Json = dict[str, Any]
_SHOWN = 60
_AROUND = 30


class Edit(Input):
    """`old` as it stands in the page's Markdown, exactly once; `new` in its place."""

    old: str = Field(min_length=1, max_length=10_000)
    new: str = Field(max_length=10_000)


class EditMarkdown(Input):
    """One after the other, e.g. [{"old": "Opens at 9", "new": "Opens at 10"}]."""

    page: Target = Field(min_length=1)
    edits: list[Edit] = Field(min_length=1, max_length=50)


def _run(wanted: EditMarkdown, ctx: StepContext) -> Done | Again:
    notion = ctx.connect(Notion)
    page = ctx.target(wanted.page, "page")
    changes = [(edit.old, _harmless(edit.new, ctx)) for edit in wanted.edits]
    before = ctx.keep_before("before", lambda: _check_edits(_text(notion, page), changes, hosts_of(ctx.run_url)))
    after = _apply_edits(str(before), changes)
    sent = ctx.create_if_absent(
        "edited",
        lambda: _send_edits(notion, page, changes),
        lambda: {"task": ""} if _is_done(_text(notion, page), str(before), after, changes) else None,
    )
    if sent["task"]:
        try:
            task = notion.async_task(str(sent["task"]))
        except Missing:  # Notion forgets what is finished
            if not _is_done(_text(notion, page), str(before), after, changes):
                raise
            return Done({"page": page, "edits": len(changes)})
        if not task.done:
            return Again(max(task.poll_after, timedelta(seconds=1)))
        task.read_result()
    return Done({"page": page, "edits": len(changes)})


def _harmless(text: str, ctx: StepContext) -> str:
    """Return the new text without pictures that would be fetched and links that lead out."""
    hosts = hosts_of(ctx.run_url)
    dead = plain(text, hosts)
    return dead.replace("![", "!\\[") if "![" in dead else dead


def _text(notion: Notion, page: str) -> str:
    read = notion.markdown(page)
    if read.truncated:
        raise Rejected("notion", f"page {page} is too long to be edited as text; replace its blocks")
    return read.markdown


def _check_edits(text: str, changes: Sequence[tuple[str, str]], hosts: frozenset[str]) -> str:
    """Return the text if each change finds its place exactly once; else tell the model what is there."""
    now = text
    for number, (old, new) in enumerate(changes):
        count = now.count(old)
        if count != 1:
            raise StepFailure(
                _describe_mismatch(now, old, count, number), signature=f"edit {number} {count} {old[:100]}"
            )
        now = now.replace(old, new)
    fresh = leading_out(now, hosts) - leading_out(text, hosts)
    if fresh or now.count("![") > text.count("!["):  # pieces that are harmless each may make an address together
        problem = (
            f"edits: the page would lead to {min(fresh)[:200]!r}" if fresh else "edits: they put a picture together"
        )
        raise StepFailure(f"{problem}; we write no addresses outside of Notion", signature="edit leads out")
    return text


def _describe_mismatch(text: str, old: str, count: int, number: int) -> str:
    where = f"edits[{number}].old {old[:_SHOWN]!r}"
    if count:
        places, start = [], 0
        for _ in range(min(count, 3)):
            start = text.index(old, start)
            places.append(repr(text[max(0, start - _AROUND) : start + len(old[:_SHOWN]) + _AROUND]))
            start += len(old)
        return f"{where} is on the page {count} times: {'; '.join(places)}. Quote more of what is around it."
    near = next((line for line in text.splitlines() if old.split()[:1] and old.split()[0] in line), "")
    hint = f" The nearest line is {near[:200]!r}." if near else f" The page begins {text[:200]!r}."
    return f"{where} is not on the page.{hint}"


def _apply_edits(text: str, changes: Sequence[tuple[str, str]]) -> str:
    for old, new in changes:
        text = text.replace(old, new)
    return text


def _send_edits(notion: Notion, page: str, changes: Sequence[tuple[str, str]]) -> Json:
    answer = notion.edit_markdown(page, update_content(changes), allow_async=True)
    return {"task": answer.id if isinstance(answer, AsyncTask) else ""}


def _is_done(now: str, before: str, after: str, changes: Sequence[tuple[str, str]]) -> bool:
    """Say whether the page reads as edited; people may have changed other parts of it meanwhile."""
    if now == before:
        return False
    return now == after or all(new in now and (old in new or old not in now) for old, new in changes)


def _undo(wanted: EditMarkdown, ctx: StepContext) -> None:
    """Put the former text back: as a whole where nobody changed the page since, else each passage by itself."""
    before = ctx.recall("before")
    if before is None or not ctx.effect.was_begun("edited"):
        return
    notion = ctx.connect(Notion)
    _require_finished(notion, str((ctx.effect.find_result("edited") or {}).get("task") or ""))
    page = ctx.target(wanted.page, "page")
    changes = [(edit.old, _harmless(edit.new, ctx)) for edit in wanted.edits]
    now = _text(notion, page)
    if now.strip() == str(before).strip():
        return
    back = [(new, old) for old, new in reversed(changes)]
    text, possible = now, True
    for new, old in back:
        possible = possible and bool(new) and text.count(new) == 1
        text = text.replace(new, old) if possible else text
    if possible:
        edit = update_content(back)
    elif now.strip() == _apply_edits(str(before), changes).strip() and "<unknown" not in str(before):
        edit = replace_content(str(before))
    else:
        raise Rejected("notion", "somebody has changed the same passages since; put them back by hand")
    ctx.create_if_absent(
        "undo", lambda: _undo_edit(notion, page, edit), lambda: _find_restored(notion, page, str(before))
    )


def _require_finished(notion: Notion, task: str) -> None:
    """Raise OutcomeUnknown while Notion still works on our edit: it would come after the undo."""
    with suppress(Missing):
        if task and not (now := notion.async_task(task)).done:
            raise OutcomeUnknown("notion", f"task {task} is not finished", retry_after=now.poll_after)


def _undo_edit(notion: Notion, page: str, edit: Json) -> Json:
    answer = notion.edit_markdown(page, edit)
    if isinstance(answer, AsyncTask):
        raise OutcomeUnknown("notion", f"task {answer.id} is not finished", retry_after=answer.poll_after)
    return {"restored": page}


def _find_restored(notion: Notion, page: str, before: str) -> Json | None:
    return {"restored": page} if _text(notion, page).strip() == before.strip() else None


NOTION_EDIT_MARKDOWN = StepKind(
    "notion.edit_markdown",
    "Change exact passages of a page's text.",
    EditMarkdown,
    _run,
    Repeat.LOOK,
    undo=_undo,
    systems=("notion",),
    core=True,
)
