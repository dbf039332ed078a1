"""Work is tested and repaired in rounds; what cannot be mended ends with a question, and nothing green is lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from shared.app.engine.engine import record
from shared.core.code.worktree import from_text
from shared.core.documents.snapshot import SNAPSHOTS
from shared.core.run import acts
from shared.core.run import events as ev
from shared.core.run.run import Run, RunStatus, StepStatus, Usage
from shared.ports.sandbox import Sandbox
from tests.support.builders.runs import spec
from tests.support.desks.coding_bench import RIGHT, SCRIPT, ByRote, Coder, CodingBench, Deaths, Died, files
from tests.support.measures.kept_versions import restore
from tests.support.ports.local_ports import Ports, local_ports
from tests.support.ports.scripted_sandbox import ScriptedSandbox


@pytest.fixture
def bench(ports: Ports, sandbox: Sandbox) -> Callable[..., CodingBench]:
    def make(*bodies: str, originals: Mapping[str, bytes] | None = None, expected: int = 1) -> CodingBench:
        return CodingBench(ports, sandbox, Coder(list(bodies), originals or {}, [], expected))

    return make


def output(run: Run, step: str) -> Mapping[str, Any]:
    found = run.step(step)
    assert found is not None
    return found.output


def test_what_fails_is_mended_by_what_the_tests_say_and_each_version_is_kept(bench: Callable[..., CodingBench]) -> None:
    made = bench("return a - b", "return a * b", RIGHT)
    run = made.start()
    assert run.status == RunStatus.SUCCEEDED
    assert ["-1 != 5" in made.coder.told[0], "6 != 5" in made.coder.told[1]] == [True, True]
    passed = output(run, "test")
    assert (passed["tests"], passed["rounds"], passed["driver"]) == (1, 2, made.sandbox.name)
    assert made.greens() == [False, False, True]
    store = made.ports.store
    assert passed["tree"] == from_text(store.get_text("t-1", passed["work"])).tree_id
    assert dict(restore(made.ports.deps, "t-1", "run-1", 2).files) == files("return a * b")
    report = json.loads(store.get_text("t-1", passed["report"]))
    assert (report["ok"], report["ran"], report["tree"]) == (True, 1, passed["tree"])


def test_the_same_failure_three_times_asks_a_person_and_waits(bench: Callable[..., CodingBench]) -> None:
    made = bench("return a - b", "return a - b  # mended", "return a - b  # well", RIGHT)
    run = made.start()
    assert (run.status, made.coder.bodies) == (RunStatus.AWAITING_INPUT, [RIGHT])
    question = made.coder.told[-1]
    assert "the same failure came 3 times" in question
    assert "-1 != 5" in question
    assert "What should be different?" in question


def test_ever_new_failures_end_after_the_repairs_a_run_may_have(bench: Callable[..., CodingBench]) -> None:
    made = bench(*(f"return {n}" for n in range(100, 110)))
    run = made.start(repairs=2)
    assert run.status == RunStatus.AWAITING_INPUT
    assert "2 repairs were made" in made.coder.told[-1]
    assert len(made.greens()) == 3


def test_a_model_that_cannot_mend_it_is_no_end_of_the_run(bench: Callable[..., CodingBench]) -> None:
    made = bench("return a - b")
    run = made.start()
    assert run.status == RunStatus.AWAITING_INPUT
    assert "it knows no other way" in made.coder.told[-1]


def test_a_question_tells_no_secret_that_a_test_has_printed(ports: Ports) -> None:
    word = "ghp_" + "x8Kq2LmZ7tRw" * 3
    coder = Coder(["1"] * 3, {}, [], files=lambda body: {"test_a.py": f"{word}=failed".encode()})
    run = CodingBench(ports, ScriptedSandbox(), coder).start()
    assert run.status == RunStatus.AWAITING_INPUT
    assert ("test_a.py" in coder.told[-1], word in coder.told[-1]) == (True, False)


def test_an_answer_leads_to_another_plan(bench: Callable[..., CodingBench]) -> None:
    made = bench("return a - b")
    made.start()
    record(made.ports.deps, "t-1", "run-1", acts.PageChanged(made.ports.clock.now(), "Ada"))
    run = made.ports.run()
    statuses = {step.id: step.status for step in run.steps}
    assert (statuses["test"], statuses["plan-2"]) == (StepStatus.SKIPPED, StepStatus.RUNNING)
    assert run.status == RunStatus.PLANNING


def test_work_that_is_sent_back_is_mended_first_and_shipped_again(bench: Callable[..., CodingBench]) -> None:
    made = bench(RIGHT, "return b + a")
    before = output(made.start(gated=True), "test")
    run = made.rework("The order reads strangely.")
    after = output(run, "test")
    assert made.coder.told == ["The order reads strangely."]
    assert (before["rounds"], after["rounds"], after["tests"]) == (0, 1, 1)
    assert before["tree"] != after["tree"]
    assert output(run, "ship")["at"] == 2
    assert run.status == RunStatus.AWAITING_APPROVAL


def test_nothing_green_is_lost_by_a_rework_that_leads_nowhere(bench: Callable[..., CodingBench]) -> None:
    made = bench("return a - b", RIGHT, *(f"return a - b  # {n}" for n in range(9)))
    green = output(made.start(gated=True), "test")
    run = made.rework("Make it shorter.")
    assert run.status == RunStatus.AWAITING_INPUT
    assert "What passed its tests before is kept" in made.coder.told[-1]
    assert made.greens() == [False, True, False, False, False]
    state = output(run, "test")
    assert (state["tree"], state["back_to"]) == (green["tree"], "test~try-2")
    assert made.ports.store.get("t-1", SNAPSHOTS, "run-1.001") is not None


@pytest.mark.parametrize("answer", ["return b + a", RIGHT])
def test_an_answer_is_worked_into_what_was_green(ports: Ports, answer: str) -> None:
    coder = Coder([RIGHT, *(f"return a - b  # {n}" for n in range(3))], {}, [])
    coder.files = lambda body: {"adds.py": body.encode(), "test_a.py": b"x=failed" if "-" in body else b"x=passed"}
    made = CodingBench(ports, ScriptedSandbox(), coder)
    green = output(made.start(gated=True), "test")
    assert made.rework("Make it shorter.").status == RunStatus.AWAITING_INPUT
    coder.bodies = [answer]
    now, again = made.ports.clock.now(), spec("r2.test", "write", kind="code.test", group=True)
    for event in (acts.PageChanged(now, "Ada"), ev.PlanProposed(now, "plan-2", 1, (again,), {})):
        record(made.ports.deps, "t-1", "run-1", event)
    run = made.work()
    assert run.status == RunStatus.SUCCEEDED, run.failure
    assert "what they want now" in coder.told[-1]
    assert (output(run, "r2.test")["tree"] == green["tree"]) == (answer == RIGHT)
    wrote = [step.spec.input["of"] for step in run.steps if step.id == "r2.test~repair-1"]
    assert wrote == ["test~try-1"], "the green one is mended, not the last one"


def test_a_second_rework_counts_its_repairs_anew(bench: Callable[..., CodingBench]) -> None:
    made = bench(RIGHT, "return 1", "return b + a", "return 2", "return 3", "return b + a + 0")
    made.start(gated=True, repairs=3)
    assert output(made.rework("First."), "test")["rounds"] == 2
    run = made.rework("Second.")
    assert (output(run, "test")["rounds"], made.greens()) == (3, [True, False, True, False, False, True])


OWN = b"""import unittest
from adds import add

