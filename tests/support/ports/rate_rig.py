"""Instances that share budgets of calls, on one store and in virtual time, seen from the vendor's side."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from shared.core.errors import BudgetSpent
from shared.core.rate_window import Rate
from shared.ports import Store
from shared.rate_budget import Payer, RateBudget
from tests.support.ports.virtual_time import VirtualTime


@dataclass
class RateRig:
    """Makes instances and workers; notes when each call arrives, in true seconds."""

    store: Store
    rate: Rate = field(default_factory=Rate)
    time: VirtualTime = field(default_factory=VirtualTime)
    arrived: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))  # bot → when
    waited: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))  # bot → for how long, per call
    slept: list[float] = field(default_factory=list)  # inside of functions
    rescheduled: list[float] = field(default_factory=list)

    def instance(self, name: str, ahead: float = 0.0) -> RateBudget:
        """Return one instance's budgets; its clock may be ahead of the true time."""
        return RateBudget(self.store, self.time.clock(ahead), name, rate=self.rate, sleep=self._sleep)

    def worker(self, name: str, budget: RateBudget, payer: Payer, jobs: Jobs) -> Callable[[], None]:
        """Return a worker that calls once per job; what has to wait longer comes again through a queue."""

        def work() -> None:
            for n in count():
                if not jobs.take():
                    return
                asked = self.time.elapsed
                while not self._allowed(budget, payer):
                    pass
                self.arrived[payer.bot].append(self.time.elapsed)
                self.waited[payer.bot].append(self.time.elapsed - asked)
                self.time.sleep(between(0.15, 0.6, name, n))  # the answer

        return work

    def most_in_a_window(self, bot: str, seconds: float = 60.0) -> int:
        """Return the most calls that arrived in any window of that length."""
        times, most, first = sorted(self.arrived[bot]), 0, 0
        for last, at in enumerate(times):
            while at - times[first] >= seconds:
                first += 1
            most = max(most, last - first + 1)
        return most

    def _allowed(self, budget: RateBudget, payer: Payer) -> bool:
        try:
            budget.spend(payer)
        except BudgetSpent as error:
            wait = error.retry_after.total_seconds() if error.retry_after else 0.0
            self.rescheduled.append(wait)
            self.time.sleep(wait + between(0.1, 1.0, "queue", len(self.rescheduled)))
            return False
        return True

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time.sleep(seconds)


@dataclass
class Jobs:
    """So many calls to make, by whoever comes."""

    left: int

    def take(self) -> bool:
        """Take one; False when none is left."""
        self.left -= 1
        return self.left >= 0


def between(least: float, most: float, *key: object) -> float:
    """Return a number that looks random and is always the same for the same key."""
    digest = hashlib.sha256("/".join(map(str, key)).encode()).digest()
    return least + (most - least) * int.from_bytes(digest[:4], "big") / 2**32
