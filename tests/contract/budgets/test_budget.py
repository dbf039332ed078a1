"""Many workers, many runs, one tenant's money: on every backend no limit is ever passed, and every cent is found."""

from __future__ import annotations

import contextlib
import random
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from shared.app.engine.deps import Deps
from shared.app.engine.engine import open_run, record
from shared.app.engine.leases import lease
from shared.app.money.budget import BudgetExceeded
from shared.app.money.paid_embedder import PaidEmbedder
from shared.app.money.spend import meter_model
from shared.app.money.tenant_ledger import LEDGERS, SPENDING
from shared.backends.clock import stand_back
from shared.core.documents.codec import from_body
from shared.core.errors import Busy, ErrorClass, OutcomeUnknown, QuotaExhausted, Unavailable
from shared.core.money.spending import Ledger
from shared.core.run import events as ev
from shared.core.run.commands import Command
from shared.core.run.run import Limits, Run, Step, StepStatus, Usage, WaitKind
from shared.ports import Put, Store
from shared.ports.model import ModelRequest
from tests.support.builders.runs import TENANT, opened, spec
from tests.support.ports.backends import STORES
from tests.support.ports.known_pages import CountingEmbedder
from tests.support.ports.local_ports import ScriptedModel
from tests.support.ports.moved_clock import MovedClock

WORKERS, RUNS, STEPS, MAX = 16, 3, 3, 100  # micro-dollars that a step may cost
DAY, KEPT = 600, 100
ASK = ModelRequest("ask", "quick", "", "What is open?", {})


class NoQueue:
    """A queue whose commands the workers of this test find by looking at the runs."""

    def enqueue(self, commands: Sequence[Command]) -> None:
        """Take them."""


# Limits are kept by functions that the queue calls, and those use Google's client.
pytestmark = pytest.mark.parametrize("store", [*sorted(STORES), "firestore-google"], indirect=True)


def deps_on(store: Store, clock: MovedClock) -> Deps:
    """Return what use cases are handed, on this store."""
    unused: object = None
    return Deps(store, NoQueue(), unused, clock, stand_back=stand_back)  # type: ignore[arg-type]


def ledgers(store: Store) -> list[Ledger]:
    """Return every month of the tenant."""
    return [from_body(Ledger, doc.body, month=doc.id) for doc in store.list_docs(TENANT, LEDGERS)]


def runs_of(store: Store) -> list[Run]:
    """Return the runs of this test."""
    loaded = [store.load_run(TENANT, f"run-{n}") for n in range(RUNS)]
    return [each.run for each in loaded if each is not None]


def over_the_limit(store: Store) -> list[str]:
    """Return the days on which more is spent and set aside than may be."""
    return [
        f"{name}: {day.spent} + {day.reserved}"
        for ledger in ledgers(store)
        for name, day in ledger.days.items()
        if day.spent + day.reserved > DAY - KEPT
    ]


def outcome_of(step: Step, deps: Deps, rng: random.Random) -> ev.Event | None:
    """Return what comes of an attempt; None when its worker dies."""
    used, now = Usage(0, rng.randint(0, step.reserved.micros)), deps.clock.now()
    return rng.choice(
        [
            ev.StepSucceeded(now, step.id, step.attempt, used=used),
            ev.StepFailed(now, step.id, step.attempt, "down", ErrorClass.TRANSIENT, used=used),
            ev.StepWaits(now, step.id, step.attempt, step.wake, now, used=used),
            ev.StepLost(now, step.id, step.attempt, step.wake),
            None,
        ]
    )


def work(deps: Deps, seed: int, seen: list[str]) -> None:
    """Attempt whatever is handed out, in any run; now and then twice, and now and then the clock is looked at."""
    rng = random.Random(seed)
    for _ in range(2):
        name, number = f"run-{rng.randrange(RUNS)}", rng.randrange(STEPS)
        with contextlib.suppress(Busy), lease(deps, TENANT, f"{name}.s{number}"):
            attempt(deps, name, number, rng)
        if rng.random() < 0.4:
            ask(deps, rng)
        seen += over_the_limit(deps.store)