class Old(unittest.TestCase):
    def test_zero(self):
        self.assertEqual(add(0, 0), 0)

    def test_strings(self):
        self.assertEqual(add("a", "b"), "ab")

    def test_that_never_passed(self):
        self.assertEqual(add(1, 1), 3)
"""


def test_tests_that_were_there_before_must_stay_green(bench: Callable[..., CodingBench]) -> None:
    old = {"adds.py": f"def add(a, b):\n    {RIGHT}\n".encode(), "tests/test_old.py": OWN}
    made = bench("return int(a) + int(b)", "return a+b", originals=old)
    run = made.start()
    assert run.status == RunStatus.SUCCEEDED
    assert "1 of the repository's own tests passed before and do not now" in made.coder.told[0]
    assert "tests/test_old.py: test_old.Old.test_strings" in made.coder.told[0]
    report = json.loads(made.ports.store.get_text("t-1", output(run, "test")["report"]))
    assert report["own"]["passed_before"] == 2
    assert report["own"]["failed"] == ["tests/test_old.py: test_old.Old.test_that_never_passed"]
    assert output(run, "test")["tests"] == 3


def test_a_repair_may_not_ask_less_of_the_work(ports: Ports) -> None:
    coder = Coder(["two=failed", "one=passed", "both=passed"], {}, [], expected=2)
    coder.files = lambda words: {"test_a.py": (b"x=passed " if words != "one=passed" else b"") + words.encode()}
    coder.claims = {"one=passed": 1}
    run = CodingBench(ports, ScriptedSandbox(), coder).start()
    assert run.status == RunStatus.SUCCEEDED, run.failure
    assert coder.told[1] == "the work had 2 tests and now says it has 1: tests may be mended, but not taken away"
    assert output(run, "test")["tests"] == 2


def test_a_number_of_tests_that_was_promised_wrongly_may_be_set_right(ports: Ports) -> None:
    coder = Coder(["one=passed", "one=passed more"], {}, [], expected=2)
    coder.files = lambda words: {"test_a.py": words.partition(" ")[0].encode(), "a.py": words.encode()}
    coder.claims = {"one=passed more": 1}
    run = CodingBench(ports, ScriptedSandbox(), coder).start()
    assert run.status == RunStatus.SUCCEEDED, coder.told
    assert coder.told == ["1 tests ran, 2 were expected"]
    assert output(run, "test")["tests"] == 1


def _story(ports: Ports, deaths: Deaths) -> tuple[Run, int]:
    """Tell the story of a repair and a rework, beginning again after each death; return its end."""
    coder = ByRote(["return a - b", RIGHT, "return b + a"], {}, [])
    made = CodingBench(ports.with_deps(crash_point=deaths), ScriptedSandbox(), coder)
    while True:
        try:
            stored = made.ports.store.load_run("t-1", "run-1")
            run = made.work() if stored is not None else made.start(gated=True)
            tested = run.step("test")
            if tested is not None and not tested.rounds:
                run = made.rework("Shorter.")
            return run, len(made.greens())
        except Died:
            continue


def test_a_death_at_any_point_changes_nothing(tmp_path: Path) -> None:
    with local_ports(tmp_path / "whole") as ports:
        whole, versions = _story(ports, never := Deaths(-1))
        expected = [(step.id, step.status, step.output) for step in whole.steps]
        assert (versions, output(whole, "test")["rounds"]) == (3, 1)
    assert never.passed > 20
    for number in range(1, never.passed + 1):
        with local_ports(tmp_path / str(number)) as ports:
            died, versions_then = _story(ports, deaths := Deaths(number))
            assert [(step.id, step.status, step.output) for step in died.steps] == expected, deaths.point
            assert versions_then == versions, deaths.point


def test_a_repair_that_changes_nothing_is_not_told_as_one(bench: Callable[..., CodingBench]) -> None:
    made = bench(RIGHT, RIGHT)
    made.start(gated=True, repairs=3)
    run = made.rework("Is it right?")
    assert (output(run, "test")["rounds"], output(run, "test")["repairs"]) == (0, 1)


def test_each_round_of_repairs_has_what_it_may_cost_reserved(ports: Ports) -> None:
    price = Usage(10, 1000)
    coder = Coder(["return a - b", RIGHT, RIGHT], {}, [])
    made = CodingBench(ports, ScriptedSandbox(), coder, estimate=Usage(3 * price.tokens, 3 * price.micros))
    coder.files = lambda body: {"adds.py": body.encode(), "test_adds.py": SCRIPT[body]}
    run = made.start(gated=True)
    repair = run.step("test~repair-2")
    assert repair is not None
    assert repair.spec.estimate == price
    assert run.reserved == Usage()
    again = made.rework("Shorter.")
    assert (again.status, output(again, "test")["tests"]) == (RunStatus.AWAITING_APPROVAL, 1), again.failure
