"""After an event: hand out what is ready, undo what must be undone, and say where the run now is."""

from __future__ import annotations

from datetime import timedelta

from shared.core.run.attempts import give_up
from shared.core.run.children import close_orphans, do_others_hold, wake_parents
from shared.core.run.draft import Draft
from shared.core.run.faults import Fault
from shared.core.run.rework import list_predecessors
from shared.core.run.run import RunStatus, Step, StepStatus, Wait, WaitKind

_DONE = (StepStatus.SUCCEEDED, StepStatus.SKIPPED)
_OVER = (*_DONE, StepStatus.FAILED)  # in a run that goes on: another plan, or its parent, makes up for it
_OPEN = (StepStatus.PENDING, StepStatus.READY, StepStatus.WAITING)


def advance(draft: Draft) -> RunStatus:
    """Bring the draft as far as it can go without the outside world; return the run's status."""
    if draft.failure or draft.cancel:
        return _wind_down(draft)
    settled = False
    while not settled:
        close_orphans(draft)
        _release(draft)
        settled = _hand_out(draft)
    if draft.failure:
        return _wind_down(draft)
    return _status(draft)


def _release(draft: Draft) -> None:
    """Turn pending steps whose dependencies are done into ready ones, and ready gates into waiting ones."""
    wake_parents(draft)
    for step in tuple(draft.steps.values()):
        if step.status == StepStatus.PENDING and _may_begin(draft, step):
            if step.spec.gate:
                _open_gate(draft, step)
            else:
                draft.set(step.id, status=StepStatus.READY)


def _may_begin(draft: Draft, step: Step) -> bool:
    parent = draft.steps.get(step.parent)
    if parent is not None and not parent.expanded:  # of a run that goes on: its purse is filled first
        return False
    enough = _OVER if step.spec.lane == "plan" else _DONE  # another plan is made of whatever came of the steps before
    for name in step.spec.depends_on:
        needed = draft.steps.get(name)
        if needed is None or needed.status not in enough:
            return False
    return True


def _open_gate(draft: Draft, step: Step) -> None:
    assert step.spec.gate is not None
    until = draft.at + timedelta(seconds=draft.run.limits.approval_s)
    what = _find_asked_hash(draft, step) if step.spec.gate == WaitKind.APPROVAL else ""
    draft.set(step.id, status=StepStatus.WAITING, wait=Wait(step.spec.gate, until, what), handed_at=draft.at)
    draft.notify("approval_asked" if step.spec.gate == WaitKind.APPROVAL else "question_asked", step.id, step.attempt)


def _find_asked_hash(draft: Draft, gate: Step) -> str:
    """Return what an approval is bound to: what the steps before the gate say it is about, else the plan."""
    shown = [draft.steps[name].output.get("binds") for name in gate.spec.depends_on if name in draft.steps]
    bound = next((str(binds) for binds in reversed(shown) if binds), "")
    return bound or str(draft.fields.get("plan_hash", draft.run.plan_hash))


def occupies_slot(step: Step) -> bool:
    """Say whether the step counts against `parallel`: handed out, or about to go on by itself."""
    return step.status in (StepStatus.RUNNING, StepStatus.UNDOING) or (
        step.wait is not None and step.wait.kind == WaitKind.TIME
    )


def _hand_out(draft: Draft) -> bool:
    """Hand ready steps to their functions, in plan order, within `parallel` and the budget.

    False when one was given up meanwhile, so that others may begin that waited for it. Nothing more once the run fails.
    """
    if draft.paused:
        return True
    busy = sum(1 for step in draft.steps.values() if occupies_slot(step))
    for step in tuple(draft.steps.values()):
        if step.status != StepStatus.READY or busy >= draft.run.limits.parallel:
            continue
        if not draft.may_hold(step):
            if not do_others_hold(draft, step) and step.parent:
                give_up(draft, step, "what its group may cost is used up")
                return bool(draft.failure)
            if not do_others_hold(draft, step):
                draft.fail(f"budget reached before {step.spec.title or step.id!r}: {_budget(draft)}", Fault.BUDGET)
                return True
            continue
        draft.hold(step.id)
        if step.home and (children := [each for each in draft.steps.values() if each.parent == step.id]):
            draft.set(step.id, expanded=True)  # a run that goes on: it has asked others, and holds it for them again
            if any(child.status in _OPEN for child in children):
                wait = Wait(WaitKind.CHILDREN)
                draft.set(step.id, status=StepStatus.WAITING, wait=wait, handed_at=draft.at)
                return False
        draft.hand_out(draft.set(step.id, status=StepStatus.RUNNING, handed_at=draft.at, wait=None))
        busy += 1
    return True