def attempt(deps: Deps, name: str, number: int, rng: random.Random) -> None:
    """Attempt one step if it is handed out, as whoever holds its lease; tell of it twice now and then."""
    loaded = deps.store.load_run(TENANT, name)
    assert loaded is not None
    step = loaded.run.steps[number]
    handed = step.status == StepStatus.RUNNING or (step.wait is not None and step.wait.kind == WaitKind.TIME)
    event = outcome_of(step, deps, rng) if handed else ev.TimePassed(deps.clock.now())
    for _ in range(rng.choice([1, 1, 2]) if event is not None else 0):
        assert event is not None
        record(deps, TENANT, name, event)


def ask(deps: Deps, rng: random.Random) -> None:
    """Ask something outside of runs; the answer may get lost, and then costs what it might have."""
    usage = Usage(1, rng.randint(1, 60))
    lost = OutcomeUnknown("vendor", "no answer")
    lost.used = usage
    model = ScriptedModel([rng.choice([{"text": "nothing"}, lost])], usage=usage)
    try:
        meter_model(deps, TENANT, model, "ask").complete(ASK)
    except (BudgetExceeded, OutcomeUnknown):
        return


@pytest.mark.slow
def test_sixteen_workers_never_pass_a_limit_and_every_cent_is_found(store: Store, clock: MovedClock) -> None:
    deps, seen = deps_on(store, clock), list[str]()
    budget = {"day": DAY, "month": 100_000, "run": 10_000, "kept_back": KEPT}
    store.put(TENANT, Put("settings", "tenant", {"budget": budget}))
    specs = [spec(f"s{n}", estimate=Usage(0, MAX)) for n in range(STEPS)]
    for n in range(RUNS):
        limits = Limits(parallel=STEPS, attempts=4, backoff_s=1.0)
        open_run(deps, replace(opened(*specs, run=f"run-{n}", limits=limits), at=clock.now()))
    waiting = [s.error for run in runs_of(store) for s in run.steps if s.wait and s.wait.kind == WaitKind.BUDGET]
    assert len(waiting) == RUNS * STEPS - (DAY - KEPT) // MAX  # five of nine fit at once
    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(lambda n: work(deps, n, seen), range(WORKERS)))
    assert seen == []
    rng = random.Random(99)
    while any(not run.status.final for run in runs_of(store)):
        clock.move(seconds=1000)
        for run in runs_of(store):
            after = record(deps, TENANT, run.id, ev.TimePassed(clock.now()))
            for step in after.steps:
                if step.status == StepStatus.RUNNING:
                    used = Usage(0, rng.randint(0, step.reserved.micros))
                    record(deps, TENANT, run.id, ev.StepSucceeded(clock.now(), step.id, step.attempt, used=used))
    assert over_the_limit(store) == []
    assert [(each.reserved, each.open) for each in ledgers(store)] == [(0, {})]
    paid = [item for doc in store.list_docs(TENANT, SPENDING, limit=1000) for item in doc.body["items"]]
    of_runs = sum(run.spent.micros for run in runs_of(store))
    assert sum(item["micros"] for item in paid if "step" in item) == of_runs
    assert sum(each.spent for each in ledgers(store)) == sum(item["micros"] for item in paid)
    booked = 0
    for run in runs_of(store):
        booked += sum(getattr(event, "used", Usage()).micros for _, event in store.events(TENANT, run.id))
        assert sum(step.used.micros for step in run.steps) == run.spent.micros <= run.limits.micros
    lost = sum(item["micros"] for item in paid if "step" in item and item["outcome"] == "lost")
    assert booked + lost == of_runs


