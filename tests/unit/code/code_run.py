"""A run of code.generate, and of repairs after it, whose model a test scripts; attempts are made in order."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from shared.app.engine.engine import open_run, record
from shared.app.engine.execute_step import execute_step
from shared.core.code.worktree import from_text
from shared.core.run import events as ev
from shared.core.run.run import CHILD, NOTHING, Limits, Run, Step, StepStatus, Usage
from shared.ports.sandbox import Sandbox
from shared.steps._kind import StepKind
from tests.support.builders.runs import opened, spec
from tests.support.measures.prompts import parts_of
from tests.support.ports.local_ports import Ports, attempt_of, tools_with

REQUIREMENTS = [{"id": "R1", "text": "It adds", "block": "b1", "source": ""}]
PAGE = {"id": "p-1", "title": "Adder", "blocks": [], "properties": {}}


def planned(path: str, *depends_on: str, action: str = "create", source: str = "", lines: int = 10) -> dict[str, Any]:
    """Return a file of a plan as a model states it."""
    told = {
        "path": path,
        "action": action,
        "source": source,
        "purpose": f"what {path} is for",
        "interfaces": "add(a, b)",
    }
    return {**told, "depends_on": list(depends_on), "lines": lines}


def outline(*files: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return a file plan for the requirement R1."""
    told = {
        "files": list(files),
        "tests": [{"requirement": "R1", "test": "tests/test_adds.py"}],
        "checks": [{"requirement": "R1", "path": "/", "contains": "It adds"}],
        "runner": "python",
        "expected_tests": 1,
        "site_root": "site",
    }
    return {**told, **changes}


def written(
    files: Mapping[str, str], *edits: tuple[str, str, str], tests: int = 0, unfinished: str = ""
) -> dict[str, Any]:
    """Return an answer with these files; the one at `unfinished` goes on."""
    whole = [{"path": path, "content": text, "complete": path != unfinished} for path, text in files.items()]
    changed = [{"path": path, "find": find, "replace": new} for path, find, new in edits]
    return {"files": whole, "edits": changed, "expected_tests": tests}


def repaired(files: Mapping[str, str], *edits: tuple[str, str, str], **changes: Any) -> dict[str, Any]:
    """Return a repair."""
    return {**written(files, *edits), "deleted": [], "why": "It subtracted.", **changes}


def source_of(prompt: str, source: str) -> str:
    """Return the text of the only data of that source; "" when there is none."""
    texts = [text for _, named, text in parts_of(prompt) if named == source]
    assert len(texts) <= 1
    return "".join(texts)


@dataclass
class CodeRun:
    """The run, what its model was asked, and what came of it."""

    ports: Ports
    model: Any  # scripted, or a vendor's
    settings: Mapping[str, Any] = field(default_factory=dict)
    accounts: Any = None
    kinds: tuple[StepKind, ...] = ()
    sandbox: Callable[[], Sandbox] | None = None
    twice: bool = False  # each attempt is delivered once more after its outcome was recorded

    def start(self, artifact: str = "python_service", *more: Any, most: Usage = NOTHING, **limits: Any) -> Run:
        """Open the run with the model's proposal and page as approved, and work until nothing runs."""
        specs = [
            spec("plan", kind="plan.propose"),
            spec("write", "plan", kind="code.generate", input={"artifact": artifact}, group=True, estimate=most),
            *more,
        ]
        open_run(
            self.ports.deps,
            replace(opened(*specs, limits=Limits(backoff_s=1.0, **limits)), at=self.ports.clock.now()),
        )
        proposal = {"summary": "An adder", "requirements": REQUIREMENTS, "artifact": artifact}
        kept = [self.ports.store.put_text("t-1", json.dumps(each)) for each in (proposal, PAGE)]
        done = ev.StepSucceeded(self.ports.clock.now(), "plan", 1, {"proposal": kept[0], "page": kept[1]})
        record(self.ports.deps, "t-1", "run-1", done)
        return self.work()

    def work(self, most: int = 60) -> Run:
        """Make attempts until nothing runs."""
        tools = tools_with(*self.kinds, model=self.model, settings=self.settings, accounts=self.accounts)
        if self.sandbox is not None:
            tools = replace(tools, sandbox=self.sandbox)
        for _ in range(most):
            run = self.ports.run()
            running = [step for step in run.steps if step.status == StepStatus.RUNNING]
            if not running:
                return run
            for _ in range(1 + self.twice):
                execute_step(attempt_of(run, running[0].id), self.ports.deps, tools)
        raise AssertionError("the run never came to rest")

    @property
    def output(self) -> Mapping[str, Any]:
        """Return what code.generate came to."""
        found = self.ports.run().step("write")
        assert found is not None
        return found.output

    def text(self, ref: str) -> str:
        """Return a kept text."""
        return self.ports.store.get_text("t-1", ref)

    def tree(self, output: Mapping[str, Any] | None = None) -> dict[str, str]:
        """Return the files of the work."""
        kept = from_text(self.text(str((output or self.output)["work"])))
        return {path: data.decode() for path, data in kept.files.items()}

    def steps(self) -> list[str]:
        """Return the names of the steps below code.generate."""
        return [step.id.rpartition(CHILD)[2] for step in self.ports.run().steps if step.parent == "write"]

    def step(self, name: str) -> Step:
        """Return a step below code.generate."""
        found = self.ports.run().step(f"write{CHILD}{name}")
        assert found is not None, name
        return found
