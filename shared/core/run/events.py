"""What happened to a run, in the past tense. Every event carries `at`; the reducer has no other clock.

What people did to it is in `acts.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.core.errors import ErrorClass
from shared.core.run import acts
from shared.core.run.faults import Fault
from shared.core.run.run import NOTHING, Carried, Limits, StepSpec, Trigger, Usage

# What an attempt asked of models, one entry per call: model, provider, task, task_class, agent, outcome, why,
# request_id, tokens, micros; what is empty is left out (ports: ModelCall).
Calls = tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class RunOpened:
    """A trigger opened a run; with `specs` it begins with these steps, else with planning.

    `refused` is why it must not go on: the run is there for people to see, and ends at once. With `carried` it goes on
    where another run ended. `facts` are what people should know of it from the start.
    """

    at: datetime
    tenant: str
    run: str
    trigger: Trigger
    limits: Limits = field(default_factory=Limits)
    specs: tuple[StepSpec, ...] = ()
    plan_estimate: Usage = NOTHING
    refused: str = ""
    carried: Carried | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    rehearse: bool = False  # it stops before its first write outside


@dataclass(frozen=True, slots=True)
class PlanProposed:
    """The planning step produced a valid plan; `specs` hold gates and dependencies already."""

    at: datetime
    step: str
    attempt: int
    specs: tuple[StepSpec, ...]
    output: Mapping[str, Any] = field(default_factory=dict)
    used: Usage = NOTHING
    replannable: bool = False  # a model made it: when a step fails for good, the model may be asked for another plan
    calls: Calls = ()


@dataclass(frozen=True, slots=True)
class StepSucceeded:
    """An attempt did what it should. `facts` are small results worth showing on the run."""

    at: datetime
    step: str
    attempt: int
    output: Mapping[str, Any] = field(default_factory=dict)
    used: Usage = NOTHING
    facts: Mapping[str, Any] = field(default_factory=dict)
    calls: Calls = ()


@dataclass(frozen=True, slots=True)
class StepFailed:
    """An attempt failed. `signature` identifies the failure, so that the same one twice is seen."""

    at: datetime
    step: str
    attempt: int
    error: str
    error_class: ErrorClass = ErrorClass.PERMANENT
    retry_after_s: float | None = None
    provider: str = ""  # with UNAUTHORIZED: the grant to renew
    signature: str = ""
    used: Usage = NOTHING
    calls: Calls = ()
    fault: Fault = Fault.OTHER


@dataclass(frozen=True, slots=True)
class StepWaits:
    """An attempt wants to look again: it has begun something that takes time, or was told to come later."""

    at: datetime
    step: str
    attempt: int
    wake: int
    until: datetime
    used: Usage = NOTHING
    held_back: str = ""  # why it got no further, where a rate limit is all there is to it; counts as no failure
    facts: Mapping[str, Any] = field(default_factory=dict)  # how far it is, for people
    calls: Calls = ()
    fault: Fault = Fault.OTHER  # of what it is held back by, should it be the end


@dataclass(frozen=True, slots=True)
class StepFannedOut:
    """An attempt asks for child steps; when all are done the step is handed out again, and says what comes next."""

    at: datetime
    step: str
    attempt: int
    wake: int
    children: tuple[StepSpec, ...]
    output: Mapping[str, Any] = field(default_factory=dict)
    used: Usage = NOTHING
    calls: Calls = ()


@dataclass(frozen=True, slots=True)
class StepLost:
    """An attempt died after it had begun a call that costs: what it had reserved counts as spent."""

    at: datetime
    step: str
    attempt: int
    wake: int


@dataclass(frozen=True, slots=True)
class BudgetShort:
    """The tenant's budget has no room for what these steps would reserve: they wait, or fail without `until`."""

    at: datetime
    steps: tuple[str, ...]
    scope: str  # "day" | "month"
    why: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class StepUndone:
    """An effect was taken back."""

    at: datetime
    step: str
    attempt: int


@dataclass(frozen=True, slots=True)
class UndoFailed:
    """An effect could not be taken back this time."""

    at: datetime
    step: str
    attempt: int
    error: str
    error_class: ErrorClass = ErrorClass.PERMANENT
    retry_after_s: float | None = None
    held_back: bool = False  # a rate limit is all there is to it; counts as no failure


@dataclass(frozen=True, slots=True)
class TimePassed:
    """`sweep` looked at the clock: expire waits, hand out lost attempts again, end what took too long."""

    at: datetime


@dataclass(frozen=True, slots=True)
class PeopleNotified:
    """A notification was delivered, or what became of it."""

    at: datetime
    topic: str
    ref: str
    outcome: str


Event = (
    RunOpened
    | PlanProposed
    | StepSucceeded
    | StepFailed
    | StepWaits
    | StepFannedOut
    | StepLost
    | BudgetShort
    | acts.BudgetChanged
    | StepUndone
    | UndoFailed
    | acts.ApprovalGranted
    | acts.ApprovalDenied
    | acts.PolicyAllowed
    | acts.PolicyWithdrawn
    | acts.PageChanged
    | acts.PageEdited
    | acts.ReworkAsked
    | acts.AnotherLookAsked
    | acts.VersionRestored
    | acts.GrantRestored
    | acts.RolledBack
    | acts.CancelRequested
    | acts.RunPaused
    | acts.RunResumed
    | TimePassed
    | acts.TimeStoodStill
    | PeopleNotified
)
