"""`bench scale`: a busy morning of many tenants in the queues as they are deployed, and what a flood by one does.

Virtual time and a seed: the same figures each time. Rates and concurrency are those of `functions/*/function.yaml`;
what a run asks for is counted (`bench ops`); how long attempts take, and how people work, are the assumptions below.
"""

from __future__ import annotations

import json
import math
import random
import re
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from shared.app.engine.team_turns import PER_SECOND
from shared.bench.ops.scale_queue import FIFO, TURNS, Budget, QueueRules, Simulation, Task

Json = dict[str, Any]
_FUNCTIONS = Path(__file__).resolve().parents[3] / "functions"
_KEPT = Path(__file__).with_name("bench_ops_before.json")
_QUEUE = re.compile(r"^queue: \{ per_second: ([0-9.]+), concurrent: ([0-9]+) \}", re.MULTILINE)
NOTION_PER_MINUTE = 180
SYNC_EVERY_S = 300.0
# Assumed: mean seconds of one delivery, exponentially spread. Waiting for Notion (0.3 s a call) and for models.
SECONDS = {"plan": 4.0, "execute-step": 3.0, "deploy": 1.5, "notify": 0.7, "sync": 1.0}
WATCH_S = 75.0  # between two looks at a site that went live
_ZONES = ((0.40, 1), (0.20, -5), (0.15, -8), (0.15, 8), (0.10, 5))  # share of tenants, hours from UTC
_DAY = (0.2,) * 7 + (1, 4, 9, 12, 11, 6, 8, 11, 10, 7, 4, 2, 1.5, 1, 0.6, 0.4, 0.3)  # of a tenant's own clock
_ALPHA = 1.2  # of Pareto's law: few tenants do most
_FLOOD_RUNS, _FLOOD_AT, _FLOOD_OVER = 400, 300.0, 1500.0


@dataclass(frozen=True, slots=True)
class Shape:
    """What one run asks of each queue: deliveries, and of them the calls to Notion."""

    deliveries: Mapping[str, int]
    calls: Mapping[str, int]  # per delivery


@dataclass(frozen=True, slots=True)
class Load:
    """How much there is to do: tenants, the mean of their runs per working day, and the hours (UTC) that are played."""

    tenants: int = 10_000
    runs_per_day: float = 1.0
    begins: float = 8.0
    hours: float = 2.0


def bench_scale(seed: int = 1, load: Load | None = None) -> Json:
    """Play the busy hours once, then the flood in several ways; return lengths, waiting and fairness."""
    load, shape, rules = load or Load(), read_shape(), read_rules()
    calm = _Play(load, shape, rules, seed)
    calm.play(load.hours * 3600)
    flood = {name: _flood(load, shape, each, budget, seed) for name, (each, budget) in _ways(rules).items()}
    return {
        "bench": "scale",
        "seed": seed,
        "tenants": load.tenants,
        "runs_per_tenant_and_day": load.runs_per_day,
        "hours_utc": [load.begins, load.begins + load.hours],
        "runs": calm.opened,
        "rules": {name: {"per_second": r.per_second, "concurrent": r.concurrent} for name, r in rules.items()},
        "queues": {name: calm.queue(name) for name in rules},
        "classes": calm.classes(),
        "sync": calm.sync(),
        "flood": {"runs_of_one_tenant": _FLOOD_RUNS, "ways": flood},
        "assumed": {"seconds": SECONDS, "watch_gap_s": WATCH_S, "notion_per_minute": NOTION_PER_MINUTE},
    }


def read_rules() -> dict[str, QueueRules]:
    """Return the queues as they are deployed; Terraform reads the same files."""
    found = {}
    for path in sorted(_FUNCTIONS.glob("*/function.yaml")):
        if declared := _QUEUE.search(path.read_text(encoding="utf-8")):
            found[path.parent.name] = QueueRules(float(declared[1]), int(declared[2]))
    return found


def read_shape() -> Shape:
    """Return what the demo's run asked for when it was counted last."""
    now = json.loads(_KEPT.read_text(encoding="utf-8"))["now"]
    deliveries = {name: int(now["by_function"][name]["requests"]) for name in SECONDS if name != "sync"}
    notion = [name for name in deliveries if name != "deploy"]  # which asks forges and hosts
    each = math.ceil(now["calls"]["notion"] / sum(deliveries[name] for name in notion))
    return Shape(deliveries, {name: each if name in notion else 0 for name in (*deliveries, "sync")})


def jain(shares: Sequence[float]) -> float:
    """Return Jain's index of fairness (1984): 1 when all have the same, 1/n when one has everything."""
    return sum(shares) ** 2 / (len(shares) * sum(each * each for each in shares)) if any(shares) else 1.0


