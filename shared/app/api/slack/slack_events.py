"""What Slack tells without being asked: that a workspace has removed the app, or that its token was revoked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.app.api.exchange import ApiReply, Call
from shared.app.api.slack.slack_door import verify_slack
from shared.app.connections.messenger_places import lose_connection
from shared.app.engine.deps import Deps
from shared.core.people.linked_accounts import place_id
from shared.integrations.slack.client import Slack
from shared.integrations.slack.slash import find_ending, parse_event


def take_event(call: Call) -> ApiReply:
    """Answer Slack's question whether this address is ours, or note what has ended.

    Raises BadSignature, MalformedRequest, and NotThere where Slack is not set up.
    """
    verify_slack(call)
    body = parse_event(call.request.body)
    if body.get("type") == "url_verification":
        return ApiReply(body={"challenge": str(body.get("challenge") or "")[:200]})
    note_ending(call.deps, body)
    return ApiReply(body={})


def note_ending(deps: Deps, body: Mapping[str, Any]) -> None:
    """Mark the connection as lost that an event says has ended; twice is once."""
    ending = find_ending(body)
    if ending is not None:
        lose_connection(deps, place_id(Slack.system, ending.workspace), ending.at)
