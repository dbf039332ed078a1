"""What people say in comments about the plan that is shown: a yes, a wish for another plan, or something unclear.

A comment counts when a member of the workspace made it after this very plan was shown, and it counts once: what was
heard is remembered by id, so that editing or deleting it later changes nothing. A bare yes or no that answers somebody
else's comment is about that comment. Wishes are kept as they were said, for the planner.
"""

from __future__ import annotations

from collections.abc import Sequence

from shared.app.approval.answer_comments import HOW
from shared.app.approval.page_comments import Json, Remark, author_of, comments_at, is_person, members_of, text_of
from shared.app.notify.messages import ASKED, identify_message, question_of
from shared.core.approval.decision_words import Asked, Decision, Said, Verdict, declines, is_plain_no, read_decision
from shared.core.approval.gates import PLAN, gate_kind
from shared.core.chat.chat_words import ASK
from shared.core.chat.speech_rules import intent_of
from shared.core.run.run import Run
from shared.integrations.notion.client.client import Notion

_ANSWER = "#workwright-answer-"  # how the links of a conversation's answers end, before the comment's id


def judge_remarks(notion: Notion, run: Run, gate: str, remarks: Sequence[Remark]) -> Verdict:
    """Return what these comments come to: the last clear one of a member decides about the plan that `gate` asks of."""
    decided: Said | None = None
    by = unclear = late = ""
    wishes: list[tuple[str, str, str]] = []
    asked: list[Asked] = []
    down: list[tuple[str, str]] = []
    stop = False
    members: frozenset[str] | None = None
    us = str(notion.me()["id"])
    for remark in remarks:
        author = author_of(remark.comment)
        if not is_person(notion, author):
            continue
        decision = read_decision(text := _standing_text(remark.comment))
        question = _question_before(us, remark, decision)
        about = question is None and _is_about(remark, decision, _asking(run, gate), us)
        if gate_kind(gate) != PLAN and about and is_plain_no(text):
            members = members_of(notion) if members is None else members
            if author in (members or ()):
                decided, by, stop = None, author, True
            continue
        if decision.answer == Said.UNCLEAR or not about:
            here, earlier = str(remark.comment.get("discussion_id") or ""), _answers_earlier(remark, decision, us)
            late, unclear = (here, unclear) if earlier else (late, here)
            if decision.thumb_down:
                members = members_of(notion) if members is None else members
                down += [(remark.id, author)] if author in (members or ()) else []
            elif question is not None or (decision.answer == Said.UNCLEAR and _is_said_to(us, remark, text)):
                members = members_of(notion) if members is None else members
                where = str((question or remark.comment).get("discussion_id") or "")
                asked += [Asked(remark.id, where, text, author)] if author in (members or ()) else []
            continue
        members = members_of(notion) if members is None else members
        if author not in (members or ()):
            continue
        decided, by, stop = decision.answer, author, False
        if decision.answer == Said.CHANGE:
            wishes.append((remark.id, decision.wish, author))
    return Verdict(decided, by, tuple(wishes), unclear, tuple(asked), tuple(down), stop, late)


def find_decliner(notion: Notion, run: Run) -> str:
    """Return the member who answered our question with the word for nothing that it offers; "" while nobody has."""
    asked = next((s.output.get("comment") for s in reversed(run.steps) if s.spec.kind == "notion.ask_question"), None)
    question = str(run.facts.get("question", ""))
    comments = comments_at(notion, run.trigger.page)
    at = next((number for number, comment in enumerate(comments) if str(comment["id"]) == asked), len(comments))
    found = [author_of(comment) for comment in comments[at + 1 :] if declines(_standing_text(comment), question)]
    members = members_of(notion) if found else frozenset()
    return next((author for author in found if author in members), "")


def _is_said_to(us: str, remark: Remark, text: str) -> bool:
    """Say whether a comment asks us something: no colleague is answered or named, and there is a question or a wish."""
    named = [part["mention"] for part in remark.comment.get("rich_text", ()) if part.get("type") == "mention"]
    people = {str((each.get("user") or {}).get("id", "")) for each in named if each.get("type") == "user"}
    if people - {us}:
        return False
    before = remark.answers
    ours = before is None or author_of(before) in (us, author_of(remark.comment))
    return ours and (bool(people) or "?" in text or intent_of(text) != ASK)


def _question_before(us: str, remark: Remark, decision: Decision) -> Json | None:
    """Return what a conversation of ours asked back, where a comment answers that: by a number, a name or a yes.

    A bare yes outside of its thread is about it too: "Shall I stop it?" stood there when it was said.
    """
    before = remark.answers or remark.follows
    if before is None or decision.names_it or author_of(before) != us or "?" not in text_of(before):
        return None
    ours = any(_ANSWER in str(part.get("href") or "") for part in before.get("rich_text", ()))
    return before if ours else None


def _is_about(remark: Remark, decision: Decision, asking: Sequence[str], us: str) -> bool:
    """Say whether what was said is about this plan, and not about the comment that it answers."""
    before = remark.answers
    if before is None or author_of(before) == author_of(remark.comment):
        return True
    marked = [str(part.get("href") or "") for part in before.get("rich_text", ())] if author_of(before) == us else []
    if any(href.endswith(tuple(asking)) for href in marked):
        return True
    return decision.names_it and not _answers_earlier(remark, decision, us)


def _answers_earlier(remark: Remark, decision: Decision, us: str) -> bool:
    """Say whether it is a yes under a question of ours: about an earlier plan, where it is not about this one."""
    before = remark.answers
    if before is None or author_of(before) != us or decision.answer != Said.YES:
        return False
    return any(f".notify.{ASKED}." in str(part.get("href") or "") for part in before.get("rich_text", ()))


def _asking(run: Run, gate: str) -> tuple[str, str]:
    """Return how the links end that mark our comments which ask about this plan."""
    waiting = run.step(gate)
    named = question_of(waiting) if waiting is not None else gate
    return f"#workwright-{HOW}", f"#workwright-{identify_message(run.id, ASKED, named)}"


def _standing_text(comment: Json) -> str:
    """Return a comment's text without what its author has struck out."""
    parts = comment.get("rich_text", ())
    kept = [part for part in parts if not (part.get("annotations") or {}).get("strikethrough")]
    return text_of({"rich_text": kept})
