"""plan: look at a changed page, write the plan of a run or of a day, begin a routine, or do
what somebody asked for in Slack.

Called by  the queue, in private. A command may come again; the second time changes nothing.
Next       `execute-step`, or `notify` to ask for approval.
"""

import functions_framework
from flask import Request

from shared.app.engine.switches import hold_back
from shared.app.engine.team_turns import Turns
from shared.app.intake.consider_page import consider_page
from shared.app.intake.look_at_page import look_at_page
from shared.app.intake.messenger_asks import answer_ask
from shared.app.planning.make_plan import make_plan
from shared.app.schedule.plan_day import plan_the_day
from shared.app.schedule.routines import run_routine
from shared.core.run.commands import CONSIDER, LOOK, PLAN_DAY, REPLY, ROUTINE
from shared.entry import Reply, bury_exhausted, command_from, endpoint
from shared.wiring.tools import wire_tools
from shared.wiring.worker import wire_worker

wired, tools = wire_worker(), wire_tools()
turns = Turns(wired.deps)
ACTS = {LOOK: look_at_page, CONSIDER: consider_page, PLAN_DAY: plan_the_day, ROUTINE: run_routine, REPLY: answer_ask}


@functions_framework.http
@endpoint
def plan(request: Request) -> Reply:
    """Answer 204 as soon as the outcome is recorded, good or bad."""
    command = command_from(request, "plan", wired.check, wired.audience("plan"))
    aside = bury_exhausted(request, command, wired.deps.queue) or hold_back(command, wired.deps)
    if not aside and not turns.gives_way(command, request.headers):
        ACTS.get(command.name, make_plan)(command, wired.deps, tools)
    return Reply(204)
