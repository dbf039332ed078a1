"""Steps that became several: what a child's failure means to those above it, and when a parent goes on."""

from __future__ import annotations

from collections.abc import Iterable

from shared.core.run.draft import Draft
from shared.core.run.run import NOTHING, Step, StepStatus, WaitKind

_DONE = (StepStatus.SUCCEEDED, StepStatus.SKIPPED)
_OPEN = (StepStatus.PENDING, StepStatus.READY, StepStatus.WAITING)
_ENDED = (*_DONE, StepStatus.FAILED, StepStatus.CANCELLED)


def be_absent(draft: Draft, step: Step, reason: str) -> bool:
    """Let a step that failed for good be absent, with what it belongs to, if somebody above can do without.

    False where nobody can: then its failure is the run's. What is in flight beside it ends by itself.
    """
    missed = step.id if is_orphaned(draft, step) else _find_optional_owner(draft, step)
    if missed is None or draft.failure or draft.cancel:
        return False
    draft.finish(step.id, StepStatus.SKIPPED, error=reason)
    if draft.steps[missed].status not in _ENDED:
        draft.finish(missed, StepStatus.SKIPPED, error=f"{step.spec.title or step.id}: {reason}")
    return True


def is_orphaned(draft: Draft, step: Step) -> bool:
    """Say whether its parent has ended without it: nobody waits for it, and there is no purse to try it again from."""
    parent = draft.steps.get(step.parent)
    return parent is not None and parent.status in _ENDED


def _find_optional_owner(draft: Draft, step: Step) -> str | None:
    while not step.spec.optional:
        above = draft.steps.get(step.parent)
        if above is None:
            return None
        step = above
    return step.id


def close_orphans(draft: Draft) -> None:
    """Begin nothing more for a parent that has ended without its children."""
    for name in tuple(draft.steps):  # parents stand before their children
        step = draft.steps[name]
        if step.status in _OPEN and is_orphaned(draft, step):
            draft.lose_if_begun(name)
            draft.finish(name, StepStatus.SKIPPED, error=step.error or "no longer needed")


def wake_parents(draft: Draft) -> None:
    """Make ready, under their next wake, the steps whose children are all done."""
    for step in tuple(draft.steps.values()):
        if step.wait is None or step.wait.kind != WaitKind.CHILDREN:
            continue
        if all(child.status in _DONE for child in draft.steps.values() if child.parent == step.id):
            draft.set(step.id, status=StepStatus.READY, wait=None, wake=step.wake + 1)


def sort_for_reading(steps: Iterable[Step]) -> list[Step]:
    """Return the steps as people read them: children below the step they belong to."""
    below: dict[str, list[Step]] = {}
    for step in steps:
        below.setdefault(step.parent, []).append(step)
    found: list[Step] = []
    waiting = list(reversed(below.get("", [])))
    while waiting:
        step = waiting.pop()
        found.append(step)
        waiting += reversed(below.get(step.id, []))
    return found


def came_to(step: Step) -> str:
    """Return how a step that asked others came to its end, who disagreed, and that nobody misses it, in words."""
    if step.status == StepStatus.SKIPPED and step.parent:
        return f"absent: {step.error}" if step.error else "absent"
    sentences = [str(step.output.get("outcome") or "")]
    sentences += [f"{each['who']} dissents: {each['says']}" for each in step.output.get("dissent", ())]
    return "; ".join(each for each in sentences if each)


def do_others_hold(draft: Draft, step: Step) -> bool:
    """Say whether something may still come back that others have reserved: out of the same purse as this step's."""
    return any(
        other.reserved != NOTHING and other.id != step.id
        for other in draft.steps.values()
        if not step.parent or other.parent == step.parent
    )
