"""Money before thought: what a model call may cost is reserved first; one that would need more is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from shared import log
from shared.app.engine.deps import Deps
from shared.app.money.tenant_ledger import BEGUN, allowance_of, mark_of
from shared.core.errors import AgentError, ErrorClass, IntegrationError, VersionConflict
from shared.core.models.model_errors import ModelError
from shared.core.models.token_bound import answer_room
from shared.core.money.spending import Allowance
from shared.core.run.events import Calls, PlanProposed, StepFailed, StepFannedOut, StepSucceeded, StepWaits
from shared.core.run.faults import Fault
from shared.core.run.run import NOTHING, Run, Step, Usage
from shared.ports import Put
from shared.ports.model import Model, ModelCall, ModelRequest, ModelResult

if TYPE_CHECKING:
    from shared.steps._kind import StepKind

PLAN_PROMPT_BYTES = 150_000  # what a reservation assumes of a prompt before it is known
CODE_PROMPT_BYTES = 250_000
PLAN_OUTPUT_TOKENS = 16_000
CODE_OUTPUT_TOKENS = 32_000
LOOK_PROMPT_BYTES = 60_000  # of a critic, who sees page and plan
LOOK_OUTPUT_TOKENS = 3000
LEARN_PROMPT_BYTES = 32_000  # of what people have said since the last plan

_BYTES_PER_TOKEN = 4

E = TypeVar("E")
_SETTLED = (PlanProposed, StepSucceeded, StepFailed, StepWaits, StepFannedOut)


class BudgetExceeded(ModelError):
    """The call might cost more than may be spent on it."""

    error_class = ErrorClass.FINAL
    fault = Fault.BUDGET


class NotWanted(AgentError):
    """Nobody waits for the answer any more: the run has ended, is being cancelled, or has another attempt."""


class CallLost(AgentError):
    """An earlier delivery of this very attempt began a call that costs, and nobody knows what came of it."""


class Purse(Protocol):
    """Whose money a call costs."""

    def open(self, ceiling: Usage) -> None:
        """Allow a call that costs that much at most, or raise before anything is sent."""

    def settle(self, used: Usage, calls: Calls) -> None:
        """Hear what the call has cost."""


class BudgetedModel:
    """A model whose every call is allowed by a purse before and settled with it after, whatever comes of it."""

    def __init__(self, model: Model, purse: Purse) -> None:
        self._model = model
        self._purse = purse
        self.name = model.name

    def estimate(self, request: ModelRequest) -> Usage:
        """Return an upper bound of what the call may cost."""
        return self._model.estimate(request)

    def window(self, task_class: str) -> int:
        return self._model.window(task_class)

    def count(self, request: ModelRequest) -> int:
        return self._model.count(request)

    def complete(self, request: ModelRequest) -> ModelResult:
        """Answer, if the upper bound may be spent; else raises BudgetExceeded before anything is sent."""
        try:
            self._purse.open(self._model.estimate(request))
        except BudgetExceeded:
            log.event("budget.exceeded", "WARNING", scope="call", agent_class=request.task_class)
            raise
        try:
            result = self._model.complete(request)
        except (IntegrationError, ModelError) as error:
            self._purse.settle(error.used, _calls(request, self.name, error.used, error.made, _word(error)))
            raise
        self._purse.settle(result.usage, _calls(request, result.model, result.usage, result.made, "ok"))
        return result


class Meter:
    """The purse of one attempt: what is reserved for its step, and nothing once nobody wants it any more."""

    def __init__(self, deps: Deps, run: Run, step: Step, wanted: Callable[[], bool]) -> None:
        self.used, self.calls, self.begun = NOTHING, tuple[Mapping[str, Any], ...](), False
        self._deps, self._run, self._step, self._wanted = deps, run, step, wanted
        self._allowed: Allowance | None = None  # as the attempt found it
        self._left = step.reserved

    def model(self, model: Model) -> BudgetedModel:
        return BudgetedModel(model, self)

    @property
    def mark(self) -> str:
        """Return the name of the mark that a call of this attempt was begun."""
        return mark_of(self._run.id, self._step)

    def open(self, ceiling: Usage) -> None:
        """Allow a call; raises NotWanted, BudgetExceeded, or CallLost where one was begun before and not settled."""
        if not self._wanted():
            raise NotWanted("not asked, because nobody is waiting for the answer any longer")
        if ceiling == NOTHING:
            return
        if self._allowed is None:
            self._allowed = allowance_of(self._deps, self._run.tenant)
        if self._allowed.call is not None:
            refuse_above(ceiling, self._allowed.call)
        left = self._left
        if ceiling.tokens > left.tokens or ceiling.micros > left.micros:
            raise BudgetExceeded(
                f"the call may need {ceiling.tokens} tokens and {ceiling.micros / 1e6:.2f} US dollars, but only"
                f" {left.tokens} and {left.micros / 1e6:.2f} are reserved; shorten the page or split it, and"
                " retry the run from the start where other models were connected or chosen after its plan was made"
            )
        if not self.begun:
            self._begin()

    def settle(self, used: Usage, calls: Calls) -> None:
        """Take it out of what is reserved."""
        self.used, self.calls = self.used + used, (*self.calls, *calls)
        self._left = Usage(max(0, self._left.tokens - used.tokens), max(0, self._left.micros - used.micros))

    def add_costs(self, event: E) -> E:
        """Return the outcome of the attempt with all that it has cost, also what the step itself says nothing of."""
        if not isinstance(event, _SETTLED):
            return event
        used = Usage(max(event.used.tokens, self.used.tokens), max(event.used.micros, self.used.micros))
        return replace(event, used=used, calls=self.calls)

    def puts(self) -> tuple[Put, ...]:
        """Return what is saved with the outcome: nothing is under way any more."""
        return (Put(BEGUN, self.mark, None),) if self.begun else ()

    def _begin(self) -> None:
        deps = self._deps
        try:
            deps.store.put(self._run.tenant, Put(BEGUN, self.mark, {"at": deps.clock.now().isoformat()}, ""))
        except VersionConflict:  # noted by an attempt before this one, which has died: there is nothing to try again
            self.begun = True
            raise CallLost(f"{self.mark}: a call was begun and never accounted for") from None
        self.begun = True
        deps.crash_point(f"call.begun/{self._step.spec.kind}")


def refuse_above(ceiling: Usage, limit: int) -> None:
    """Raise BudgetExceeded for a call that may cost more than any call may."""
    if ceiling.micros > limit:
        raise BudgetExceeded(
            f"the call may cost {ceiling.micros / 1e6:.2f} US dollars, the limit of one call is {limit / 1e6:.2f};"
            " shorten the page, choose a cheaper model, or have an owner raise it (POST /v1/budget)"
        )


def _calls(request: ModelRequest, model: str, used: Usage, made: tuple[ModelCall, ...], outcome: str) -> Calls:
    """Return the calls as events keep them; one that nobody listed is this one, unless it has cost nothing."""
    if not made and (used != NOTHING or outcome == "ok"):
        made = (ModelCall(model, "", request.task, request.task_class, used, outcome),)
    return tuple(_encode_call(call, request) for call in made)


def _encode_call(call: ModelCall, request: ModelRequest) -> Mapping[str, Any]:
    data = {**asdict(call), "tokens": call.usage.tokens, "micros": call.usage.micros}
    del data["usage"]
    data["agent"] = call.agent or (request.task.removeprefix("agent.") if request.task.startswith("agent.") else "")
    return {name: value for name, value in data.items() if value}


def _word(error: Exception) -> str:
    """Return the name of an error as a word: RateLimited → rate_limited."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in type(error).__name__).lstrip("_")


