"""Which account in Slack is the caller's, over the API: shown, a code to link one, and unlinked."""

from __future__ import annotations

from typing import Any

from shared.app.api.exchange import FORM, JSON, ApiReply, Call
from shared.app.api.json_shapes import TIME, array, members, text
from shared.app.people.linking import list_accounts, make_code, unlink
from shared.core.errors import Conflicting
from shared.core.people.linked_accounts import CODE_LIFETIME, show_code

VIEWS = {
    "SlackLink": members(accounts=array(text(what="Slack, the workspace and the user there, with dots between."))),
    "SlackCode": members(
        code=text(what="Good once, for whoever types it in Slack and then presses."),
        until=TIME,
        type=text(what="What to type in Slack."),
    ),
}


def describe_body(path: str) -> dict[str, Any]:
    """Return what Slack sends: a form, whose fields are the command or hold an interaction as JSON, or an event."""
    if path.endswith("/events"):
        return {JSON: {"schema": {"type": "object"}}}
    field = "payload" if path.endswith("/interactions") else "command"
    payload = {"type": "object", "properties": {field: {"type": "string"}}, "required": [field]}
    return {FORM: {"schema": payload}}


def show_link(call: Call) -> ApiReply:
    """Return the accounts that are linked with the caller; a program has none."""
    return ApiReply(body={"accounts": list_accounts(call.deps, call.tenant, call.who.person)})


def begin_link(call: Call) -> ApiReply:
    """Return a code for the caller, which ends the ones before."""
    if not call.who.person:
        raise Conflicting("this key belongs to no person", way_out="Sign in with: workwright login")
    code = show_code(make_code(call.deps, call.tenant, call.who.person))
    until = (call.deps.clock.now() + CODE_LIFETIME).isoformat()
    return ApiReply(body={"code": code, "until": until, "type": f"/workwright link {code}"})


def end_link(call: Call) -> ApiReply:
    """Unlink the caller's accounts; return those that are left, which is none."""
    if call.who.person:
        unlink(call.deps, call.tenant, call.who.person, call.acting)
    return ApiReply(body={"accounts": []})
