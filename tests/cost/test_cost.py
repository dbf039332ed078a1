"""Prices, the arithmetic of docs/why/cost.md, and that a step goes on using no more than it does."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.app.engine.deps import Deps
from shared.app.engine.engine import open_run
from shared.app.engine.execute_step import execute_step
from shared.app.engine.switches import hold_back
from shared.app.intake.reconcile import _tidy_ledger
from shared.app.tenants.attempt_settings import AttemptSettings
from shared.backends.clock import SystemClock
from shared.backends.local.delivery.local_queue import LocalQueue
from shared.backends.local.keys.local_secrets import LocalSecrets
from shared.backends.local.state.local_store import LocalStore
from shared.bench.ops.cost import SIZES, count_max_runs, count_max_tenants, month, tables
from shared.bench.ops.ops import STANDING, find_growth
from shared.bench.ops.ops_counting import TASKS, CountingQueue
from shared.bench.ops.ops_store import DELETES, READS, WRITES, CountingStore, Meter
from shared.bench.ops.prices import model_usd, monthly_usd, operation_prices, platform_usd
from shared.bench.ops.scale import jain, read_rules
from shared.bench.steps import TENANT, TRIVIAL, _chain, _tools
from shared.core.documents.sync import Pass
from shared.core.errors import ConfigError
from shared.core.run.commands import ATTEMPT, Command
from shared.core.run.events import RunOpened
from shared.core.run.run import Limits, Trigger
from shared.ports import Put, Store

pytestmark = pytest.mark.xdist_group("cost")

ROOT = Path(__file__).resolve().parents[2]
NOVEMBER = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("operation", "times", "usd"),
    [
        ("requests", 13, 0.0000052),
        ("task_operations", 24, 0.0000096),
        ("firestore_reads", 34, 0.0000102),
        ("firestore_writes", 45, 0.0000405),
        ("firestore_deletes", 12, 0.0000012),
        ("kms_operations", 1, 0.000003),
        ("secret_accesses", 10_000, 0.03),
        ("vcpu_seconds", 34.6, 0.00083),
        ("gib_seconds", 17.3, 0.000043),
    ],
)
def test_an_operation_costs_what_the_vendors_table_says(operation: str, times: float, usd: float) -> None:
    assert platform_usd({operation: times}, NOVEMBER)[operation] == pytest.approx(usd, rel=0.01)


@pytest.mark.parametrize(
    ("model", "on", "usd"),
    [
        ("gemini-3.1-flash-lite", NOVEMBER, 0.0145),
        ("gemini-3.5-flash-lite", NOVEMBER, 0.0202),
        ("gemini-3.8-flash", date(2026, 12, 31), 0.0405),
        ("gemini-3.8-flash", date(2027, 1, 1), 0.081),
        ("gemini-4-argon", date(2026, 11, 30), 0.108),
        ("gemini-4-argon", date(2026, 12, 1), 0.216),
    ],
)
def test_both_announced_changes_of_price_count_from_their_day(model: str, on: date, usd: float) -> None:
    """34,000 tokens in and 4,000 out: a plan and ten steps."""
    assert model_usd(model, 34_000, 4_000, on) == pytest.approx(usd, rel=0.01)


def test_every_price_has_its_source_and_none_is_made_up_for_the_past() -> None:
    for price in operation_prices().values():
        assert price.source.startswith("https://cloud.google.com/")
    with pytest.raises(ConfigError, match="no price"):
        platform_usd({"requests": 1}, date(2026, 10, 31))


def test_what_is_free_is_taken_off_by_day_for_firestore_and_by_month_for_the_rest() -> None:
    free = {"firestore_writes": 20_000 * 30, "firestore_reads": 50_000 * 30, "requests": 2_000_000}
    assert set(monthly_usd(free, NOVEMBER).values()) == {0.0}
    assert monthly_usd({"firestore_writes": 20_000 * 30 + 100_000}, NOVEMBER) == {
        "firestore_writes": pytest.approx(0.09)
    }


def test_the_page_has_the_figures_of_the_arithmetic() -> None:
    page = (ROOT / "docs" / "why" / "cost.md").read_text(encoding="utf-8")
    found = re.search(r"<!-- figures -->\n\n(.*?)\n\n<!-- end of figures -->", page, re.DOTALL)
    assert found is not None
    assert found[1] == tables(), "print them anew: python -m shared.bench.ops.cost"


def test_a_month_grows_with_its_runs_and_the_clocks_calls_do_not() -> None:
    small, large = month(100), month(100, runs_per_day=2.0)
    per_run = (large.used[WRITES] - small.used[WRITES]) / (large.runs - small.runs)
    assert large.runs == 2 * small.runs == 2 * 100 * 22
    again = month(100, runs_per_day=3.0)
    assert again.used[WRITES] - large.used[WRITES] == pytest.approx(per_run * small.runs)
    assert month(100, runs_per_day=0.0).used["requests"] >= 30 * 1440 + 100 * 30 * 288


def test_the_limits_are_those_of_the_queues_as_they_are_deployed() -> None:
    rules, runs = read_rules(), count_max_runs()
    assert set(rules) == {"plan", "execute-step", "deploy", "notify", "sync"}
    assert count_max_tenants() >= max(SIZES)  # or the page has to say what is done about it
    busiest = month(max(SIZES)).runs / 22 / 9  # an hour, when all of them work
    for name in set(rules) - {"sync"}:
        assert runs[name] > busiest, name


def test_fairness_is_one_for_equals_and_one_nth_where_one_has_all() -> None:
    assert jain([3.0, 3.0, 3.0]) == pytest.approx(1.0)
    assert jain([1.0, 0.0, 0.0, 0.0]) == pytest.approx(0.25)
    assert jain([1.0, 2.0, 3.0]) == pytest.approx(36 / 42)


@pytest.fixture
def used(tmp_path: Path) -> Any:
    """Return what it takes to open a run of five steps, and to attempt them one after the other."""
    clock, meter = SystemClock(), Meter()
    local = LocalStore(tmp_path, clock)
    store = CountingStore(local, meter, plays_outbox=True)
    sent: list[Command] = []
    inner: Any = LocalQueue(local, clock)
    queue = CountingQueue(inner, store, meter)
    hand_over = queue.enqueue
    queue.enqueue = lambda commands: (sent.extend(commands), hand_over(commands))[1]  # type: ignore[method-assign]
    deps = Deps(store, queue, LocalSecrets(tmp_path), clock)  # type: ignore[arg-type]
    opening = RunOpened(clock.now(), TENANT, "run-1", Trigger("bench"), Limits(), _chain(5))

    def spent(do: Callable[[], Any]) -> Counter[str]:
        before = Counter({name: meter.total(name) for name in (READS, WRITES, DELETES, TASKS)})
        do()
        return Counter({name: meter.total(name) for name in before}) - before

    yield spent, deps, sent, opening
    local.close()


def test_a_step_takes_no_more_of_the_store_and_the_queue_than_it_has_to(used: Any) -> None:
    """A read more per step is a million more a day somewhere: whoever needs one changes the figure here."""
    spent, deps, sent, opening = used
    assert spent(lambda: open_run(deps, opening))[TASKS] == 1
    for number in range(4):
        (command,) = [c for c in sent if c.name == ATTEMPT][-1:]
        assert command.step == f"s{number}"
        assert spent(lambda command=command: execute_step(command, deps, _tools())) == {
            READS: 4,  # the lease, the run, whether an endpoint of the team is to be told, the lease again
            WRITES: 4,  # the lease; the run, its event, the next command
            DELETES: 2,  # the command from the outbox, the lease
            TASKS: 1,
        }
    assert TRIVIAL.name == "bench.step"


def test_a_pass_walks_through_the_ledger_once_an_hour_and_forgets_what_is_old(used: Any) -> None:
    spent, deps, _, _ = used
    now = deps.clock.now()
    for name, hours in (("a", 30), ("b", 1)):
        deps.store.put(TENANT, Put("ledger", name, {"at": (now - timedelta(hours=hours)).isoformat()}))
    passes = [Pass("")]

    def tidy(at: timedelta) -> None:
        passes.append(_tidy_ledger(deps, TENANT, passes[-1], now + at))

    assert spent(lambda: tidy(timedelta())) == {READS: 2, DELETES: 1}
    assert spent(lambda: tidy(timedelta(minutes=55))) == {}
    assert spent(lambda: tidy(timedelta(minutes=61))) == {READS: 1}
    assert [doc.id for doc in deps.store.list_docs(TENANT, "ledger")] == ["b"]


def test_the_door_of_a_queue_function_reads_three_documents(used: Any) -> None:
    spent, deps, _, _ = used
    deps.store.put(TENANT, Put("settings", "tenant", {"paused": False}))
    command = Command("c-1", ATTEMPT, "execute-step", TENANT, "run-1", step="s0", attempt=1)
    assert spent(lambda: hold_back(command, deps)) == {READS: 3}


def test_grants_are_looked_up_once_and_only_where_somebody_asks() -> None:
    asked: list[int] = []

    def systems() -> Mapping[str, list[str]]:
        asked.append(1)
        return {"connected": ["notion"], "granted": ["notion", "slack"]}

    settings = AttemptSettings({"people": ["Ada"], "connected": "a person's own word"}, systems)
    assert settings.get("people") == ["Ada"]
    assert settings.get("ship") is None
    assert asked == []
    assert (settings["connected"], settings.get("granted")) == (["notion"], ["notion", "slack"])
    assert dict(settings) == {"people": ["Ada"], "connected": ["notion"], "granted": ["notion", "slack"]}
    assert len(settings) == 3
    assert asked == [1]


def test_counts_that_grew_are_named() -> None:
    kept = {READS: 1000, WRITES: 100, "kms_operations": 4}
    same = {"run": {READS: 1100, WRITES: 114, "kms_operations": 6}}
    assert find_growth(same, kept) == []
    assert find_growth({"run": {**same["run"], READS: 1200}}, kept) == [f"{READS}: 1200, 1000 were kept"]


def test_everything_that_a_store_does_is_counted() -> None:
    assert [name for name in vars(Store) if not name.startswith("_") and not hasattr(CountingStore, name)] == []


def test_what_is_counted_between_runs_is_what_the_clock_of_the_cloud_calls() -> None:
    declared = {
        path.parent.name for path in ROOT.glob("functions/*/function.yaml") if "\nschedule:" in path.read_text()
    }
    assert set(STANDING) == declared


def test_the_run_used_more_before() -> None:
    kept = json.loads((ROOT / "shared" / "bench" / "ops" / "bench_ops_before.json").read_text(encoding="utf-8"))
    assert kept["now"]["run"][READS] < 0.6 * kept["run"][READS]
