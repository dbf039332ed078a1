"""What a kind of step is, and what it may use."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from shared.core.errors import OutcomeUnknown, Rejected
from shared.core.run.commands import MODEL
from shared.core.run.faults import Fault
from shared.core.run.replan import collect_progress
from shared.core.run.run import CHILD, NOTHING, Run, Step, StepSpec, StepStatus, Usage
from shared.ports import Secret
from shared.ports.browser import Browser, no_browser
from shared.ports.model import Model
from shared.ports.sandbox import Sandbox
from shared.steps._input import STEP, Input

if TYPE_CHECKING:
    from shared.core.ship.policy import Known
    from shared.mind.context import Context, Part
    from shared.mind.group import Group
    from shared.mind.members import Kinds, Weight

Result = Mapping[str, Any]
C = TypeVar("C")


PATIENCE = timedelta(minutes=30)  # with what another system does by itself


class Repeat(Enum):
    """How an external write behaves when it is done again: the four honest answers."""

    SAME_END = "the same request leads to the same end state"
    KEYED = "we choose the id or the system knows keys"  # an idempotency key
    LOOK = "can be found again, so we look before we create"
    ONCE = "can be neither found nor repeated: a person decides after an unclear answer"


@dataclass(frozen=True, slots=True)
class Done:
    """The attempt did what it should; `facts` are small results worth showing on the run."""

    output: Result = field(default_factory=dict)
    used: Usage = NOTHING
    facts: Result = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Again:
    """Something takes time: look again after `delay`. `facts` say how far it is.

    `held_back` says why it got no further, where a limit of calls is all there is to it.
    """

    delay: timedelta
    used: Usage = NOTHING
    facts: Result = field(default_factory=dict)
    held_back: str = ""


@dataclass(frozen=True, slots=True)
class FanOut:
    """The step becomes these child steps."""

    children: tuple[StepSpec, ...]
    output: Result = field(default_factory=dict)
    used: Usage = NOTHING


class StepFailure(Exception):
    """The attempt failed by the model's own mistake; `feedback` is written for the model to read."""

    def __init__(self, feedback: str, *, signature: str, used: Usage = NOTHING, fault: Fault = Fault.OTHER) -> None:
        super().__init__(feedback)
        self.signature = signature
        self.used = used
        self.fault = fault


class Effect(Protocol):
    """Do an external write once; see `shared/app/engine/effects.py`."""

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

    def find_result(self, name: str) -> Result | None:
        """Return the result of an effect that is known to have happened."""

    def is_intended(self, name: str) -> bool:
        """Say whether the effect was at least begun."""

    def was_begun(self, name: str) -> bool:
        """Like `is_intended`, for an undo: raises OutcomeUnknown while the effect's request may still arrive."""

    def claim(self, thing: str) -> bool:
        """Say that this step made a thing of that id; False when another step has said so before."""

    def claim_only(self, run: str, what: str, name: str) -> str:
        """Say that the run makes this one of a sort; return the name of the one it makes."""


