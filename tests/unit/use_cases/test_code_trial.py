"""What a version is run with: its packages, the tests of the repository as they were, and limits of its language."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

import pytest

from shared.app.engine.step_context import context_of
from shared.backends.sandbox.choose import choose_sandbox
from shared.core.code.lock_files import LockProblem
from shared.core.code.worktree import Worktree
from shared.core.errors import SandboxUnavailable
from shared.core.run.run import Limits
from shared.ports.sandbox import SandboxRequest
from shared.steps._work import Work
from shared.steps.code._trial import Trial, try_work
from tests.support.builders.runs import begin, spec
from tests.support.parts import require
from tests.support.ports.local_ports import Ports, tools_with
from tests.support.ports.scripted_sandbox import ScriptedSandbox

LOOSE = b"requests\n"  # no version, no hash


def _no_packages(request: SandboxRequest) -> None:
    if request.packages:
        raise LockProblem("requirements.txt, line 1: 'requests' is not taken")


def _no_namespaces(request: SandboxRequest) -> None:
    if request.packages:
        raise SandboxUnavailable("packages cannot be installed without namespaces")


@dataclass
class Trials:
    """Tries work in a sandbox that is asked as the real one is."""

    ports: Ports
    sandbox: Any

    def of(self, work: Work, baseline: Any = None) -> Trial:
        run, _ = begin(spec("try", kind="code.try"), limits=Limits())
        step = run.steps[0]
        return try_work(
            context_of(self.ports.deps, run, step, tools_with(sandbox=lambda: self.sandbox)), work, baseline
        )


@pytest.fixture
def trials(ports: Ports) -> Trials:
    return Trials(ports, ScriptedSandbox())


def work(files: dict[str, bytes], originals: dict[str, bytes] | None = None, **more: Any) -> Work:
    fields = {"kind": "change", "expected_tests": 1, "model": "gemini", **more}
    return Work(Worktree(files), originals=originals or {}, **fields)


def test_work_without_tests_is_not_run(trials: Trials) -> None:
    found = trials.of(work({"index.html": b"<p>"}, runner="none", expected_tests=0))
    assert (found.green, found.report.driver, trials.sandbox.asked) == (True, "none", [])


@pytest.mark.parametrize(
    ("runner", "lock", "system"),
    [("python", "requirements.txt", "pip"), ("node", "package-lock.json", "npm"), ("node", "requirements.txt", "")],
)
def test_what_the_lock_file_names_is_installed(trials: Trials, runner: str, lock: str, system: str) -> None:
    test = {"python": "test_a.py", "node": "a.test.mjs"}[runner]
    found = trials.of(work({test: b"one=passed", lock: b"alpha==1.0\n"}, runner=runner))
    (asked,) = trials.sandbox.asked
    assert (found.green, asked.packages, asked.command[-1]) == (True, system, test)
    assert (asked.limits.memory_bytes > 1 << 30) == (runner == "node")


@pytest.mark.parametrize("refuse", [_no_packages, _no_namespaces])
def test_packages_that_the_work_asks_for_and_cannot_have_go_back_to_the_model(trials: Trials, refuse: Any) -> None:
    trials.sandbox.refuse = refuse
    found = trials.of(work({"test_a.py": b"one=passed", "requirements.txt": LOOSE}))
    assert not found.green
    assert found.feedback.startswith("the packages could not be installed: ")


@pytest.mark.parametrize("refuse", [_no_packages, _no_namespaces])
def test_packages_that_were_asked_for_before_are_done_without(trials: Trials, refuse: Any) -> None:
    trials.sandbox.refuse = refuse
    there = {"requirements.txt": LOOSE, "test_old.py": b"old=passed needs=failed"}
    found = trials.of(work({"test_a.py": b"one=passed"}, there))
    assert found.green
    assert [note.partition(":")[0] for note in found.report.notes] == ["ran without the repository's packages"]


def test_a_manifest_without_its_lock_file_is_tested_without_packages_and_says_so(trials: Trials) -> None:
    manifest = json.dumps({"dependencies": {"next": "16.0.3"}}).encode()
    found = trials.of(work({"a.test.mjs": b"one=passed", "package.json": manifest}, runner="node", kind="node_project"))
    assert (found.green, [asked.packages for asked in trials.sandbox.asked]) == (True, [""])
    assert found.report.notes == ("ran without the repository's packages: there is no package-lock.json",)


def test_what_fails_beside_packages_is_no_matter_of_them(trials: Trials) -> None:
    def refuse(request: SandboxRequest) -> None:
        raise SandboxUnavailable("no bubblewrap")

    trials.sandbox.refuse = refuse
    with pytest.raises(SandboxUnavailable):
        trials.of(work({"test_a.py": b"one=passed"}))


OLD = {"app.py": b"ZERO ONE", "tests/test_old.py": b"zero=ZERO one=ONE never=NEVER"}


def test_the_baseline_is_asked_once_and_only_what_passed_counts(trials: Trials) -> None:
    good = work({"app.py": b"ONE ZERO", "tests/test_new.py": b"new=passed"}, OLD)
    first = trials.of(good)
    assert (first.green, first.report.ran, len(trials.sandbox.asked)) == (True, 3, 3)
    assert first.baseline is not None
    again = trials.of(good, json.loads(json.dumps(first.baseline)))
    assert (again.green, again.baseline, len(trials.sandbox.asked)) == (True, None, 5)
    broken = trials.of(replace(good, tree=Worktree({"app.py": b"ZERO", **_new()})), first.baseline)
    assert [name for name, _ in broken.report.failures] == ["tests/test_old.py: one"]


def _new() -> dict[str, bytes]:
    return {"tests/test_new.py": b"new=passed"}


def test_a_test_that_was_rewritten_runs_both_ways_and_is_named(trials: Trials) -> None:
    rewritten = {"app.py": b"ZERO", "tests/test_old.py": b"zero=passed one=passed more=passed"}
    found = trials.of(work(rewritten, OLD))
    assert not found.green
    assert [name for name, _ in found.report.failures] == ["tests/test_old.py: one"]
    assert found.report.own["changed"] == ["tests/test_old.py"]
    allowed = trials.of(work(rewritten, OLD, may_change=("tests/test_old.py",), expected_tests=3))
    assert (allowed.green, allowed.report.ran) == (True, 3)


def test_a_test_that_was_removed_runs_all_the_same(trials: Trials) -> None:
    tree = Worktree({"app.py": b"ZERO", **_new()}, frozenset({"tests/test_old.py"}))
    found = trials.of(replace(work({}, OLD), tree=tree))
    assert not found.green
    assert found.report.own["removed"] == ["tests/test_old.py"]
    kept = trials.of(replace(work({}, OLD), tree=replace(tree, files={"app.py": b"ONE ZERO", **_new()})))
    assert kept.green


def test_a_change_that_brings_no_tests_rests_on_those_that_are_there(trials: Trials) -> None:
    change = work({"app.py": b"ZERO ONE again"}, OLD, expected_tests=0)
    assert trials.of(change).green
    assert not trials.of(replace(change, expected_tests=1)).green
    assert not trials.of(work({"app.py": b""}, expected_tests=0)).green  # a new project must bring some


def test_tests_that_were_there_do_not_stand_in_for_those_that_the_work_claims(trials: Trials) -> None:
    there = {"app.py": b"", "test_old.py": b"one=passed two=passed"}
    found = trials.of(work({"app.py": b"more"}, there, expected_tests=2))
    assert not found.green
    assert "0 tests ran, 2 were expected" in found.feedback


def test_what_passed_before_is_asked_again_where_packages_could_not_be_fetched(trials: Trials) -> None:
    there = {"requirements.txt": b"alpha==1\n", "app.py": b"RIGHT", "test_old.py": b"old=RIGHT"}
    trials.sandbox.fails_to_install = True
    first = trials.of(work({"test_a.py": b"one=passed"}, there))
    assert (first.baseline, first.report.notes != ()) == (None, True)
    trials.sandbox.fails_to_install = False
    found = trials.of(work({"app.py": b"wrong", "test_a.py": b"one=passed"}, there), first.baseline)
    assert [name for name, _ in found.report.failures] == ["test_old.py: old"]


def test_files_of_a_repository_that_no_sandbox_can_hold_are_left_out_and_named(trials: Trials) -> None:
    there = {"Icon\r": b"", "tests/Icon\r": b"", "tests/test_old.py": b"old=passed"}
    found = trials.of(work({"test_a.py": b"one=passed"}, there))
    assert (found.green, found.report.ran) == (True, 2)
    assert found.report.notes == (r"ran without files that have no plain name: 'Icon\r', 'tests/Icon\r'",)


def test_a_request_that_cannot_be_run_ends_the_step_instead_of_being_tried_for_ever(trials: Trials) -> None:
    with pytest.raises(SandboxUnavailable, match="both a file and a folder"):
        trials.of(work({"_runner": b"", "test_a.py": b"one=passed"}))


def test_a_test_named_by_half_a_character_can_be_kept(trials: Trials) -> None:
    there = {"test_old.py": b"\\ud800=passed"}
    found = trials.of(work({"test_a.py": b"one=passed"}, there))
    assert found.green
    json.dumps(found.baseline, ensure_ascii=False).encode()


def test_a_node_project_is_tried_for_real(ports: Ports) -> None:
    require("bubblewrap")
    require("node")
    test = (
        b"import test from 'node:test';\nimport { add } from './adds.mjs';\n"
        b"test('adds', () => { if (add(2, 3) !== 5) throw 1; });\n"
    )
    files = {"adds.mjs": b"export const add = (a, b) => a + b;\n", "package.json": b"{}", "adds.test.mjs": test}
    trials = Trials(ports, choose_sandbox())
    found = trials.of(work(files, runner="node", kind="node_project"))
    assert (found.green, found.report.ran, found.report.driver) == (True, 1, trials.sandbox.name), found.feedback
