"""`bench load`: a house of its own is measured from outside, and leaves nothing behind."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from shared.bench.load.processes import MIB, measure_tree, tree_of

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]
_HOLDS = "held = bytearray(b'x' * 40 * 1024 * 1024); print('held', flush=True); input()"


def test_pages_are_planned_on_a_house_of_its_own() -> None:
    command = [sys.executable, "-m", "shared", "bench", "load", "--runs", "2", "--planned", "--idle", "1", "--json"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout)
    assert (found["runs"], found["stand"], found["in_the_queue"]["buried"]) == (2, {"Plan ready": 2}, 0)
    assert found["peak"]["of"]["house"]["processes"] == 1
    assert 0 < found["idle_mib"]["house"] <= found["peak"]["mib"]


def test_memory_and_processes_are_those_of_the_whole_tree() -> None:
    words = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {_HOLDS!r}])"
    parent = subprocess.Popen([sys.executable, "-c", words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert parent.stdin is not None
    assert parent.stdout is not None
    try:
        assert parent.stdout.readline() == "held\n"
        assert len(tree_of(parent.pid)) == 2
        taken = measure_tree(parent.pid)
        assert taken.processes.total() == 2
        assert taken.total > 40 * MIB  # what the child holds
        assert taken.pss["house"] < 40 * MIB  # and the parent does not
    finally:
        parent.communicate("\n", timeout=30)
