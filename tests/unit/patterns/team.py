"""A run of one pattern on the local ports, and a model whose answers a test writes down agent by agent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from shared.app.engine.engine import open_run
from shared.app.engine.execute_step import execute_step
from shared.app.engine.tools import Tools
from shared.app.planning.plan_thinking import rule_of
from shared.core.planning.plan import validate
from shared.core.run.commands import ATTEMPT, Command
from shared.core.run.run import NOTHING, Limits, Run, Step, StepSpec, Usage
from shared.ports.model import ModelRequest, ModelResult
from shared.steps import KINDS
from tests.support.builders.runs import opened
from tests.support.ports.dying import Died
from tests.support.ports.local_ports import Ports, ScriptedModel, local_ports, tools_with

Answer = Callable[[ModelRequest, int], Any]

OK = {"verdict": "ok", "findings": []}
STOP = {"verdict": "stop", "findings": []}


def finding(problem: str, severity: str = "high") -> dict[str, str]:
    return {"severity": severity, "where": "line 1", "problem": problem, "mend": "write it down"}


def mend(*problems: str) -> dict[str, Any]:
    return {"verdict": "mend", "findings": [finding(problem) for problem in problems]}


def text(words: str) -> dict[str, Any]:
    return {"title": "T", "text": words, "missing": [], "left_out": []}


def ask(agent: str, *, takes: Mapping[str, str] | None = None, **given: Any) -> dict[str, Any]:
    """Return a member: an agent with its input."""
    return {"kind": "agent.ask", "input": {"agent": agent, "input": given, "takes": dict(takes or {})}}


def writer(brief: str, **more: Any) -> dict[str, Any]:
    return ask("writer", **{"brief": brief, "facts": [], "words": 50, **more})


def critic(of: str = "it", **more: Any) -> dict[str, Any]:
    return ask("critic", asked=of, **{"plan": "", **more})


def pattern(name: str, **given: Any) -> dict[str, Any]:
    """Return a member that is a pattern."""
    return {"kind": f"pattern.{name}", "input": given}


@dataclass
class Speakers(ScriptedModel):
    """A model that answers by agent: a list in turn whose last stays, or a function (request, how many before).

    An answer that is an error is raised. `price` is what each call may cost, and costs.
    """

    answers: list[Any] = field(default_factory=list)
    by_agent: Mapping[str, list[Any] | Answer] = field(default_factory=dict)
    price: Usage = NOTHING

    def estimate(self, request: ModelRequest) -> Usage:
        return self.price

    def complete(self, request: ModelRequest) -> ModelResult:
        agent = request.task.removeprefix("agent.")
        before = sum(1 for each in self.asked if each.task == request.task)
        self.asked.append(request)
        script = self.by_agent[agent]
        answer = script(request, before) if callable(script) else script[min(before, len(script) - 1)]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, ModelResult) else ModelResult(answer, self.name, self.price)

    @property
    def order(self) -> list[str]:
        """Return which agents were asked, in order."""
        return [request.task.removeprefix("agent.") for request in self.asked]


def planned(*steps: dict[str, Any], model: Any = None, kinds: Any = KINDS) -> tuple[StepSpec, ...]:
    """Return the steps as plan validation accepts them; raises InvalidOutput."""
    model = model or Speakers()

    proposed = [
        {"id": f"s{n}", "depends_on": [f"s{n - 1}"] if n > 1 else [], **step} for n, step in enumerate(steps, 1)
    ]
    return validate(
        proposed, {kind.name: rule_of(kind, model, kinds) for kind in kinds.values()}, prefix="", max_steps=50
    )


@dataclass
class Team:
    """One run on local ports, and what it may use."""

    ports: Ports
    tools: Tools

    def begin(self, *specs: StepSpec, **limits: Any) -> Run:
        """Open the run with these steps."""
        first = opened(*specs, limits=Limits(**{"backoff_s": 1.0, **limits}))
        return open_run(self.ports.deps, replace(first, at=self.ports.clock.now()))

    def work(self, most: int = 200, died: type[BaseException] = KeyboardInterrupt) -> Run:
        """Deliver what is due until the run has ended, moving the clock over waits; return the run.

        With `died`, what an attempt dies of: then it is as if the process had been started again.
        """
        for _ in range(most):
            try:
                delivered = self.ports.deliver_due(self._deliver)
            except died:
                continue
            if self.ports.run().status.final:
                return self.ports.run()
            if not delivered:
                self.ports.clock.move(seconds=61)
        raise AssertionError("this never ends")

    def step(self) -> None:
        """Deliver one command that is due."""
        self.ports.deliver_due(self._deliver, most=1)

    def _deliver(self, command: Command) -> int:
        if command.name == ATTEMPT or command.name == "undo":
            execute_step(command, self.ports.deps, self.tools)
        return 200

    def answer(self, step: Step | None) -> Any:
        """Return the answer a step kept."""
        assert step is not None
        return json.loads(self.ports.deps.store.get_text("t-1", str(step.output["answer"])))


def team(ports: Ports, model: Any, **more: Any) -> Team:
    """Return a team that thinks with this model."""
    return Team(ports, tools_with(model=model, **more))


@dataclass(frozen=True)
class Life:
    """How a story ended that died at one point, or at none, and was started again."""

    died: str
    run: Run
    answer: Any
    calls: int
    passed: list[str]

    @property
    def output(self) -> Mapping[str, Any]:
        return self.run.steps[0].output


def die_everywhere(folder: Path, begin: Callable[[Ports], tuple[Team, Speakers]]) -> Iterator[Life]:
    """Yield how a story ends without a death, and then for a death at each point it has passed."""
    whole = _life(folder / "whole", begin, 0)
    yield whole
    for at in range(1, len(whole.passed) + 1):
        yield _life(folder / str(at), begin, at)


def _life(folder: Path, begin: Callable[[Ports], tuple[Team, Speakers]], at: int) -> Life:
    passed: list[str] = []

    def point(name: str) -> None:
        passed.append(name)
        if len(passed) == at:
            raise Died(name)

    with local_ports(folder) as fresh:
        one, model = begin(fresh)
        one.ports = fresh.with_deps(crash_point=point)
        run = one.work(died=Died)
        return Life(passed[at - 1] if at else "", run, one.answer(run.steps[0]), len(model.asked), passed)
