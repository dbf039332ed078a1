"""What happens next: (run, event) → (run, commands). Pure: no clock, no network, no chance. Start reading here.

An event that no longer fits (a redelivery, an answer that came too late) changes nothing: the very same run comes
back, and the caller has nothing to save.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from shared.core.approval.late_edits import forget_edit, leave_out, page_edited, tell_late_edit
from shared.core.money.run_budget import budget_changed, short
from shared.core.notify.attention import STANDING, attention_of, came_back
from shared.core.run import acts
from shared.core.run import events as ev
from shared.core.run.advance import advance, undo_candidates
from shared.core.run.attempts import fan_out, find_attempt, record_failure, record_success, undo_ended, waits
from shared.core.run.commands import MIRROR, Command
from shared.core.run.draft import Draft
from shared.core.run.expire import discount_pause, hand_out_lost, pause_run, resume_run, time_passed
from shared.core.run.faults import Fault
from shared.core.run.replan import find_last_estimate, plan_step
from shared.core.run.rework import another_look_asked, ask_instead, rework_asked, version_restored
from shared.core.run.run import (
    Carried,
    Run,
    RunStatus,
    StepStatus,
    WaitKind,
    plan_hash,
)

Outcome = tuple[Run, tuple[Command, ...]]


def reduce(run: Run | None, event: ev.Event) -> Outcome:
    """Return the run after `event`, and what the outside world must do about it."""
    if isinstance(event, ev.RunOpened):
        return _open(event) if run is None else (run, ())
    if run is None:
        raise ValueError(f"the first event of a run is RunOpened, not {type(event).__name__}")
    if isinstance(event, ev.PeopleNotified):
        return _record_notice(run, event)
    if isinstance(event, acts.RolledBack):
        return _record_roll_back(run, event)
    if isinstance(event, acts.PageEdited) and run.status.final:
        return tell_late_edit(run, event)
    if run.status.final:
        return run, ()
    draft = Draft(run, event.at)
    if not _apply(draft, event):
        return run, ()
    if (step := getattr(event, "step", "")) and not isinstance(event, ev.StepLost):
        draft.fields["notices"] = came_back(run.notices, step)
    quiet = isinstance(event, ev.BudgetShort | acts.TimeStoodStill)  # another event follows
    return draft.commit(advance(draft), quiet=quiet)


def _record_roll_back(run: Run, event: acts.RolledBack) -> tuple[Run, tuple[Command, ...]]:
    """Remember that what the run put live was taken back, and have its page say so."""
    if not run.status.final or run.facts.get(acts.ROLLED_BACK):
        return run, ()
    roll_back = {"at": event.at.isoformat(), "by": event.by, "run": event.run}
    after = replace(run, seq=run.seq + 1, facts={**run.facts, acts.ROLLED_BACK: roll_back})
    if not run.trigger.page:
        return after, ()
    return after, (Command(f"{run.id}.{after.seq}.0", MIRROR, "notify", run.tenant, run.id),)


def _apply(draft: Draft, event: ev.Event) -> bool:
    """Change the draft by the event; False when it does not fit any more."""
    match event:
        case ev.PlanProposed():
            return _plan_proposed(draft, event)
        case ev.StepSucceeded():
            return record_success(draft, event)
        case ev.StepFailed():
            return record_failure(draft, event)
        case ev.StepWaits():
            return waits(draft, event)
        case ev.StepFannedOut():
            return fan_out(draft, event)
        case ev.StepLost():
            return hand_out_lost(draft, event)
        case ev.BudgetShort():
            return short(draft, event)
        case acts.BudgetChanged():
            return budget_changed(draft)
        case ev.StepUndone() | ev.UndoFailed():
            return undo_ended(draft, event)
        case acts.ApprovalGranted() | acts.ApprovalDenied():
            return _record_decision(draft, event)
        case acts.PolicyAllowed() | acts.PolicyWithdrawn():
            return _follow_policy(draft, event)
        case acts.PageChanged():
            return _page_changed(draft, event)
        case acts.PageEdited():
            return page_edited(draft, event)
        case acts.ReworkAsked():
            return rework_asked(draft, event)
        case acts.AnotherLookAsked():
            return another_look_asked(draft, event)
        case acts.VersionRestored():
            return version_restored(draft, event)
        case acts.GrantRestored():
            return _grant_restored(draft, event)
        case acts.CancelRequested():
            return _cancel(draft, event)
        case acts.RunPaused():
            return pause_run(draft, event)
        case acts.RunResumed():
            return resume_run(draft, event)
        case acts.TimeStoodStill():
            return discount_pause(draft, event)
        case ev.TimePassed():
            return time_passed(draft)
        case _:
            return False


def _open(event: ev.RunOpened) -> Outcome:
    run = Run(
        tenant=event.tenant,
        id=event.run,
        status=RunStatus.RECEIVED,
        trigger=event.trigger,
        limits=event.limits,
        opened_at=event.at,
        deadline=event.at + timedelta(seconds=event.limits.wall_s),
        rehearse=event.rehearse,
    )
    run = replace(run, facts=dict(event.facts)) if event.carried is None else _going_on(run, event.carried, event.facts)
    draft = Draft(run, event.at)
    if event.carried is None:
        draft.add(event.specs or (plan_step(1, event.plan_estimate),))
    if event.specs:
        draft.fields["plan_hash"] = plan_hash(event.specs)
    if run.depth >= event.limits.depth:
        draft.fail(
            f"{run.depth} runs led to this one ({' → '.join(event.trigger.causes)});"
            f" the limit is {event.limits.depth}, so that runs cannot wake each other without end",
            Fault.LOOPED,
        )
    elif event.refused:
        draft.fail(event.refused)
    return draft.commit(advance(draft))


def _going_on(run: Run, carried: Carried, facts: Mapping[str, Any]) -> Run:
    return replace(
        run,
        steps=carried.steps,
        revision=carried.revision,
        plan_hash=carried.plan_hash,
        replannable=carried.replannable,
        replans=carried.replans,
        earlier=carried.spent,
        facts={**carried.facts, **facts},
    )


def _plan_proposed(draft: Draft, event: ev.PlanProposed) -> bool:
    step = find_attempt(draft, event.step, event.attempt)
    if step is None:
        return False
    draft.spend(step.id, event.used, event.calls)
    draft.finish(step.id, StepStatus.SUCCEEDED, output=event.output)
    draft.fields["plan_hash"] = plan_hash(event.specs)
    draft.fields["replannable"] = event.replannable
    forget_edit(draft)
    draft.add(event.specs)
    return True


def _page_changed(draft: Draft, event: acts.PageChanged) -> bool:
    """An answer to our question, or a plan that is out of date: plan again, under the next revision."""
    if draft.run.status not in (RunStatus.AWAITING_INPUT, RunStatus.AWAITING_APPROVAL):
        return False
    for step in tuple(draft.steps.values()):
        if step.wait and step.wait.kind == WaitKind.INPUT:
            draft.finish(step.id, StepStatus.SUCCEEDED)
        elif step.status in (StepStatus.PENDING, StepStatus.WAITING):
            draft.finish(step.id, StepStatus.SKIPPED)
    revision = draft.run.revision + 1
    draft.fields["revision"] = revision
    draft.fields["plan_hash"] = ""
    draft.add(
        (plan_step(revision, find_last_estimate(draft.run) if event.plan_estimate is None else event.plan_estimate),)
    )
    return True


def _record_decision(draft: Draft, event: acts.ApprovalGranted | acts.ApprovalDenied) -> bool:
    """A decision counts only for the exact plan it was asked for, and only in time."""
    gate = draft.steps.get(event.gate)
    if gate is None or gate.wait is None or gate.wait.kind != WaitKind.APPROVAL:
        return False
    lapsed = gate.wait.until is not None and event.at >= gate.wait.until and not draft.paused
    if gate.wait.what != event.plan_hash or lapsed:
        return False
    if isinstance(event, acts.ApprovalGranted):
        decision = {"by": event.by, "via": event.via, "at": event.at.isoformat(), "plan_hash": event.plan_hash}
        draft.finish(gate.id, StepStatus.SUCCEEDED, output={**decision, **_name_actor(event)})
        leave_out(draft, event.by)
    else:
        decision = {"by": event.by, "via": event.via, "at": event.at.isoformat()}
        draft.finish(gate.id, StepStatus.CANCELLED, output={**decision, **_name_actor(event)})
        draft.fields["cancel"] = f"denied by {event.by}" + (f": {event.reason}" if event.reason else "")
        draft.fields["pause"] = None  # what is to be taken back must not stand still
    return True


def _follow_policy(draft: Draft, event: acts.PolicyAllowed | acts.PolicyWithdrawn) -> bool:
    """Pass a gate as the policy says, while exactly this is asked there and nobody has decided; or open it again."""
    if isinstance(event, acts.PolicyWithdrawn):
        return ask_instead(draft, event)
    gate = draft.steps.get(event.gate)
    if gate is None or gate.wait is None or gate.wait.kind != WaitKind.APPROVAL or gate.wait.what != event.plan_hash:
        return False
    decision = {"by": acts.THE_POLICY, "via": acts.BY_POLICY, "at": event.at.isoformat(), "plan_hash": event.plan_hash}
    rule = {"rule": event.rule, "version": event.version, "words": event.words}
    draft.finish(gate.id, StepStatus.SUCCEEDED, output={**decision, **rule})
    return True


def _name_actor(event: acts.ApprovalGranted | acts.ApprovalDenied) -> dict[str, str]:
    return {} if event.actor is None else {"actor": event.actor.ref}


def _grant_restored(draft: Draft, event: acts.GrantRestored) -> bool:
    waiting = [
        step.id
        for step in draft.steps.values()
        if step.wait and step.wait.kind == WaitKind.GRANT and step.wait.what == event.provider
    ]
    for step_id in waiting:
        draft.set(step_id, status=StepStatus.READY, wait=None, error="")
    return bool(waiting)


def _format_reason(reason: str) -> str:
    """Return a reason as it stands behind a name: a place follows it, all else stands apart."""
    if not reason:
        return ""
    return f" {reason}" if reason in ("in Notion", "in a conversation") else f": {reason}"


def _cancel(draft: Draft, event: acts.CancelRequested) -> bool:
    reason = f"cancelled by {event.by}" + _format_reason(event.reason)
    if not draft.cancel:
        draft.fields |= {"cancel": reason, "pause": None}
        if not event.force:
            return True
    if not event.force:
        return False
    for step in tuple(draft.steps.values()):
        if step.status in (StepStatus.RUNNING, StepStatus.UNDOING):
            draft.lose(step.id)
            draft.finish(step.id, StepStatus.CANCELLED)
    left = tuple(step.id for step in undo_candidates(draft))
    draft.fields["undone_failed"] = draft.run.undone_failed + left
    return True


def _record_notice(run: Run, event: ev.PeopleNotified) -> Outcome:
    key = f"{event.topic}/{event.ref}"
    if run.notices.get(key) == event.outcome:
        return run, ()
    after = replace(run, seq=run.seq + 1, notices={**run.notices, key: event.outcome})
    if run.trigger.page and attention_of(after) != attention_of(run):
        shown = Command(f"{run.id}.{after.seq}.0", MIRROR, "notify", run.tenant, run.id, topic=STANDING)
        return after, (shown,)
    return after, ()
