"""Code that fails its tests goes back to the model with the failures, and ends when nothing changes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from shared.app.engine import open_run, record
from shared.app.execute_step import execute_step
from shared.backends.local.sandbox.choose import choose_sandbox
from shared.core import events as ev
from shared.core.run import Limits, RunStatus
from shared.ports import Sandbox
from tests.support.local_ports import Ports, ScriptedModel, attempt_of, tools_with
from tests.support.parts import require
from tests.support.prompts import instructions_of, part_of
from tests.support.runs import opened, spec

REQUIREMENTS = {"requirements": [{"id": "R1", "text": "It adds", "block": "b1"}]}
TEST = """import unittest
from adds import add

class Adds(unittest.TestCase):
    def test_it_adds(self):
        self.assertEqual(add(2, 3), 5)
"""


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    require("bubblewrap")  # the code here is no offline model's, so nothing else may run it
    return choose_sandbox()


def code(body: str, **changes: Any) -> dict[str, Any]:
    files = {"adds.py": f"def add(a, b):\n    {body}\n", "tests/test_adds.py": TEST}
    answer = {
        "files": [{"path": path, "content": text} for path, text in files.items()],
        "tests": [{"requirement": "R1", "test": "tests/test_adds.py"}],
        "checks": [{"requirement": "R1", "path": "/", "contains": "It adds"}],
        "test_command": ["python3", "-m", "unittest"],
        "expected_tests": 1,
        "site_root": "site",
    }
    return {**answer, **changes}


def work(ports: Ports, sandbox: Sandbox, *answers: Any, most: int = 12) -> ScriptedModel:
    """Bring a run of generate and test as far as it goes."""
    model = ScriptedModel(list(answers))
    tools = tools_with(model=model, sandbox=lambda: sandbox)
    specs = (
        spec("plan", kind="plan.propose"),
        spec("write", "plan", kind="code.generate", input={"artifact": "python_service"}),
        spec("test", "write", kind="code.test", repairs="write"),
    )
    open_run(ports.deps, replace(opened(*specs, limits=Limits(backoff_s=1.0)), at=ports.clock.now()))
    kept = ports.store.put_text("t-1", json.dumps(REQUIREMENTS)), ports.store.put_text("t-1", "{}")
    planned = {"proposal": kept[0], "page": kept[1]}
    run = record(ports.deps, "t-1", "run-1", ev.StepSucceeded(ports.clock.now(), "plan", 1, planned))
    for _ in range(most):
        for step in run.steps:
            if step.status.value == "running":
                execute_step(attempt_of(run, step.id), ports.deps, tools)
        run = ports.run()
        if run.status.final:
            break
    return model


def test_broken_code_goes_back_with_its_failure_and_mended_code_passes(ports: Ports, sandbox: Sandbox) -> None:
    model = work(ports, sandbox, code("return a - b"), code("return a + b"))
    run = ports.run()
    assert run.status == RunStatus.SUCCEEDED
    assert len(model.asked) == 2
    feedback = part_of(model.asked[1].prompt, "errors")
    assert "test_it_adds" in feedback
    assert "-1 != 5" in feedback
    assert len(feedback) <= 6_000
    assert run.facts["tests"] == 1
    assert run.facts["sandbox"] == sandbox.name
    steps = {step.id: step for step in run.steps}
    assert (steps["write"].attempt, steps["test"].attempt, steps["test"].rounds) == (2, 2, 1)
    files = json.loads(ports.store.get_text("t-1", steps["write"].output["files"]))
    assert "return a + b" in files["adds.py"]


def test_the_same_failure_twice_ends_the_run_although_the_code_differs(ports: Ports, sandbox: Sandbox) -> None:
    model = work(ports, sandbox, code("return a - b"), code("return a - b  # mended"), code("return a + b"))
    assert ports.run().status == RunStatus.FAILED
    assert "the same failure twice in a row" in ports.run().failure
    assert len(model.asked) == 2


def test_ever_new_failures_end_after_the_repairs_a_run_may_have(ports: Ports, sandbox: Sandbox) -> None:
    model = work(ports, sandbox, *(code(f"return {n}") for n in range(100, 110)))
    assert "after 3 repairs" in ports.run().failure
    assert len(model.asked) == 4


def test_code_that_ends_the_tests_early_has_not_passed_them(ports: Ports, sandbox: Sandbox) -> None:
    model = work(ports, sandbox, code("import os; os._exit(0)"), code("return a + b"))
    assert ports.run().status == RunStatus.SUCCEEDED
    assert "Your last attempt failed" in instructions_of(model.asked[1].prompt)


def _paths(*paths: str) -> Callable[[], dict[str, Any]]:
    return lambda: code("", files=[{"path": path, "content": ""} for path in paths])


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        pytest.param(_paths("../adds.py"), "'../adds.py' is not allowed", id="a path above the repository"),
        pytest.param(_paths("/etc/passwd"), "'/etc/passwd' is not allowed", id="an absolute path"),
        pytest.param(_paths(".github/workflows/x.yml"), "is not allowed", id="a workflow"),
        pytest.param(_paths("a/.git/config"), "is not allowed", id="a git folder"),
        pytest.param(_paths("a\\b"), "is not allowed", id="a backslash"),
        pytest.param(_paths("a\n"), "is not allowed", id="a line break"),
        pytest.param(_paths("a", "a"), "two files have the same path", id="two files of a path"),
        pytest.param(_paths("a", "a/b"), "both a file and a folder", id="a file that is a folder too"),
        pytest.param(_paths("ü" * 150), "is too long", id="a name no disk takes"),
        pytest.param(_paths("_runner/runner.py"), "is not allowed", id="our own runner"),
        pytest.param(lambda: code("", tests=[]), "no test covers the requirements R1", id="no test"),
        pytest.param(lambda: code("", checks=[]), "no text shows the requirements R1", id="no check"),
        pytest.param(
            lambda: code("", checks=[{"requirement": "R1", "path": "/", "contains": " "}]),
            "no text shows the requirements R1",
            id="a check for nothing",
        ),
        pytest.param(lambda: code("", expected_tests=0), "expected_tests", id="no tests expected"),
        pytest.param(lambda: code("", files=[]), "files", id="no files"),
        pytest.param(dict, "Field required", id="nothing"),
        pytest.param(list, "valid dictionary", id="a list"),
    ],
)
def test_an_answer_that_is_no_code_goes_back_to_the_model(
    ports: Ports, sandbox: Sandbox, answer: Callable[[], Any], said: str
) -> None:
    model = work(ports, sandbox, answer(), code("return a + b"))
    assert ports.run().status == RunStatus.SUCCEEDED, ports.run().failure
    assert said in model.asked[1].prompt
