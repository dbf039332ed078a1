"""The benchmark says what it promises to say, and its figures fit together. How fast is no test's business."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
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
