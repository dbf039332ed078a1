"""Tests in the way of pytest are run by it where it is installed, and are said to need it where it is not."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from dataclasses import dataclass, field
from pathlib import Path

from shared.core.code.verdict import REPORT, Verdict, judge, judge_own, outcomes, runner_files

PYTEST = b"""
import pytest

@pytest.fixture
def two():
    return 2

@pytest.mark.parametrize("number", [1, 2])
def test_adds(two, number):
    assert two + number > 2

class TestMore:
    def test_two(self, two):
        assert two == 2
"""
RED = (
    PYTEST
    + b"""
def test_three(two):
    assert two == 3

@getattr(pytest.mark, "SKIP".lower())(reason="later")
def test_four():
    pass

@getattr(pytest.mark, "XFAIL".lower())
def test_five():
    assert False

@pytest.fixture
def broken():
    raise KeyError("no")

def test_six(broken):
    pass
"""
)
PLAIN = b"import unittest\nclass A(unittest.TestCase):\n    def test_a(self): pass\n"


@dataclass
class Ended:
    """What came of the runner."""

    files: dict[str, bytes]
    exit_code: int = 0
    killed_by: str = ""
    stdout: str = ""
    stderr: str = field(default="")


QUICK = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
NAMES = ("test_b.py", "tests/test_a.py")


def run(folder: Path, python: str, files: dict[str, bytes], *names: str) -> Ended:
    for path, data in {**files, **runner_files("nonce")}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    command = [python, "-I", "-S", "-B", str(folder / "_runner" / "runner.py"), *names]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False, env=QUICK)
    return Ended({REPORT: (folder / REPORT).read_bytes()}, ended.returncode, stderr=ended.stderr)


def test_what_pytest_finds_wrong_is_named(tmp_path: Path) -> None:
    ended = run(tmp_path, sys.executable, {"tests/test_a.py": RED, "test_b.py": PLAIN, "test_c.py": PLAIN}, *NAMES)
    verdict = judge(ended, expected_tests=8, nonce="nonce")
    assert [name.rpartition("::")[2] for name, _ in verdict.failures] == [
        "test_three",
        "test_four",
        "test_five",
        "test_six",
    ]
    assert verdict.ran == 8
    assert "assert 2 == 3" in verdict.feedback
    found = outcomes(ended, nonce="nonce")
    assert found is not None
    passed = [name for name, outcome in found.items() if outcome == "passed"]
    assert len(passed) == 4
    assert judge_own(ended, before=passed, nonce="nonce") == Verdict(True, 4, (), "", "")
    gone = judge_own(ended, before=[*passed, "test_b.py: test_b.A.test_z"], nonce="nonce")
    assert gone.failures == (("test_b.py: test_b.A.test_z", "gone: it no longer ran"),)


def test_the_same_failure_is_the_same_wherever_it_stands(tmp_path: Path) -> None:
    test = b"import unittest, product\nclass A(unittest.TestCase):\n    def test_a(self): product.check(3)\n"
    check = b"def check(number):\n    raise ValueError(f'no {number}')\n"
    files = {"a": check, "b": b"# mended\n\n" + check, "c": check.replace(b"no ", b"not ")}
    signatures = []
    for name, product in files.items():
        ended = run(tmp_path / name, sys.executable, {"test_a.py": test, "product.py": product})
        verdict = judge(ended, expected_tests=1, nonce="nonce")
        assert "ValueError: no" in verdict.feedback
        signatures.append(verdict.signature)
    assert signatures[0] == signatures[1] != signatures[2]


def test_without_pytest_it_is_said_that_it_is_missing(tmp_path: Path) -> None:
    venv.create(tmp_path / "bare", symlinks=True)
    bare = str(tmp_path / "bare" / "bin" / "python")
    ended = run(tmp_path / "work", bare, {"tests/test_a.py": PYTEST, "test_b.py": PLAIN})
    verdict = judge(ended, expected_tests=4, nonce="nonce")
    assert "this file needs pytest, which the sandbox does not have" in verdict.feedback
    assert outcomes(ended, nonce="nonce") == {
        "test_b.py: test_b.A.test_a": "passed",
        "tests/test_a.py: pytest": "error",
    }
