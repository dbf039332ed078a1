"""What a kind of step is, and what it may use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict

from shared.core.errors import Rejected
from shared.core.run import NOTHING, Run, Step, StepSpec, Usage
from shared.ports import Model, Sandbox

Result = Mapping[str, Any]
C = TypeVar("C")


PATIENCE = timedelta(minutes=30)  # with what another system does by itself


class Repeat(Enum):
    """How an external write behaves when it is done again: the four honest answers."""

    SAME_END = "the same request leads to the same end state"
    KEYED = "we choose the id or the system knows keys"
    LOOK = "can be found again, so we look before we create"
    ONCE = "can be neither found nor repeated: a person decides after an unclear answer"


class Input(BaseModel):
    """What the plan fills in; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Done:
    """The attempt did what it should; `facts` are small results worth showing on the run."""

    output: Result = field(default_factory=dict)
    used: Usage = NOTHING
    facts: Result = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Again:
    """Something takes time: look again after `delay`."""

    delay: timedelta
    used: Usage = NOTHING


@dataclass(frozen=True, slots=True)
class FanOut:
    """The step becomes these child steps."""

    children: tuple[StepSpec, ...]
    output: Result = field(default_factory=dict)
    used: Usage = NOTHING


class StepFailure(Exception):
    """The attempt failed by the model's own mistake; `feedback` is written for the model to read."""

    def __init__(self, feedback: str, *, signature: str, used: Usage = NOTHING) -> None:
        super().__init__(feedback)
        self.signature = signature
        self.used = used


class Effect(Protocol):
    """Do an external write once; see `shared/app/effects.py`."""

    def __call__(
        self,
        name: str,
        do: Callable[[], Result],
        *,
        repeat: Repeat,
        look: Callable[[], Result | None] | None = None,
        args: Any = None,
    ) -> Result:
        """Return the effect's result, the same one every time."""

    def known(self, name: str) -> Result | None:
        """Return the result of an effect that is known to have happened."""

    def intended(self, name: str) -> bool:
        """Say whether the effect was at least begun."""


class Connect(Protocol):
    """Hands over a client of an external system with the tenant's token; a step never sees the token."""

    def __call__(self, client: type[C]) -> C:
        """Return the client; raises Unauthorized when the tenant has not connected that system."""


@dataclass(frozen=True, slots=True)
class StepContext:
    """What an attempt may use, and nothing else."""

    run: Run
    step: Step
    connect: Connect
    effect: Effect
    keep_text: Callable[[str], str]
    get_text: Callable[[str], str]
    model: Callable[[], Model]
    sandbox: Callable[[], Sandbox]
    now: Callable[[], datetime]
    settings: Mapping[str, Any]
    run_url: str
    check_site: Callable[[str], tuple[int, str]]  # url → status, body; only for addresses a deployment gave us

    def keep_waiting(self, delay: timedelta, what: str) -> Again:
        """Look again after `delay`, or later when it has been many times; raises Rejected after PATIENCE."""
        if self.step.handed_at is not None and self.now() - self.step.handed_at > PATIENCE:
            minutes = PATIENCE // timedelta(minutes=1)
            raise Rejected(self.step.spec.kind.partition(".")[0], f"{what} did not come in {minutes} minutes")
        return Again(delay if self.step.wake < 40 else max(delay, timedelta(seconds=15)))

    def output_of(self, kind: str) -> Result:
        """Return the output of the latest succeeded step of that kind in this run; {} when there is none."""
        for step in reversed(self.run.steps):
            if step.spec.kind == kind and step.output:
                return step.output
        return {}


@dataclass(frozen=True, slots=True)
class StepKind:
    """One ability: what a plan fills in, what it does, how it behaves when repeated, how it is undone."""

    name: str
    purpose: str
    input: type[Input]
    run: Callable[[Any, StepContext], Done | Again | FanOut]
    repeat: Repeat
    lane: str = "execute-step"
    undo: Callable[[Any, StepContext], None] | None = None
    systems: tuple[str, ...] = ()  # what the tenant must have connected
    needs_approval: bool = True
    plannable: bool = True  # may stand in a model's plan
    repairs: str = ""  # the kind of step to go back to when this one fails by the model's own mistake
    needs: tuple[str, ...] = ()  # the kinds of which every step in the plan must be done before this one begins
    estimate: Usage = NOTHING
    thinks: str = ""  # the model's task, for a kind that asks the model: its cost is reserved before each attempt
