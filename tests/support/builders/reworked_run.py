"""A run whose work is made, tested, approved and released, in a chain of steps."""

from __future__ import annotations

from shared.core.errors import ErrorClass
from shared.core.run import acts
from shared.core.run import events as ev
from shared.core.run.run import Limits, Run
from tests.support.builders.runs import after, at, begin, gate, spec

CHAIN = (
    spec("test"),
    spec("review", "test", repairs="test"),
    gate("release", "review"),
    spec("push", "release", repairs="test", undoable=True),
    spec("deploy", "release", repairs="test", undoable=True),
    spec("verify", "deploy", repairs="test"),
    gate("production", "verify", "push"),
    spec("promote", "production"),
)


def done(run: Run, name: str, s: float = 1, **fields: object) -> ev.StepSucceeded:
    step = run.step(name)
    assert step is not None
    return ev.StepSucceeded(at(s), name, step.attempt, **fields)  # type: ignore[arg-type]


def failed(run: Run, name: str, why: str, kind: ErrorClass = ErrorClass.INVALID, s: float = 5) -> ev.StepFailed:
    step = run.step(name)
    assert step is not None
    return ev.StepFailed(at(s), name, step.attempt, why, kind, signature=why)


def yes(run: Run, name: str, what: str | None = None, s: float = 3) -> acts.ApprovalGranted:
    step = run.step(name)
    assert step is not None
    bound = what if what is not None else step.wait.what if step.wait else ""
    return acts.ApprovalGranted(at(s), name, bound, "Ada Example", "notion")


def asked(limits: Limits | None = None) -> Run:
    """Return a run that waits for its release to be approved."""
    run, _ = begin(*CHAIN, limits=limits or Limits(backoff_s=1.0))
    run, _ = after(run, done(run, "test", output={"tree": "t1"}))
    run, _ = after(run, done(run, "review", output={"binds": "b1"}))
    return run


def released(limits: Limits | None = None) -> Run:
    run = asked(limits)
    run, _ = after(run, yes(run, "release"))
    return run