def as_text(found: Json) -> str:
    """Return the figures as tables for people."""
    lines = [f"{found['tenants']} tenants, {found['runs']} runs between {found['hours_utc']} h UTC"]
    lines.append(f"{'queue':14}{'tasks':>9}{'used':>7}{'longest':>9}{'p50 s':>9}{'p99 s':>9}{'no budget':>11}")
    for name, figures in found["queues"].items():
        lines.append(
            f"{name:14}{figures['tasks']:>9}{figures['used']:>7.0%}{figures['longest']:>9}{figures['wait_p50_s']:>9}"
            f"{figures['wait_p99_s']:>9}{figures['came_again']:>11}"
        )
    for name, figures in found["classes"].items():
        lines.append(
            f"tenants with {name}: {figures['tenants']}, waiting p50 {figures['p50_s']} s,"
            f" p99 {figures['p99_s']} s a task"
        )
    sync = found["sync"]
    lines.append(f"a pass of sync comes every {sync['every_s']} s, {sync['wanted_s']:.0f} s are wanted")
    flood = found["flood"]
    lines.append(f"One tenant opens {flood['runs_of_one_tenant']} runs at once; the others:")
    for name, figures in flood["ways"].items():
        lines.append(
            f"  {name:32} Jain {figures['jain']:.3f}   waiting p50 {figures['others_p50_s']} s,"
            f" p99 {figures['others_p99_s']} s; the worst tenant {figures['worst_over_median']} times the median"
        )
    return "\n".join(lines)


