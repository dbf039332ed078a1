"""What was made in other systems: look at it, and take some of it away."""

from __future__ import annotations

from typing import Any

from shared.app.api.exchange import ApiReply, Call
from shared.app.api.json_shapes import COUNT, TIME, array, members, ref, text
from shared.app.api.run.run_views import run_view
from shared.integrations.systems import CHANNELS

THING = members(
    id=text(),
    what=text(what="Like repository, pull request, deployment or page."),
    system=text(),
    name=text(what="What to confirm it with where it is taken away."),
    url=text(),
    run=text(what="The run that made it; empty for what was made outside of runs."),
    at=TIME,
    gone=text(what="How it was taken away; empty while it is there, as far as we know."),
    stays=text(what="Why it cannot be taken away here; empty where it can."),
)
MADE = members(made=array(ref("Thing")), told=members(**dict.fromkeys(CHANNELS, COUNT)))
VIEWS: dict[str, Any] = {"Thing": THING, "Made": MADE}


def list_made(call: Call) -> ApiReply:
    """Return what was made in other systems, and how many messages went out."""
    from shared.app.resources.inventory import find_made
    from shared.app.resources.removal import explain_refusal

    found = find_made(call.deps, call.tenant, call.query.get("run", ""))
    things = [
        {
            "id": each.id,
            "what": each.what,
            "system": each.system,
            "name": each.name,
            "url": each.url,
            "run": each.run,
            "at": each.at,
            "gone": each.gone,
            "stays": explain_refusal(each),
        }
        for each in found.things
    ]
    messages = {channel: found.messages.get(channel, 0) for channel in CHANNELS}
    return ApiReply(body={"made": things, "told": messages})


def take_away(call: Call) -> ApiReply:
    """Take a thing away that was named; asking again returns the run that does it."""
    from shared.app.resources.removal import take_away as begin

    run = begin(call.deps, call.tenant, call.parts["made"], call.body["confirm"], call.who.name)
    return ApiReply(body=run_view(run))
