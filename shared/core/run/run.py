"""Run and Step: what the store keeps of a piece of work, and nothing that acts on it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from shared.core.people.actor import Actor
from shared.core.run.faults import Fault

_KEY, _UNFIT, _MAX_SHOWN = re.compile(r"[A-Za-z0-9_.:@=~+-]{1,400}"), re.compile(r"[^A-Za-z0-9_.:@=~+-]"), 200
CHILD = "~"  # between a step's id and a child's name: no plan's own ids have it
SCHEMA = 1  # of stored documents; reading upgrades older ones (see codec.py)
RULES = 1  # of the reducer; a run keeps the version it began with


class RunStatus(StrEnum):
    """Where a run is. Derived by the reducer from its steps; the last three are final."""

    RECEIVED = "received"
    PLANNING = "planning"
    AWAITING_INPUT = "awaiting_input"
    AWAITING_APPROVAL = "awaiting_approval"
    EXECUTING = "executing"
    CANCELLING = "cancelling"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        """True when nothing can happen any more."""
        return self in _FINAL_RUN


_FINAL_RUN = frozenset({RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.CANCELLED})


class StepStatus(StrEnum):
    """Where a step is. `ready`: may begin, not handed out yet; `running`: handed out."""

    PENDING = "pending"
    READY = "ready"
    RUNNING = "running"
    WAITING = "waiting"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    UNDOING = "undoing"
    UNDONE = "undone"


class WaitKind(StrEnum):
    """What a waiting step waits for."""

    APPROVAL = "approval"
    INPUT = "input"
    TIME = "time"
    CHILDREN = "children"
    GRANT = "grant"
    BUDGET = "budget"


@dataclass(frozen=True, slots=True)
class Wait:
    """What a step waits for; `until` is the wake-up time or the expiry, `what` a plan hash, a provider or a budget."""

    kind: WaitKind
    until: datetime | None = None
    what: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """What something costs: model tokens, and money in millionths of a US dollar."""

    tokens: int = 0
    micros: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(self.tokens + other.tokens, self.micros + other.micros)


NOTHING = Usage()


@dataclass(frozen=True, slots=True)
class Limits:
    """What a run may use. Times in seconds, money in millionths of a US dollar."""

    steps: int = 200
    attempts: int = 24  # tries of one step after transient failures: with the waits between them, more than an hour
    lost: int = 5  # of them, those that nobody came back from
    repairs: int = 3  # rounds back to the model after its own mistakes
    parallel: int = 4  # steps handed out at once
    depth: int = 3  # runs in a chain of causes
    fan_out: int = 3  # levels of child steps
    reworks: int = 20  # times that people may ask for what one step has made to be otherwise
    replans: int = 1  # other plans that a model is asked for after a step of its plan failed for good
    wall_s: float = 14 * 86_400.0
    approval_s: float = 7 * 86_400.0
    attempt_s: float = 900.0  # after which a handed-out attempt is taken for lost
    backoff_s: float = 2.0
    backoff_cap_s: float = 600.0
    tokens: int = 2_000_000
    micros: int = 5_000_000
    kept_back: int = 0  # of `micros`, for steps that tell people or take things back


@dataclass(frozen=True, slots=True)
class Trigger:
    """Why a run exists. `causes` are the runs that led to it, oldest first."""

    kind: str  # "page", "routine", "day", "retry", "bench"
    page: str = ""
    title: str = ""
    by: str = ""
    causes: tuple[str, ...] = ()
    actor: Actor | None = None  # who `by` is, where that is known

    @property
    def decided_by_status(self) -> bool:
        """Say whether people may decide with the page's status; that of a routine or a day asks for nothing."""
        return self.kind not in ("routine", "day", "rollback")


@dataclass(frozen=True, slots=True)
class StepSpec:
    """One step as a validated plan states it. `lane` is the function that attempts it, empty for a gate."""

    id: str
    kind: str
    title: str = ""
    input: Mapping[str, Any] = field(default_factory=dict)
    depends_on: tuple[str, ...] = ()
    lane: str = "execute-step"
    undoable: bool = False
    estimate: Usage = NOTHING
    repairs: str = ""  # the step to go back to when this one fails by the model's own mistake
    vital: bool = False  # tells people or takes something back: may use what is kept back
    gate: WaitKind | None = None  # APPROVAL or INPUT: no function, a person decides
    group: bool = False  # becomes child steps: what is reserved is theirs, its own attempts cost nothing
    optional: bool = False  # of a child: when it fails it is absent (skipped), and its parent goes on without it


