"""What a page's properties show of a run, and what they should: status, links, cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.app.engine.deps import Deps
from shared.app.engine.step_context import run_url
from shared.app.wishes.status_journal import Kept, load_kept
from shared.app.workspace.workspace_databases import Mapped
from shared.app.workspace.workspace_schemas import IDEAS
from shared.core.approval.gates import PLAN, gate_kind, waiting_kind, waits_at
from shared.core.notify.progress import dollars, status_of
from shared.core.page import Span
from shared.core.pages import marks
from shared.core.run.run import Run, RunStatus
from shared.integrations.notion.content.rich_text import rich_text

Json = Mapping[str, Any]


def diff_properties(deps: Deps, mapped: Mapped, page: Json, run: Run, kept: Kept) -> dict[str, Any]:
    """Return the properties that differ from what they should show, in Notion's shape, by the key to write them under.

    Only an idea's status is ours to set; a task or routine that is worked on gets the link to its run. `kept` are the
    statuses we wrote before.
    """
    changes: dict[str, Any] = {}
    shown_plan = shows_plan(deps, mapped, page, run)
    if mapped.kind == IDEAS:
        now = mapped.status(page)
        cancelled = now == marks.CANCELLED and not run.status.final and says_cancel(deps, mapped, page, run)
        wanted = mapped.translate_status(_choose_status(run, now, shown_plan))
        left = cancelled or kept.stands(run, now, wanted)
        if not left and now != wanted and (status := mapped.status_value(page, wanted)):
            changes[mapped.name("Status")] = status  # a person's decision stands until the run has taken note of it
        _put(changes, mapped, page, "Pull request", run.facts.get("pull_request"))
        _put(changes, mapped, page, "Site", run.facts.get("site") or run.facts.get("preview"))
    asking = run.status == RunStatus.AWAITING_APPROVAL
    link = _plan_link(deps, run) if asking else _run_link(deps, run)
    shown = shown_plan if asking else any(each.startswith(link) for each in links_of(mapped, page))
    if mapped.value(page, "Run") and not shown:
        changes[mapped.name("Run")] = {"rich_text": rich_text((Span(run.id, href=link),))}
    if mapped.kind == IDEAS and run.status.final:
        _put_cost(changes, mapped, page, run)
    return changes


def shows_plan(deps: Deps, mapped: Mapped | None, page: Json, run: Run) -> bool:
    """Say whether the page was set to ask about this very thing: a status set before that decides nothing about it.

    The link in the property Run says so; it is written together with the status. A page without it cannot tell: there
    a status decides about the plan alone, for behind it the same status may still stand from before.
    """
    if mapped is None or not mapped.value(page, "Run"):
        return waiting_kind(run) in ("", PLAN)  # people may delete it, or make something else of it
    return _plan_link(deps, run) in links_of(mapped, page)


def says_cancel(deps: Deps, mapped: Mapped | None, page: Json, run: Run) -> bool:
    """Say whether a status of Cancelled is meant for this run.

    The page still shows the end of the one before when that is retried, or when a plan was wished for as we wrote it.
    """
    if load_kept(deps, run.tenant, run.trigger.page).shows_former(run.id, marks.CANCELLED):
        return False
    if run.trigger.kind != "retry" or mapped is None or not mapped.value(page, "Run"):
        return True
    return any(each.startswith(_run_link(deps, run)) for each in links_of(mapped, page))


def _run_link(deps: Deps, run: Run) -> str:
    return run_url(deps, run) + "#workwright-" + ".".join(run.trigger.causes)


def _plan_link(deps: Deps, run: Run) -> str:
    gate = waits_at(run)
    anew = f"-{gate.attempt}" if gate is not None and gate.attempt > 1 and gate_kind(gate.id) != PLAN else ""
    return f"{_run_link(deps, run)}.plan-{run.revision}-{run.asked[:16]}{anew}"


def links_of(mapped: Mapped, page: Json) -> list[str]:
    return [str(text.get("href") or "") for text in mapped.value(page, "Run").get("rich_text") or ()]


def _choose_status(run: Run, now: str, shown_plan: bool) -> str:
    """Return the status to show; an approval stands until the run has taken note of it."""
    if now == marks.APPROVED and run.status == RunStatus.AWAITING_APPROVAL and shown_plan:
        return now
    return status_of(run)


def _put(changes: dict[str, Any], mapped: Mapped, page: Json, name: str, wanted: Any) -> None:
    value = mapped.value(page, name)
    if value and wanted and str(value.get("url") or "") != wanted:
        changes[mapped.name(name)] = {"url": str(wanted)}


def _put_cost(changes: dict[str, Any], mapped: Mapped, page: Json, run: Run) -> None:
    value = mapped.value(page, "Cost")
    if value.get("type") == "number":
        cost = round(run.spent.micros / 1e6, 4)
        if value.get("number") != cost:
            changes[mapped.name("Cost")] = {"number": cost}
    elif value:
        words = f"{dollars(run)} US dollars"
        if "".join(str(text.get("plain_text", "")) for text in value.get("rich_text") or ()) != words:
            changes[mapped.name("Cost")] = {"rich_text": rich_text(words)}
