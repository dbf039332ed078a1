"""The simulator agrees with what queueing theory says of queues that can be computed."""

from __future__ import annotations

import math
import random

import pytest

from shared.bench.ops.scale_queue import FIFO, TURNS, Budget, QueueRules, Simulation, Task

pytestmark = pytest.mark.xdist_group("cost")


def erlang_c(servers: int, load: float) -> float:
    """Return the probability that a task has to wait in M/M/c (Erlang, 1917); `load` in Erlang."""
    last = load**servers / math.factorial(servers) * servers / (servers - load)
    return last / (sum(load**k / math.factorial(k) for k in range(servers)) + last)


def poisson(sim: Simulation, rate: float, seconds: float, rng: random.Random, tasks: int, fixed: bool = False) -> None:
    at = 0.0
    for _ in range(tasks):
        at += rng.expovariate(rate)
        takes = seconds if fixed else rng.expovariate(1 / seconds)
        task = Task(0, "q", takes)
        sim.at(at, lambda task=task: sim.enqueue(task))


@pytest.mark.parametrize(("servers", "load"), [(1, 0.7), (4, 3.2), (16, 14.0)])
def test_waiting_in_a_queue_of_random_tasks_is_erlangs(servers: int, load: float) -> None:
    sim, rng = Simulation({"q": QueueRules(concurrent=servers)}), random.Random(11)
    poisson(sim, rate=load, seconds=1.0, rng=rng, tasks=40_000)
    sim.run()
    lane = sim.lanes["q"]
    waits = [wait for _, wait in lane.waits]
    expected = erlang_c(servers, load) / (servers - load)
    assert sum(waits) / len(waits) == pytest.approx(expected, rel=0.12)
    assert sum(wait > 0 for wait in waits) / len(waits) == pytest.approx(erlang_c(servers, load), rel=0.06)
    assert lane.busy / sim.now == pytest.approx(load, rel=0.03)


def test_a_queue_of_equal_tasks_is_pollaczek_and_khinchines() -> None:
    sim, rng = Simulation({"q": QueueRules(concurrent=1)}), random.Random(5)
    poisson(sim, rate=0.8, seconds=1.0, rng=rng, tasks=40_000, fixed=True)
    sim.run()
    waits = [wait for _, wait in sim.lanes["q"].waits]
    assert sum(waits) / len(waits) == pytest.approx(0.8 / (2 * (1 - 0.8)), rel=0.1)


def test_a_rate_alone_is_a_server_that_takes_that_long() -> None:
    """Tasks that take no time behind a rate wait as in M/D/1 with one over the rate."""
    sim, rng = Simulation({"q": QueueRules(per_second=10, concurrent=10**6)}), random.Random(3)
    poisson(sim, rate=7.0, seconds=1e-9, rng=rng, tasks=40_000, fixed=True)
    sim.run()
    waits = [wait for _, wait in sim.lanes["q"].waits]
    assert sum(waits) / len(waits) == pytest.approx(0.7 / (2 * 0.3) / 10, rel=0.1)


@pytest.mark.parametrize(("order", "of_one"), [(FIFO, 0), (TURNS, 0), (FIFO, 2), (TURNS, 1)])
def test_the_mean_length_is_the_arrivals_times_the_mean_waiting(order: str, of_one: int) -> None:
    """Little's law, which holds for every order and needs no randomness to be that of a model."""
    rules = QueueRules(per_second=5, concurrent=3, order=order, of_one=of_one)
    sim, rng = Simulation({"q": rules}), random.Random(9)
    for _ in range(3000):
        task = Task(int(rng.paretovariate(1.1)), "q", rng.uniform(0.1, 1.2))
        sim.at(rng.uniform(0, 900), lambda task=task: sim.enqueue(task))
    sim.run()
    lane = sim.lanes["q"]
    assert len(lane.waits) == lane.done == 3000
    assert lane.area == pytest.approx(sum(wait for _, wait in lane.waits), rel=1e-9)


def order_of(rules: QueueRules, tenants: list[int]) -> list[int]:
    sim = Simulation({"q": rules})
    for tenant in tenants:
        task = Task(tenant, "q", 1.0)
        sim.at(0.0, lambda task=task: sim.enqueue(task))
    sim.run()
    return [tenant for tenant, _ in sim.lanes["q"].waits]


def test_first_come_first_served_lets_one_tenant_pass_before_all_and_turns_do_not() -> None:
    flood = [1] * 5 + [2, 3]
    assert order_of(QueueRules(concurrent=1), flood) == [1, 1, 1, 1, 1, 2, 3]
    assert order_of(QueueRules(concurrent=1, order=TURNS), flood) == [1, 1, 2, 3, 1, 1, 1]
    assert order_of(QueueRules(concurrent=3, of_one=1), flood)[:3] == [1, 2, 3]


def test_a_budget_is_a_window_that_all_wait_for_once_it_is_spent() -> None:
    budget = Budget(180, 60)
    assert budget.wait_for(7, 100, 5.0) == 0.0
    assert budget.wait_for(7, 80, 20.0) == 0.0
    assert budget.wait_for(7, 1, 25.0) == pytest.approx(40.0)
    assert budget.wait_for(8, 180, 25.0) == 0.0  # another tenant's is untouched
    assert budget.wait_for(7, 180, 65.0) == 0.0


def test_who_finds_its_budget_spent_comes_again_and_nobody_else_waits_for_that() -> None:
    sim = Simulation({"q": QueueRules(concurrent=1)}, Budget(2, 60))
    for tenant in (1, 1, 1, 2):
        task = Task(tenant, "q", 1.0, calls=1)
        sim.at(0.0, lambda task=task: sim.enqueue(task))
    sim.run()
    assert [tenant for tenant, _ in sim.lanes["q"].waits] == [1, 1, 2, 1]
    assert sim.lanes["q"].refused == 1
    assert 60.0 <= sim.now <= 62.0 + 0.25 * 60
