"""Make the page show where its run is: status, checked to-dos, progress, links; and the run's row in Runs.

Reads first and writes only what differs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from shared.app.approval.autonomy import let_pass
from shared.app.approval.page_edits import look_for_edits, may_be_edited
from shared.app.engine.deps import Deps
from shared.app.engine.engine import record
from shared.app.engine.leases import lease
from shared.app.engine.requeue import MAX_TIMES, come_again, patient
from shared.app.engine.step_context import run_url
from shared.app.engine.tools import Tools
from shared.app.intake.open_page_run import page_record, record_put
from shared.app.notify.mirror_row import mirror_row
from shared.app.notify.page_properties import diff_properties
from shared.app.notify.tell_standing import note_going_on
from shared.app.wishes.status_journal import Kept, keep_wish, keep_written, load_kept, order_next_plan
from shared.app.workspace.workspace_changed import check_schema
from shared.app.workspace.workspace_create import settings_of
from shared.app.workspace.workspace_databases import Mapped, map_page
from shared.app.workspace.workspace_schemas import IDEAS
from shared.app.workspace.write_journal import noting
from shared.core.errors import Busy, Missing, Rejected, Unauthorized
from shared.core.notify.attention import STANDING
from shared.core.notify.progress import progress_of, status_of
from shared.core.pages.author import UNKNOWN, Author
from shared.core.run.acts import ROLLED_BACK, RolledBack
from shared.core.run.commands import Command
from shared.core.run.run import Run, RunStatus, StepStatus, derive_id
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.content.rich_text import rich_text
from shared.telemetry import trace


@trace.use_case
@patient
def mirror_run(command: Command, deps: Deps, tools: Tools) -> None:
    """Bring the page up to the run's present state, whichever delivery this is; later, while another does."""
    loaded = deps.store.load_run(command.tenant, command.run)
    if loaded is None or not loaded.run.trigger.page or loaded.run.rehearse:
        return  # of a rehearsal no page shows anything
    if loaded.run.trigger.kind == "rollback":
        _tell_whose_it_was(deps, loaded.run)
    again = command.topic == STANDING or loaded.run.facts.get(ROLLED_BACK)
    if not again and loaded.run.status.final and _shows_the_end(deps, loaded.run):
        return  # before the lease: two deliveries that always meet would send each other round for ever
    try:
        _show(command, deps, tools, loaded.run)
    except Busy:
        if command.attempt >= MAX_TIMES:
            raise
        # All that find the page taken at this state of the run come back as one: each would show the same.
        name = derive_id("shown-", loaded.run.id, str(loaded.run.seq))
        come_again(replace(command, id=name), deps)


def _tell_whose_it_was(deps: Deps, run: Run) -> None:
    """Let the run whose site was taken back know it, once that is done."""
    if run.status == RunStatus.SUCCEEDED and run.trigger.causes and run.ended_at is not None:
        event = RolledBack(run.ended_at, run.trigger.by, run.id)
        record(deps, run.tenant, run.trigger.causes[-1], event)


def _show(command: Command, deps: Deps, tools: Tools, known: Run) -> None:
    """Write the present state under the page's lease; raises Busy while another holds it."""
    with lease(deps, command.tenant, f"mirror.{known.trigger.page}"):
        # read again under the lease: a delivery that waited for it must not put an older state back
        loaded = deps.store.load_run(command.tenant, command.run)
        run = loaded.run if loaded is not None else known
        if page_record(deps, run.tenant, run.trigger.page).run not in ("", run.id):
            return  # a newer run owns the page's status
        with suppress(Missing, Rejected, Unauthorized):  # page gone or grant revoked: the run's steps say so
            if run.status == RunStatus.SUCCEEDED and may_be_edited(deps, run):
                run = _load_last_edits(deps, tools, run)
            settings = tools.settings(run.tenant)  # once for all that is shown: it is read from the store
            if run.status == RunStatus.AWAITING_APPROVAL:
                run = let_pass(deps, run, settings)  # before people read that they are asked
            _write(deps, tools, settings, run)
            note_going_on(deps, run.tenant, command)  # what an earlier one could not show is shown now
        if run.status.final:
            order_next_plan(deps, run)
            _settle(deps, run)


def _load_last_edits(deps: Deps, tools: Tools, run: Run) -> Run:
    """Return the run that knows what was changed on the page until its end: nothing is Done without a word of it."""
    look_for_edits(deps, tools, run, "")
    loaded = deps.store.load_run(run.tenant, run.id)
    return loaded.run if loaded is not None else run


def _write(deps: Deps, tools: Tools, settings: Mapping[str, Any], run: Run) -> None:
    notion = tools.accounts.connect_for(run.tenant, noting(deps, run))(Notion)
    try:
        _write_plan(deps, settings, notion, run)
        page = _write_page(deps, tools, settings, notion, run)
    except (Missing, Rejected):  # the page is gone: its row still tells how the run went
        mirror_row(deps, tools, settings, notion, run, None)
    else:
        mirror_row(deps, tools, settings, notion, run, page)