def plan_estimate(model: Model) -> Usage:
    """Return what to reserve for writing a plan: once, and once more after a critic's findings (`plan_critique.py`)."""
    plan = estimate_plan(model)
    look = _estimate(model, "agent.critic", "cheap", LOOK_PROMPT_BYTES, LOOK_OUTPUT_TOKENS)
    learn = _estimate(model, "preferences", "cheap", LEARN_PROMPT_BYTES, LOOK_OUTPUT_TOKENS)
    return plan + plan + look + look + learn


def estimate_plan(model: Model) -> Usage:
    """Return what is reserved for one question for a plan."""
    return _estimate(model, "plan", "reason", PLAN_PROMPT_BYTES, PLAN_OUTPUT_TOKENS)


def step_estimate(kind: StepKind, model: Model) -> Usage:
    """Return what to reserve for an attempt of this kind of step."""
    if not kind.thinks:
        return kind.estimate
    once = _estimate(model, kind.thinks, "code", CODE_PROMPT_BYTES, CODE_OUTPUT_TOKENS)
    return kind.estimate + Usage(once.tokens * kind.max_calls, once.micros * kind.max_calls)


def _estimate(model: Model, task: str, task_class: str, prompt_bytes: int, output_tokens: int) -> Usage:
    """Return the upper bound for a prompt of that size, or of all that the model's window holds where it is smaller.

    Contexts are cut to what is reserved (`mind/fitting.py`), so this is what a prompt may cost, not a guess of it.
    """
    window = model.window(task_class)
    answer = answer_room(window, output_tokens)
    prompt = "x" * min(prompt_bytes, _BYTES_PER_TOKEN * (window - answer))
    return model.estimate(ModelRequest(task, task_class, "", prompt, {}, max_output_tokens=answer))