class _Play:
    """Tenants, their runs, and the queues these go through."""

    def __init__(
        self, load: Load, shape: Shape, rules: Mapping[str, QueueRules], seed: int, budget: float = NOTION_PER_MINUTE
    ) -> None:
        self._load, self._shape, self._rng = load, shape, random.Random(seed)
        self.sim = Simulation(dict(rules), Budget(budget))
        self._weights = _heavy(load.tenants, self._rng)
        self._zones = self._rng.choices([h for _, h in _ZONES], [s for s, _ in _ZONES], k=load.tenants)
        self.opened = 0
        self._under_way: set[int] = set()  # tenants whose pass of sync has not ended
        self._passes = 0

    def play(self, seconds: float, flood: bool = False) -> None:
        """Let people work and clocks call for so long."""
        self._people(seconds)
        for tenant in range(0 if flood else self._load.tenants):  # sync has a queue of its own
            self.sim.at(self._rng.uniform(0, SYNC_EVERY_S), partial(self._pass, tenant, seconds))
        if flood:
            for _ in range(_FLOOD_RUNS):
                self.sim.at(_FLOOD_AT + self._rng.uniform(0, 60), partial(self._open, self._load.tenants))
        self.sim.run(until=seconds)

    def _people(self, seconds: float) -> None:
        """Open runs as a Poisson process of each tenant, thinned by the hours of its own day."""
        day, total = sum(_DAY), 0.0
        rates = []
        for tenant in range(self._load.tenants):
            hour = int(self._load.begins + self._zones[tenant]) % 24
            share = statistics.fmean(_DAY[(hour + h) % 24] for h in range(max(1, math.ceil(seconds / 3600)))) / day
            total += self._weights[tenant] * self._load.runs_per_day * share / 3600
            rates.append(total)
        at = 0.0
        while (at := at + self._rng.expovariate(total)) < seconds:
            tenant = self._rng.choices(range(self._load.tenants), cum_weights=rates)[0]
            self.sim.at(at, partial(self._open, tenant))

    def _open(self, tenant: int) -> None:
        """Begin a run: the main tasks one after the other, and beside each its part of what `notify` shows."""
        self.opened += 1
        main = [name for name in ("plan", "execute-step", "deploy") for _ in range(self._shape.deliveries[name])]
        self._go_on(tenant, iter(main), self._shape.deliveries["notify"] / len(main), 0.0)

    def _go_on(self, tenant: int, rest: Iterator[str], shows: float, left: float) -> None:
        name = next(rest, None)
        if name is None:
            return
        left += shows
        for _ in range(int(left)):
            self.sim.enqueue(self._task(tenant, "notify"))
        left -= int(left)
        gap = WATCH_S if name == "deploy" and self._rng.random() < 0.5 else 0.0  # half of them are looks at a site
        task = self._task(tenant, name)
        task.then = partial(self._go_on, tenant, rest, shows, left)
        self.sim.enqueue(task, gap)

    def _task(self, tenant: int, name: str) -> Task:
        return Task(tenant, name, self._rng.expovariate(1 / SECONDS[name]), self._shape.calls[name])

    def _pass(self, tenant: int, seconds: float) -> None:
        """Order a pass of sync unless one is under way, and come again when the clock does."""
        if tenant not in self._under_way:
            self._under_way.add(tenant)
            task = self._task(tenant, "sync")
            task.then = partial(self._end_pass, tenant)
            self.sim.enqueue(task)
        if self.sim.now + SYNC_EVERY_S < seconds:
            self.sim.at(self.sim.now + SYNC_EVERY_S, partial(self._pass, tenant, seconds))

    def _end_pass(self, tenant: int) -> None:
        self._under_way.discard(tenant)
        self._passes += 1

    def queue(self, name: str) -> Json:
        """Return what became of one queue."""
        lane = self.sim.lanes[name]
        waits = [wait for _, wait in lane.waits]
        by_rate = (lane.done + lane.refused) / self.sim.now / lane.rules.per_second
        return {
            "tasks": lane.done,
            "used": round(max(by_rate, lane.busy / self.sim.now / lane.rules.concurrent), 3),
            "longest": lane.longest,
            "mean_length": round(lane.area / self.sim.now, 1),
            "left": lane.length,
            "came_again": lane.refused,
            **{f"wait_{name}_s": value for name, value in _spread(waits).items()},
        }

    def classes(self) -> Json:
        """Return the waiting of a run's tasks by how much their tenants do."""
        limits = {"less than one run a day": (0, 1), "one to ten": (1, 10), "more than ten": (10, math.inf)}
        per_day = [weight * self._load.runs_per_day for weight in self._weights]
        found = {}
        for name, (minimum, maximum) in limits.items():
            members = {tenant for tenant, runs in enumerate(per_day) if minimum <= runs < maximum}
            waits = [wait for tenant, wait in self._waits() if tenant in members]
            found[name] = {"tenants": len(members), **{f"{p}_s": value for p, value in _spread(waits).items()}}
        return found

    def sync(self) -> Json:
        """Return how often a tenant's pass came."""
        every = self.sim.now * self._load.tenants / max(1, self._passes)
        return {"wanted_s": SYNC_EVERY_S, "every_s": round(every), "passes": self._passes}

    def fairness(self) -> Json:
        """Return how the flood was for the others: their waiting, and how alike the tenants were served."""
        per_tenant: dict[int, list[float]] = {}
        for tenant, wait in self._waits():
            per_tenant.setdefault(tenant, []).append(wait)
        mean_s = statistics.fmean(SECONDS[name] for name in self._shape.deliveries)
        speed = [mean_s / (mean_s + statistics.fmean(waits)) for waits in per_tenant.values()]
        means = sorted(statistics.fmean(waits) for tenant, waits in per_tenant.items() if tenant != self._load.tenants)
        others = [w for tenant, waits in per_tenant.items() if tenant != self._load.tenants for w in waits]
        median = max(means[len(means) // 2], 0.01)
        return {
            "jain": round(jain(speed), 3),
            **{f"others_{name}_s": value for name, value in _spread(others).items()},
            "flooding_tenant_mean_s": round(statistics.fmean(per_tenant.get(self._load.tenants, [0.0])), 1),
            "worst_over_median": round(means[-1] / median, 1),
        }

    def _waits(self) -> Iterable[tuple[int, float]]:
        for name, lane in self.sim.lanes.items():
            if name != "sync":
                yield from lane.waits


def _flood(load: Load, shape: Shape, rules: Mapping[str, QueueRules], budget: float, seed: int) -> Json:
    play = _Play(load, shape, rules, seed, budget)
    play.play(_FLOOD_OVER, flood=True)
    return play.fairness()


def _ways(rules: Mapping[str, QueueRules]) -> dict[str, tuple[dict[str, QueueRules], float]]:
    """Return the ways in which a flood is played: queues and budget."""

    def build_rules(**more: Any) -> dict[str, QueueRules]:
        return {name: QueueRules(r.per_second, r.concurrent, **more) for name, r in rules.items()}

    return {
        "queues alone": (build_rules(order=FIFO), math.inf),
        "with Notion's budget": (build_rules(order=FIFO), NOTION_PER_MINUTE),
        "with turns for what is late": (build_rules(order=FIFO, share=PER_SECOND), math.inf),
        "with both (deployed)": (build_rules(order=FIFO, share=PER_SECOND), NOTION_PER_MINUTE),
        "and at most 4 at once per tenant": (build_rules(order=FIFO, of_one=4), NOTION_PER_MINUTE),
        "in turns (one machine)": (build_rules(order=TURNS), NOTION_PER_MINUTE),
    }


def _heavy(tenants: int, rng: random.Random) -> list[float]:
    """Return how much each does, with a mean of one: Pareto's law, the greatest cut at 200 times the mean."""
    raw = [min(rng.paretovariate(_ALPHA), 1200.0) for _ in range(tenants)]
    mean = statistics.fmean(raw)
    return [each / mean for each in raw]


def _spread(waits: list[float]) -> dict[str, float]:
    ordered = sorted(waits) or [0.0]
    return {
        "p50": round(ordered[len(ordered) // 2], 2),
        "p99": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))], 2),
    }
