"""A run whose work was tested twice: red, repaired, green; recorded as the engine records it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from shared.app.code.snapshots import keep_snapshot
from shared.app.engine.deps import Deps
from shared.app.engine.engine import open_run, record
from shared.core.code.worktree import Worktree
from shared.core.run import acts
from shared.core.run import events as ev
from shared.core.run.run import Limits, Run, StepSpec, Trigger, Usage, WaitKind

ORIGINAL = {"adds.py": b"def add(a, b):\n    pass\n"}
FIRST = {"adds.py": b"def add(a, b):\n    return a - b\n"}
SECOND = {"adds.py": b"def add(a, b):\n    return a + b\n", "README.md": b"Adds.\n"}
WRITE, TEST = StepSpec("write", "code.generate"), StepSpec("test", "code.test", depends_on=("write",), group=True)
REST = StepSpec("rest", "approval.ask", depends_on=("test",), lane="", gate=WaitKind.APPROVAL)
PATIENT = Limits(approval_s=500 * 86_400.0, wall_s=500 * 86_400.0)
TRY_1 = StepSpec("test~try-1", "code.try", input={"of": "write"})
REPAIR = StepSpec("test~repair-2", "code.repair", input={"of": "test~try-1"})
TRY_2 = StepSpec("test~try-2", "code.try", input={"of": "test~repair-2"}, depends_on=("test~repair-2",))


@dataclass
class TestedRun:
    """Writes the run into a store."""

    __test__ = False
    deps: Deps
    tenant: str
    run: str = "run-work"
    page: str = ""
    refs: dict[str, str] = field(default_factory=dict)

    def record(self, *events: ev.Event) -> Run:
        for event in events:
            run = record(self.deps, self.tenant, self.run, event)
        return run

    def keep(self, number: int, step: str, tree: Worktree, **about: Any) -> dict[str, Any]:
        """Keep a version as its step does; return what the step's output says of it."""
        loaded = self.deps.store.load_run(self.tenant, self.run)
        assert loaded is not None
        found = loaded.run.step(step)
        assert found is not None
        put = self.deps.store.put_text
        report = {"run": self.run, "step": step, "failures": about.pop("failures", []), "own": {"removed": ["t.py"]}}
        told = {
            "work": put(self.tenant, tree.to_text(self.run)),
            "originals": put(self.tenant, Worktree(ORIGINAL).to_text(self.run)),
            "report": put(self.tenant, json.dumps(report)),
            "tree": tree.tree_id,
            "driver": "bubblewrap",
            "seconds": 0.5,
            **about,
        }
        keep_snapshot(self.deps, loaded.run, found, number, told)
        self.refs |= {f"{name} {number}": str(told[name]) for name in ("work", "report", "originals")}
        return told

    def tell(self) -> Run:
        """Tell the story up to the green version; the run is still open."""
        now = self.deps.clock.now()
        specs = (WRITE, TEST, REST)
        open_run(self.deps, ev.RunOpened(now, self.tenant, self.run, Trigger("test", self.page), PATIENT, specs))
        wrote = ev.StepSucceeded(now, "write", 1, {"work": "w"}, Usage(100, 2000))
        self.record(wrote, ev.StepFannedOut(now, "test", 1, 0, (TRY_1,), {"tries": 1}))
        failures = [["tests/test_adds.py: test_it", "AssertionError: -1 != 5"]]
        red = self.keep(1, "test~try-1", Worktree(FIRST), green=False, tests=1, reason="1 wrong", failures=failures)
        self.record(ev.StepSucceeded(now, "test~try-1", 1, red))
        self.record(ev.StepFannedOut(now, "test", 1, 1, (REPAIR, TRY_2), {"tries": 2}))
        self.record(ev.StepSucceeded(now, "test~repair-2", 1, {}, Usage(30, 500)))
        green = self.keep(2, "test~try-2", Worktree(SECOND), green=True, tests=1)
        self.record(ev.StepSucceeded(now, "test~try-2", 1, green))
        return self.record(ev.StepSucceeded(now, "test", 1, {"work": green["work"], "report": green["report"]}))

    def end(self) -> Run:
        """Let the run end."""
        return self.record(acts.CancelRequested(self.deps.clock.now(), "Ada"))
