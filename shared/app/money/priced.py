"""What an event of a run costs the tenant, saved with it: the ledger, what was paid for, and whom to tell.

The run's own limit is the reducer's matter. Here the tenant's day and month are: what the event hands out is set aside
in the same commit, and where there is no room the step is taken back before anybody could begin it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.app.engine.deps import Deps
from shared.app.money.tenant_ledger import (
    BEGUN,
    LOST,
    SOON,
    SPENDING,
    Book,
    allowance_of,
    explain_shortage,
    goes_on_at,
    mark_of,
)
from shared.core.money.run_budget import find_booking_day, list_centres, moves, newly_held, newly_used
from shared.core.money.spending import Move, day_of, room
from shared.core.run.commands import ATTEMPT, Command
from shared.core.run.events import BudgetShort, Event, StepFailed, StepLost
from shared.core.run.reducer import reduce
from shared.core.run.run import NOTHING, Run, Step, StepStatus
from shared.ports import Put


@dataclass(frozen=True, slots=True)
class Priced:
    """What to save: the run after the event and what the tenant's budget made of it."""

    after: Run
    events: tuple[Event, ...]
    commands: tuple[Command, ...]
    puts: tuple[Put, ...] = ()


def price_event(deps: Deps, before: Run | None, event: Event, after: Run, commands: tuple[Command, ...]) -> Priced:
    """Return what is saved. What is free costs nothing here either: no document is read for it."""
    if not moves(before, after, event.at) and not newly_held(before, after):
        return Priced(
            after, (event,), commands, tuple(_record_paid(before, after, event)) if _ends(before, after) else ()
        )
    book = Book(deps, after.tenant, allowance_of(deps, after.tenant))
    events: tuple[Event, ...] = (event,)
    refused = ""  # which limit turned something away for longer than a moment
    while shorts := _shorts(book, before, after, event.at):
        for short in shorts:
            after, more = reduce(after, short)
            events += (short,)
            commands = (*(c for c in commands if not (c.name == ATTEMPT and c.step in short.steps)), *more)
            if short.until is not None and short.until > event.at + SOON:
                refused = short.scope
    moved = moves(before, after, event.at)
    book.move(*moved)
    today = day_of(event.at)
    for day in sorted({move.day for move in moved} | {today}):
        book.tell(day, refused if day == today else "")
    puts = (*book.puts(), *_record_paid(before, after, event))
    return Priced(after, events, (*commands, *book.commands()), puts)


def _shorts(book: Book, before: Run | None, after: Run, at: datetime) -> list[BudgetShort]:
    """Return what has to be taken back of what was handed out: first come, first served, in the order of the plan."""
    held = newly_held(before, after)
    if not held:
        return []
    day = day_of(at)
    base = moves(before, after, at, without={step.id for step in held})
    ledger = book.ledger(day[:7]).book(move for move in base if move.day[:7] == day[:7])
    found, centres = [], list_centres(after.trigger)
    for step in held:
        left = room(ledger, day, book.allowed, vital=step.spec.vital, centres=centres)
        if step.reserved.micros <= left.micros:
            ledger = ledger.book([Move(day, reserved=step.reserved.micros, centres=centres)])
        else:
            until = goes_on_at(at, step.reserved.micros, left, day)
            why = explain_shortage(step.reserved.micros, left)
            names = (step.id, *_list_begun_children(before, after, step))
            found.append(BudgetShort(at, names, left.scope, why, until))
    return found


def _list_begun_children(before: Run | None, after: Run, parent: Step) -> list[str]:
    """Return the children that the event has handed out of what it set aside for their parent."""
    known = {step.id: step.status for step in before.steps} if before is not None else {}
    children = [step for step in after.steps if step.parent == parent.id and step.status == StepStatus.RUNNING]
    return [step.id for step in children if known.get(step.id) != StepStatus.RUNNING]


def _ends(before: Run | None, after: Run) -> bool:
    """Say whether the event has ended the run: that counts, also where it has cost nothing."""
    return after.status.final and (before is None or not before.status.final)


def _record_paid(before: Run | None, after: Run, event: Event) -> list[Put]:
    """Return the records of what was paid for and of what ended, one document per day: who, for what, to whom."""
    known = {step.id: step for step in before.steps} if before is not None else {}
    items: dict[str, list[Mapping[str, Any]]] = {}
    puts = []
    for step in after.steps:
        was = known.get(step.id)
        if was is not step and newly_used(was, step) != NOTHING:
            item = _item(was, step, event)
            items.setdefault(find_booking_day(was, event.at), []).append(item)
            if was is not None and item["outcome"] == LOST:
                puts.append(Put(BEGUN, mark_of(after.id, was), None))  # whether it had begun a call or not
    today = day_of(event.at)
    ended = after.status.value if _ends(before, after) else ""
    if ended:
        items.setdefault(today, [])
    for day, of_day in items.items():
        body: dict[str, Any] = {"at": event.at.isoformat(), "run": after.id, "items": of_day}
        if ended and day == today:
            body["ended"] = {"status": ended, "tokens": after.spent.tokens, "micros": after.spent.micros}
        puts.append(Put(SPENDING, f"{day}.{after.id}.{after.seq:06d}", body))
    return puts


def _item(was: Step | None, step: Step, event: Event) -> Mapping[str, Any]:
    used, own = newly_used(was, step), getattr(event, "step", "") == step.id
    outcome = LOST if not own or isinstance(event, StepLost) else "failed" if isinstance(event, StepFailed) else "ok"
    item: dict[str, Any] = {"step": step.id, "kind": step.spec.kind, "attempt": was.attempt if was else step.attempt}
    calls = list(getattr(event, "calls", ())) if own else []
    return {**item, "outcome": outcome, "tokens": used.tokens, "micros": used.micros, "calls": calls}
