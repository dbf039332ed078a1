"""Builders of runs and events: a test says only what it is about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.core.run.commands import Command
from shared.core.run.events import Event, RunOpened
from shared.core.run.reducer import reduce
from shared.core.run.run import Limits, Run, StepSpec, Trigger, WaitKind

T0 = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
TENANT = "t-1"


def fold(events: Iterable[Event]) -> Run:
    """Return the run that these events lead to; the stored snapshot must equal it."""
    run: Run | None = None
    for event in events:
        run, _ = reduce(run, event)
    assert run is not None
    return run


def at(seconds: float) -> datetime:
    """Return a time after the start."""
    return T0 + timedelta(seconds=seconds)


def spec(name: str, *needs: str, **fields: Any) -> StepSpec:
    """Return a step's spec that depends on the named ones."""
    return StepSpec(name, fields.pop("kind", "test.step"), depends_on=needs, **fields)


def gate(name: str, *needs: str) -> StepSpec:
    """Return an approval gate."""
    return StepSpec(name, "approval.ask", depends_on=needs, lane="", gate=WaitKind.APPROVAL)


def opened(*specs: StepSpec, run: str = "run-1", **fields: Any) -> RunOpened:
    """Return the event that opens a run with these steps; without any it begins with planning."""
    limits = fields.pop("limits", Limits(backoff_s=1.0))
    trigger = fields.pop("trigger", Trigger("test"))
    return RunOpened(T0, TENANT, run, trigger, limits, specs, **fields)


def begin(*specs: StepSpec, **fields: Any) -> tuple[Run, list[Command]]:
    """Return a run just opened, and its first commands."""
    run, commands = reduce(None, opened(*specs, **fields))
    return run, list(commands)


def after(run: Run, *events: Event) -> tuple[Run, list[Command]]:
    """Return the run after these events, and what the last one asked for."""
    commands: Iterable[Command] = ()
    for event in events:
        run, commands = reduce(run, event)
    return run, list(commands)


def statuses(run: Run) -> dict[str, str]:
    """Return each step's status by its id."""
    return {step.id: step.status.value for step in run.steps}


def with_limits(**changes: Any) -> Limits:
    """Return limits that differ from the usual ones in what is given."""
    return replace(Limits(backoff_s=1.0), **changes)
