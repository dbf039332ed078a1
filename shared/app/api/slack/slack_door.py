"""The door for what Slack sends over HTTP: it counts only with a fresh signature over its raw body."""

from __future__ import annotations

from shared.app.api.exchange import Call
from shared.core.errors import NotThere
from shared.integrations.slack.client import verify_signature

SIGNING_SECRET = "slack-signing-secret"


def verify_slack(call: Call) -> None:
    """Check who sends. Raises BadSignature, and NotThere where Slack is not set up."""
    request, deps = call.request, call.deps
    try:
        secret = deps.secrets.get(SIGNING_SECRET)
    except KeyError:
        way_out = f"Store the app's signing secret as the operator's secret {SIGNING_SECRET!r}."
        raise NotThere("Slack is not set up here", way_out=way_out) from None
    timestamp, signature = request.header("x-slack-request-timestamp"), request.header("x-slack-signature")
    verify_signature(request.body, timestamp, signature, secret, deps.clock.now())
