"""What came of an attempt: success, waiting, child steps, failure and what follows from it, undo."""

from __future__ import annotations

from datetime import timedelta

from shared.core.errors import ErrorClass
from shared.core.run import events as ev
from shared.core.run.children import be_absent, is_orphaned
from shared.core.run.draft import Draft
from shared.core.run.faults import Fault
from shared.core.run.replan import plan_again
from shared.core.run.retry import delay_as_told, delay_before
from shared.core.run.rework import ask_again, send_back
from shared.core.run.run import Step, StepStatus, Wait, WaitKind


def find_attempt(draft: Draft, step_id: str, attempt: int) -> Step | None:
    """Return the step if this attempt of it is the one we are waiting for."""
    step = draft.steps.get(step_id)
    if step is None or step.attempt != attempt:
        return None
    waiting = step.status == StepStatus.WAITING and step.wait is not None and step.wait.kind == WaitKind.TIME
    return step if step.status == StepStatus.RUNNING or waiting else None


def record_success(draft: Draft, event: ev.StepSucceeded) -> bool:
    step = find_attempt(draft, event.step, event.attempt)
    if step is None or step.spec.lane == "plan":
        return False
    draft.spend(step.id, event.used, event.calls)
    passed = {"failures": 0, "error": "", "feedback": "", "signature": ""}
    draft.finish(step.id, StepStatus.SUCCEEDED, output=event.output, **passed)
    if event.facts:
        draft.fields["facts"] = {**draft.run.facts, **event.facts}
    return True


def waits(draft: Draft, event: ev.StepWaits) -> bool:
    step = find_attempt(draft, event.step, event.attempt)
    if step is None or step.wake != event.wake:
        return False
    draft.spend(step.id, event.used, event.calls)
    if event.facts:
        draft.fields["facts"] = {**draft.run.facts, **event.facts}
    until = event.until
    if event.held_back:
        key = f"{draft.run.id}/{step.id}/{step.attempt}/{step.wake}"
        until = event.at + timedelta(seconds=delay_as_told(key, (event.until - event.at).total_seconds()))
        too_late = until >= draft.run.deadline and not draft.paused
        if too_late or draft.failure or draft.cancel:
            give_up(draft, step, f"{event.held_back}; the run ends before that", event.fault)
            return True
    waiting = draft.set(
        step.id,
        status=StepStatus.WAITING,
        wait=Wait(WaitKind.TIME, until),
        wake=step.wake + 1,
        failures=step.failures if event.held_back else 0,
        error=event.held_back or step.error,
    )
    if not draft.paused:  # else when it goes on
        draft.hand_out(waiting, not_before=until)
    return True


def fan_out(draft: Draft, event: ev.StepFannedOut) -> bool:
    step = find_attempt(draft, event.step, event.attempt)
    if step is None or step.wake != event.wake:
        return False
    draft.spend(step.id, event.used, event.calls)
    changes = {"output": event.output, "expanded": True, "failures": 0, "error": "", "feedback": ""}
    draft.set(step.id, status=StepStatus.WAITING, wait=Wait(WaitKind.CHILDREN), **changes)
    if step.level + 1 > draft.run.limits.fan_out:
        draft.fail(f"{step.spec.title or step.id} wants child steps {step.level + 1} levels deep")
    else:
        draft.add(event.children, parent=step.id, level=step.level + 1)
    return True


def record_failure(draft: Draft, event: ev.StepFailed) -> bool:
    step = find_attempt(draft, event.step, event.attempt)
    if step is None:
        return False
    draft.spend(step.id, event.used, event.calls)
    winding_down = bool(draft.failure or draft.cancel)
    if is_orphaned(draft, step):
        give_up(draft, step, event.error, event.fault)
    elif event.error_class == ErrorClass.TRANSIENT and not winding_down:
        _retry_or_give_up(draft, step, event)
    elif event.error_class == ErrorClass.INVALID and not winding_down:
        _back_to_the_model(draft, step, event)
    elif event.error_class == ErrorClass.UNAUTHORIZED and not winding_down:
        wait = Wait(WaitKind.GRANT, what=event.provider)
        _ask_to_reconnect(draft, event.provider)
        _let_go(draft, step)
        draft.set(step.id, status=StepStatus.WAITING, wait=wait, attempt=step.attempt + 1, error=event.error)
    elif be_absent(draft, step, event.error) or _ask_again(draft, step, event):
        pass
    elif event.error_class != ErrorClass.PERMANENT or not plan_again(draft, step, event.error, event.fault):
        give_up(draft, step, event.error, event.fault)
    return True


