"""A click on Approve or Deny in Slack: genuine, by a known person who may, about the plan as it was asked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from shared import log
from shared.app.api.exchange import ApiReply, Call
from shared.app.approval.approvals import decide, read_token
from shared.app.engine.deps import Deps
from shared.app.engine.switches import standing_still_words
from shared.core.errors import AgentError, NotThere, RequestError
from shared.core.text.sentence import end_sentence
from shared.http_client import HttpClient
from shared.integrations.slack.client import Click, parse_click, verify_signature
from shared.ports.documents import tenant_settings

SIGNING_SECRET = "slack-signing-secret"
SLACKS_ANSWERS = "hooks.slack.com"
MAY_DECIDE = frozenset({"owner", "admin", "member"})


def take_click(call: Call) -> ApiReply:
    """Decide what the click says. If Slack's signature is valid the answer is 200, and says why if it did not count.

    Raises BadSignature, MalformedRequest, and NotThere where Slack is not set up.
    """
    request, deps = call.request, call.deps
    try:
        secret = deps.secrets.get(SIGNING_SECRET)
    except KeyError:
        way_out = f"Store the app's signing secret as the operator's secret {SIGNING_SECRET!r}."
        raise NotThere("Slack is not set up here", way_out=way_out) from None
    timestamp, signature = request.header("x-slack-request-timestamp"), request.header("x-slack-signature")
    verify_signature(request.body, timestamp, signature, secret, deps.clock.now())
    click = parse_click(request.body)
    body = carry_out(deps, click)
    show(deps, click, body)
    return ApiReply(body=body)


def carry_out(deps: Deps, click: Click) -> dict[str, Any]:
    """Decide what a click says that is known to come from Slack; return what to show to who clicked, if anything."""
    if click.action not in ("approve", "deny"):
        return {}  # a button that only opens a link
    return {"response_type": "ephemeral", "replace_original": False, "text": _outcome(deps, click)}


def _outcome(deps: Deps, click: Click) -> str:
    """Decide, and return what the person is told."""
    try:
        asked = read_token(deps, click.value)
        person = _person(deps, asked.tenant, click.user)
        if person is None:
            return "This Workwright does not know you. Ask its owner to add your Slack user id."
        if person.get("role") not in MAY_DECIDE:
            return "Your role allows you to look at plans, but not to decide about them."
        by = str(person.get("name") or person["id"])
        run = decide(deps, asked, approve=click.action == "approve", by=by, via="slack")
    except RequestError as error:
        return f"That did not count: {end_sentence(str(error))} {error.way_out}".strip()
    word = "Approved" if click.action == "approve" else "Denied"
    return f"{word}: “{run.trigger.title or run.id}”. {standing_still_words(deps, run)}".strip()


def _person(deps: Deps, tenant: str, slack_user: str) -> Mapping[str, Any] | None:
    people = tenant_settings(deps.store, tenant).people
    return next((person for person in people if slack_user and person.get("slack_user") == slack_user), None)


def show(deps: Deps, click: Click, body: Mapping[str, Any]) -> None:
    """Show the outcome to who clicked. Slack shows nothing of our answer itself; it takes messages at this address.

    The decision stands whether this works or not, and Slack waits three seconds for all of it.
    """
    parts = urlsplit(click.response_url)
    if not body or not _is_slacks(deps, parts.scheme, parts.netloc):
        return
    http = HttpClient("slack", f"{parts.scheme}://{parts.netloc}", None, timeouts=(1.0, 1.0))
    try:
        http.call("POST", parts.path, json=dict(body), auth="none", text=True)
    except (AgentError, ValueError) as error:
        log.line("WARNING", "click not answered", function="api", error=type(error).__name__)


def _is_slacks(deps: Deps, scheme: str, place: str) -> bool:
    """Return whether this is where Slack takes answers; on one machine, where a simulated Slack can be."""
    if (scheme, place) == ("https", SLACKS_ANSWERS):
        return True
    ours = urlsplit(deps.public_url)
    local = ours.scheme == "http" and ours.hostname == "127.0.0.1"
    return local and scheme == "http" and re.fullmatch(r"127\.0\.0\.1:[0-9]{1,5}", place) is not None
