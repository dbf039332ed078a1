"""pattern.panel: specialists look at the same thing, each from its side; a chair decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field, model_validator

from shared.mind.group import check_quorum
from shared.mind.members import AnyMember, Role, sum_of, weight_of
from shared.steps._input import Input
from shared.steps._kind import Done, FanOut, Repeat, StepContext, StepKind
from shared.steps.agents._decision import build_decision, weigh_chair

if TYPE_CHECKING:
    from shared.mind.members import Kinds, Weight


class Panel(Input):
    """Specialists whose position in the field `on` is another than the chair's are named as dissenting; where all
    answer with `choice`, that is compared. Specialists do not hear each other; let them argue in pattern.debate.

    `quorum`: how many specialists must answer; 0: more than half.
    """

    specialists: list[AnyMember] = Field(min_length=2, max_length=6)
    chair: AnyMember
    on: str = Field("", max_length=40)
    quorum: int = Field(0, ge=0, le=6)
    role: Role = ""

    @model_validator(mode="after")
    def _is_whole(self) -> Panel:
        if self.quorum > len(self.specialists):
            raise ValueError(f"quorum is {self.quorum}, and there are {len(self.specialists)} specialists")
        return self


def _run(wanted: Panel, ctx: StepContext) -> Done | FanOut:

    group = ctx.group()
    if not ctx.step.expanded:
        children = group.ask_each(wanted.specialists, "Specialist {number}: {who}", wanted.role)
        return FanOut(tuple(children), {"asked": len(children)})
    all_said = group.said_by_each(wanted.specialists)
    present_members = check_quorum(all_said, wanted.quorum)
    chair = group.list_said("chair")
    if not chair:
        present = group.names_of(present_members)
        asked = group.ask("chair", f"Chair: {wanted.chair.who}", wanted.chair, role="chair", after=present)
        return FanOut((asked,), {"asked": len(all_said) + 1})
    return build_decision(
        ctx,
        chair[0],
        present_members,
        wanted.on,
        f"decided by {wanted.chair.who}, {len(present_members)} heard",
        all_said,
    )


def _weigh(wanted: Panel, kinds: Kinds) -> Weight:

    weights = [weight_of(each, kinds) for each in wanted.specialists]
    named = [(f"specialists.{number}", each) for number, each in enumerate(weights, 1)]
    chair = weigh_chair(wanted.chair, named, wanted.on, kinds)
    return sum_of([*((each, 1) for each in weights), (chair, 1)], chair.voice)


PATTERN_PANEL = StepKind(
    "pattern.panel",
    "Specialists look at the same thing, each from its side; a chair decides. For a decision with several sides heard:"
    " agent advisor for each side, with the same question and options and its own view; agent decider as chair.",
    Panel,
    _run,
    Repeat.SAME_END,
    weigh=_weigh,
    group=True,
    leaves_text=True,
    core=True,
)
