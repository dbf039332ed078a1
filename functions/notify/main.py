"""notify: tell or ask people, keep the page showing where its run is, tell endpoints, and send links to sign in.

Called by  the queue, in private. A command may come again; nobody is told twice.
Next       nothing.
"""

import functions_framework
from flask import Request

from shared.app.endpoints.deliver import deliver
from shared.app.endpoints.endpoint_events import publish_progress
from shared.app.endpoints.replay_range import replay_range
from shared.app.engine.switches import hold_back
from shared.app.engine.team_turns import Turns
from shared.app.notify import notify as app
from shared.app.notify.mirror_run import mirror_run
from shared.app.notify.sign_in_mail import send_link
from shared.core.run.commands import DELIVER, MIRROR, PUBLISH, REPLAY, SIGN_IN
from shared.entry import Reply, bury_exhausted, command_from, endpoint
from shared.wiring.tools import wire_tools
from shared.wiring.worker import wire_worker

wired, tools = wire_worker(), wire_tools()
turns = Turns(wired.deps)
ENDPOINTS = {DELIVER: deliver, PUBLISH: publish_progress, REPLAY: replay_range}
OWN = {MIRROR: mirror_run, SIGN_IN: send_link, **ENDPOINTS}


@functions_framework.http
@endpoint
def notify(request: Request) -> Reply:
    """Answer 204 when everybody was told who can be told now."""
    command = command_from(request, "notify", wired.check, wired.audience("notify"))
    aside = bury_exhausted(request, command, wired.deps.queue) or hold_back(command, wired.deps)
    if not aside and not turns.gives_way(command, request.headers):
        OWN.get(command.name, app.notify)(command, wired.deps, tools)
    return Reply(204)
