"""deploy: attempt one step that changes what others see: pull request, deployment, promotion, rollback.

Called by  the queue, in private. A command may come again; the second time changes nothing.
Next       itself with a delay while something takes time, `execute-step`, or `notify`.
"""

import functions_framework
from flask import Request

from shared.app.engine.execute_step import execute_step
from shared.app.engine.switches import hold_back
from shared.app.engine.team_turns import Turns
from shared.app.intake.consider_change import consider_change
from shared.core.run.commands import CHANGE
from shared.entry import Reply, bury_exhausted, command_from, endpoint
from shared.wiring.tools import wire_tools
from shared.wiring.worker import wire_worker

wired, tools = wire_worker(), wire_tools()
turns = Turns(wired.deps)


@functions_framework.http
@endpoint
def deploy(request: Request) -> Reply:
    """Answer 204 as soon as the outcome is recorded, good or bad.

    A failed step is an outcome, and its retry is a new command. Only when nothing could be
    recorded do we answer an error, and then the queue delivers the same command again.
    """
    command = command_from(request, "deploy", wired.check, wired.audience("deploy"))
    aside = bury_exhausted(request, command, wired.deps.queue) or hold_back(command, wired.deps)
    if not aside and not turns.gives_way(command, request.headers):
        use_case = consider_change if command.name == CHANGE else execute_step
        use_case(command, wired.deps, tools)
    return Reply(204)
