"""One version of the work before its tests: its own, and beside them those that the tenant's repository had before."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from shared.core.code.lock_files import NPM_LOCK, NPM_MANIFEST, PIP_LOCK, LockProblem, packages_of
from shared.core.code.own_tests import OwnTests, find_own_tests, select_tests
from shared.core.code.verdict import (
    REPORT,
    Verdict,
    count_tests,
    judge,
    judge_not_run,
    judge_own,
    outcomes,
    runner_files,
    test_command,
    together,
)
from shared.core.errors import SandboxUnavailable
from shared.core.ship.paths import strange
from shared.ports.sandbox import SandboxLimits, SandboxRequest, SandboxResult
from shared.steps._kind import StepContext
from shared.steps._work import Work

_LOCKS = {"node": (NPM_MANIFEST, NPM_LOCK), "python": (PIP_LOCK,)}
_NODE = SandboxLimits(memory_bytes=1536 * 1024 * 1024, processes=128)  # a Node process alone is a dozen threads
_PASSED = Verdict(True, 0, (), "", "")


@dataclass(frozen=True, slots=True)
class Report:
    """What a trial found, for people: `own` says what became of the tests that were there before."""

    ok: bool
    ran: int
    reason: str
    failures: tuple[tuple[str, str], ...]
    driver: str
    seconds: float
    own: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trial:
    """The end of a trial. `baseline` is what the tenant's own tests said before the work, where it was asked now.

    It is None too where they ran without packages that could not be fetched: they say more another time.
    `counted` is how many tests the work brings; None where they did not all run to their end.
    """

    green: bool
    report: Report
    feedback: str
    signature: str
    baseline: Mapping[str, Any] | None = None
    counted: int | None = None


class NoPackages(Exception):
    """What the work asks for cannot be installed; the message is for the model."""


class _Runs:
    """The sandbox runs of one trial, and what they took together."""

    def __init__(self, ctx: StepContext, work: Work) -> None:
        self._sandbox, self._work = ctx.sandbox(), work
        self.seconds, self.driver = 0.0, self._sandbox.name
        self.notes: list[str] = []
        self.not_fetched = False  # packages of the repository: the registry may answer the next time

    def run(self, files: Mapping[str, bytes], tests: Sequence[str]) -> tuple[SandboxResult, str]:
        """Run these test files among these files; return the end and the nonce of its report.

        Packages that the repository asked for before the work are done without where they cannot be had: whatever
        needs them did not pass before either. So are those of a manifest without its lock file, which no model can
        write: a host installs them. Raises NoPackages for others that the work asks for.
        """
        nonce = secrets.token_hex(16)
        files = self._plain(files)
        locks = {path: files[path] for path in _LOCKS[self._work.runner] if path in files}
        request = SandboxRequest(
            files={**files, **runner_files(nonce, self._work.runner)},
            command=test_command(*tests),
            origin=self._work.model,
            collect=(REPORT,),
            limits=_NODE if self._work.runner == "node" else SandboxLimits(),
            packages=packages_of(locks),
        )
        if request.packages == "npm" and NPM_LOCK not in locks:
            return self._run_without_packages(request, f"there is no {NPM_LOCK}"), nonce
        there_before = all(self._work.originals.get(path) == data for path, data in locks.items())
        try:
            result = self._run(request)
        except (LockProblem, SandboxUnavailable) as error:
            if not request.packages:
                raise
            if not there_before:
                raise NoPackages(f"the packages could not be installed: {error}") from error
            return self._run_without_packages(request, str(error)), nonce
        if result.killed_by == "install" and there_before:
            self.not_fetched = True
            return self._run_without_packages(request, result.stderr.strip()[-300:]), nonce
        return self._count_result(result), nonce

    def _run_without_packages(self, request: SandboxRequest, why: str) -> SandboxResult:
        self._note(f"ran without the repository's packages: {why}")
        return self._count_result(self._run(replace(request, packages="")))

    def _run(self, request: SandboxRequest) -> SandboxResult:
        try:
            return self._sandbox.run(request)
        except LockProblem:
            raise
        except ValueError as error:  # it would be no other the next time
            raise SandboxUnavailable(f"the tests cannot be run: {error}") from error

    def _plain(self, files: Mapping[str, bytes]) -> dict[str, bytes]:
        """Return the files that a sandbox can hold: a repository may have names that none can."""
        odd = sorted(path for path in files if strange(path))
        if odd:
            self._note(f"ran without files that have no plain name: {', '.join(map(ascii, odd[:5]))}")
        return {path: data for path, data in files.items() if path not in odd}

    def _note(self, note: str) -> None:
        self.notes += [note] if note not in self.notes else []

    def _count_result(self, result: SandboxResult) -> SandboxResult:
        self.seconds += result.duration_s
        self.driver = result.driver
        return result


def try_work(ctx: StepContext, work: Work, baseline: Mapping[str, Any] | None) -> Trial:
    """Run the tests of the work. `baseline` is what an earlier trial of the same originals found, None the first time.

    Raises SandboxUnavailable where code cannot be run safely, or not at all.
    """
    if work.runner == "none":
        return Trial(True, Report(True, 0, "", (), "none", 0.0, notes=("this work has no tests",)), "", "")
    runs, files = _Runs(ctx, work), work.all_files
    own = find_own_tests(work.originals, work.runner, work.may_change)
    asked = baseline is None and bool(own.files)
    known = _baseline(runs, work, own) if asked else (baseline or {"passed": []})
    keeps = asked and not runs.not_fetched
    counted = None
    try:
        new, counted = _run_new_tests(runs, work, files, own, known)
        verdict = together(new, _run_own_tests(runs, work, files, own, known))
    except NoPackages as error:
        verdict = judge_not_run(str(error))
    report = Report(
        verdict.ok,
        verdict.ran,
        verdict.reason,
        verdict.failures,
        runs.driver,
        round(runs.seconds, 2),
        _describe_own_tests(own, files, known) if own.files else {},
        tuple(runs.notes),
    )
    return Trial(verdict.ok, report, verdict.feedback, verdict.signature, known if keeps else None, counted)


def _baseline(runs: _Runs, work: Work, own: OwnTests) -> dict[str, Any]:
    """Return which of the tenant's own tests pass without the work."""
    result, nonce = runs.run(work.originals, own.files)
    found = outcomes(result, nonce=nonce)
    if found is None:
        return {"passed": [], "failed": [], "unread": "the repository's own tests could not be run before the change"}
    passed = sorted(name for name, outcome in found.items() if outcome == "passed")
    return {"passed": passed, "failed": sorted(set(found) - set(passed))}


