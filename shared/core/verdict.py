"""Decides whether generated code passed its tests, from a report it cannot simply make up.

An exit status proves nothing: code that calls `os._exit(0)` at import ends with 0 and no test run. So the tests are
run by our own runner (`test_runner.py`), and a verdict of "ok" needs a report authenticated for this very run, every
test file run to its end, and exactly the expected number of tests, each under its own name, each passed.

What remains: code under test shares a process with the tests that judge it. It can change the test library or write
to the runner's pipe and so report passes of its own file that never happened, in the number it was told to deliver.
A verdict is therefore advice to the person who reviews the change, never a permission.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from shared.core.test_runner import RUNNER

REPORT = "report.json"
_FOLDER = "_runner"
_EXCERPT = 1_200
_FEEDBACK = 6_000
_MAX_FAILURES = 50
_MAX_REPORT = 4_000_000
_CAUSES = {
    "wall": "the tests took too long",
    "memory": "the tests used too much memory",
    "output": "the tests printed too much",
    "cpu": "the tests used too much processor time",
}


class Ended(Protocol):
    """What we need to know of a finished run in the sandbox."""

    @property
    def exit_code(self) -> int: ...
    @property
    def killed_by(self) -> str: ...
    @property
    def stdout(self) -> str: ...
    @property
    def stderr(self) -> str: ...
    @property
    def files(self) -> Mapping[str, bytes]: ...


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether it passed, how many tests ran, what failed: (test, excerpt). Equal failures have equal signatures."""

    ok: bool
    ran: int
    failures: tuple[tuple[str, str], ...]
    reason: str
    signature: str

    @property
    def feedback(self) -> str:
        """Return reason and failures as a text for the model to mend its code by."""
        parts = [self.reason, *(f"{name}\n{excerpt}" for name, excerpt in self.failures)]
        return "\n\n".join(part for part in parts if part)[:_FEEDBACK]


def runner_files(nonce: str) -> dict[str, bytes]:
    """Return the files to add to the request. `nonce` is fresh and random for each run, and kept by the caller."""
    return {f"{_FOLDER}/runner.py": RUNNER.encode(), f"{_FOLDER}/nonce": nonce.encode()}


def test_command() -> tuple[str, ...]:
    """Return the command that runs every `test*.py` of the request; collect `REPORT`."""
    return ("python3", "-I", "-B", f"{_FOLDER}/runner.py")


test_command.__test__ = False  # type: ignore[attr-defined]  # a name pytest would take for a test of ours


def judge(result: Ended, *, expected_tests: int, nonce: str) -> Verdict:
    """Return the verdict on one run."""
    if result.killed_by:
        return _failed(0, (), _CAUSES.get(result.killed_by, f"the tests were ended by {result.killed_by}"))
    files = _report(result.files.get(REPORT, b""), nonce)
    if files is None:
        said = _excerpt(result.stderr)
        return _failed(0, (("runner", said),) if said else (), "there is no valid report of the tests")
    tests, failures = list(_tests(files)), list(_endings(files))
    for name, outcome, detail in tests:
        if outcome != "passed":
            failures.append((name, f"{outcome}: {_excerpt(detail)}"))
    names = [name for name, _, _ in tests]
    twice = sorted({name for name in names if names.count(name) > 1})
    failures += [(name, "was reported more than once") for name in twice]
    ran = len(set(names))
    if failures:
        return _failed(ran, tuple(failures), f"{ran} tests reported, {len(failures)} things wrong with them")
    if expected_tests < 1 or ran != expected_tests:
        return _failed(ran, (), f"{ran} tests ran, {expected_tests} were expected")
    return Verdict(True, ran, (), "", "")


def _report(data: bytes, nonce: str) -> list[dict[str, Any]] | None:
    if not nonce or len(data) > _MAX_REPORT:
        return None
    try:
        report = json.loads(data)
        body, code = str(report["body"]).encode(), str(report["code"]).encode()
        expected = hmac.new(nonce.encode(), body, hashlib.sha256).hexdigest().encode()
        if not hmac.compare_digest(code, expected):
            return None
        files: list[dict[str, Any]] = json.loads(body)
    except (ValueError, RecursionError, KeyError, TypeError):
        return None
    return files


def _tests(files: list[dict[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """Yield test, outcome and detail of every line; a test's name is the file's and its own."""
    for file in files:
        for line in file["lines"]:
            if isinstance(line, dict) and "done" not in line:
                name = f"{file.get('file')}: {line.get('id')}"
                yield name, str(line.get("outcome")), str(line.get("detail", ""))


def _endings(files: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield the test files that did not run to their end."""
    for file in files:
        told = [line for line in file["lines"] if isinstance(line, dict) and "done" not in line]
        inside = sum(1 for line in told if not line.get("outside"))
        done = [line["done"] for line in file["lines"] if isinstance(line, dict) and "done" in line]
        if file.get("exit") != 0 or done != [inside]:
            yield str(file.get("file")), f"ended early or in disorder, with status {file.get('exit')}"


def _failed(ran: int, failures: tuple[tuple[str, str], ...], reason: str) -> Verdict:
    failures = tuple((_clean(name)[:300], text) for name, text in failures[:_MAX_FAILURES])
    steady = json.dumps([_steady(reason), *sorted((name, _steady(text)) for name, text in failures)])
    return Verdict(False, ran, failures, reason, hashlib.sha256(steady.encode()).hexdigest()[:16])


def _excerpt(text: str) -> str:
    return _clean(text).strip()[-_EXCERPT:]


def _clean(text: str) -> str:
    """Return the text without control characters: it is shown to people and to the model."""
    return "".join(char for char in text if char in "\n\t" or char.isprintable())


def _steady(text: str) -> str:
    """Return the text without what differs from run to run: temporary folders, addresses, times."""
    return re.sub(r"(?:/tmp/box-\w{16})?/tmp/tmp\w{8}|/tmp/box-\w{16}|0x[0-9a-fA-F]+|\d+\.\d+s?", "·", text)
