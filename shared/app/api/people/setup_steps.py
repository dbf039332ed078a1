"""How far the team's set-up has got, for programs and the terminal."""

from __future__ import annotations

from shared.app.api.exchange import ApiReply, Call
from shared.app.api.json_shapes import array, choice, members, text
from shared.app.people.first_steps import find_steps
from shared.core.people.first_hour import State

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
    )
}


def show_steps(call: Call) -> ApiReply:
    """Return each step of setting up the team, how it stands, and what to do next."""
    steps = [
        {"name": each.name, "title": each.title, "state": each.state.value, "says": each.says, "next": each.next}
        for each in find_steps(call.deps, call.tenant)
    ]
    return ApiReply(body={"steps": steps, "page": f"{call.deps.public_url}/setup"})