def _run_new_tests(
    runs: _Runs, work: Work, files: Mapping[str, bytes], own: OwnTests, known: Mapping[str, Any]
) -> tuple[Verdict, int | None]:
    """Run what the work brings: new test files, and those of the tenant's that it has changed, as it changed them.

    Return the verdict, and how many tests that were; None where they did not all run to their end.
    """
    changed, _ = own.changed_by(files)
    untouched = set(own.files) - set(changed)
    tests = [path for path in select_tests(files, work.runner) if path not in untouched]
    if not tests:  # without names the runner would take all there are, also those that are judged beside these
        claimed = work.expected_tests
        return (
            _PASSED if work.originals and not claimed else judge_not_run(f"0 tests ran, {claimed} were expected")
        ), 0
    known_count = sum(1 for name in known["passed"] if name.partition(": ")[0] in changed)
    result, nonce = runs.run(files, tests)
    found = count_tests(result, nonce=nonce)
    verdict = judge(result, expected_tests=work.expected_tests + known_count, nonce=nonce)
    return verdict, None if found is None else max(0, found - known_count)


def _run_own_tests(
    runs: _Runs, work: Work, files: Mapping[str, bytes], own: OwnTests, known: Mapping[str, Any]
) -> Verdict:
    if not known["passed"]:
        return _PASSED
    result, nonce = runs.run(own.put_back(files, work.originals), own.files)
    return judge_own(result, before=known["passed"], nonce=nonce)


def _describe_own_tests(own: OwnTests, files: Mapping[str, bytes], known: Mapping[str, Any]) -> dict[str, Any]:
    changed, removed = own.changed_by(files)
    return {"passed_before": len(known["passed"]), "changed": changed, "removed": removed, **_list_failed_before(known)}


def _list_failed_before(known: Mapping[str, Any]) -> dict[str, Any]:
    return {name: known[name] for name in ("failed", "unread") if known.get(name)}
