"""Do what people said in comments about what a gate asks: another plan, the work done otherwise, an end, an answer."""

from __future__ import annotations

from shared.app.approval.answer_comments import explain, tell_late
from shared.app.approval.comment_records import keep_heard, load_heard
from shared.app.approval.gates import ask_for_rework
from shared.app.engine.engine import record
from shared.app.intake.page_look import Look
from shared.app.money.budget import plan_estimate
from shared.app.planning.feedback import feedback_put, note
from shared.core.approval import intents
from shared.core.approval.decision_words import Asked, Verdict
from shared.core.approval.gates import waits_at
from shared.core.approval.intents import BY_COMMENT
from shared.core.documents.comment_records import Wish
from shared.core.pages.author import PERSON, Author
from shared.core.run import acts
from shared.core.run.run import Run


def asked_at(run: Run, gate: str) -> str:
    """Return what exactly a gate asks about."""
    step = run.step(gate)
    return step.wait.what if step is not None and step.wait is not None else ""


def rework(look: Look, intent: intents.Rework) -> None:
    """Have the work done otherwise; where nothing can be, explain once how to decide."""
    deps, run, gate = look.deps, look.at_work, look.at_work.step(intent.gate)
    assert gate is not None
    if not ask_for_rework(deps, run, gate, intent.wish, look.identify(intent.by).actor, handled=look.command.id):
        explain(deps, look.notion, run, _verdict(look).unclear)
    keep_heard(deps, run, look.heard, look.comments)  # after the event: what is asked next begins to listen anew


def deny(look: Look, intent: intents.Deny) -> None:
    """End it, and keep what was said."""
    deps, run, by = look.deps, look.at_work, look.identify(intent.by).actor
    note(deps, run, "denied", by.name, intent.words, cause=intent.gate)
    asked = asked_at(run, intent.gate)
    denied = acts.ApprovalDenied(deps.clock.now(), intent.gate, asked, by.name, BY_COMMENT, actor=by)
    record(deps, run.tenant, run.id, denied, handled=look.command.id)


def ask_for_plan_as_wished(look: Look, intent: intents.ReplanAsWished) -> None:
    """Keep what people wish, then have the plan made anew with it."""
    deps, run, now, by = look.deps, look.at_work, look.deps.clock.now(), look.identify(intent.by).actor
    wished = _verdict(look).wishes
    names = {person: look.name(Author(PERSON, person)) for _, _, person in wished}
    wishes = [Wish(comment, text, names[who], run.revision) for comment, text, who in wished]
    deps.crash_point("wish.before/comments")
    feedback = [feedback_put(now, run.id, "wish", each.by, each.text, cause=each.comment) for each in wishes]
    keep_heard(deps, run, look.heard, look.comments, wishes, feedback)  # before the event: the planner has to find them
    deps.crash_point("wish.after/comments")
    estimate = plan_estimate(look.tools.model(run.tenant))
    record(deps, run.tenant, run.id, acts.PageChanged(now, by.name, estimate, by), handled=look.command.id)


def answer_comments(look: Look) -> None:
    """Answer what was asked in its thread; explain once how to decide, when nothing was and it was unclear."""
    deps, run, verdict = look.deps, look.at_work, _verdict(look)
    answered = [_answer_in_thread(look, question) for question in verdict.asked]
    if verdict.late and (gate := waits_at(run)) is not None:
        tell_late(deps, look.notion, run, gate, verdict.late)
    if verdict.unclear and not any(answered):
        explain(deps, look.notion, run, verdict.unclear)
    named = [(each, look.name(Author(PERSON, who))) for each, who in verdict.thumbs_down]
    down = [feedback_put(deps.clock.now(), run.id, "down", who, cause=each) for each, who in named]
    heard = load_heard(deps, run.tenant, run.id) if verdict.asked else look.heard  # an answer may have heard a wish
    keep_heard(deps, run, heard, look.comments, also=down)


def _answer_in_thread(look: Look, asked: Asked) -> bool:
    from shared.app.chat.chat_comments import answer_in_thread  # most looks answer nobody

    return answer_in_thread(look.deps, look.tools, look.at_work, asked, look.identify(Author(PERSON, asked.by)))


def _verdict(look: Look) -> Verdict:
    assert look.page.verdict is not None
    return look.page.verdict
