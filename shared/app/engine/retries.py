"""What a retry finds of the run before it: whether there is anything to go on with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from shared.app.engine.deps import Deps
from shared.core.documents.effect import EFFECTS, Effect
from shared.core.errors import Busy, ErrorClass, IntegrationError
from shared.core.pages.page_changes import find_planned_hash
from shared.core.run.replan import is_of_use
from shared.core.run.resume import carry_over
from shared.core.run.run import Carried, Run, Step, StepStatus, Usage
from shared.ports import get_as

if TYPE_CHECKING:
    from shared.app.engine.tools import Tools

CHANGED = "the page was changed since it was planned"
FORMER = "it was planned by an earlier version of Workwright"
NOT_KEPT = "what it had written is no longer kept"
_REFS = ("work", "checks", "originals", "outline", "proposal")  # of a step's output: texts that later steps read
_LIVE = ("site.promote", "site.watch")


def to_go_on_with(deps: Deps, tools: Tools, old: Run, plan_estimate: Usage) -> tuple[Carried | None, str]:
    """Return what a retry goes on with; None and the reason where it has to begin from the start.

    Raises Busy while the page cannot be read.
    """
    carried = carry_over(old, _find_taken_back(deps, old), plan_estimate)
    if why := explain_unfit(deps, tools, old, carried):
        return None, why
    return (None, CHANGED) if _page_changed(deps, tools, old) else (carried, "")


def explain_unfit(deps: Deps, tools: Tools, old: Run, carried: Carried) -> str:
    """Return why nothing can go on with what an earlier run has done; "" where something can."""
    done = [step for step in carried.steps if step.status == StepStatus.SUCCEEDED]
    if not all(map(is_of_use, done)) or not all(_is_known(step, tools) for step in carried.steps):
        return FORMER
    return "" if all(_is_kept(deps, old, ref) for step in done for ref in _refs(step)) else NOT_KEPT


def _is_known(step: Step, tools: Tools) -> bool:
    return bool(
        step.status != StepStatus.PENDING or step.spec.gate or step.spec.lane == "plan" or step.spec.kind in tools.kinds
    )


def _refs(step: Step) -> Iterator[str]:
    written = step.spec.kind.startswith(("code.", "plan."))
    return (str(step.output[name]) for name in _REFS if written and step.output.get(name))


def _is_kept(deps: Deps, run: Run, ref: str) -> bool:
    try:
        deps.store.get_text(run.tenant, ref)
    except KeyError:
        return False
    return True


def _find_taken_back(deps: Deps, old: Run) -> frozenset[str]:
    """Return the steps that put a site live which was taken back, or whose switch failed: that is asked for anew."""
    live = [step for step in old.steps if step.spec.kind in _LIVE]
    wrong = any(_is_confirmed(deps, old, step, "wrong") for step in live)
    failed = [step for step in live if step.status == StepStatus.FAILED and _is_confirmed(deps, old, step, "promotion")]
    return frozenset(step.id for step in (live if wrong else failed))


def _is_confirmed(deps: Deps, run: Run, step: Step, effect: str) -> bool:
    known = get_as(Effect, deps.store, (run.tenant, EFFECTS, f"{step.home or run.id}.{step.id}.{effect}"))
    return known is not None and known.is_confirmed


def _page_changed(deps: Deps, tools: Tools, old: Run) -> bool:
    """Say whether people have changed the page since the plan; what the run itself wrote there says nothing of that."""
    from shared.app.approval.comment_records import load_heard
    from shared.app.intake.page_view import find_spoken, read_page_view
    from shared.app.planning.make_plan import is_made_by_rules

    planned = find_planned_hash(old)
    if not planned or is_made_by_rules(deps, old) or any(_writes_pages(step) for step in old.steps):
        return False
    heard = load_heard(deps, old.tenant, old.id)
    spoken = find_spoken(deps, old, heard)
    connect = tools.accounts.connect_for(old.tenant)
    try:
        view = read_page_view(connect, old.trigger.page, tools.settings(old.tenant), spoken)
    except IntegrationError as error:
        if error.error_class == ErrorClass.TRANSIENT:
            raise Busy(f"the page cannot be read now: {error}") from error
        return False  # gone, or not shared any more: the steps that need it say so
    return view.content_hash != planned


def _writes_pages(step: Step) -> bool:
    own = ("notion.publish_plan", "notion.ask_question")
    return step.spec.kind.startswith("notion.") and step.spec.kind not in own and step.handed_at is not None
