"""Make the page show where its run is: status, checked to-dos, links. Reads first and writes only what differs."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from shared.app.come_again import patient
from shared.app.deps import Deps
from shared.app.execute_step import Tools, lease, run_url
from shared.app.ledger import noting
from shared.app.open_page_run import page_record, record_body
from shared.core import marks
from shared.core.commands import Command
from shared.core.errors import Missing, Rejected, Unauthorized
from shared.core.page import Span
from shared.core.run import Run, RunStatus, StepStatus
from shared.integrations.notion import blocks
from shared.integrations.notion.client import Notion
from shared.ports import Put

_STATUS = {
    RunStatus.RECEIVED: marks.PLANNING,
    RunStatus.PLANNING: marks.PLANNING,
    RunStatus.AWAITING_INPUT: marks.QUESTION,
    RunStatus.AWAITING_APPROVAL: marks.PLAN_READY,
    RunStatus.EXECUTING: marks.BUILDING,
    RunStatus.CANCELLING: marks.CANCELLED,
    RunStatus.SUCCEEDED: marks.DONE,
    RunStatus.FAILED: marks.FAILED,
    RunStatus.CANCELLED: marks.CANCELLED,
}


@patient
def mirror_run(command: Command, deps: Deps, tools: Tools) -> None:
    """Bring the page up to the run's present state, whichever delivery this is; later, while another does."""
    loaded = deps.store.load_run(command.tenant, command.run)
    if loaded is None or not loaded.run.trigger.page:
        return
    page = loaded.run.trigger.page
    if loaded.run.status.final and _shows_the_end(deps, loaded.run):
        return  # before the lease: two deliveries that always meet would send each other round for ever
    with lease(deps, command.tenant, f"mirror.{page}"):
        # read again under the lease: a delivery that waited for it must not put an older state back
        run = (deps.store.load_run(command.tenant, command.run) or loaded).run
        if page_record(deps, run.tenant, run.trigger.page).run not in ("", run.id):
            return  # a newer run owns the page's status
        with suppress(Missing, Rejected, Unauthorized):  # page gone or grant revoked: the run's steps say so
            _write(deps, tools, run)
        if run.status.final:
            _settle(deps, run)


def _write(deps: Deps, tools: Tools, run: Run) -> None:
    notion = tools.accounts.connect_for(run.tenant, noting(deps, run))(Notion)
    changes = _changed_properties(deps, notion.page(run.trigger.page), run)
    todos = _unchecked_todos(notion, run)
    if not changes and not todos:
        return
    for todo, checked in todos:
        deps.crash_point("effect.before/mirror/todo")
        notion.update_block(todo, "to_do", {"checked": checked})
        deps.crash_point("effect.after/mirror/todo")
    if changes:
        deps.crash_point("effect.before/mirror/properties")
        notion.update_page(run.trigger.page, changes)
        deps.crash_point("effect.after/mirror/properties")


def _changed_properties(deps: Deps, page: Mapping[str, Any], run: Run) -> dict[str, Any]:
    """Return the properties that differ from what they should show, in Notion's shape."""
    have = page.get("properties") or {}
    changes: dict[str, Any] = {}
    shown_plan = shows_plan(deps, have, run)
    now = _select(have.get("Status"))
    cancelled = now == marks.CANCELLED and not run.status.final and says_cancel(deps, have, run)
    if not cancelled:  # a person's decision stands until the run has taken note of it
        _put(changes, have, "Status", now, _shown_status(run, now, shown_plan))
    _put(changes, have, "Pull request", _url(have.get("Pull request")), run.facts.get("pull_request"))
    _put(changes, have, "Site", _url(have.get("Site")), run.facts.get("site") or run.facts.get("preview"))
    asking = run.status == RunStatus.AWAITING_APPROVAL
    link = _plan_link(deps, run) if asking else _run_link(deps, run)
    if _has_run(have) and not (shown_plan if asking else any(each.startswith(link) for each in _links(have))):
        changes["Run"] = {"rich_text": blocks.rich_text((Span(run.id, href=link),))}
    cost = f"{run.spent.micros / 1e6:.4f} US dollars" if run.status.final else ""
    shown = "".join(t.get("plain_text", "") for t in (have.get("Cost") or {}).get("rich_text", ()))
    if "Cost" in have and cost and shown != cost:
        changes["Cost"] = {"rich_text": blocks.rich_text(cost)}
    return changes


