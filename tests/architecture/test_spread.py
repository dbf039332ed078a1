"""How tests are spread over processes, seen at a run of pytest on a folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
# What the hooks of this folder do, without its rules for what is tested here.
CONFTEST = """
import pytest
from tests.support.slowest import say_what_took_longest
from tests.support.spread import ByFile, order_longest_first

def pytest_xdist_make_scheduler(config, log):
    return ByFile(config, log)

@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    order_longest_first(items)

def pytest_terminal_summary(terminalreporter):
    say_what_took_longest(terminalreporter)
"""
TESTS = """
import os, pathlib, time, pytest
MARK
@pytest.mark.parametrize("number", range(6))
def test_it(number):
    time.sleep(SECONDS)
    with open(pathlib.Path(__file__).with_name("seen"), "a") as seen:
        seen.write(f"{pathlib.Path(__file__).stem} {os.environ['PYTEST_XDIST_WORKER']}\\n")
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[list[str]], str]:
    """Return which file ran where, in the order of the ends of its tests, and what the run said at last."""
    folder = tmp_path_factory.mktemp("spread")
    (folder / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = slow\n", encoding="utf-8")
    marks = {10: "pytestmark = pytest.mark.slow", 11: 'pytestmark = pytest.mark.xdist_group("crash-0")'}
    for number in range(12):
        text = TESTS.replace("MARK", marks.get(number, "")).replace("SECONDS", "0.1" if number == 3 else "0")
        (folder / f"test_{number:02}.py").write_text(text, encoding="utf-8")
    asked = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadgroup", "-p", "no:cacheprovider"]
    done = subprocess.run(
        asked, cwd=folder, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    return [line.split() for line in (folder / "seen").read_text(encoding="utf-8").splitlines()], done.stdout


def test_the_tests_of_a_file_stay_in_one_process(told: tuple[list[list[str]], str]) -> None:
    ran = told[0]
    assert len(ran) == 12 * 6
    assert len({tuple(each) for each in ran}) == 12
    assert len({process for _, process in ran}) == 2


def test_what_takes_long_begins_first(told: tuple[list[list[str]], str]) -> None:
    first = {process: file for file, process in reversed(told[0])}
    assert sorted(first.values()) == ["test_10", "test_11"]


def test_a_run_names_the_files_that_took_longest(told: tuple[list[list[str]], str]) -> None:
    lines = told[1].splitlines()
    first = lines.index("10 of 12 files took longest, in seconds of one process:") + 1
    seconds, file, *_ = lines[first].split()
    assert file == "test_03.py"
    assert float(seconds) >= 0.6
    assert lines[first].endswith("(6 tests)")
