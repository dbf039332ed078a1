"""Slack: messages that can be found again, and clicks on their buttons."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar
from urllib.parse import parse_qs

from shared.core.errors import (
    BadSignature,
    IntegrationError,
    MalformedRequest,
    Missing,
    NotAllowed,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
)
from shared.http_answers import Answer, retry_after
from shared.http_client import HttpClient
from shared.integrations.messenger import Note
from shared.integrations.slack.notes import write_blocks, write_text
from shared.ports import Secret

BASE_URL = "https://slack.com/api"
MAX_TEXT = 40_000
MAX_BLOCKS = 50
_NOTE = "workwright"  # the type of event that our notes bear
FRESH = timedelta(minutes=5)

Json = dict[str, Any]

_DEAD_TOKEN = frozenset({"invalid_auth", "token_revoked", "token_expired", "account_inactive", "not_authed"})
_ABSENT = frozenset({"channel_not_found", "users_not_found", "user_not_found", "message_not_found"})
_WAYS_IN = {
    "missing_scope": "On api.slack.com/apps open the app › OAuth & Permissions › Bot Token Scopes, add it, and "
    "reinstall the app",
    "not_in_channel": "In Slack open the channel and write /invite with the app's name",
}
_TROUBLE = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout"})


@dataclass(frozen=True, slots=True)
class Message:
    """Where a message is: needed to change it."""

    channel: str
    ts: str


@dataclass(frozen=True, slots=True)
class Click:
    """Somebody pressed a button. It proves a Slack user, not a right to approve."""

    user: str
    team: str
    action: str
    value: str
    channel: str
    ts: str
    block: str
    response_url: str
    trigger: str


class Slack:
    """What we ask of Slack."""

    system: ClassVar[str] = "slack"

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    def post(
        self,
        channel: str,
        text: str,
        blocks: Sequence[Json] = (),
        metadata: tuple[str, str] | None = None,
    ) -> Message:
        """Post a message; `metadata` is (event type, key) for `find`.

        Called again it posts a second message: after an unclear answer ask `find` with the same metadata first.
        """
        body: Json = {"channel": channel, "text": text[:MAX_TEXT], "blocks": list(blocks)[:MAX_BLOCKS]}
        if metadata:
            body["metadata"] = {"event_type": metadata[0], "event_payload": {"key": metadata[1]}}
        made = self._write("chat.postMessage", {name: value for name, value in body.items() if value})
        return Message(made["channel"], made["ts"])

    def find(self, channel: str, event_type: str, key: str, *, pages: int = 5) -> Message | None:
        """Return the message posted with that metadata, among the channel's last ones (a hundred a page).

        `channel` must be the id (`C…`): the history is not listed by name. Answers in threads are not in it.
        """
        params: Json = {"channel": channel, "include_all_metadata": "true", "limit": "100"}
        for _ in range(pages):
            found = self._read("conversations.history", params)
            for message in found.get("messages") or ():
                metadata = message.get("metadata") or {}
                payload = metadata.get("event_payload") or {}
                if metadata.get("event_type") == event_type and payload.get("key") == key:
                    return Message(channel, message["ts"])
            cursor = (found.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return None
            params = params | {"cursor": cursor}
        return None

    def send_note(self, place: str, note: Note, key: str) -> Json:
        """As a `Messenger` does: in the channel `place`, or to the person of that id."""
        return {"ts": self.post(_find_channel(self, place), write_text(note), write_blocks(note), (_NOTE, key)).ts}

    def find_note(self, place: str, key: str) -> Json | None:
        """Return where the note was posted, as `send_note` did."""
        found = self.find(_find_channel(self, place), _NOTE, key)
        return {"ts": found.ts} if found else None

    def open_direct(self, user: str) -> str:
        """Return the id of the direct messages with somebody. The same call again opens the same ones."""
        return str(self._write("conversations.open", {"users": user})["channel"]["id"])

    def check_channel(self, channel: str) -> None:
        """See that the channel is open to us; raises NotAllowed with what to do, or Missing."""
        self._read("conversations.history", {"channel": channel, "limit": "1"})

    def update(self, message: Message, text: str, blocks: Sequence[Json] = ()) -> None:
        """Replace a message's content. The same call again leaves the same message."""
        body = {"channel": message.channel, "ts": message.ts, "text": text[:MAX_TEXT]}
        self._write("chat.update", body | {"blocks": list(blocks)[:MAX_BLOCKS]})

    def open_socket(self) -> str:
        """Return an address for one connection of socket mode, good for half a minute; for an app-level token."""
        return str(self._write("apps.connections.open", {})["url"])

    def leave(self, client_id: str, client_secret: Secret) -> None:
        """Take our app out of the workspace: all its tokens there end. Raises Unauthorized where they have ended."""
        asked = {"client_id": client_id, "client_secret": client_secret.reveal()}
        check = partial(_check_answer, "apps.uninstall", write=True)
        self._http.call("POST", "/apps.uninstall", data=asked, check=check)

    def _read(self, name: str, params: Json) -> Json:
        check = partial(_check_answer, name, write=False)
        return dict(self._http.call("GET", f"/{name}", params=params, check=check).json)

    def _write(self, name: str, body: Json) -> Json:
        headers = {"Content-Type": "application/json; charset=utf-8"}
        check = partial(_check_answer, name, write=True)
        return dict(self._http.call("POST", f"/{name}", json=body, headers=headers, check=check).json)


