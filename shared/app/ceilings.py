"""What a step that asks agents may cost at most, from its input: said in the plan, before anything of it begins."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from shared.core.errors import InvalidOutput
from shared.core.run import NOTHING, Run, StepSpec, Usage
from shared.ports import Model, ModelRequest
from shared.steps._kind import StepKind


def refuse_too_dear(specs: Iterable[StepSpec], run: Run) -> None:
    """Raise InvalidOutput for a group of agents that the run could never pay for: it would end in the middle."""
    limits = run.limits
    micros, tokens = limits.micros - limits.kept_back - run.spent.micros, limits.tokens - run.spent.tokens
    for spec in specs:
        most = spec.estimate
        if spec.group and (most.micros > micros or most.tokens > tokens):
            raise InvalidOutput(
                f"step {spec.id!r} may cost up to {most.micros / 1e6:.2f} US dollars and {most.tokens} tokens; the run"
                f" has {micros / 1e6:.2f} and {tokens} left: fewer members, rounds or repairs"
            )


def most_by_input(
    kind: StepKind, kinds: Mapping[str, StepKind], model: Model
) -> Callable[[Mapping[str, Any]], Usage] | None:
    """Return what gives the ceiling for an input, and raises ValueError where that names what does not fit.

    None for kinds whose cost is the same for every input. A model that costs nothing needs no reservation.
    """
    if kind.weigh is None:
        return None
    weigh = kind.weigh
    free = model.estimate(ModelRequest("agent", "reason", "", "How much?", {})) == NOTHING

    def most(given: Mapping[str, Any]) -> Usage:
        weight = weigh(kind.input.model_validate(dict(given)), kinds)
        return NOTHING if free else weight.most

    return most