class Connect(Protocol):
    """Hands over a client of an external system with the tenant's token; a step never sees the token."""

    def __call__(self, client: type[C], *, scope: str = "") -> C:
        """Return the client; raises Unauthorized when the tenant has not connected that system.

        `scope` is the one thing its token is to reach ("owner/name"), where the system has tokens as narrow as that.
        """


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
    check_site: Callable[..., tuple[int, str]]  # url[, headers] → status, body; only for addresses a deployment gave us
    kinds: Mapping[str, StepKind] = field(default_factory=dict)  # what child steps may be
    keep_context: Callable[[Context], None] = lambda context: None  # keeps what a model is told, for people to look at
    keep_snapshot: Callable[[int, Result], None] = lambda number, about: None  # one version of the work, by its number
    packages: Callable[[Iterable[tuple[str, str]]], Mapping[tuple[str, str], Known]] = lambda keys: {}  # see policy.py
    knowledge: Callable[[str], Sequence[Part]] = lambda query: ()  # what the workspace says about it, as untrusted data
    site_environment: Callable[[], Mapping[str, Secret]] = dict  # the variables of the tenant's sites
    listen: Callable[[str, str], str] = lambda system, repository: ""  # have a forge tell its news, or say why not
    browser: Callable[[], Browser] = no_browser  # raises NoBrowser with the reason where there is none

    @property
    def home(self) -> str:
        """Return the run that what this step makes outside is known by: a retry goes on with what was begun before."""
        return self.step.home or self.run.id

    def keep_waiting(self, delay: timedelta, what: str, since: datetime | None = None) -> Again:
        """Look again after `delay`, or later when it has been many times; raises Rejected after PATIENCE.

        `since` is when it began, where that is known; else the time a system was away before counts, too.
        """
        since = since or self.step.handed_at
        if since is not None and self.step.home:  # what a retry finds begun has as long as what it begins
            since = max(since, self.run.opened_at)
        if since is not None and self.now() - since > PATIENCE:
            minutes = PATIENCE // timedelta(minutes=1)
            raise Rejected(self.step.spec.kind.partition(".")[0], f"{what} did not come in {minutes} minutes")
        return Again(delay if self.step.wake < 40 else max(delay, timedelta(seconds=15)))

    def target(self, target: str, *names: str) -> str:
        """Return the id a `Target` stands for; of `step:ID`, the first of `names` in that step's output."""
        if (named := STEP.fullmatch(target)) is None:
            return target
        made = self.output_of_step(named[1])
        found = next((str(made[name]) for name in names if made.get(name)), "")
        if not found:
            hint = "" if made else "; let this one depend on it"
            raise Rejected("notion", f"{target}: that step has made no {' or '.join(names)}{hint}")
        return found

    def output_of_step(self, name: str) -> Result:
        """Return the output of a step of this plan by its id there; {} when it has none yet, or is not there."""
        return step.output if (step := self.step_named(name)) is not None else {}

    def step_named(self, name: str) -> Step | None:
        """Return a step of this plan by its id there, else what an earlier plan of this run has done under that id.

        With the mark of its plan (`r3.count`) it is that plan's step.
        """
        if "." in name:
            return self.run.step(name)
        revision, dot, _ = self.step.id.partition(CHILD)[0].rpartition(".")
        return self.run.step(f"{revision}{dot}{name}") or collect_progress(self.run).done.get(name)

    def find_approval(self, gate: str) -> Result:
        """Return who has approved at a gate of this plan ("release", "production"), and what; {} when nobody has."""
        step = self.step_named(gate)
        return step.output if step is not None and step.status == StepStatus.SUCCEEDED else {}

    def group(self) -> Group:
        """Return the children of this step: what they said, and how others are asked."""
        from shared.mind.group import Group
        from shared.mind.members import Member, weight_of

        def price(kind: str, given: Mapping[str, Any]) -> Usage:
            return weight_of(Member(kind=kind, input=dict(given)), self.kinds).ceiling

        return Group(self.run, self.step, self.get_text, self.kinds, price)

    def create_if_absent(self, name: str, do: Callable[[], Result], look: Callable[[], Result | None]) -> Result:
        """Do an external write that can be found again: `look` before a second time."""
        return self.effect(name, do, repeat=Repeat.LOOK, look=look)

    def claim_made(self, thing: str) -> str:
        """Say that this step made the thing of that id, so that no other step takes it for its own; return the id."""
        if not self.effect.claim(thing):
            raise OutcomeUnknown("notion", f"{thing}: another step with the same words took it for its own")
        return thing

    def find_settled(self, name: str) -> Result | None:
        """Return the result of an effect that is known; raises OutcomeUnknown while its request may still arrive."""
        self.effect.was_begun(name)
        return self.effect.find_result(name)

    def do_idempotently(self, name: str, do: Callable[[], Result]) -> Result:
        """Do an external write that leads to the same end however often it is done."""
        return self.effect(name, do, repeat=Repeat.SAME_END)

    def keep_before(self, name: str, read: Callable[[], Any]) -> Any:
        """Return what `read` saw (JSON) when it was asked first; it is kept, for the repeat and for the undo."""
        kept = self.do_idempotently(name, lambda: {"kept": self.keep_text(json.dumps(read(), ensure_ascii=False))})
        return json.loads(self.get_text(str(kept["kept"])))

    def recall(self, name: str) -> Any:
        """Return what `before` kept under that name; None when it was never asked."""
        kept = self.effect.find_result(name)
        return json.loads(self.get_text(str(kept["kept"]))) if kept else None

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
    line: str = ""  # what it needs that a machine has only so much of; see `core/run/commands.py`
    undo: Callable[[Any, StepContext], None] | None = None
    systems: tuple[str, ...] = ()  # what the tenant must have connected; "a|b" is one of the two
    needs_approval: bool = True
    plannable: bool = True  # may stand in a model's plan
    core: bool = False  # told to every planner whose page may need its family; others where a page speaks of them
    words: str = ""  # how words of pages begin that speak of it, in any language; a whole word ends with a dot
    repairs: str = ""  # the kind of step to go back to when this one fails by the model's own mistake
    needs: tuple[str, ...] = ()  # the kinds of which every step in the plan must be done before this one begins
    estimate: Usage = NOTHING
    ships: str = ""  # "release": sends the work somewhere; "production": makes it what everybody sees
    vital: bool = False  # tells people: may use the money that is kept back for that
    useful: Callable[[Mapping[str, Any]], bool] | None = None  # settings → whether the tenant's rules leave it work
    thinks: str = ""  # the model's task, for a kind that asks the model: its cost is reserved before each attempt
    max_calls: int = 1  # of a kind that thinks: how often it asks at most, itself or its children together
    weigh: Callable[[Any, Kinds], Weight] | None = None  # what a step with this input may become; raises ValueError
    group: bool = False  # becomes child steps, and does nothing itself but decide who is asked next
    fills: tuple[str, ...] = ()  # text fields that an agent may fill at work; the plan fixes all the others
    reads: bool = False  # only reads: an agent may use it at work without being told so in the plan
    leaves_text: bool = False  # its output has a "text", which `from_step` of other steps can name

    @property
    def waits_in(self) -> str:
        """Return the line in which its attempts wait; "" where they need nothing scarce."""
        return self.line or (MODEL if self.thinks else "")

    def usable_with(self, connected: Collection[str]) -> bool:
        """Say whether a tenant who has connected these systems can have such a step."""
        return not self.missing_with(connected)

    def missing_with(self, connected: Collection[str]) -> list[str]:
        """Return which of its systems a tenant lacks who has connected these."""
        return [system for system in self.systems if not any(each in connected for each in system.split("|"))]
