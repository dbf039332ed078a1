"""pattern.verify: one agent makes, another checks; what is found wrong goes back, a bounded number of times."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pydantic import Field

from shared.core.models.model_errors import ModelError
from shared.mind.group import result
from shared.mind.members import AnyMember, Role, must_check, must_offer, sum_of, weight_of
from shared.mind.verdicts import OK, STOP, verdict_of
from shared.steps._input import Input
from shared.steps._kind import Done, FanOut, Repeat, StepContext, StepKind

if TYPE_CHECKING:
    from shared.mind.group import Said
    from shared.mind.members import Kinds, Weight

_SHOWN = 1500


class Verify(Input):
    """The checker answers with `verdict`, and is no agent that takes part in making. `repairs`: rounds back."""

    maker: AnyMember
    checker: AnyMember
    repairs: int = Field(2, ge=0, le=3)
    role: Role = ""


def _run(wanted: Verify, ctx: StepContext) -> Done | FanOut:

    group = ctx.group()
    number = int(ctx.step.output.get("round", 0)) if ctx.step.expanded else 0
    if not number:
        return _round(wanted, ctx, 1)
    made, check = group.list_said(f"make-{number}", f"check-{number}")
    verdict = verdict_of(check.fields)
    if verdict == OK:
        outcome = "passed" if number == 1 else f"passed after {number - 1} repair{'' if number == 2 else 's'}"
        return Done(result(made, outcome, verdict=check.ref))
    found = _findings(check)
    if verdict == STOP:
        raise ModelError(f"the checker stops it: {found}")
    if number > wanted.repairs:
        raise ModelError(f"not passed after {number} check{'' if number == 1 else 's'}: {found}")
    if number > 1 and found == _findings(group.list_said(f"check-{number - 1}")[0]):
        raise ModelError(f"the same findings twice in a row: {found}")
    return _round(wanted, ctx, number + 1)


def _round(wanted: Verify, ctx: StepContext, number: int) -> FanOut:
    group, before = ctx.group(), [f"make-{number - 1}", f"check-{number - 1}"] if number > 1 else []
    titles = (f"Make: {wanted.maker.who}", f"Check: {wanted.checker.who}")
    if before:
        titles = (f"Repair {number - 1}: {wanted.maker.who}", f"Check again: {wanted.checker.who}")
    role = "mend" if before else wanted.role
    make = group.ask(f"make-{number}", titles[0], wanted.maker, role=role, after=before)
    check = group.ask(f"check-{number}", titles[1], wanted.checker, role="check", after=[f"make-{number}"])
    return FanOut((make, check), {"round": number})


def _findings(check: Said) -> str:
    return json.dumps(check.fields.get("findings") or check.answer, ensure_ascii=False, sort_keys=True)[:_SHOWN]


def _weigh(wanted: Verify, kinds: Kinds) -> Weight:

    maker, checker = weight_of(wanted.maker, kinds), weight_of(wanted.checker, kinds)
    must_check(checker, "checker", maker.agents)
    must_offer(wanted.checker, checker, [("maker", maker)], "checker")
    times = 1 + wanted.repairs
    return sum_of([(maker, times), (checker, times)], maker.voice)


PATTERN_VERIFY = StepKind(
    "pattern.verify",
    "One agent makes something, another checks it; what is found wrong goes back a few times.",
    Verify,
    _run,
    Repeat.SAME_END,
    weigh=_weigh,
    group=True,
    leaves_text=True,
    core=True,
)
