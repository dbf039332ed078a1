"""A verdict on reports that are wrong, torn or hostile."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.code.verdict import Verdict, judge, runner_files

NONCE = "0123456789abcdef"


@dataclass(frozen=True)
class Run:
    """What a sandbox gave back."""

    files: Mapping[str, bytes] = field(default_factory=dict)
    killed_by: str = ""
    stderr: str = ""
    stdout: str = "Ran 2 tests in 0.001s\n\nOK\n"
    exit_code: int = 0


def report(*files: Any, key: str = NONCE) -> Run:
    body = json.dumps(list(files))
    code = hmac.new(key.encode(), body.encode(), hashlib.sha256).hexdigest()
    return Run({"report.json": json.dumps({"body": body, "code": code}).encode()})


def file(*lines: Any, exit: int | None = 0, name: str = "tests/test_a.py") -> dict[str, Any]:
    return {"file": name, "exit": exit, "lines": list(lines)}


def line(name: str, outcome: str = "passed", detail: Any = "") -> dict[str, Any]:
    return {"id": name, "outcome": outcome, "detail": detail}


def on(run: Run, expected: int = 2) -> Verdict:
    return judge(run, expected_tests=expected, nonce=NONCE)


def test_a_full_green_report_passes() -> None:
    assert on(report(file(line("a"), line("b"), {"done": 2}))) == Verdict(True, 2, (), "", "")
    assert on(report(file(line("a"), {"done": 1}), file(line("a"), {"done": 1}, name="tests/test_b.py"))).ok


@pytest.mark.parametrize(
    "run",
    [
        Run(),
        Run({"report.json": b""}),
        Run({"report.json": b"{"}),
        Run({"report.json": b"[]"}),
        Run({"report.json": b"null"}),
        Run({"report.json": b"\xff\xfe"}),
        Run({"report.json": b"[" * 100_000}),
        Run({"report.json": b'{"body": "[]"}'}),
        Run({"report.json": json.dumps({"body": "[]", "code": NONCE}).encode()}),
        report(file(line("a"), line("b"), {"done": 2}), key="another"),
        report(file(line("a"), line("b"), {"done": 2}), key=""),
    ],
)
def test_what_is_no_report_of_this_run_fails(run: Run) -> None:
    assert (on(run).ok, on(run).reason) == (False, "there is no valid report of the tests")


@pytest.mark.parametrize(
    "files",
    [
        [],
        [file()],
        [file(line("a"), line("b"))],
        [file(line("a"), line("b"), {"done": 2}, exit=1)],
        [file(line("a"), line("b"), {"done": 2}, exit=-9)],
        [file(line("a"), line("b"), {"done": 2}, exit=None)],
        [file(line("a"), line("b"), {"done": 3})],
        [file(line("a"), line("b"), {"done": 2}, {"done": 2})],
        [file({"done": 2})],
        [file(line("a"), line("a"), {"done": 2})],
        [file(line("a"), line("a"), line("b"), {"done": 3})],
        [file(line("a"), {"done": 1})],
        [file(line("a"), line("b"), line("c"), {"done": 3})],
        [file(line("a"), line("b", "failed"), {"done": 2})],
        [file(line("a"), line("b", "error"), {"done": 2})],
        [file(line("a"), line("b", "skipped"), {"done": 2})],
        [file(line("a"), line("b", ""), {"done": 2})],
        [file(line("a"), line("b"), {"done": 2}), file(name="tests/test_b.py")],
        [file(line("a"), line("b"), {**line("setUpClass", "error"), "outside": True}, {"done": 2})],
    ],
)
def test_anything_but_every_test_run_and_passed_fails(files: list[Any]) -> None:
    verdict = on(report(*files))
    assert not verdict.ok
    assert verdict.reason
    assert len(verdict.signature) == 16


@pytest.mark.parametrize("killed_by", ["wall", "memory", "output", "cpu", "signal"])
def test_a_run_that_was_ended_fails_whatever_it_reported(killed_by: str) -> None:
    green = report(file(line("a"), line("b"), {"done": 2}))
    verdict = on(Run(green.files, killed_by=killed_by))
    assert (verdict.ok, verdict.ran) == (False, 0)


def test_signatures_tell_failures_apart_and_nothing_else() -> None:
    def signature(detail: str) -> str:
        return on(report(file(line("a"), line("b", "failed", detail), {"done": 2}))).signature

    same = {
        signature("/tmp/tmpabcd_123/x.py at 0x7f00aa: took 0.25s"),
        signature("/tmp/box-0123456789abcdef/tmp/tmpzyxw9876/x.py at 0x55de10: took 11.5s"),
    }
    assert len(same) == 1
    assert signature("expected 1") != signature("expected 2")


def test_excerpts_are_short_and_carry_no_control_characters() -> None:
    hostile = "\x1b]0;owned\x07" + "x" * 5000 + "\u202e" + "end"
    lines = [line(f"\x1b[31m{number}", "failed", hostile) for number in range(200)]
    verdict = on(report(file(*lines, {"done": 200})), 200)
    assert len(verdict.failures) == 50
    assert len(verdict.feedback) <= 6000
    for name, excerpt in verdict.failures:
        assert len(excerpt) < 1300
        assert "\x1b" not in name + excerpt
        assert "\u202e" not in excerpt


@given(
    st.dictionaries(
        st.sampled_from(["id", "outcome", "detail", "done", "outside"]), st.none() | st.text() | st.lists(st.integers())
    )
)
def test_no_line_whatever_breaks_the_judge(hostile: dict[str, Any]) -> None:
    assert not on(report(file(line("a"), hostile, {"done": 2}))).ok or hostile.get("outcome") == "passed"


def test_the_runner_comes_with_its_nonce_beside_it() -> None:
    assert runner_files(NONCE)["_runner/nonce"] == NONCE.encode()
    compile(runner_files(NONCE)["_runner/runner.py"], "runner.py", "exec")