def test_a_call_nobody_comes_back_from_counts_as_spent_after_a_time(store: Store, clock: MovedClock) -> None:
    deps = deps_on(store, clock)

    class Dies(Exception):
        """The process ends."""

    def die(point: str) -> None:
        raise Dies(point)

    answers = ScriptedModel([{"text": "ok"}], usage=Usage(5, 40))
    with contextlib.suppress(Dies):
        meter_model(replace(deps, crash_point=die), TENANT, answers, "ask").complete(ASK)
    assert [(each.spent, each.reserved) for each in ledgers(store)] == [(0, 40)]
    meter_model(deps, TENANT, answers, "ask").complete(ASK)
    assert [(each.spent, each.reserved) for each in ledgers(store)] == [(40, 40)]
    clock.move(seconds=16 * 60)
    meter_model(deps, TENANT, answers, "ask").complete(ASK)
    assert [(each.spent, each.reserved) for each in ledgers(store)] == [(120, 0)]
    paid = [item for doc in store.list_docs(TENANT, SPENDING) for item in doc.body["items"]]
    assert sorted((item["outcome"], item["micros"]) for item in paid) == [("lost", 40), ("ok", 40), ("ok", 40)]


def test_workers_outside_of_runs_share_one_budget_too(store: Store, clock: MovedClock) -> None:
    deps, refused = deps_on(store, clock), list[str]()
    store.put(TENANT, Put("settings", "tenant", {"budget": {"day": 300, "kept_back": 50}}))
    together = threading.Barrier(WORKERS)

    def ask_once(n: int) -> None:
        together.wait()
        try:
            meter_model(deps, TENANT, ScriptedModel([{}], usage=Usage(1, 40)), "ask").complete(ASK)
        except BudgetExceeded as error:
            refused.append(str(error))

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(ask_once, range(WORKERS)))
    assert [(each.spent, each.reserved) for each in ledgers(store)] == [(240, 0)]  # six of 40 fit into 250
    assert len(refused) == WORKERS - 6
    assert "an owner can raise it" in refused[0]
    meter_model(deps, TENANT, ScriptedModel([{}], usage=Usage(1, 40)), "notify", vital=True).complete(ASK)
    assert [each.spent for each in ledgers(store)] == [280]


class CostlyEmbedder(CountingEmbedder):
    """Costs 40 micro-dollars a text."""

    def estimate(self, texts: Sequence[str]) -> Usage:
        """Return what these cost."""
        return Usage(len(texts), 40 * len(texts))


def test_vectors_that_cost_money_are_on_the_tenants_day_and_month(store: Store, clock: MovedClock) -> None:
    deps, costly = deps_on(store, clock), CostlyEmbedder()
    store.put(TENANT, Put("settings", "tenant", {"budget": {"day": 200, "kept_back": 50}}))
    paid = PaidEmbedder(deps, TENANT, costly)
    assert len(paid.embed(["one", "two"], "document")) == 2
    assert [(each.spent, each.reserved, each.tokens) for each in ledgers(store)] == [(80, 0, 2)]
    with pytest.raises(QuotaExhausted, match="an owner can raise it"):
        paid.embed(["three", "four"], "document")
    assert costly.asked == ["one", "two"]
    costly.error = Unavailable("vertex", "down")
    with pytest.raises(Unavailable):
        paid.embed(["three"], "document")
    costly.error = OutcomeUnknown("vertex", "no answer")
    costly.error.used = Usage(1, 40)
    with pytest.raises(OutcomeUnknown):
        paid.embed(["three"], "document")
    assert [(each.spent, each.reserved) for each in ledgers(store)] == [(120, 0)]
    items = [item for doc in store.list_docs(TENANT, SPENDING) for item in doc.body["items"]]
    assert sorted((item["kind"], item["outcome"], item["micros"]) for item in items if item["micros"]) == [
        ("embedding", "failed", 40),
        ("embedding", "ok", 80),
    ]