@dataclass(frozen=True, slots=True)
class Step:
    """A step and its life so far. `attempt` counts from 1, `wake` counts resumptions within an attempt."""

    spec: StepSpec
    status: StepStatus = StepStatus.PENDING
    attempt: int = 1
    wake: int = 0
    failures: int = 0  # transient ones in a row
    rounds: int = 0  # times sent back to the model
    wait: Wait | None = None
    output: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""
    fault: Fault | None = None  # once it has failed: what sort of failure that was, where it was told
    signature: str = ""  # of the last failure that was the model's own
    feedback: str = ""  # what the model is told about its last mistake
    used: Usage = NOTHING
    reserved: Usage = NOTHING
    reserved_on: str = ""  # the day (UTC) on whose account `reserved` lies; "" in runs of before there were accounts
    parent: str = ""
    level: int = 0
    expanded: bool = False  # it has child steps, and holds what is reserved for those that have not begun
    handed_at: datetime | None = None
    done_seq: int = 0  # the event that finished it; undo goes in reverse order of this
    home: str = ""  # the run that remembers its effects, where that is not its own: one that this run goes on with

    @property
    def id(self) -> str:
        """Return the step's id within its run."""
        return self.spec.id


@dataclass(frozen=True, slots=True)
class Carried:
    """What a run goes on with that retries another one, `run`; `spent` counts against its limits. See resume.py."""

    steps: tuple[Step, ...]
    run: str = ""
    revision: int = 1
    plan_hash: str = ""
    replannable: bool = False
    replans: int = 0
    spent: Usage = NOTHING
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pause:
    """Who wants a run to stand still, since when and why."""

    by: str
    at: datetime
    why: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """One piece of work of one tenant."""

    tenant: str
    id: str
    status: RunStatus
    trigger: Trigger
    limits: Limits
    opened_at: datetime
    deadline: datetime
    seq: int = 0  # number of the last event
    revision: int = 1  # of the plan
    plan_hash: str = ""
    replannable: bool = False  # a model made the present plan, so it may be asked for another one
    replans: int = 0  # other plans asked for so far because a step had failed
    steps: tuple[Step, ...] = ()
    spent: Usage = NOTHING
    earlier: Usage = NOTHING  # spent by the runs that this one goes on with: it counts against the limits
    by_model: Mapping[str, tuple[int, int, int]] = field(default_factory=dict)  # calls, tokens, micros
    failure: str = ""  # set: nothing new is handed out, and the run ends as failed
    fault: Fault | None = None  # what sort of failure that is; None also where a version before has told none
    cancel: str = ""  # set: nothing new is handed out, undo begins, and the run ends as cancelled
    undone_failed: tuple[str, ...] = ()  # steps that could not be undone
    notices: Mapping[str, str] = field(default_factory=dict)  # topic/ref → what became of it
    ended_at: datetime | None = None
    next_check_at: datetime | None = None  # the dead-man switch: past it, `sweep` looks
    facts: Mapping[str, Any] = field(default_factory=dict)  # small results for people: links, counts
    rehearse: bool = False  # it stops before its first write outside, until a person lets it go on in earnest
    pause: Pause | None = None  # set: nothing new is handed out, and no time passes for it
    box: bool = False  # its page was last seen with the box Paused ticked
    stood_until: datetime | None = None  # the end of the last pause that counts against nothing
    rules: int = RULES
    schema: int = SCHEMA

    def step(self, step_id: str) -> Step | None:
        for step in self.steps:
            if step.spec.id == step_id:
                return step
        return None

    @property
    def asked(self) -> str:
        """Return what people are asked to approve right now, as the hash that an approval has to name; "" for nothing.

        Of the plan it is the plan's hash, of a release or of production that of what is about to happen.
        """
        waits = (step.wait for step in self.steps if step.wait is not None)
        return next((wait.what for wait in waits if wait.kind == WaitKind.APPROVAL), "")

    @property
    def reserved(self) -> Usage:
        """Return what handed-out steps may still spend."""
        tokens = micros = 0
        for step in self.steps:
            tokens += step.reserved.tokens
            micros += step.reserved.micros
        return Usage(tokens, micros)

    @property
    def counted(self) -> Usage:
        """Return what counts against the limits: what is spent, and what the runs before have spent on the same."""
        return self.spent + self.earlier

    @property
    def depth(self) -> int:
        """Return how many runs led to this one."""
        return len(self.trigger.causes)


def plan_hash(specs: tuple[StepSpec, ...]) -> str:
    """Return the hash an approval is bound to: every step's kind, exact arguments and order."""
    canonical = [[s.id, s.kind, s.title, dict(s.input), list(s.depends_on)] for s in specs]
    text = json.dumps(canonical, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def derive_id(prefix: str, *parts: str) -> str:
    """Return an id that the same parts always give, so that a repeated request names the same thing."""
    joined = "\x1f".join(parts)
    return f"{prefix}{hashlib.sha256(joined.encode()).hexdigest()[:24]}"


def fit_key(text: str) -> str:
    """Return what stands for a text in the name of a document or a lease: itself, where a store takes it as one.

    Else its letters that are taken, and a hash by which two such texts are told apart.
    """
    if _KEY.fullmatch(text) and text not in (".", "..") and not (text.startswith("__") and text.endswith("__")):
        return text
    return derive_id(f"{_UNFIT.sub('_', text[:_MAX_SHOWN])}~", text)
