"""Decides whether generated code passed its tests, from a report it cannot simply make up.

An exit status proves nothing: code that calls `os._exit(0)` at import ends with 0 and no test run. So the tests are
run by our own runner (`shared/programs/runner`), and a verdict of "ok" needs a report authenticated for this very run,
every test file run to its end, and exactly the expected number of tests, each under its own name, each passed.

What remains: code under test shares a process with the tests that judge it. It can change the test library or write
to the runner's pipe and so report passes of its own file that never happened, in the number it was told to deliver.
A verdict is therefore advice to the person who reviews the change, never a permission.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from shared.programs import compose_runner

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
    "install": "the packages could not be installed",
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


def runner_files(nonce: str, runner: str = "python") -> dict[str, bytes]:
    """Return the files to add to the request. `nonce` is fresh and random for each run, and kept by the caller."""
    return {f"{_FOLDER}/runner.py": compose_runner(runner).encode(), f"{_FOLDER}/nonce": nonce.encode()}


def test_command(*names: str) -> tuple[str, ...]:
    """Return the command that runs these test files of the request, or all; collect `REPORT`.

    All are `test*.py` for the runner of Python, and what `node --test` takes for test files for that of Node.
    """
    return ("python3", "-I", "-S", "-B", f"{_FOLDER}/runner.py", *names)


test_command.__test__ = False  # type: ignore[attr-defined]  # a name pytest would take for a test of ours


def judge(result: Ended, *, expected_tests: int, nonce: str) -> Verdict:
    files = _read_report(result, nonce)
    if isinstance(files, Verdict):
        return files
    tests, failures = list(_tests(files)), list(_endings(files))
    for name, outcome, detail in tests:
        if outcome != "passed":
            failures.append((name, f"{outcome}: {_excerpt(detail)}"))
    names = [name for name, _, _ in tests]
    twice = sorted({name for name in names if names.count(name) > 1})
    failures += [(name, "was reported more than once") for name in twice]
    ran = len(set(names))
    if failures:
        return _fail_with(ran, tuple(failures), f"{ran} tests reported, {len(failures)} things wrong with them")
    if expected_tests < 1 or ran != expected_tests:
        return _fail_with(ran, (), f"{ran} tests ran, {expected_tests} were expected")
    return Verdict(True, ran, (), "", "")


def outcomes(result: Ended, *, nonce: str) -> dict[str, str] | None:
    """Return what became of each test by its name, of files that ran to their end; None where no report holds."""
    files = _read_report(result, nonce)
    if isinstance(files, Verdict):
        return None
    broken = {name for name, _ in _endings(files)}
    whole = [file for file in files if str(file.get("file")) not in broken]
    return {name: outcome for name, outcome, _ in _tests(whole)}


def count_tests(result: Ended, *, nonce: str) -> int | None:
    """Return how many tests there are, whatever became of them; None unless every file of them ran to its end."""
    files = _read_report(result, nonce)
    if isinstance(files, Verdict) or any(_endings(files)):
        return None
    return len({name for name, _, _ in _tests(files)})


def judge_own(result: Ended, *, before: Collection[str], nonce: str) -> Verdict:
    """Return the verdict on the tenant's own tests: each of those that passed before has to pass again."""
    files = _read_report(result, nonce)
    if isinstance(files, Verdict):
        return files
    now: dict[str, tuple[str, str]] = {}
    for name, outcome, detail in _tests(files):
        now[name] = (outcome, detail) if name not in now else ("error", "was reported more than once")
    ended = dict(_endings(files))
    failures = []
    for name in sorted(before):
        outcome, detail = now.get(name, ("gone", ended.get(name.partition(": ")[0], "it no longer ran")))
        if outcome != "passed":
            failures.append((name, f"{outcome}: {_excerpt(detail)}"))
    ran = len(before) - len(failures)
    if failures:
        reason = f"{len(failures)} of the repository's own tests passed before and do not now"
        return _fail_with(ran, tuple(failures), reason)
    return Verdict(True, ran, (), "", "")


def judge_not_run(reason: str) -> Verdict:
    """Return the verdict on tests that could not begin, for a reason that the model can mend."""
    return _fail_with(0, (), reason)


def together(first: Verdict, second: Verdict) -> Verdict:
    """Return the verdict that both must hold for."""
    if first.ok and second.ok:
        return Verdict(True, first.ran + second.ran, (), "", "")
    reason = "; ".join(each.reason for each in (first, second) if each.reason)
    return _fail_with(first.ran + second.ran, first.failures + second.failures, reason)


def _read_report(result: Ended, nonce: str) -> list[dict[str, Any]] | Verdict:
    """Return what the runner reports of each file, or the verdict where there is no report to go by."""
    if result.killed_by:
        installing = (("install", _excerpt(result.stderr)),) if result.killed_by == "install" else ()
        return _fail_with(0, installing, _CAUSES.get(result.killed_by, f"the tests were ended by {result.killed_by}"))
    files = _report(result.files.get(REPORT, b""), nonce)
    if files is None:
        error = _excerpt(result.stderr)
        return _fail_with(0, (("runner", error),) if error else (), "there is no valid report of the tests")
    return files


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
                name = name.encode("utf-8", "backslashreplace").decode()  # half a character could not be stored
                yield name, str(line.get("outcome")), str(line.get("detail", ""))


def _endings(files: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield the test files that did not run to their end."""
    for file in files:
        lines = [line for line in file["lines"] if isinstance(line, dict) and "done" not in line]
        inside = sum(1 for line in lines if not line.get("outside"))
        done = [line["done"] for line in file["lines"] if isinstance(line, dict) and "done" in line]
        if file.get("exit") != 0 or done != [inside]:
            yield str(file.get("file")), f"ended early or in disorder, with status {file.get('exit')}"


def _fail_with(ran: int, failures: tuple[tuple[str, str], ...], reason: str) -> Verdict:
    failures = tuple((_clean(name)[:300], text) for name, text in failures[:_MAX_FAILURES])
    steady = json.dumps([_steady(reason), *sorted((name, _steady(text)) for name, text in failures)])
    return Verdict(False, ran, failures, reason, hashlib.sha256(steady.encode()).hexdigest()[:16])


def _excerpt(text: str) -> str:
    return _clean(text).strip()[-_EXCERPT:]


def _clean(text: str) -> str:
    """Return the text without control characters: it is shown to people and to the model."""
    return "".join(char for char in text if char in "\n\t" or char.isprintable())


def _steady(text: str) -> str:
    """Return the text without what differs from run to run, or with code that moved: folders, addresses, times, places.

    Indented lines are those of a stack: where it went wrong, not what.
    """
    shortened = "\n".join(line for line in text.splitlines() if not line.startswith((" ", "\t")))
    shortened = re.sub(r":\d+", ":·", shortened)
    return re.sub(r"(?:/tmp/box-\w{16})?/tmp/tmp\w{8}|/tmp/box-\w{16}|0x[0-9a-fA-F]+|\d+\.\d+s?", "·", shortened)
