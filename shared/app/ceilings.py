"""What a step that asks agents may cost at most, from its input: said in the plan, before anything of it begins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from shared.core.run import NOTHING, Usage
from shared.ports import Model, ModelRequest
from shared.steps._kind import StepKind


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
