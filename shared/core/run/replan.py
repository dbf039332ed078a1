"""Another plan after a step has failed for good: what is done stays done, what had not begun is dropped.

Only a plan that a model made is replaced, at most `Limits.replans` times in a run. What is in flight ends first, so
that the planner is told what really came of it. The new plan asks for an approval of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from shared.core.run.draft import Draft
from shared.core.run.faults import Fault
from shared.core.run.run import NOTHING, Run, Step, StepSpec, StepStatus, Usage, WaitKind

_REVISION = re.compile(r"r[0-9]+\.")
# what every plan gets from us; see core/planning/plan.py
_OURS = frozenset({"publish", "approve", "ask", "answer", "review", "release", "production"})


@dataclass(frozen=True, slots=True)
class SoFar:
    """What a new plan begins with: steps that are done, by the name a plan may depend on, and those that failed."""

    done: dict[str, Step]
    failed: tuple[Step, ...] = ()


def plan_step(revision: int, estimate: Usage = NOTHING, after: tuple[str, ...] = ()) -> StepSpec:
    """Return the step that asks the model for a plan, once the steps `after` have ended."""
    name = "plan" if revision == 1 else f"plan-{revision}"
    return StepSpec(name, "plan.propose", "Read the page and write a plan", {}, after, lane="plan", estimate=estimate)


def bare_name(step_id: str) -> str:
    """Return a step's id as its plan named it, without our mark of the revision."""
    return _REVISION.sub("", step_id, count=1)


def is_work(spec: StepSpec) -> bool:
    """Say whether a step is what a plan is for, and not one of those that every plan gets from us."""
    return spec.lane != "plan" and not spec.gate and bare_name(spec.id) not in _OURS


def collect_progress(run: Run) -> SoFar:
    """Return what plans before have done and failed at; of two steps of one name the later one counts."""
    work = [step for step in run.steps if is_work(step.spec) and not step.parent]
    done = {bare_name(step.id): step for step in work if step.status == StepStatus.SUCCEEDED and is_of_use(step)}
    return SoFar(done, tuple(step for step in work if step.status == StepStatus.FAILED))


def find_replaced_steps(run: Run) -> frozenset[str]:
    """Return the steps of earlier plans that had not begun when another plan came, with what belongs to them."""
    now = f"r{run.revision}." if run.revision > 1 else ""
    gone: set[str] = set()
    for step in run.steps:  # parents stand before their children
        earlier = step.spec.lane != "plan" and not step.id.startswith(now)
        if step.parent in gone or (earlier and not step.parent and step.status == StepStatus.SKIPPED):
            gone.add(step.id)
    return frozenset(gone)


def is_of_use(step: Step) -> bool:
    """Say whether others can build on it: code of the version before, which names no work, is written anew."""
    return step.spec.kind not in ("code.generate", "code.test") or bool(step.output.get("work"))


def plan_again(draft: Draft, step: Step, reason: str, fault: Fault) -> bool:
    """Let the planner find another way round a step that failed for good; False where the run has to end instead."""
    planning = next((s for s in draft.steps.values() if s.spec.lane == "plan" and s.status == StepStatus.PENDING), None)
    if not is_work(step.spec) or (planning is None and not _may_plan_again(draft)):
        return False
    draft.finish(step.id, StepStatus.FAILED, error=reason, fault=fault)
    _fail_parents(draft, step, reason, fault)
    _drop_what_has_not_begun(draft)
    if planning is None:
        flying = tuple(s.id for s in draft.steps.values() if _is_in_flight(s))
        revision = int(draft.fields.get("revision", draft.run.revision)) + 1
        draft.fields.update(revision=revision, plan_hash="", replans=draft.run.replans + 1)
        draft.add((plan_step(revision, find_last_estimate(draft.run), flying),))
    return True


def _may_plan_again(draft: Draft) -> bool:
    run = draft.run
    if draft.failure or draft.cancel or not run.replannable or run.replans >= run.limits.replans:
        return False
    return len(draft.steps) < run.limits.steps and draft.fits_budget(find_last_estimate(run))


def find_last_estimate(run: Run) -> Usage:
    """Return what was reserved for the latest plan."""
    return next((step.spec.estimate for step in reversed(run.steps) if step.spec.lane == "plan"), NOTHING)


def _fail_parents(draft: Draft, step: Step, reason: str, fault: Fault) -> None:
    while step.parent:
        step = draft.steps[step.parent]
        draft.finish(step.id, StepStatus.FAILED, error=reason, fault=fault)


def _drop_what_has_not_begun(draft: Draft) -> None:
    """Skip what waits for its turn or for people; the children of a step that goes on belong to it."""
    for step in tuple(draft.steps.values()):
        if step.status in (StepStatus.PENDING, StepStatus.READY) and step.spec.lane != "plan":
            if not _belongs_to_flying(draft, step):
                draft.finish(step.id, StepStatus.SKIPPED)
        elif step.status == StepStatus.WAITING and not _is_in_flight(step) and not _belongs_to_flying(draft, step):
            draft.finish(step.id, StepStatus.SKIPPED)


def _belongs_to_flying(draft: Draft, step: Step) -> bool:
    while step.parent:
        step = draft.steps[step.parent]
        if step.status == StepStatus.FAILED:
            return False
    return _is_in_flight(step)


def _is_in_flight(step: Step) -> bool:
    """Say whether an attempt is on its way, or will go on by itself, or children are at it."""
    if step.spec.lane == "plan":
        return False
    if step.status == StepStatus.RUNNING or (step.expanded and step.status == StepStatus.READY):
        return True
    return step.wait is not None and step.wait.kind in (WaitKind.TIME, WaitKind.CHILDREN)
