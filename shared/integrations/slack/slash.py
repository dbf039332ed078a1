"""A slash command of Slack: what somebody typed after `/workwright`, and what ends an installation (events)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from shared.core.errors import MalformedRequest

MAX_TEXT = 4_000
ENDINGS = frozenset({"app_uninstalled", "tokens_revoked"})


@dataclass(frozen=True, slots=True)
class Slash:
    """Who typed what, where; `trigger` is another one each time a person presses Enter."""

    user: str
    workspace: str
    text: str
    response_url: str
    trigger: str
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Ending:
    """An installation of the app, or its token, was ended in this workspace at this time."""

    workspace: str
    at: datetime


def parse_slash(raw: bytes) -> Slash:
    """Return what a command's form says; raises MalformedRequest."""
    try:
        pairs = parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=40)
    except ValueError:
        raise MalformedRequest("this is not a command") from None
    return read_slash(dict(pairs))


def read_slash(fields: Mapping[str, Any]) -> Slash:
    """Return what a command says, however it came; raises MalformedRequest."""
    names = {"user": "user_id", "workspace": "team_id", "response_url": "response_url", "trigger": "trigger_id"}
    found = {name: fields.get(theirs) for name, theirs in names.items()}
    text = fields.get("text") or ""
    if not all(isinstance(each, str) and each for each in found.values()) or not isinstance(text, str):
        raise MalformedRequest("this is not a command")
    channel = fields.get("channel_id")
    return Slash(
        text=text[:MAX_TEXT],
        channel=channel if isinstance(channel, str) else "",
        **{name: str(each) for name, each in found.items()},
    )


def parse_event(raw: bytes) -> Mapping[str, Any]:
    """Return what Slack tells, as JSON; raises MalformedRequest."""
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise MalformedRequest("this is not an event") from None
    if not isinstance(body, dict):
        raise MalformedRequest("this is not an event")
    return body


def find_ending(body: Mapping[str, Any]) -> Ending | None:
    """Return what an event ends; None for one that ends nothing, or a person's token alone."""
    event, at, workspace = body.get("event"), body.get("event_time"), body.get("team_id")
    if not isinstance(event, dict) or event.get("type") not in ENDINGS or not isinstance(workspace, str):
        return None
    revoked = event.get("tokens")
    if event["type"] == "tokens_revoked" and not (isinstance(revoked, dict) and revoked.get("bot")):
        return None
    if not isinstance(at, int) or isinstance(at, bool) or not 0 <= at < 1 << 40:
        return None
    return Ending(workspace, datetime.fromtimestamp(at, UTC))
