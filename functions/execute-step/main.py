"""execute-step: attempt one step of a run, or undo it, and record what came of it.

Called by  the queue, in private. A command may come again; the second time changes nothing.
Next       whatever the reducer asks for: `execute-step` again, `deploy`, or `notify`.
"""

import functions_framework
from flask import Request

from shared.app.engine import execute_step as app
from shared.app.engine.switches import hold_back
from shared.app.engine.team_turns import Turns
from shared.entry import Reply, bury_exhausted, command_from, endpoint
from shared.wiring.tools import wire_tools
from shared.wiring.worker import wire_worker

wired, tools = wire_worker(), wire_tools()
turns = Turns(wired.deps)


@functions_framework.http
@endpoint
def execute_step(request: Request) -> Reply:
    """Answer 204 as soon as the outcome is recorded, good or bad.

    A failed step is an outcome, and its retry is a new command. Only when nothing could be
    recorded do we answer an error, and then the queue delivers the same command again.
    """
    command = command_from(request, "execute-step", wired.check, wired.audience("execute-step"))
    aside = bury_exhausted(request, command, wired.deps.queue) or hold_back(command, wired.deps)
    if not aside and not turns.gives_way(command, request.headers):
        app.execute_step(command, wired.deps, tools)
    return Reply(204)
