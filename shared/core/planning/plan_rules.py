"""What validation of a plan needs to know of the kinds of steps, and of the plans before it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.core.run.run import NOTHING, StepSpec, Usage


@dataclass(frozen=True, slots=True)
class Rule:
    """What validation needs of a kind of step.

    `check` returns the input in its stored form or raises ValueError: a line for each thing that is wrong with it.
    """

    name: str
    check: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    lane: str
    undoable: bool = False
    needs_approval: bool = True
    estimate: Usage = NOTHING
    repairs: str = ""
    needs: tuple[str, ...] = ()  # kinds of which at least one step is in the plan, and every one before this
    compute_ceiling: Callable[[Mapping[str, Any]], Usage] | None = (
        None  # what it costs at most where that hangs on the input
    )
    group: bool = False
    vital: bool = False
    ships: str = ""  # "release": it sends the work somewhere; "production": it makes it what everybody sees
    leaves_text: bool = False  # `from_step` of another step can name it
    answers: Callable[[Mapping[str, Any]], Sequence[str] | None] | None = None  # fields of its answer, by its input
    takes: str = ""  # its input in a line, told beside what is wrong with one


@dataclass(frozen=True, slots=True)
class Before:
    """What plans before this one have done, by the names that steps had in them, and the steps that failed."""

    done: Mapping[str, StepSpec] = field(default_factory=dict)
    failed: Sequence[StepSpec] = ()
