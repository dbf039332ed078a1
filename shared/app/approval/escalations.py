"""Where a team wants it, admins and then owners are told of what nobody has decided, each stage once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from shared.app.engine.deps import Deps
from shared.app.engine.tools import Tools
from shared.app.notify.channels import Channels
from shared.app.notify.messages import ASKED, Message
from shared.app.notify.recipients import list_recipients, team_telling
from shared.app.notify.tell_people import come_after_quiet, note_unreached, tell_people
from shared.app.people.told_places import list_told
from shared.core.approval.escalation import OVERDUE, STAGES, build_stage, find_next_stage, is_overdue
from shared.core.notify.telling import APPROVAL
from shared.core.run.commands import Command
from shared.core.run.run import Run


def order_escalation(deps: Deps, run: Run, gate: str, number: int, stage: str = STAGES[0]) -> None:
    """Have a stage told when the team's time is over, if it has set one; again is once."""
    if hours := team_telling(deps, run.tenant).escalate_hours:
        at = deps.clock.now() + timedelta(hours=hours)
        deps.crash_point("escalation.before/ordered")
        deps.queue.enqueue([replace(build_stage(run, gate, number, stage), not_before=at)])
        deps.crash_point("escalation.after/ordered")


def escalate(
    command: Command, deps: Deps, tools: Tools, run: Run, scope: str, build_message: Callable[[Command], Message]
) -> str:
    """Tell a stage of what still waits, and order the next; return what became of it, "" where nothing waits.

    `build_message` gives the question as it was asked. Raises what a later attempt may not meet.
    """
    gate, number, stage = command.ref.rsplit(".", 2)
    if not is_overdue(run, gate, int(number)) or not team_telling(deps, run.tenant).escalate_hours:
        return ""
    everybody = list_recipients(deps, run.tenant, list_told(deps, run.tenant, tools.settings(run.tenant)))
    while not (recipients := [each for each in everybody if each.role == stage]) and find_next_stage(stage):
        stage = find_next_stage(stage)  # a team without admins tells its owners at once
    if following := find_next_stage(stage):
        order_escalation(deps, run, gate, int(number), following)
    asked = build_message(replace(command, topic=ASKED, ref=gate, wake=int(number)))
    lines = ("Nobody has decided this yet.", *asked.lines)
    message = replace(asked, subject=f"Still waits: {asked.subject}", lines=lines)
    about = {"tenant": run.tenant, "run": run.id}
    connect = tools.accounts.connect_for(run.tenant)
    sender = Channels(deps, connect, scope, message, about, label=f"notify.{OVERDUE}", kind=APPROVAL)
    outcome = tell_people(deps, sender, recipients, APPROVAL, message)
    if outcome.waits:
        come_after_quiet(deps, command, min(outcome.waits))
    if sender.later is not None:
        raise sender.later
    if outcome.meant and not outcome.reached:
        note_unreached(deps, run.tenant, run.id, outcome, message.subject, OVERDUE)
    return ", ".join(outcome.words)
