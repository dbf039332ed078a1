"""Runs, events, commands and commits for tests of stores: only what a test is about has to be said."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from shared.core.run.commands import ATTEMPT, Command
from shared.core.run.events import Event, RunOpened, TimePassed
from shared.core.run.run import Limits, Run, RunStatus, Step, StepSpec, Trigger, Usage
from shared.ports import Commit, Loaded
from tests.support.ports.moved_clock import START


def a_run(id: str = "r1", tenant: str = "acme", **changes: Any) -> Run:
    """Return a run that has just been opened and planned."""
    run = Run(
        tenant=tenant,
        id=id,
        status=RunStatus.EXECUTING,
        trigger=Trigger("page", page="p1", title="An idea"),
        limits=Limits(steps=7),
        opened_at=START,
        deadline=START + timedelta(days=14),
        seq=1,
        steps=(Step(StepSpec("s1", "notion.update_page", input={"text": "naïve ☕"}), used=Usage(3, 4)),),
    )
    return replace(run, **changes)


def opened(run: Run) -> RunOpened:
    """Return the event that opened the run."""
    return RunOpened(run.opened_at, run.tenant, run.id, run.trigger, run.limits, tuple(s.spec for s in run.steps))


def a_command(id: str = "r1.1.0", tenant: str = "acme", **fields: Any) -> Command:
    """Return a command."""
    return Command(**{"id": id, "name": ATTEMPT, "function": "execute-step", "tenant": tenant, **fields})


def opening(run: Run, *commands: Command, **fields: Any) -> Commit:
    """Return the commit that saves a new run."""
    return Commit(run, (opened(run),), commands, expected="", token=f"open-{run.id}", **fields)


def following(loaded: Loaded, *commands: Command, at: datetime = START, token: str = "", **fields: Any) -> Commit:
    """Return the commit of one more event, with a mark on the run that shows it was saved."""
    seq = loaded.run.seq + 1
    events: tuple[Event, ...] = (TimePassed(at),)
    after = replace(loaded.run, seq=seq, **fields.pop("changes", {}))
    return Commit(after, events, commands, loaded.version, token or f"{after.id}-{seq}", **fields)
