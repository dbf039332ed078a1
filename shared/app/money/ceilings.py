"""What a step that asks agents may cost at most, from its input: said in the plan, before anything of it begins."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from shared.core.planning.plan_refusals import refuse
from shared.core.run.run import NOTHING, Run, StepSpec, Usage
from shared.ports.model import Model, ModelRequest

if TYPE_CHECKING:
    from shared.steps._kind import StepKind


def limit_to_means(specs: Iterable[StepSpec], run: Run, kinds: Mapping[str, StepKind]) -> tuple[StepSpec, ...]:
    """Return the steps, where those that ask a model several times hold no more than the run has left.

    They are reserved for several questions at their dearest; one is enough to go on with, for what a question leaves
    pays for the next, and contexts are cut to what there is.
    """
    return tuple(
        _limit_estimate(spec, run, kinds[spec.kind].max_calls) if spec.kind in kinds else spec for spec in specs
    )


def _limit_estimate(spec: StepSpec, run: Run, calls: int) -> StepSpec:
    ceiling, micros, tokens = spec.estimate, *_compute_left(run)
    if not spec.group or calls < 2 or (ceiling.micros <= micros and ceiling.tokens <= tokens):
        return spec
    once = Usage(ceiling.tokens // calls, ceiling.micros // calls)
    held = Usage(max(once.tokens, min(ceiling.tokens, tokens)), max(once.micros, min(ceiling.micros, micros)))
    return replace(spec, estimate=held)


def _compute_left(run: Run) -> tuple[int, int]:
    limits = run.limits
    return limits.micros - limits.kept_back - run.counted.micros, limits.tokens - run.counted.tokens


def refuse_too_dear(specs: Iterable[StepSpec], run: Run) -> None:
    """Raise InvalidOutput for a group of agents that the run could never pay for: it would end in the middle."""
    micros, tokens = _compute_left(run)
    for spec in specs:
        ceiling = spec.estimate
        if spec.group and (ceiling.micros > micros or ceiling.tokens > tokens):
            problem = (
                f"step {spec.id!r} may cost up to {ceiling.micros / 1e6:.2f} US dollars and {ceiling.tokens} tokens;"
                f" the run has {micros / 1e6:.2f} and {tokens} left:"
                " fewer members, rounds or repairs, or a cheaper model"
            )
            raise refuse("too_dear", error=problem)


def compute_ceiling_by_input(
    kind: StepKind, kinds: Mapping[str, StepKind], model: Model
) -> Callable[[Mapping[str, Any]], Usage] | None:
    """Return what gives the ceiling for an input, and raises ValueError where that names what does not fit.

    None for kinds whose cost is the same for every input. A model that costs nothing needs no reservation.
    """
    if kind.weigh is None:
        return None
    weigh = kind.weigh
    free = model.estimate(ModelRequest("agent", "reason", "", "How much?", {})) == NOTHING

    def compute_ceiling(given: Mapping[str, Any]) -> Usage:
        weight = weigh(kind.input.model_validate(dict(given)), kinds)
        return NOTHING if free else weight.ceiling

    return compute_ceiling
