"""Try a bot's token of Slack: whose it is, what it may do (Slack says so with every answer), and where it may write."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from shared.core.errors import IntegrationError, Unavailable
from shared.http_answers import Answer
from shared.http_client import HttpClient, Trace
from shared.integrations.slack.client import BASE_URL
from shared.integrations.token_looks import find_misfit
from shared.integrations.trial_result import TIMEOUTS, Given, Tried, discreet, join_words, tell_unclear
from shared.ports import Secret

_APP = "On api.slack.com/apps open your app"
_NEW = f"{_APP} › OAuth & Permissions, and give its Bot User OAuth Token, which begins with “xoxb-”."
_NEW_APP = (
    f"{_APP} › Basic Information › App-Level Tokens › Generate, with the scope “connections:write”, and give the "
    "token, which begins with “xapp-”."
)
_OPEN = "apps.connections.open"
_REVOKED = frozenset({"token_revoked", "account_inactive"})
_REFUSED = frozenset({"invalid_auth", "not_authed", "token_expired", "not_allowed_token_type", *_REVOKED})
_WRITE = "chat:write"
_HISTORY = ("channels:history", "groups:history", "im:history")
_ID = re.compile(r"[CGD][A-Z0-9]{2,}")


@discreet
def try_slack(token: Secret, *, at: str = BASE_URL, channel: str = "", trace: Trace | None = None) -> Tried:
    """Say whether Slack takes the token, and whether it may write and look up what it wrote.

    `channel` is the id of one that has to be open to it, "" for none. Facts: workspace, team_id, user, scopes, channel.
    """
    text = token.reveal()
    why = find_misfit("slack", token)
    if not why and text.startswith(("xapp-", "xoxp-")):
        kind = "an app-level token" if text.startswith("xapp-") else "a person's token"
        why = f"That is {kind}, and the bot's own is needed here."
    if why:
        return Tried(False, why, _NEW)
    http, facts = HttpClient("slack", at, token, timeouts=TIMEOUTS, trace=trace), dict[str, str]()
    try:
        me = http.call("POST", "/auth.test", json={}, read=True)
        body = _body(me)
        if not body.get("ok"):
            return _explain_refusal(str(body.get("error") or ""), facts)
        scopes = me.headers.get("x-oauth-scopes", "").replace(" ", "")
        fields = {"workspace": "team", "team_id": "team_id", "user": "user"}
        facts |= {name: str(body.get(theirs) or "") for name, theirs in fields.items()}
        facts |= {"scopes": " ".join(each for each in scopes.split(",") if each), "channel": channel}
        return _judge_token(http, facts, channel)
    except IntegrationError as error:
        return tell_unclear("slack", error, facts)


@discreet
def try_slack_app(token: Secret, *, at: str = BASE_URL, trace: Trace | None = None) -> Tried:
    """Say whether an app-level token opens sockets, over which clicks come in. An address is asked for and not used."""
    text = token.reveal()
    why = find_misfit("slack", token)
    if not why and text.startswith(("xoxb-", "xoxp-")):
        why = "That is a bot's or a person's token, and the app-level one is needed here."
    if why:
        return Tried(False, why, _NEW_APP)
    try:
        body = _body(HttpClient("slack", at, token, timeouts=TIMEOUTS, trace=trace).call("POST", f"/{_OPEN}", json={}))
    except IntegrationError as error:
        return tell_unclear("slack", error)
    word = str(body.get("error") or "")
    if body.get("ok"):
        return Tried(True, "Slack opens a socket to this app-level token, so clicks on buttons come in.")
    if word == "missing_scope":
        return Tried(False, "This app-level token lacks the scope “connections:write”.", _NEW_APP)
    if word in _REFUSED:
        return Tried(False, "Slack does not accept this app-level token: it is not complete, or was revoked.", _NEW_APP)
    found = _explain_refusal(word, {})
    return Tried(False, found.says, f"{_APP} › Socket Mode, and switch it on; then try again.")


def _body(answer: Answer) -> Mapping[str, Any]:
    return answer.json if isinstance(answer.json, Mapping) else {}


def _explain_refusal(word: str, facts: Mapping[str, str]) -> Tried:
    if word in _REVOKED:
        says = "Slack no longer accepts this token: it was revoked, or the app was removed from the workspace."
        return Tried(False, says, f"{_APP} › Install App, install it again, and give the new token.", facts)
    if word == "token_expired":
        says = "This token of Slack has expired, because the app has token rotation switched on."
        return Tried(
            False, says, f"{_APP}, make it anew without token rotation, install it, and give its token.", facts
        )
    if word in _REFUSED:
        return Tried(False, "Slack does not accept this token: it is not complete, or belongs to no app.", _NEW, facts)
    if word in ("ratelimited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"):
        return tell_unclear("slack", Unavailable("slack", word), facts)
    return Tried(False, f"Slack did not take the call ({word or 'no reason was given'}).", _NEW, facts)


def _judge_token(http: HttpClient, facts: Mapping[str, str], channel: str) -> Tried:
    given = set(facts["scopes"].split())
    missing = [] if _WRITE in given else [_WRITE]
    missing += [] if given & set(_HISTORY) else [_HISTORY[0]]
    if missing:
        return _lacks(missing, facts)
    if not channel:
        return Tried(True, f"{_describe_taken(facts)}.", facts=facts)
    return _tried_channel(http, facts, channel)


def _describe_taken(facts: Mapping[str, str]) -> str:
    return f"Slack takes this token of {facts['user']} in the workspace {facts['workspace']}"


def _lacks(missing: list[str], facts: Mapping[str, str]) -> Tried:
    listed = join_words(f"“{each}”" for each in missing)
    what = {_WRITE: "write messages"}
    cannot = join_words((what.get(each, "look up what it has written") for each in missing), "or")
    says = f"This token lacks the scope {listed}, so Workwright cannot {cannot}."
    way_out = f"{_APP} › OAuth & Permissions › Bot Token Scopes, add {listed}, and reinstall the app; the token stays."
    return Tried(False, says, way_out, facts)


def _tried_channel(http: HttpClient, facts: Mapping[str, str], channel: str) -> Tried:
    where = f"the channel {channel}"
    if not _ID.fullmatch(channel):
        way_out = (
            "In Slack open the channel, click its name, and copy the id from the bottom of About; it begins with C."
        )
        return Tried(False, f"“{channel}” is not the id of a channel.", way_out, facts)
    body = _body(http.call("GET", "/conversations.history", params={"channel": channel, "limit": "1"}))
    if body.get("ok"):
        return Tried(True, f"{_describe_taken(facts)}, and opens {where} to it.", facts=facts)
    word, invite = str(body.get("error") or ""), f"In Slack open the channel, and write /invite @{facts['user']} there."
    if word == "not_in_channel":
        return Tried(False, f"The app was not invited to {where}, so Workwright cannot write there.", invite, facts)
    if word == "channel_not_found":
        says = f"Slack knows no channel {channel} that this token may see."
        return Tried(False, says, f"Look at the id; a private channel has to invite the app: {invite}", facts)
    if word == "missing_scope":
        return _lacks([str(body.get("needed") or _HISTORY[1])], facts)
    return _explain_refusal(word, facts)


def try_given(given: Given) -> Tried:
    """Try what a set-up or a person has given."""
    return try_slack(given.token, at=given.at, channel=given.fact("channel"), trace=given.trace)


def try_clicks(given: Given) -> Tried:
    """Try the app-level token that clicks come in by."""
    return try_slack_app(given.secret("slack-app-token"), at=given.at, trace=given.trace)
