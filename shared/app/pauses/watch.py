"""A step under way stops where nothing is half done: before its next external write, model call or sandbox."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from shared.app.engine.deps import Deps
from shared.app.engine.engine import record
from shared.app.engine.switches import explain_pause
from shared.core.errors import AgentError, ErrorClass
from shared.core.notify.attention import REHEARSAL
from shared.core.run.acts import RunPaused
from shared.core.run.commands import UNDO, Command
from shared.core.run.events import StepWaits, UndoFailed
from shared.core.run.expire import HELD
from shared.core.run.run import Run, Step
from shared.ports.sandbox import Sandbox, SandboxRequest, SandboxResult

_FRESH = timedelta(milliseconds=500)  # a look this recent is not repeated: with the next one a pause counts in a second


class HeldUp(AgentError):
    """The work is paused: this attempt ends here, and another one goes on where it was."""


class Rehearsed(AgentError):
    """The run is only rehearsed: here it would write outside for the first time."""


class Watch:
    """Looks, for one attempt, whether its work was paused meanwhile; the attempt's beginning was a look."""

    def __init__(self, deps: Deps, run: Run) -> None:
        self._deps, self._run, self._looked = deps, run, deps.clock.now()

    def __call__(self) -> None:
        """Raise HeldUp once the work is paused, everybody's, the tenant's or this run's."""
        self._look()

    def before_write(self) -> None:
        """Raise HeldUp like the watch itself, and Rehearsed where nothing may be written outside."""
        self._look()
        if self._run.rehearse:
            raise Rehearsed("a rehearsal writes nothing")

    def _look(self) -> None:
        now = self._deps.clock.now()
        if now - self._looked < _FRESH:
            return
        self._looked = now
        if explain_pause(self._deps, self._run.tenant):
            raise HeldUp(HELD)
        loaded = self._deps.store.load_run(self._run.tenant, self._run.id)
        if loaded is not None and loaded.run.pause is not None:
            raise HeldUp(HELD)


class WatchedSandbox:
    """A sandbox in which nothing begins while the work is paused."""

    def __init__(self, sandbox: Sandbox, watch: Callable[[], None]) -> None:
        self._sandbox, self._watch = sandbox, watch
        self.name = sandbox.name

    def check(self) -> None:
        """Prove that the sandbox holds."""
        self._sandbox.check()

    def run(self, request: SandboxRequest) -> SandboxResult:
        """Run it, unless the work is paused."""
        self._watch()
        return self._sandbox.run(request)


def pause_rehearsal(deps: Deps, command: Command, run: Run, step: Step) -> StepWaits | UndoFailed:
    """Let the run stand still before its first write outside, saying what comes next; return the attempt's outcome."""
    title = step.spec.title or step.spec.kind
    where = f" (page “{run.trigger.title}”)" if step.spec.kind.startswith("notion.") and run.trigger.title else ""
    event = RunPaused(deps.clock.now(), REHEARSAL, f"What comes next would be the first to write: {title}{where}")
    record(deps, run.tenant, run.id, event, label="rehearsal")
    return held_up(deps, command, step)


def held_up(deps: Deps, command: Command, step: Step) -> StepWaits | UndoFailed:
    """Return the outcome of an attempt that a pause has stopped: it counts as no failure."""
    now = deps.clock.now()
    if command.name == UNDO:
        return UndoFailed(now, step.id, step.attempt, HELD, ErrorClass.TRANSIENT, 0.0, held_back=True)
    return StepWaits(now, step.id, step.attempt, step.wake, now, held_back=HELD)
