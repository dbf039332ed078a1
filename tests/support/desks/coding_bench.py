"""A bench at which work is tested and repaired, and a coder whose repairs a test writes down."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from shared.app.code.snapshots import snapshots_of
from shared.app.engine.engine import open_run, record
from shared.app.engine.execute_step import execute_step
from shared.core.code.worktree import Worktree
from shared.core.models.model_errors import ModelError
from shared.core.run import acts
from shared.core.run.run import NOTHING, Limits, Run, StepStatus, Usage
from shared.ports.sandbox import Sandbox
from shared.steps._input import Input
from shared.steps._kind import Done, Repeat, StepContext, StepKind
from shared.steps._work import keep_work, rewrite_work, work_of
from tests.support.builders.runs import gate, opened, spec
from tests.support.ports.local_ports import Ports, attempt_of, tools_with

TEST = b"""import unittest
from adds import add

class Adds(unittest.TestCase):
    def test_it_adds(self):
        self.assertEqual(add(2, 3), 5)
"""
RIGHT = "return a + b"


def files(body: str) -> dict[str, bytes]:
    return {"adds.py": f"def add(a, b):\n    {body}\n".encode(), "tests/test_adds.py": TEST}


@dataclass
class Coder:
    """Writes a body of `add`, then the next one each time it is asked to mend it; keeps what it was told."""

    bodies: list[str]
    originals: Mapping[str, bytes]
    told: list[str]
    expected: int = 1
    files: Callable[[str], dict[str, bytes]] = files
    claims: Mapping[str, int] = field(default_factory=dict)  # how many tests a repair says there are, by its body

    def kinds(self) -> tuple[StepKind, ...]:
        return (
            StepKind("code.generate", "Writes.", Input, self._write, Repeat.SAME_END),
            StepKind("code.repair", "Mends.", Mend, self._mend, Repeat.SAME_END, plannable=False),
            StepKind("notion.ask_question", "Asks.", Question, self._ask, Repeat.SAME_END),
            StepKind("site.deploy", "Deploys.", Input, lambda wanted, ctx: Done({"at": ctx.step.attempt}), Repeat.LOOK),
        )

    def _write(self, wanted: Input, ctx: StepContext) -> Done:
        tree = Worktree(self.files(self.bodies.pop(0)))
        work = keep_work(
            ctx, tree, kind="change", expected_tests=self.expected, model="scripted", originals=self.originals
        )
        return Done(work)

    def _mend(self, wanted: Mend, ctx: StepContext) -> Done:
        self.told.append(ctx.get_text(wanted.feedback))
        made = ctx.run.step(wanted.of)
        assert made is not None
        if not self.bodies:
            raise ModelError("it knows no other way")
        work = work_of(ctx, made.output)
        body = self.bodies.pop(0)
        tree = replace(work.tree, files=self.files(body))
        return Done(rewrite_work(ctx, made.output, tree, expected_tests=self.claims.get(body, self.expected)))

    def _ask(self, wanted: Question, ctx: StepContext) -> Done:
        self.told.append(wanted.question)
        return Done(facts={"question": wanted.question})


class Question(Input):
    question: str


class Mend(Input):
    of: str
    feedback: str


@dataclass
class CodingBench:
    """A run of the loop on the local ports."""

    ports: Ports
    sandbox: Sandbox
    coder: Coder
    estimate: Usage = NOTHING

    def start(self, gated: bool = False, **limits: Any) -> Run:
        specs = [
            spec("write", kind="code.generate"),
            spec("test", "write", kind="code.test", group=True, estimate=self.estimate),
            spec("ship", "test", kind="site.deploy", repairs="test"),
        ]
        if gated:
            specs.append(gate("look", "ship"))
        event = opened(*specs, limits=Limits(backoff_s=1.0, **limits))
        open_run(self.ports.deps, replace(event, at=self.ports.clock.now()))
        return self.work()

    def work(self) -> Run:
        """Hand everything out until nothing runs."""
        tools = tools_with(*self.coder.kinds(), sandbox=lambda: self.sandbox)
        for _ in range(60):
            run = self.ports.run()
            running = [step for step in run.steps if step.status == StepStatus.RUNNING]
            if not running:
                return run
            execute_step(attempt_of(run, running[0].id), self.ports.deps, tools)
        raise AssertionError("the loop never came to rest")

    def rework(self, feedback: str) -> Run:
        record(self.ports.deps, "t-1", "run-1", acts.ReworkAsked(self.ports.clock.now(), "test", feedback, "Ada"))
        return self.work()

    def greens(self) -> list[bool]:
        return [each.green for each in snapshots_of(self.ports.deps, "t-1", "run-1")]


class Died(Exception):
    """The process is gone."""


@dataclass
class Deaths:
    """Dies once at the point of that number, counted over the points of the loop's own steps."""

    at: int
    passed: int = 0
    point: str = ""

    def __call__(self, point: str) -> None:
        self.passed += point.rpartition("/")[2].startswith(("code.test", "code.try"))
        if self.passed == self.at:
            self.at = -1
            self.point = point
            raise Died(point)


SCRIPT = {
    "return a - b": b"it_adds=failed",
    RIGHT: b"it_adds=passed",
    "return b + a": b"it_adds=passed",
}


class ByRote(Coder):
    """Writes what its numbers say, whatever it was asked before: as a model does that is asked once more."""

    def _write(self, wanted: Input, ctx: StepContext) -> Done:
        return Done(keep_work(ctx, self._tree(0), kind="change", expected_tests=1, model="scripted"))

    def _mend(self, wanted: Mend, ctx: StepContext) -> Done:
        made = ctx.run.step(wanted.of)
        assert made is not None
        return Done(rewrite_work(ctx, made.output, self._tree(int(ctx.step.id[-1]) - 1)))

    def _tree(self, number: int) -> Worktree:
        body = self.bodies[number]
        return Worktree({"adds.py": body.encode(), "test_adds.py": SCRIPT[body]})
