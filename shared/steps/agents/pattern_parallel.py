"""pattern.parallel: several agents at once, one result: by vote, merged, or the best by a checker's word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from shared.core.models.model_errors import ModelError
from shared.mind.group import check_quorum, result, tally
from shared.mind.members import AnyMember, Member, Role, must_answer, must_check, must_offer, sum_of, weight_of
from shared.mind.verdicts import verdict_of
from shared.steps._input import Input
from shared.steps._kind import Done, FanOut, Repeat, StepContext, StepKind

if TYPE_CHECKING:
    from shared.mind.group import Group, Said
    from shared.mind.members import Kinds, Weight

_VERDICTS = {"ok": 0, "mend": 1}


class InParallel(Input):
    """`vote` compares the field `on` of the answers; `merge` and `best_of` need `by`, who merges or checks each.

    `quorum`: how many must answer; 0 is more than half.
    """

    members: list[AnyMember] = Field(min_length=2, max_length=8)
    how: Literal["vote", "merge", "best_of"]
    on: str = Field("", max_length=40)
    by: AnyMember | None = None
    quorum: int = Field(0, ge=0, le=8)
    role: Role = ""

    @model_validator(mode="after")
    def _is_whole(self) -> InParallel:
        if (self.how == "vote") != bool(self.on):
            raise ValueError("on: give the field that is voted on, with vote alone")
        if (self.how == "vote") != (self.by is None):
            raise ValueError("by: name who merges or checks, with merge and best_of alone")
        if self.quorum > len(self.members):
            raise ValueError(f"quorum is {self.quorum}, and there are {len(self.members)} members")
        return self


def _run(wanted: InParallel, ctx: StepContext) -> Done | FanOut:

    group = ctx.group()
    if not ctx.step.expanded:
        children = group.ask_each(wanted.members, "{number} of {count}: {who}", wanted.role)
        return FanOut(tuple(children), {"asked": len(children)})
    all_said = group.said_by_each(wanted.members)
    present = check_quorum(all_said, wanted.quorum)
    if wanted.by is None:
        won, votes, others = tally(present, wanted.on)
        outcome = f"{max(votes.values())} of {len(present)} votes"
        return Done(result(won, outcome, all_said, votes=votes, dissent=others))
    return (_merge if wanted.how == "merge" else _best)(wanted.by, group, group.names_of(present), all_said)


def _merge(by: Member, group: Group, present: list[str], all_said: list[Said]) -> Done | FanOut:

    merged = group.list_said("merge")
    if not merged:
        asked = group.ask("merge", f"Merge {len(present)}: {by.who}", by, role="merge", after=present)
        return FanOut((asked,), {"asked": len(all_said) + 1})
    return Done(result(merged[0], f"merged from {len(present)}", all_said))


def _best(by: Member, group: Group, present: list[str], all_said: list[Said]) -> Done | FanOut:

    judged = group.list_said(*(f"check-{name}" for name in present))
    if not judged:
        checks = [
            group.ask(f"check-{name}", f"Check {name}: {by.who}", by, role="check", after=[name], optional=True)
            for name in present
        ]
        return FanOut(tuple(checks), {"asked": len(all_said) + len(checks)})
    if all(each.absent for each in judged):
        raise ModelError(f"nobody could say which is best: {judged[0].absent[:1000]}")
    candidates = [each for each in all_said if not each.absent]
    ranks = [(_rank(check), number) for number, check in enumerate(judged)]
    best, number = min(ranks)
    outcome = f"best of {len(candidates)}: {best[1]} serious findings, {best[2]} others"
    return Done(result(candidates[number], outcome, [*all_said, *judged]))


def _rank(check: Said) -> tuple[int, int, int]:
    """Return how bad a check is: verdict first, then serious findings, then others; unchecked is worst."""

    if check.absent:
        return (9, 0, 0)
    findings = [each for each in check.fields.get("findings") or () if isinstance(each, dict)]
    serious = sum(1 for each in findings if each.get("severity") == "high")
    return (_VERDICTS.get(verdict_of(check.fields), 2), serious, len(findings) - serious)


def _weigh(wanted: InParallel, kinds: Kinds) -> Weight:

    weights = [weight_of(member, kinds) for member in wanted.members]
    if wanted.by is None:
        for number, each in enumerate(weights, 1):
            must_answer(each, wanted.on, f"members.{number}")
        return sum_of([(each, 1) for each in weights], weights[0].voice)
    by = weight_of(wanted.by, kinds)
    must_offer(wanted.by, by, [(f"members.{number}", each) for number, each in enumerate(weights, 1)], "by")
    if wanted.how == "best_of":
        must_check(by, "by", frozenset().union(*(each.agents for each in weights)))
    times = len(weights) if wanted.how == "best_of" else 1
    voice = by.voice if wanted.how == "merge" else weights[0].voice
    return sum_of([*((each, 1) for each in weights), (by, times)], voice)


PATTERN_PARALLEL = StepKind(
    "pattern.parallel",
    "Several agents at once, and one result: by vote, merged by one more, or the best by a checker's word.",
    InParallel,
    _run,
    Repeat.SAME_END,
    weigh=_weigh,
    group=True,
    leaves_text=True,
    core=True,
)
