"""pattern.sequence: agents one after the other, each given what the one before it made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from shared.mind.group import result
from shared.mind.members import AnyMember, Role, must_offer, sum_of, weight_of
from shared.steps._input import Input
from shared.steps._kind import Done, FanOut, Repeat, StepContext, StepKind

if TYPE_CHECKING:
    from shared.mind.members import Kinds, Weight


class InSequence(Input):
    """A member is {"kind": "agent.ask", "input": {...}} as a step would be; also agent.loop or another pattern,
    at most three deep.
    """

    members: list[AnyMember] = Field(min_length=2, max_length=8)
    role: Role = ""


def _run(wanted: InSequence, ctx: StepContext) -> Done | FanOut:

    group = ctx.group()
    names = [str(number) for number in range(1, len(wanted.members) + 1)]
    if not ctx.step.expanded:
        children = [
            group.ask(
                name,
                f"{name} of {len(names)}: {member.who}",
                member,
                role=wanted.role if name == "1" else "",
                after=names[index - 1 : index] if index else (),
            )
            for index, (name, member) in enumerate(zip(names, wanted.members, strict=True))
        ]
        return FanOut(tuple(children), {"asked": len(children)})
    (last,) = group.list_said(names[-1])
    return Done(result(last, f"{len(names)} in a row"))


def _weigh(wanted: InSequence, kinds: Kinds) -> Weight:

    weights = [weight_of(member, kinds) for member in wanted.members]
    for number, member in enumerate(wanted.members[1:], 1):
        before = [(f"members.{number}", weights[number - 1])]
        must_offer(member, weights[number], before, f"members.{number + 1}")
    return sum_of([(each, 1) for each in weights], weights[-1].voice)


PATTERN_SEQUENCE = StepKind(
    "pattern.sequence",
    "Agents one after the other, each given what the one before it made.",
    InSequence,
    _run,
    Repeat.SAME_END,
    weigh=_weigh,
    group=True,
    leaves_text=True,
    core=True,
)
