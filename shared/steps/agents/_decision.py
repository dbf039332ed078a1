"""What a chair's word becomes: the answer that counts, with those who dissent as they were counted, not as it says."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from shared.mind.group import answer_to_markdown, dissent, position, result
from shared.mind.members import must_answer, must_offer, weight_of
from shared.steps._kind import Done, StepContext

if TYPE_CHECKING:
    from shared.mind.group import Said
    from shared.mind.members import Member, Weight

CHOICE = "choice"  # the field in which those differ who were given options
_DISSENT = "dissent"  # the field in which a chair names who disagrees
_ROOM = 600  # letters of a reason


def build_decision(
    ctx: StepContext, chair: Said, present: Sequence[Said], on: str, outcome: str, all_said: Sequence[Said], **more: Any
) -> Done:
    """Return the chair's answer as the result; positions are compared in the field `on`, or in their choice."""
    field = on or (CHOICE if all(CHOICE in each.fields for each in (chair, *present)) else "")
    others = dissent(present, field, position(chair, field)) if field else []
    if field and _DISSENT in chair.fields:
        answer = {
            **chair.fields,
            _DISSENT: _name_dissent(chair, [each for each in present if _stands_apart(each, others)], field),
        }
        kept = ctx.keep_text(json.dumps(answer, ensure_ascii=False))
        chair = replace(chair, answer=answer, ref=kept, shown=ctx.keep_text(answer_to_markdown(answer)))
    return Done(result(chair, outcome, all_said, dissent=others, **more))


def _stands_apart(reply: Said, others: Sequence[Mapping[str, str]]) -> bool:
    return any(each["answer"] == reply.ref and each["who"] == reply.title for each in others)


def _name_dissent(chair: Said, apart: Sequence[Said], field: str) -> list[dict[str, str]]:
    """Return who dissents and why: what the chair says of their reason, or else their own first one."""
    reasons_given = {
        str(each.get("who")): str(each.get("why") or "") for each in chair.fields[_DISSENT] if isinstance(each, dict)
    }
    found = []
    for reply in apart:
        reasons = reply.fields.get("reasons") or [""]
        why = reasons_given.get(reply.title) or str(reasons[0] if isinstance(reasons, list) else reasons)
        found.append({"who": reply.title, "choice": str(reply.fields.get(field, "")), "why": why[:_ROOM]})
    return found


def weigh_chair(chair: Member, others: Sequence[tuple[str, Weight]], on: str, kinds: Any) -> Weight:
    """Return a chair's weight; raises ValueError where it, or who it hears, does not answer what is compared."""
    weight = weight_of(chair, kinds)
    if on:
        for who, each in (*others, ("chair", weight)):
            must_answer(each, on, who)
    must_offer(chair, weight, others, "chair")
    return weight