def _find_channel(slack: Slack, place: str) -> str:
    """Return the channel that a place is: itself, or the direct messages with the person of that id."""
    return slack.open_direct(place) if place[:1] in ("U", "W") else place


def _check_answer(name: str, answer: Answer, *, write: bool) -> None:
    """Raise what a refusal says: Slack refuses with status 200 and a word."""
    body = answer.json if isinstance(answer.json, dict) else {}
    if body.get("ok"):
        return
    word = str(body.get("error") or "no reason was given")[:100]
    needed = f" (needs the scope {body['needed']})" if isinstance(body.get("needed"), str) else ""
    raise _error(word, f"{name}: {word}{needed}", answer, write=write)


def _error(word: str, what: str, answer: Answer, *, write: bool) -> IntegrationError:
    if word in _DEAD_TOKEN:
        return Unauthorized("slack", what)
    if word in ("ratelimited", "rate_limited"):
        return RateLimited("slack", what, retry_after=retry_after(answer))
    if word in _ABSENT:
        return Missing("slack", what)
    if word in _TROUBLE:
        return OutcomeUnknown("slack", what) if write else Unavailable("slack", what)
    if word in _WAYS_IN:
        return NotAllowed("slack", what, way_out=_WAYS_IN[word])
    return Rejected("slack", what)


def verify_signature(raw: bytes, timestamp: str, signature: str, secret: Secret, now: datetime) -> None:
    """Check the signature over the raw body, and that it is fresh; raises BadSignature."""
    if not timestamp.isascii() or not timestamp.isdecimal() or len(timestamp) > 12:
        raise BadSignature("the timestamp is not a number")
    if abs(now.timestamp() - int(timestamp)) > FRESH.total_seconds():
        raise BadSignature("the request is too old")
    signed = b"v0:" + timestamp.encode() + b":" + raw
    wanted = "v0=" + hmac.new(secret.reveal().encode(), signed, hashlib.sha256).hexdigest()
    if not secret or not hmac.compare_digest(wanted.encode(), signature.encode("utf-8", "replace")):
        raise BadSignature("the signature does not match")


def parse_click(raw: bytes) -> Click:
    """Return what was pressed, from an interactivity request's form body; raises MalformedRequest."""
    try:
        body = json.loads(parse_qs(raw.decode(), max_num_fields=10)["payload"][0])
    except (KeyError, ValueError, RecursionError):
        raise MalformedRequest("this is not a click on a button") from None
    return click_of(body)


def click_of(body: Any) -> Click:
    """Return what was pressed, from an interaction's payload, however it came; raises MalformedRequest."""
    try:
        action = body["actions"][0]
        return Click(
            user=body["user"]["id"],
            team=_read_inner(body, "user", "team_id") or _read_inner(body, "team", "id"),
            action=action["action_id"],
            value=action.get("value") or "",
            channel=_read_inner(body, "channel", "id"),
            ts=_read_inner(body, "message", "ts"),
            block=action.get("block_id") or "",
            response_url=body.get("response_url") or "",
            trigger=body.get("trigger_id") or "",
        )
    except (KeyError, IndexError, TypeError, AttributeError):
        raise MalformedRequest("this is not a click on a button") from None


def _read_inner(body: Mapping[str, Any], name: str, inner: str) -> str:
    holder = body.get(name)
    return str(holder.get(inner) or "") if isinstance(holder, dict) else ""
