"""Kinds of steps that nobody ships, as many as wanted: of what they are to speak, and of which system."""

from __future__ import annotations

from pydantic import Field

from shared.steps._input import Input
from shared.steps._kind import Done, Repeat, StepContext, StepKind


class Say(Input):
    """What the plan fills in."""

    channel: str = Field(max_length=40)
    text: str = Field(min_length=1, max_length=2000)


def _run(wanted: Say, ctx: StepContext) -> Done:
    return Done({"said": wanted.text})


def further_kind(name: str, purpose: str, *systems: str, words: str = "") -> StepKind:
    """Return a kind beside the core ones, of these systems, else of the one in its name."""
    needed = systems or (name.partition(".")[0],)
    return StepKind(name, purpose, Say, _run, Repeat.ONCE, systems=needed, words=words)


def further_kinds(count: int, system: str, purpose: str) -> dict[str, StepKind]:
    """Return so many kinds of a system, each of that purpose."""
    names = [f"{system}.zzz_{number:03d}" for number in range(count)]
    return {name: further_kind(name, purpose) for name in names}
