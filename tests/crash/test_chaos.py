"""Several runs in a house that is killed at random, judged by the journals of the world outside it: a small form.

The whole of it is `workwright bench chaos`: 12 runs, 25 deaths.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.bench.chaos.story import Plan, bench_chaos
from tests.support.programs.forked_victim import forked
from tests.support.programs.processes import Starter

RUNS, KILLS, FAULTS = 2, 3, 2


# Chosen for bad answers that all come and deny what was done: a site put live and a comment; a plan's blocks and an
# e-mail; a message in Slack and a repository. Whoever does not look, or sends again, makes each of them twice.
SEEDS = (34, 180, 345)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_runs_end_with_nothing_lost_nothing_doubled_and_everything_told(
    seed: int, starter: Starter, tmp_path: Path
) -> None:
    plan = Plan(runs=RUNS, kills=KILLS, seed=seed, faults=FAULTS, limit_s=300, calm_s=2.0)
    found = bench_chaos(plan, tmp_path / "chaos", forked(starter))
    assert (found["kills"], found["met"]) == (KILLS, FAULTS)
    assert {name: found[name] for name in ("ended", "lost", "doubled", "untold")} == {
        "ended": RUNS, "lost": 0, "doubled": 0, "untold": 0,
    }, found  # fmt: skip
    assert (found["strays"], found["told_percent"]) == ([], 100.0)