def shows_plan(deps: Deps, properties: Mapping[str, Any], run: Run) -> bool:
    """Say whether the page was set to ask about this very plan: a status set before that decides nothing about it.

    The link in the property Run says so; it is written together with the status. A page without it cannot tell.
    """
    return not _has_run(properties) or _plan_link(deps, run) in _links(properties)


def _has_run(properties: Mapping[str, Any]) -> bool:
    """Say whether there is a property Run that takes a link: people may delete it, or make something else of it."""
    return bool((properties.get("Run") or {}).get("type") == "rich_text")


def says_cancel(deps: Deps, properties: Mapping[str, Any], run: Run) -> bool:
    """Say whether a status of Cancelled is meant for this run: a retried page still shows the end of the one before."""
    shows_run = "Run" not in properties or any(each.startswith(_run_link(deps, run)) for each in _links(properties))
    return shows_run or run.trigger.kind != "retry"


def _run_link(deps: Deps, run: Run) -> str:
    return run_url(deps, run) + "#workwright-" + ".".join(run.trigger.causes)


def _plan_link(deps: Deps, run: Run) -> str:
    return f"{_run_link(deps, run)}.plan-{run.revision}-{run.plan_hash[:16]}"


def _links(properties: Mapping[str, Any]) -> list[str]:
    return [str(text.get("href") or "") for text in (properties.get("Run") or {}).get("rich_text") or ()]


def _shown_status(run: Run, now: str, shown_plan: bool) -> str:
    """Return the status to show; an approval stands until the run has taken note of it."""
    if now == marks.APPROVED and run.status == RunStatus.AWAITING_APPROVAL and shown_plan:
        return now
    return _STATUS[run.status]


def _put(changes: dict[str, Any], have: Mapping[str, Any], name: str, now: str, wanted: Any) -> None:
    if name not in have or not wanted or now == wanted:
        return
    kind = str(have[name].get("type", ""))
    changes[name] = {kind: {"name": wanted}} if kind in ("select", "status") else {kind: wanted}


def _select(value: Any) -> str:
    chosen = (value or {}).get((value or {}).get("type", ""))
    return str(chosen["name"]) if isinstance(chosen, dict) else ""


def _url(value: Any) -> str:
    return str((value or {}).get("url") or "")


def _unchecked_todos(notion: Notion, run: Run) -> list[tuple[str, bool]]:
    """Return (block, checked) of the plan's to-dos that do not show what their steps say."""
    published = next((s for s in reversed(run.steps) if s.output.get("todos")), None)
    if published is None:
        return []
    done = {step.id: step.status == StepStatus.SUCCEEDED for step in run.steps}
    shown = {
        str(child["id"]): bool(child["to_do"]["checked"])
        for child in notion.children(str(published.output["container"]))
        if child["type"] == "to_do"
    }
    return [
        (block, done.get(step, False))
        for step, block in published.output["todos"].items()
        if block in shown and shown[block] != done.get(step, False)
    ]


def _shows_the_end(deps: Deps, run: Run) -> bool:
    record = page_record(deps, run.tenant, run.trigger.page)
    return record.run == run.id and record.settled


def _settle(deps: Deps, run: Run) -> None:
    """Remember that people can see the end of this run, so that the page may open its next one."""
    record = page_record(deps, run.tenant, run.trigger.page)
    if record.run == run.id and not record.settled:
        body = record_body(replace(record, settled=True))
        deps.crash_point("settle.before/mirror")
        deps.store.put(run.tenant, Put("pages", run.trigger.page, body, record.version))
        deps.crash_point("settle.after/mirror")
