"""What a run's events move on the tenant's accounts; and when money is short there, its steps wait: nothing is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import datetime

from shared.core.money.spending import PERSON, PROJECT, Move, day_of
from shared.core.people.actor import Actor, ActorKind
from shared.core.run.attempts import give_up
from shared.core.run.draft import Draft
from shared.core.run.events import BudgetShort
from shared.core.run.faults import Fault
from shared.core.run.run import NOTHING, Run, Step, StepStatus, Trigger, Usage, Wait, WaitKind


def short(draft: Draft, event: BudgetShort) -> bool:
    """Take back what these steps have reserved: each waits until the event says, or fails where waiting is no use.

    It is saved together with the event that handed them out, so no attempt of theirs has begun.
    """
    known = [step for name in event.steps if (step := draft.steps.get(name))]
    for child in [step for step in known if step.parent in event.steps]:  # its parent is to wait, and so is it
        draft.free(child.id)
        draft.set(child.id, status=StepStatus.PENDING, handed_at=None)
    found = [draft.steps[step.id] for step in known if step.parent not in event.steps and step.reserved != NOTHING]
    for step in found:
        if event.until is None or event.until >= draft.run.deadline:
            end = "" if event.until is None else "; the run ends before that"
            give_up(draft, step, f"budget reached: {event.why}{end}", Fault.BUDGET)
        else:
            draft.free(step.id)
            wait = Wait(WaitKind.BUDGET, event.until, event.scope)
            begun = step.handed_at if step.attempt > 1 or step.wake else None  # what never began has nothing to undo
            back = {"expanded": False, "handed_at": begun}
            draft.set(step.id, status=StepStatus.WAITING, wait=wait, error=event.why, **back)
    return bool(found)


def budget_changed(draft: Draft) -> bool:
    """Let everything ask again that waits for money."""
    waiting = [step.id for step in draft.steps.values() if step.wait and step.wait.kind == WaitKind.BUDGET]
    for name in waiting:
        draft.set(name, status=StepStatus.READY, wait=None, error="")
    return bool(waiting)


def moves(before: Run | None, after: Run, at: datetime, without: Collection[str] = ()) -> tuple[Move, ...]:
    """Return what an event has moved on the tenant's accounts, by day; `without` what these steps reserve now."""
    reserved, spent, tokens = Counter[str](), Counter[str](), Counter[str]()
    known = {step.id: step for step in before.steps} if before is not None else {}
    for step in after.steps:
        was = known.get(step.id)
        if was is step:
            continue
        if was is not None and was.reserved_on:
            reserved[was.reserved_on] -= was.reserved.micros
        if step.reserved_on and step.id not in without:
            reserved[step.reserved_on] += step.reserved.micros
        used, day = newly_used(was, step), find_booking_day(was, at)
        spent[day] += used.micros
        tokens[day] += used.tokens
    days = sorted({day for sums in (reserved, spent, tokens) for day, amount in sums.items() if amount})
    centres = list_centres(after.trigger)
    return tuple(Move(day, reserved[day], spent[day], tokens[day], centres) for day in days)


def list_centres(trigger: Trigger) -> tuple[str, ...]:
    """Return the cost centres of a run: the page that it is about, and the person or program that asked for it."""
    page = trigger.page.replace("-", "")
    return (*((f"{PROJECT}:{page}",) if page else ()), *name_asker(trigger.actor))


def name_asker(actor: Actor | None) -> tuple[str, ...]:
    """Return the cost centre of who asks for something; none for a routine, the operator and ourselves."""
    asks = actor is not None and actor.kind in (ActorKind.PERSON, ActorKind.SERVICE)
    return (f"{PERSON}:{actor.ref}",) if actor is not None and asks else ()


def newly_used(was: Step | None, step: Step) -> Usage:
    """Return what an event has booked on a step."""
    before = was.used if was is not None else NOTHING
    return Usage(step.used.tokens - before.tokens, step.used.micros - before.micros)


def find_booking_day(was: Step | None, at: datetime) -> str:
    """Return the day on whose account a step's cost lies: that on which it was set aside."""
    return (was.reserved_on if was is not None else "") or day_of(at)


def newly_held(before: Run | None, after: Run) -> list[Step]:
    """Return the steps that reserve more now than an event has left them; a child's money is its parent's already."""
    known = {step.id: step for step in before.steps} if before is not None else {}
    found = []
    for step in after.steps:
        was = known.get(step.id)
        if was is step or step.parent or not step.reserved.micros or (was is not None and was.expanded):
            continue
        same_day = was is not None and was.reserved_on == step.reserved_on
        left = max(0, was.reserved.micros - newly_used(was, step).micros) if was is not None and same_day else 0
        if step.reserved.micros > left:
            found.append(step)
    return found
