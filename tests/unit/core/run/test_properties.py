"""What holds for every history: random runs, random events in any order, repeated, late and forged."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.core.errors import ErrorClass
from shared.core.money.run_budget import moves
from shared.core.money.spending import Ledger
from shared.core.run import acts
from shared.core.run import events as ev
from shared.core.run.codec import event_from_data, event_to_data, run_from_data, run_to_data
from shared.core.run.reducer import reduce
from shared.core.run.run import Run, RunStatus, Step, StepSpec, StepStatus, Usage, WaitKind
from tests.support.builders.runs import TENANT, at, fold, gate, opened, spec, with_limits

ENDED = (StepStatus.SUCCEEDED, StepStatus.SKIPPED)


@st.composite
def plans(draw: st.DrawFn) -> tuple[StepSpec, ...]:
    """Draw a DAG of up to seven steps, some gated, some undoable, some that cost."""
    count = draw(st.integers(1, 7))
    specs: list[StepSpec] = []
    for n in range(count):
        needs = draw(st.lists(st.sampled_from([s.id for s in specs]), unique=True, max_size=3)) if specs else []
        if draw(st.integers(0, 5)) == 0:
            specs.append(gate(f"s{n}", *needs))
        else:
            estimate = Usage(draw(st.integers(0, 40)), draw(st.integers(0, 40)))
            repairs = needs[0] if needs and draw(st.booleans()) else ""
            specs.append(spec(f"s{n}", *needs, undoable=draw(st.booleans()), estimate=estimate, repairs=repairs))
    return tuple(specs)


LIMITS = st.builds(
    with_limits,
    parallel=st.integers(1, 3),
    attempts=st.integers(1, 3),
    repairs=st.integers(0, 2),
    tokens=st.integers(0, 120),
    micros=st.integers(0, 120),
    steps=st.integers(8, 14),
)


def children(rng: random.Random, step: Step) -> tuple[StepSpec, ...]:
    """Return up to three child steps in a row, some of which may be absent, some dearer than their parent can pay."""
    names = [f"{step.id}x{rng.randint(0, 9)}.{n}" for n in range(rng.randint(0, 3))]
    costs = [Usage(rng.randint(0, 15), rng.randint(0, 15)) for _ in names]
    needs = [(names[n - 1],) if n and rng.random() < 0.5 else () for n in range(len(names))]
    return tuple(
        spec(name, *need, estimate=cost, optional=rng.random() < 0.4)
        for name, need, cost in zip(names, needs, costs, strict=True)
    )


def any_event(rng: random.Random, run: Run, seconds: float) -> ev.Event:
    """Return an event that may or may not fit; what attempts have used is within what they reserved."""
    step = rng.choice(run.steps)
    attempt = step.attempt if rng.random() < 0.8 else rng.randint(1, 4)
    used = Usage(rng.randint(0, step.reserved.tokens), rng.randint(0, step.reserved.micros))
    now = at(seconds)
    wait = step.wait.what if step.wait and rng.random() < 0.8 else "forged"
    error = rng.choice(list(ErrorClass))
    choices: list[ev.Event] = [
        ev.StepSucceeded(now, step.id, attempt, used=used),
        ev.StepSucceeded(now, step.id, attempt, used=used),
        ev.StepFailed(
            now,
            step.id,
            attempt,
            "e",
            error,
            provider="p",
            signature=str(rng.random()),
            used=used,
        ),
        ev.StepWaits(now, step.id, attempt, step.wake, at(seconds + 5), used=used),
        ev.StepWaits(now, step.id, attempt, step.wake, at(seconds + 5), used=used, held_back="later"),
        ev.StepFannedOut(now, step.id, attempt, step.wake, children(rng, step), {"round": step.wake}, used),
        ev.StepUndone(now, step.id, attempt),
        ev.UndoFailed(now, step.id, attempt, "e", rng.choice(list(ErrorClass))),
        acts.ApprovalGranted(now, step.id, wait, "mira"),
        acts.ApprovalDenied(now, step.id, wait, "mira"),
        acts.GrantRestored(now, "p"),
        ev.StepLost(now, step.id, attempt, step.wake),
        ev.BudgetShort(now, (step.id,), "day", "no room", rng.choice([None, at(seconds + 60), at(seconds + 2e7)])),
        acts.BudgetChanged(now),
        ev.TimePassed(now),
        ev.TimePassed(at(seconds + rng.choice([0, 1000, 20_000_000]))),
        ev.PeopleNotified(now, "run_failed", "end", "sent"),
        acts.PageChanged(now),
        acts.RunPaused(now, "mira", box=rng.random() < 0.5),
        acts.RunResumed(now, "mira", box=rng.random() < 0.5),
        acts.RunResumed(now, "mira"),
        acts.TimeStoodStill(now, at(seconds - 9), at(seconds)),
    ]
    if rng.random() < 0.05:
        choices.append(acts.CancelRequested(now, "mira", force=rng.random() < 0.3))
    return rng.choice(choices)


def history(specs: tuple[StepSpec, ...], limits: object, seed: int, length: int = 40) -> list[tuple[Run, ev.Event]]:
    """Return the run after each event of a random history, each event delivered twice now and then."""
    rng = random.Random(seed)
    first = opened(*specs, limits=limits)
    run, _ = reduce(None, first)
    seen: list[tuple[Run, ev.Event]] = [(run, first)]
    for n in range(length):
        event = any_event(rng, run, float(n))
        run, _ = reduce(run, event)
        seen.append((run, event))
        if rng.random() < 0.2:
            late = rng.choice(seen)[1]
            if not isinstance(late, ev.RunOpened):
                run, _ = reduce(run, late)
                seen.append((run, late))
    return seen


@settings(max_examples=150, deadline=None)
@given(plans(), LIMITS, st.integers(0, 2**32))
def test_invariants_hold_at_every_moment(specs: tuple[StepSpec, ...], limits: object, seed: int) -> None:
    for run, _ in history(specs, limits, seed):
        by_id = {step.id: step for step in run.steps}
        assert len(by_id) == len(run.steps)
        assert len(run.steps) <= run.limits.steps or run.failure
        busy = [
            s
            for s in run.steps
            if s.status in (StepStatus.RUNNING, StepStatus.UNDOING) or (s.wait and s.wait.kind == WaitKind.TIME)
        ]
        assert len(busy) <= run.limits.parallel
        assert run.spent.tokens + run.reserved.tokens <= run.limits.tokens
        assert run.spent.micros + run.reserved.micros <= run.limits.micros
        for step in run.steps:
            assert min(step.reserved.tokens, step.reserved.micros) >= 0, f"{step.id} owes what others may spend"
            if step.status == StepStatus.RUNNING:
                assert all(by_id[name].status in ENDED for name in step.spec.depends_on)
        if run.status.final:
            assert run.reserved == Usage()
            assert not any(s.status in (StepStatus.RUNNING, StepStatus.READY, StepStatus.UNDOING) for s in run.steps)
        else:
            assert (run.next_check_at is None) == (run.pause is not None)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32))
def test_a_family_owes_nobody_anything_whatever_becomes_of_its_members(seed: int) -> None:
    """Two levels of children, under way at once: the usual histories seldom come that far."""
    rng = random.Random(seed)
    cost, limits = Usage(0, 12), with_limits(micros=40, parallel=4, attempts=2, attempt_s=10)
    run, _ = reduce(None, opened(spec("g", estimate=Usage(0, 30)), spec("z", estimate=Usage(0, 4)), limits=limits))
    for parent, each in (("g", cost), ("g~0", Usage(0, 4))):
        members = tuple(spec(f"{parent}~{n}", estimate=each, optional=parent == "g") for n in range(2))
        run, _ = reduce(run, ev.StepFannedOut(at(0), parent, 1, 0, members))
    for n in range(12):
        under_way = [step for step in run.steps if step.status == StepStatus.RUNNING]
        if not under_way:
            break
        step, now = rng.choice(under_way), at(float(n))
        used = Usage(0, rng.choice([0, step.reserved.micros // 2, step.reserved.micros]))
        error = rng.choice([ErrorClass.TRANSIENT, ErrorClass.PERMANENT, *ErrorClass])
        failed = ev.StepFailed(now, step.id, step.attempt, "e", error, signature=str(n), used=used)
        waits = ev.StepWaits(now, step.id, step.attempt, step.wake, at(n + 3.0), used=used)
        run, _ = reduce(run, rng.choice([failed, failed, failed, waits, any_event(rng, run, float(n))]))
        assert all(step.reserved.micros >= 0 for step in run.steps), "a step owes what others may spend then"
        assert run.spent.micros + run.reserved.micros <= run.limits.micros
        ended = {step.id for step in run.steps if step.status in (*ENDED, StepStatus.FAILED, StepStatus.CANCELLED)}
        assert not any(
            step.parent in ended for step in run.steps if step.status in (StepStatus.READY, StepStatus.WAITING)
        )


@settings(max_examples=100, deadline=None)
@given(plans(), LIMITS, st.integers(0, 2**32))
def test_a_finished_run_stays_finished_and_tells_of_its_end_once(
    specs: tuple[StepSpec, ...], limits: object, seed: int
) -> None:
    rng = random.Random(seed)
    run, commands = reduce(None, opened(*specs, limits=limits))
    told = sum(c.topic.startswith("run_") for c in commands)
    final = run.status if run.status.final else None
    for n in range(60):
        run, commands = reduce(run, any_event(rng, run, float(n)))
        told += sum(c.topic.startswith("run_") for c in commands)
        if final is not None:
            assert run.status == final
        if run.status.final:
            final = run.status
    assert told == (1 if final is not None else 0)


@settings(max_examples=100, deadline=None)
@given(plans(), LIMITS, st.integers(0, 2**32))
def test_every_event_twice_equals_once(specs: tuple[StepSpec, ...], limits: object, seed: int) -> None:
    rng = random.Random(seed)
    run, _ = reduce(None, opened(*specs, limits=limits))
    for n in range(40):
        event = any_event(rng, run, float(n))
        run, _ = reduce(run, event)
        again, commands = reduce(run, event)
        assert again is run, f"{event} changed the run a second time"
        assert commands == ()


@settings(max_examples=100, deadline=None)
@given(plans(), LIMITS, st.integers(0, 2**32))
def test_the_log_alone_gives_the_snapshot_and_both_survive_being_written_down(
    specs: tuple[StepSpec, ...], limits: object, seed: int
) -> None:
    seen = history(specs, limits, seed)
    log = [event_from_data(event_to_data(event)) for _, event in seen]
    run = seen[-1][0]
    assert fold(log) == run
    assert run_from_data(run_to_data(run)) == run


@settings(max_examples=150, deadline=None)
@given(plans(), st.integers(0, 2**32))
def test_every_run_ends_when_every_step_does(specs: tuple[StepSpec, ...], seed: int) -> None:
    """Whoever is asked answers at last: then no run is left standing."""
    rng = random.Random(seed)
    run, _ = reduce(None, opened(*specs, limits=with_limits(attempts=2, repairs=1, steps=60)))
    for n in range(400):
        if run.status.final:
            break
        run, _ = reduce(run, helpful_event(rng, run, float(n)))
    assert run.status.final, f"stuck in {run.status}: {[(s.id, s.status) for s in run.steps]}"


def helpful_event(rng: random.Random, run: Run, seconds: float) -> ev.Event:
    """Return an answer to something the run really waits for."""
    now = at(seconds)
    waiting = [s for s in run.steps if s.status in (StepStatus.RUNNING, StepStatus.UNDOING, StepStatus.WAITING)]
    step = rng.choice(waiting)
    if step.status == StepStatus.UNDOING:
        return ev.StepUndone(now, step.id, step.attempt)
    if step.wait and step.wait.kind == WaitKind.APPROVAL:
        return acts.ApprovalGranted(now, step.id, step.wait.what, "mira")
    if step.wait and step.wait.kind == WaitKind.GRANT:
        return acts.GrantRestored(now, step.wait.what)
    if rng.random() < 0.3:
        kind = rng.choice(list(ErrorClass))
        return ev.StepFailed(now, step.id, step.attempt, "e", kind, provider="p", signature=str(seconds))
    return ev.StepSucceeded(now, step.id, step.attempt)


@settings(max_examples=80, deadline=None)
@given(plans(), LIMITS, st.integers(0, 2**32))
def test_what_events_move_on_the_accounts_is_what_the_run_has_set_aside_and_spent(
    specs: tuple[StepSpec, ...], limits: object, seed: int
) -> None:
    months: dict[str, Ledger] = {}
    before: Run | None = None
    for run, event in history(specs, limits, seed):
        if before is not None and run.seq == before.seq:
            continue
        for move in moves(before, run, event.at):
            month = move.day[:7]
            months[month] = months.get(month, Ledger(month)).book([move])
        before, held = run, Counter[str]()
        for step in run.steps:
            held[step.reserved_on] += step.reserved.micros
        found = {day: each.reserved for ledger in months.values() for day, each in ledger.days.items()}
        assert +held == +Counter(found)
        assert sum(ledger.spent for ledger in months.values()) == run.spent.micros
        assert sum(ledger.tokens for ledger in months.values()) == run.spent.tokens
        assert sum(step.used.micros for step in run.steps) == run.spent.micros


def test_a_foreign_tenants_events_cannot_be_named() -> None:
    """A run's commands always carry its own tenant."""
    first = replace(opened(spec("a"), spec("b", "a")), tenant=TENANT)
    run, commands = reduce(None, first)
    assert {c.tenant for c in commands} == {TENANT}
    assert run.status == RunStatus.EXECUTING
