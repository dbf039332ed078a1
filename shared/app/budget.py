"""Money before thought: what a model call may cost is reserved first; one that would need more is refused."""

from __future__ import annotations

from shared.core.errors import ModelError
from shared.core.run import Usage
from shared.ports import Model, ModelRequest, ModelResult
from shared.steps._kind import StepKind

PLAN_PROMPT_BYTES = 150_000  # what a reservation assumes of a prompt before it is known
CODE_PROMPT_BYTES = 250_000
PLAN_OUTPUT_TOKENS = 16_000
CODE_OUTPUT_TOKENS = 32_000


class BudgetExceeded(ModelError):
    """The call might cost more than was reserved for the step."""


class BudgetedModel:
    """A model that may spend what is reserved for one attempt, and not more."""

    def __init__(self, model: Model, reserved: Usage) -> None:
        self._model = model
        self._left = reserved
        self.name = model.name

    def estimate(self, request: ModelRequest) -> Usage:
        """Return an upper bound of what the call may cost."""
        return self._model.estimate(request)

    def window(self, task_class: str) -> int:
        """Return the context window of the model."""
        return self._model.window(task_class)

    def count(self, request: ModelRequest) -> int:
        """Return the tokens of the prompt."""
        return self._model.count(request)

    def complete(self, request: ModelRequest) -> ModelResult:
        """Answer, if the upper bound fits what is left; raises BudgetExceeded before anything is sent otherwise."""
        most, left = self._model.estimate(request), self._left
        if most.tokens > left.tokens or most.micros > left.micros:
            raise BudgetExceeded(
                f"the call may need {most.tokens} tokens and {most.micros / 1e6:.2f} US dollars, reserved are"
                f" {left.tokens} and {left.micros / 1e6:.2f}; shorten the page or split it"
            )
        result = self._model.complete(request)
        used = result.usage
        self._left = Usage(max(0, left.tokens - used.tokens), max(0, left.micros - used.micros))
        return result


def plan_estimate(model: Model) -> Usage:
    """Return what to reserve for writing a plan."""
    return _estimate(model, "plan", "reason", PLAN_PROMPT_BYTES, PLAN_OUTPUT_TOKENS)


def step_estimate(kind: StepKind, model: Model) -> Usage:
    """Return what to reserve for an attempt of this kind of step."""
    if not kind.thinks:
        return kind.estimate
    return kind.estimate + _estimate(model, kind.thinks, "code", CODE_PROMPT_BYTES, CODE_OUTPUT_TOKENS)


def _estimate(model: Model, task: str, task_class: str, prompt_bytes: int, output_tokens: int) -> Usage:
    request = ModelRequest(task, task_class, "", "x" * prompt_bytes, {}, max_output_tokens=output_tokens)
    return model.estimate(request)