def _write_plan(deps: Deps, settings: Mapping[str, Any], notion: Notion, run: Run) -> None:
    published = next((s.output for s in reversed(run.steps) if s.output.get("todos")), None)
    if published is None:
        return
    parts = notion.children(str(published["container"]))
    for todo, checked in _find_stale_todos(published, parts, run):
        deps.crash_point("effect.before/mirror/todo")
        notion.update_block(todo, "to_do", {"checked": checked})
        deps.crash_point("effect.after/mirror/todo")
    _show_progress(deps, notion, run, published, parts, settings)


def _write_page(deps: Deps, tools: Tools, settings: Mapping[str, Any], notion: Notion, run: Run) -> Mapping[str, Any]:
    """Write the properties, and return the page as it was read: after all else, for what people set since is lost."""
    kept, read_at = load_kept(deps, run.tenant, run.trigger.page), deps.clock.now()
    page = notion.page(run.trigger.page)
    mapped = map_page(settings, page)
    changes = diff_properties(deps, mapped, page, run, kept) if mapped is not None else {}
    if changes:
        deps.crash_point("effect.before/mirror/properties")
        try:
            notion.update_page(run.trigger.page, changes)
        except Rejected:
            if mapped is None or mapped.by_name:
                raise
            page, mapped, changes = _write_left(deps, tools, notion, run, mapped, kept)
        deps.crash_point("effect.after/mirror/properties")
    if mapped is not None and mapped.kind == IDEAS:
        _keep_status(deps, run, mapped, page, changes, read_at)
    return page


def _write_left(
    deps: Deps, tools: Tools, notion: Notion, run: Run, mapped: Mapped, kept: Kept
) -> tuple[dict[str, Any], Mapped | None, dict[str, Any]]:
    """Write what is left of the properties, as the schema has changed since we looked."""
    check_schema(deps, tools, run.tenant, mapped.kind)
    page = notion.page(run.trigger.page)
    again = map_page(settings_of(deps, run.tenant), page)
    left = diff_properties(deps, again, page, run, kept) if again is not None and again != mapped else {}
    if left:
        notion.update_page(run.trigger.page, left)
    return page, again, left


def _keep_status(
    deps: Deps, run: Run, mapped: Mapped, page: Mapping[str, Any], changes: Mapping[str, Any], read_at: datetime
) -> None:
    """Remember the status that was written, or the wish that was left standing."""
    saw = mapped.status(page)
    if mapped.name("Status") in changes:
        keep_written(deps, run, saw, mapped.translate_status(status_of(run)), read_at)
    editor = str((page.get("last_edited_by") or {}).get("id") or "")
    keep_wish(deps, run, saw, Author(UNKNOWN, editor, seen=True), read_at)


def _show_progress(
    deps: Deps,
    notion: Notion,
    run: Run,
    published: Mapping[str, Any],
    parts: Sequence[Mapping[str, Any]],
    settings: Mapping[str, Any],
) -> None:
    """Bring the callout up to date, in one write and only when it says something else; people may have deleted it."""
    shown = next((part for part in parts if str(part["id"]) == published.get("progress")), None)
    if shown is None:
        return
    wanted = progress_of(run, run_url(deps, run), published["todos"], settings)
    texts = [(str(t.get("plain_text", "")), str(t.get("href") or "")) for t in shown["callout"].get("rich_text") or ()]
    if texts == wanted.words:
        return
    icon = {"type": "emoji", "emoji": wanted.icon}
    body = {"rich_text": rich_text(wanted.spans), "icon": icon, "color": wanted.color}
    deps.crash_point("effect.before/mirror/progress")
    notion.update_block(str(shown["id"]), "callout", body)
    deps.crash_point("effect.after/mirror/progress")


def _find_stale_todos(
    published: Mapping[str, Any], parts: Sequence[Mapping[str, Any]], run: Run
) -> list[tuple[str, bool]]:
    """Return (block, checked) of the plan's to-dos that do not show what their steps say."""
    done = {step.id: step.status == StepStatus.SUCCEEDED for step in run.steps}
    shown = {str(part["id"]): bool(part["to_do"]["checked"]) for part in parts if part["type"] == "to_do"}
    return [
        (block, done.get(step, False))
        for step, block in published["todos"].items()
        if block in shown and shown[block] != done.get(step, False)
    ]


def _shows_the_end(deps: Deps, run: Run) -> bool:
    record = page_record(deps, run.tenant, run.trigger.page)
    return record.run == run.id and record.settled


def _settle(deps: Deps, run: Run) -> None:
    """Remember that people can see the end of this run, so that the page may open its next one."""
    record = page_record(deps, run.tenant, run.trigger.page)
    if record.run == run.id and not record.settled:
        deps.crash_point("settle.before/mirror")
        deps.store.put(run.tenant, record_put(run.trigger.page, replace(record, settled=True)))
        deps.crash_point("settle.after/mirror")