def _ask_again(draft: Draft, step: Step, event: ev.StepFailed) -> bool:
    return event.error_class == ErrorClass.STALE and ask_again(draft, step, event.error)


def _let_go(draft: Draft, step: Step) -> None:
    """Reserve nothing while nothing happens; what is reserved for children stays."""
    if not step.expanded:
        draft.free(step.id)


def _ask_to_reconnect(draft: Draft, provider: str) -> None:
    """Tell people once for all steps that wait for it, and again when it breaks again after they reconnected."""
    for other in draft.steps.values():
        if other.wait and other.wait.kind == WaitKind.GRANT and other.wait.what == provider:
            return
    again = f"reconnect/{provider}" in draft.run.notices
    draft.notify("reconnect", f"{provider}.{draft.run.seq + 1}" if again else provider)


def give_up(draft: Draft, step: Step, reason: str, fault: Fault = Fault.OTHER) -> None:
    """Bring a step to its end as failed, and with it the run, unless it may be absent."""
    if be_absent(draft, step, reason):
        return
    draft.finish(step.id, StepStatus.FAILED, error=reason, fault=fault)
    if not draft.cancel:
        draft.fail(f"{step.spec.title or step.id}: {reason}", fault)


def _choose_fault(fault: Fault, how: Fault) -> Fault:
    """Return what is known of the failure itself, or else of how it came to be the last one."""
    return how if fault == Fault.OTHER else fault


def _retry_or_give_up(draft: Draft, step: Step, event: ev.StepFailed) -> None:
    limits, failures = draft.run.limits, step.failures + 1
    if failures >= limits.attempts:
        give_up(draft, step, f"{event.error} (tried {failures} times)", _choose_fault(event.fault, Fault.TRIED_OFTEN))
    elif not draft.may_hold(step):
        give_up(draft, step, f"{event.error}; the budget allows no further attempt", Fault.BUDGET)
    else:
        delay = delay_before(f"{draft.run.id}/{step.id}", failures, limits, event.retry_after_s)
        until = draft.at + timedelta(seconds=delay)
        again = draft.set(
            step.id,
            status=StepStatus.WAITING,
            wait=Wait(WaitKind.TIME, until),
            attempt=step.attempt + 1,
            failures=failures,
            error=event.error,
        )
        draft.hold(step.id)
        draft.hand_out(again, not_before=until)


def _back_to_the_model(draft: Draft, step: Step, event: ev.StepFailed) -> None:
    """The model's own mistake: show it the error, a bounded number of times, never twice for the same failure."""
    if event.signature and event.signature == step.signature:
        give_up(
            draft, step, f"the same failure twice in a row: {event.error}", _choose_fault(event.fault, Fault.SAME_TWICE)
        )
        return
    if step.rounds >= draft.run.limits.repairs:
        give_up(draft, step, f"{event.error} (after {step.rounds} repairs)", event.fault)
        return
    changes = {"attempt": step.attempt + 1, "rounds": step.rounds + 1, "signature": event.signature}
    _let_go(draft, step)
    producer = draft.steps.get(step.spec.repairs)
    if producer is None:
        draft.set(step.id, status=StepStatus.READY, wait=None, feedback=event.error, error="", **changes)
        return
    draft.set(step.id, status=StepStatus.PENDING, wait=None)
    send_back(draft, producer, event.error)
    draft.set(step.id, error=event.error, **changes)


def undo_ended(draft: Draft, event: ev.StepUndone | ev.UndoFailed) -> bool:
    step = draft.steps.get(event.step)
    if step is None or step.status != StepStatus.UNDOING or step.attempt != event.attempt:
        return False
    if isinstance(event, ev.StepUndone):
        draft.set(step.id, status=StepStatus.UNDONE)
        return True
    held_back = event.held_back and draft.at < draft.run.deadline
    failures = step.failures if held_back else step.failures + 1
    if event.error_class == ErrorClass.TRANSIENT and failures < draft.run.limits.attempts:
        key = f"{draft.run.id}/{step.id}/undo"
        delay = delay_before(key, max(failures, 1), draft.run.limits, event.retry_after_s)
        if held_back:
            delay = delay_as_told(f"{key}/{step.attempt}", event.retry_after_s or 0.0)
        until = draft.at + timedelta(seconds=delay)
        again = draft.set(step.id, attempt=step.attempt + 1, failures=failures, error=event.error, handed_at=until)
        draft.hand_out_undo(again, not_before=until)
        return True
    draft.set(step.id, status=StepStatus.SUCCEEDED, error=event.error)
    draft.fields["undone_failed"] = (*draft.run.undone_failed, step.id)
    return True