def _budget(draft: Draft) -> str:
    limits, spent = draft.run.limits, draft.counted
    return (
        f"spent {spent.tokens} of {limits.tokens} tokens and"
        f" {spent.micros / 1e6:.2f} of {limits.micros / 1e6:.2f} US dollars"
    )


def _status(draft: Draft) -> RunStatus:
    steps = draft.steps.values()
    if all(step.status in _OVER for step in steps):
        return RunStatus.SUCCEEDED
    waits = {step.wait.kind for step in steps if step.wait}
    moving = any(step.status in (StepStatus.RUNNING, StepStatus.READY) for step in steps) or bool(
        waits & {WaitKind.TIME, WaitKind.GRANT, WaitKind.BUDGET}  # not CHILDREN: these move, or wait for people
    )
    gated = any(step.spec.gate and step.status in _OPEN and _is_first(draft, step) for step in steps)
    if not moving and WaitKind.APPROVAL in waits:
        return RunStatus.AWAITING_APPROVAL
    if not moving and WaitKind.INPUT in waits:
        return RunStatus.AWAITING_INPUT
    if not moving:
        draft.fail("no step can begin: the plan waits for itself")
        return _wind_down(draft)
    planning = any(step.spec.lane == "plan" and step.status not in _DONE for step in steps)
    return RunStatus.PLANNING if planning or gated else RunStatus.EXECUTING


def _is_first(draft: Draft, gate: Step) -> bool:
    """Say whether nobody has approved anything before this gate: only then nothing of the plan has begun."""
    while gate.parent:  # a group that asks people works for the plan it stands in
        gate = draft.steps[gate.parent]
    ahead = (draft.steps[name] for name in list_predecessors(draft, gate) if name in draft.steps)
    return not any(each.spec.gate == WaitKind.APPROVAL and each.status == StepStatus.SUCCEEDED for each in ahead)


def _wind_down(draft: Draft) -> RunStatus:
    """Begin nothing new; wait for running attempts; after a cancellation, undo in reverse order."""
    for step in tuple(draft.steps.values()):
        if step.status in _OPEN:
            draft.lose_if_begun(step.id)
            draft.finish(step.id, StepStatus.CANCELLED)
    if any(step.status == StepStatus.RUNNING for step in draft.steps.values()):
        return RunStatus.CANCELLING if draft.cancel else RunStatus.EXECUTING
    if draft.failure and not draft.cancel:
        return RunStatus.FAILED
    if not any(step.status == StepStatus.UNDOING for step in draft.steps.values()):
        _undo_next(draft)
    undoing = any(step.status == StepStatus.UNDOING for step in draft.steps.values())
    return RunStatus.CANCELLING if undoing else RunStatus.CANCELLED


def undo_candidates(draft: Draft) -> list[Step]:
    """Return attempted steps that declare an undo, the latest first.

    An attempt that failed, or was given up, counts too: its effect may exist although its answer never came.
    """
    given_up = draft.fields.get("undone_failed", draft.run.undone_failed)
    touched = (StepStatus.SUCCEEDED, StepStatus.SKIPPED, StepStatus.FAILED, StepStatus.CANCELLED)
    found = [
        step
        for step in draft.steps.values()
        if step.spec.undoable and step.handed_at and step.status in touched and step.id not in given_up
    ]
    return sorted(found, key=lambda step: step.done_seq)[::-1]  # of one moment: what is later in the plan


def _undo_next(draft: Draft) -> None:
    for step in undo_candidates(draft)[:1]:
        undoing = draft.set(
            step.id, status=StepStatus.UNDOING, attempt=step.attempt + 1, failures=0, handed_at=draft.at
        )
        draft.hand_out_undo(undoing)
