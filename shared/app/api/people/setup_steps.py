"""How far the team's set-up has got, and what the team lacks, for programs and the terminal."""

from __future__ import annotations

from dataclasses import asdict

from shared.app.api.exchange import ApiReply, Call
from shared.app.api.json_shapes import FLAG, array, choice, members, text
from shared.app.api.keys import find_visible_keys
from shared.app.installation.team_doctor import look_at_team
from shared.app.people.first_steps import find_steps
from shared.core.people.first_hour import State
from shared.core.tenants.finding import LATER, MISSING, OK, is_usable

VIEWS = {
    "SetUpSteps": members(
        steps=array(
            members(
                name=text(),
                title=text(),
                state=choice(*State),
                says=text(what="How it stands."),
                next=text(what="What to do; empty where there is nothing to do."),
            )
        ),
        page=text(what="Where a person does it in a browser."),
    ),
    "Doctor": members(
        usable={**FLAG, "description": "Nothing is missing that the team's work needs."},
        checks=array(
            members(
                name=text(what="What was looked at."),
                state=choice(OK, MISSING, LATER),
                detail=text(what="How it stands, in words."),
                way_out=text(what="What to do; empty where there is nothing to do."),
                needed={**FLAG, "description": "No work can be done without it."},
                why=text(what="Why it matters, where that is not plain; else empty."),
            )
        ),
    ),
}


def show_steps(call: Call) -> ApiReply:
    """Return each step of setting up the team, how it stands, and what to do next."""
    steps = [
        {"name": each.name, "title": each.title, "state": each.state.value, "says": each.says, "next": each.next}
        for each in find_steps(call.deps, call.tenant, call.who.person)
    ]
    return ApiReply(body={"steps": steps, "page": f"{call.deps.public_url}/setup"})


def show_doctor(call: Call) -> ApiReply:
    """Return what is in order in the team and what is missing, each with the way out, and never a secret."""
    found = look_at_team(call.deps, call.tenant, find_visible_keys(call.deps, call.who))
    return ApiReply(body={"usable": is_usable(found), "checks": [asdict(each) for each in found]})
