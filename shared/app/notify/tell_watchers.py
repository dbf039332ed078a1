"""Tell those who watch over the installation what an event has changed: which runs and attempts began and ended."""

from __future__ import annotations

from datetime import datetime

from shared import log
from shared.core.run import events as ev
from shared.core.run.faults import Fault
from shared.core.run.run import Run, Step
from shared.telemetry import trace

_LOST = (Fault.LOST, Fault.LOST_UNPAID)
_OUTCOMES = {
    ev.PlanProposed: "succeeded",
    ev.StepSucceeded: "succeeded",
    ev.StepFailed: "failed",
    ev.StepUndone: "undone",
    ev.UndoFailed: "undo_failed",
    ev.StepLost: "lost",
}


def tell_watchers(before: Run | None, after: Run, events: tuple[ev.Event, ...]) -> None:
    """Write the lines that metrics are made of, once the change is saved; ids in labels, and nothing of contents."""
    who = {"tenant": after.tenant, "run": after.id}
    if before is None:
        log.event("run.opened", trigger=after.trigger.kind, **who)
    for event in events:
        _tell_of_step(before, after, event)
        if isinstance(event, ev.BudgetShort):
            log.event("budget.exceeded", "WARNING", scope=event.scope, steps=len(event.steps), **who)
        elif isinstance(event, ev.PlanProposed) and after.revision == 1:
            log.event("run.planned", duration_s=_seconds(after.opened_at, event.at), **who)
        elif isinstance(event, ev.TimePassed) and before is not None:
            _tell_of_stuck(before, after)
    if after.status.final and (before is None or not before.status.final):
        _tell_of_end(after, events[-1].at)


def _tell_of_step(before: Run | None, after: Run, event: ev.Event) -> None:
    outcome = _OUTCOMES.get(type(event))
    step = before.step(event.step) if before is not None and outcome else None  # type: ignore[union-attr]
    if step is None or outcome is None:
        return
    log.event(
        "step.ended",
        "WARNING" if isinstance(event, ev.StepFailed) else "INFO",
        kind=step.spec.kind,
        outcome=outcome,
        duration_s=_seconds(step.handed_at or event.at, event.at),
        attempt=step.attempt,
        error_class=event.error_class.value if isinstance(event, ev.StepFailed) else "",
        tenant=after.tenant,
        run=after.id,
        step=step.id,
    )


def _tell_of_stuck(before: Run, after: Run) -> None:
    """Tell of attempts that the clock alone found out about: nobody had moved them for as long as one may take."""
    for step in after.steps:
        was = before.step(step.id)
        if was is not None and _is_given_up(was, step):
            log.event("run.stuck", "ERROR", kind=step.spec.kind, tenant=after.tenant, run=after.id, step=step.id)


def _is_given_up(was: Step, now: Step) -> bool:
    return now.failures > was.failures or (now.fault in _LOST and was.fault != now.fault)


def _tell_of_end(run: Run, at: datetime) -> None:
    began, ended = run.opened_at, run.ended_at or at
    spent = {"cost_micros": run.spent.micros, "tokens": run.spent.tokens}
    status, severity = run.status.value, "WARNING" if run.status.value == "failed" else "INFO"
    duration = _seconds(began, ended)
    log.event("run.ended", severity, status=status, duration_s=duration, **spent, tenant=run.tenant, run=run.id)
    outcome = {"workwright.run.status": status, "workwright.run.trigger": run.trigger.kind}
    cost = {"workwright.cost_micros": run.spent.micros, "workwright.tokens": run.spent.tokens}
    trace.run_ended(run.tenant, run.id, began, ended, {**outcome, **cost})


def _seconds(since: datetime, until: datetime) -> float:
    return round(max(0.0, (until - since).total_seconds()), 3)
