"""Do what people said in comments about the plan that is shown: approve, plan anew, end, or answer."""

from __future__ import annotations

from shared.app.approval.answer_comments import explain, tell_barred
from shared.app.approval.gates import ask_for_rework, bar_of
from shared.app.approval.gates import waiting_gate as waiting_gate
from shared.app.approval.heard import Heard, Wish, heard_of, keep_heard
from shared.app.approval.plan_comments import Asked, Verdict
from shared.app.engine.deps import Deps
from shared.app.engine.engine import record
from shared.app.engine.tools import Tools
from shared.app.intake.name_author import name_person
from shared.app.money.budget import plan_estimate
from shared.app.planning.feedback import feedback_put, note
from shared.app.planning.make_plan import made_by_rules
from shared.core.approval.decision_words import Said
from shared.core.approval.release_words import PLAN, gate_kind
from shared.core.run import acts
from shared.core.run.commands import Command
from shared.core.run.run import Run, Step
from shared.integrations.notion.client.client import Notion


def obey_comments(
    command: Command,
    deps: Deps,
    tools: Tools,
    run: Run,
    gate: Step,
    verdict: Verdict,
    heard: Heard,
    comments: list[str],
) -> None:
    """Do what people said in comments about exactly this plan; explain once how to say it, when it was unclear."""
    now = deps.clock.now()
    by = name_person(tools, command.tenant, verdict.by) if verdict.by else ""
    if verdict.said == Said.YES:
        if not grant(command, deps, tools, run, gate, by, "comment in Notion"):
            keep_heard(deps, run, heard, comments)
    elif verdict.said == Said.CHANGE and gate_kind(gate.id) != PLAN:
        wish = "; ".join(text for _, text, _ in verdict.wishes)
        if not ask_for_rework(deps, run, gate, wish, by, handled=command.id):
            explain(deps, tools.accounts.connect_for(command.tenant)(Notion), run, verdict.unclear)
        keep_heard(deps, run, heard, comments)  # after the event: what is asked next begins to listen anew
    elif verdict.stop:
        note(deps, run, "denied", by, cause=gate.id)
        denied = acts.ApprovalDenied(now, gate.id, gate.wait.what if gate.wait else "", by, "comment in Notion")
        record(deps, command.tenant, run.id, denied, handled=command.id)
    elif verdict.said == Said.CHANGE and made_by_rules(deps, run):  # nobody could make another plan of it
        note(deps, run, "denied", by, verdict.wishes[-1][1] if verdict.wishes else "", cause=gate.id)
        denied = acts.ApprovalDenied(now, gate.id, gate.wait.what if gate.wait else "", by, "comment in Notion")
        record(deps, command.tenant, run.id, denied, handled=command.id)
    elif verdict.said == Said.CHANGE:
        _ask_for_another_plan(command, deps, tools, run, by, verdict, heard, comments)
    else:
        answered = [_answered(deps, tools, run, one) for one in verdict.asked]
        if verdict.unclear and not any(answered):
            explain(deps, tools.accounts.connect_for(command.tenant)(Notion), run, verdict.unclear)
        named = [(each, name_person(tools, command.tenant, who)) for each, who in verdict.thumbs_down]
        down = [feedback_put(now, run.id, "down", who, cause=each) for each, who in named]
        known = heard_of(deps, run.tenant, run.id) if verdict.asked else heard  # an answer may have heard a wish
        keep_heard(deps, run, known, comments, also=down)


def _ask_for_another_plan(
    command: Command,
    deps: Deps,
    tools: Tools,
    run: Run,
    by: str,
    verdict: Verdict,
    heard: Heard,
    comments: list[str],
) -> None:
    """Keep what people wish, then have the plan made anew with it."""
    now = deps.clock.now()
    names = {person: name_person(tools, command.tenant, person) for _, _, person in verdict.wishes}
    wishes = [Wish(comment, text, names[who], run.revision) for comment, text, who in verdict.wishes]
    deps.crash_point("wish.before/comments")
    said = [feedback_put(now, run.id, "wish", each.by, each.text, cause=each.comment) for each in wishes]
    keep_heard(deps, run, heard, comments, wishes, said)  # before the event: the planner has to find them
    deps.crash_point("wish.after/comments")
    estimate = plan_estimate(tools.model(command.tenant))
    record(deps, command.tenant, run.id, acts.PageChanged(now, by, estimate), handled=command.id)


def _answered(deps: Deps, tools: Tools, run: Run, asked: Asked) -> bool:
    """Answer what somebody asks about the plan, in its thread."""
    from shared.app.chat.chat_comments import answer_in_thread  # most looks answer nobody

    return answer_in_thread(deps, tools, run, asked, name_person(tools, run.tenant, asked.by))


def grant(command: Command, deps: Deps, tools: Tools, run: Run, gate: Step, by: str, via: str) -> bool:
    """Approve, or say why this person's word does not count here; return whether it did."""
    if gate.wait is None:
        return False
    if (bar := bar_of(deps, run, gate.id, by, via)) is not None:
        tell_barred(deps, tools.accounts.connect_for(command.tenant)(Notion), run, gate, by, bar)
        return False
    granted = acts.ApprovalGranted(deps.clock.now(), gate.id, gate.wait.what, by, via)
    record(deps, command.tenant, run.id, granted, handled=command.id)
    return True
