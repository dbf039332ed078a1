"""pattern.debate: the same question to several agents, round after round, until they agree or nobody moves any more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field, model_validator

from shared.mind.group import check_quorum, position, result, tally
from shared.mind.members import AnyMember, Role, must_answer, sum_of, weight_of
from shared.steps._input import Input
from shared.steps._kind import Done, FanOut, Repeat, StepContext, StepKind
from shared.steps.agents._decision import build_decision, weigh_chair

if TYPE_CHECKING:
    from shared.mind.group import Said
    from shared.mind.members import Kinds, Member, Weight


class Debate(Input):
    """They agree when their answers are equal in the field `on` (of advisors: choice). With `chair`, who hears the last
    round and decides, the chair's answer counts. `quorum`: how many must answer; 0: more than half.
    """

    members: list[AnyMember] = Field(min_length=2, max_length=5)
    on: str = Field(min_length=1, max_length=40)
    rounds: int = Field(3, ge=1, le=4)
    quorum: int = Field(0, ge=0, le=5)
    chair: AnyMember | None = None
    role: Role = ""

    @model_validator(mode="after")
    def _is_whole(self) -> Debate:
        if self.quorum > len(self.members):
            raise ValueError(f"quorum is {self.quorum}, and there are {len(self.members)} members")
        return self


def _run(wanted: Debate, ctx: StepContext) -> Done | FanOut:

    group = ctx.group()
    number = int(ctx.step.output.get("round", 0)) if ctx.step.expanded else 0
    if not number:
        return _round(wanted, ctx, 1, [])
    all_said = group.list_said(*_names(wanted, number))
    present = check_quorum(all_said, wanted.quorum or len(wanted.members) // 2 + 1)  # of all, not of those left
    won, votes, others = tally(present, wanted.on)
    before = {_seat(each.step): position(each, wanted.on) for each in group.list_said(*_names(wanted, number - 1))}
    moved = any(before.get(_seat(each.step)) != position(each, wanted.on) for each in present)
    if others and moved and number < wanted.rounds:
        return _round(wanted, ctx, number + 1, [_seat(each.step) for each in present])
    rounds = f"{number} round{'' if number == 1 else 's'}"
    max_votes = max(votes.values())
    outcome = f"agreed after {rounds}" if not others else f"{max_votes} of {len(present)} after {rounds}"
    if wanted.chair is not None:
        more = {"votes": votes, "rounds": number, "agreed": not others}
        return _ask_chair(ctx, wanted, wanted.chair, present, all_said, outcome, more)
    return Done(result(won, outcome, all_said, votes=votes, dissent=others, rounds=number, agreed=not others))


def _ask_chair(
    ctx: StepContext,
    wanted: Debate,
    chair: Member,
    present: list[Said],
    all_said: list[Said],
    outcome: str,
    more: dict[str, Any],
) -> Done | FanOut:
    """Ask the chair, who hears the last round; or return what it has decided."""

    replies = ctx.group().list_said("chair")
    if replies:
        return build_decision(
            ctx, replies[0], present, wanted.on, f"{outcome}; decided by {chair.who}", all_said, **more
        )
    group = ctx.group()
    asked = group.ask("chair", f"Chair: {chair.who}", chair, role="chair", after=group.names_of(present))
    return FanOut((asked,), {"round": more["rounds"], "asked": len(all_said) + 1})


def _seat(name: str) -> str:
    """Return the number of the member who was asked in this step."""
    return name.rpartition("-")[2]


def _names(wanted: Debate, number: int) -> list[str]:
    return [f"round-{number}-{index}" for index in range(1, len(wanted.members) + 1)]


def _round(wanted: Debate, ctx: StepContext, number: int, seats: list[str]) -> FanOut:
    """Ask those who have answered in the round before, or all in the first; each hears all of that round."""
    group = ctx.group()
    after = [name for name in _names(wanted, number - 1) if _seat(name) in seats]
    asked = [
        group.ask(
            name,
            f"Round {number}: {member.who}",
            member,
            role="debate" if seats else wanted.role,
            after=after,
            optional=True,
        )
        for name, member in zip(_names(wanted, number), wanted.members, strict=True)
        if not seats or _seat(name) in seats
    ]
    return FanOut(tuple(asked), {"round": number, "asked": len(asked)})


def _weigh(wanted: Debate, kinds: Kinds) -> Weight:

    weights = [weight_of(member, kinds) for member in wanted.members]
    named = [(f"members.{number}", each) for number, each in enumerate(weights, 1)]
    for who, each in named:
        must_answer(each, wanted.on, who)
    asked = [(each, wanted.rounds) for each in weights]
    if wanted.chair is None:
        return sum_of(asked, weights[0].voice)
    chair = weigh_chair(wanted.chair, named, wanted.on, kinds)
    return sum_of([*asked, (chair, 1)], chair.voice)


PATTERN_DEBATE = StepKind(
    "pattern.debate",
    "The same question to several agents, round after round, until they agree or the rounds are over; with a chair,"
    " who then decides. For sides that shall argue before a decision: agent advisor for each side, with the same"
    ' question and options and its own view, on "choice"; agent decider as chair.',
    Debate,
    _run,
    Repeat.SAME_END,
    weigh=_weigh,
    group=True,
    leaves_text=True,
    core=True,
)
