"""The benchmarks say what they promise to say, and their figures fit together. How fast is no test's business."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]
FIGURES = {"steps_per_s", "p50_ms", "p99_ms", "commits_per_step", "fsyncs_per_step"}


@pytest.mark.parametrize("transport", ["inline", "http"])
def test_figures_are_whole_and_fit_together(tmp_path: Path, transport: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "shared", "bench", "steps", "--json", "--runs", "5", "--steps", "4",
         "--concurrency", "4", "--transport", transport],
        cwd=ROOT, env=os.environ | {"WORKWRIGHT_BENCH_DIR": str(tmp_path)}, capture_output=True, text=True,
        timeout=100, check=True,
    )  # fmt: skip
    said = json.loads(done.stdout)
    assert {k: said[k] for k in ("bench", "transport", "runs", "steps", "concurrency")} == {
        "bench": "steps", "transport": transport, "runs": 5, "steps": 4, "concurrency": 4,
    }  # fmt: skip
    assert said["ratio"] > 0
    assert said["peak_memory_mb"] > 10
    for name in ("engine", "floor"):
        figures = said[name]
        assert set(figures) >= FIGURES
        assert figures["steps_per_s"] > 0
        assert 0 < figures["p50_ms"] <= figures["p99_ms"]
        assert 0 < figures["fsyncs_per_step"] <= figures["commits_per_step"]
    assert said["floor"]["fsyncs_per_step"] == 1.0
    assert said["engine"]["commits_per_step"] >= 1.0  # every step is on disk before the next begins
    assert (
        abs(said["ratio"] - said["engine"]["steps_per_s"] / said["floor"]["steps_per_s"]) < 0.02 * said["ratio"] + 0.002
    )
    assert list(tmp_path.iterdir()) == []


SMALL = {"blocks": 100, "pages": 12, "rows": 20}
TASKS = ["write", "read", "mirror", "mirror_again", "update_rows"]


def notion_bench(folder: Path, faults: str) -> dict[str, Any]:
    """Run `bench notion` small and fast; return what it says."""
    sizes = [part for name, size in SMALL.items() for part in (f"--{name}", str(size))]
    done = subprocess.run(
        [sys.executable, "-m", "shared", "bench", "notion", "--json", *sizes, "--window", "0.2", "--faults", faults,
         "--seed", "7"],
        cwd=ROOT, env=os.environ | {"WORKWRIGHT_BENCH_DIR": str(folder)}, capture_output=True, text=True,
        timeout=100, check=True,
    )  # fmt: skip
    assert list(folder.iterdir()) == []
    said: dict[str, Any] = json.loads(done.stdout)
    assert (said["bench"], said["sizes"], list(said["tasks"])) == ("notion", SMALL, TASKS)
    assert said["limit"] == {"requests": 180, "window_s": 0.2, "scaled_by": 300}
    return said


def test_work_in_notion_never_takes_more_requests_than_the_obvious_loop(tmp_path: Path) -> None:
    tasks = notion_bench(tmp_path, "0")["tasks"]
    for task in tasks.values():
        for side in ("ours", "naive"):  # both do the whole of it, or the counts could not be compared
            assert (task[side]["errors"], task[side]["complete"]) == (0, True)
        assert 0 < task["ours"]["requests"] <= task["naive"]["requests"]
        assert abs(task["ratio"] - task["naive"]["requests"] / task["ours"]["requests"]) < 0.01
    assert tasks["mirror_again"]["ratio"] >= 3
    assert tasks["update_rows"]["naive"]["requests"] == 1 + SMALL["rows"]
    assert tasks["update_rows"]["ours"]["requests"] == 1 + 0.7 * SMALL["rows"]  # the others hold the value already


def test_where_the_obvious_loop_has_errors_our_work_ends_complete(tmp_path: Path) -> None:
    tasks = notion_bench(tmp_path, "0.06")["tasks"].values()
    assert [(task["ours"]["errors"], task["ours"]["complete"]) for task in tasks] == [(0, True)] * len(TASKS)
    assert sum(task["ours"]["came_again"] for task in tasks) > 0
    lost = [task["naive"] for task in tasks if not task["naive"]["complete"]]
    assert sum(side["errors"] for side in lost) > 0
