"""GitLab's webhook, signed in its old and in its new way, and what it tells of a merge request."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from datetime import datetime
from typing import Any

from shared.integrations.hooks import (
    CHECKED,
    CLOSED,
    MERGED,
    PUSHED,
    REVIEWED,
    TOLERANCE,
    Headers,
    Json,
    Keys,
    News,
    Webhook,
    get_at_path,
    is_equal,
    login_in,
    number_in,
    text_in,
)

_FINISHED = frozenset({"success", "failed", "canceled", "skipped", "manual"})  # of a pipeline
_NAMES = ("webhook-id", "idempotency-key", "x-gitlab-event-uuid")


def _check(raw: bytes, headers: Headers, keys: Keys, now: datetime) -> bool:
    given = headers.get("webhook-signature", "")
    token = is_equal(keys.token.reveal(), headers.get("x-gitlab-token", ""))
    if not given:
        return token and not keys.signed
    name, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    signed = f"{name}.{at}.".encode() + raw
    expected = "v1," + base64.b64encode(hmac.new(keys.signing, signed, hashlib.sha256).digest()).decode()
    genuine = any(is_equal(expected, each) for each in given.split(" "))  # several, while a key is changed
    if not genuine or not name or not re.fullmatch(r"[0-9]{1,12}", at):
        return False
    return abs(now.timestamp() - int(at)) <= TOLERANCE.total_seconds()


def _name(headers: Headers, body: Any, now: datetime) -> str:
    return next((headers[name] for name in _NAMES if name in headers), "")


def _read(headers: Headers, body: Json) -> list[News]:
    repository, about = text_in(body, "project", "path_with_namespace"), get_at_path(body, "object_attributes")
    by = login_in(body, "user", "username") or login_in(body, "user_username")

    def news(what: str, number: int = 0, branch: str = "") -> News:
        return News(what, repository, number, branch, by)

    match body.get("object_kind"), text_in(about, "action"):
        case "note", _ if text_in(about, "noteable_type") == "MergeRequest":
            return [news(REVIEWED, number_in(body, "merge_request", "iid"))]
        case "merge_request", "approved" | "approval" | "unapproved" | "unapproval":
            return [news(REVIEWED, number_in(about, "iid"))]
        case "merge_request", "close":
            return [news(CLOSED, number_in(about, "iid"))]
        case "merge_request", "merge":
            return [news(MERGED, number_in(about, "iid"))]
        case "merge_request", "update" if text_in(about, "oldrev"):
            return [news(PUSHED, number_in(about, "iid"))]
        case "pipeline", _ if text_in(about, "status") in _FINISHED:
            number = number_in(body, "merge_request", "iid")
            return [news(CHECKED, number, "" if number else text_in(about, "ref"))]
        case "push", _:
            return [news(PUSHED, branch=text_in(body, "ref").removeprefix("refs/heads/"))]
    return []


WEBHOOK = Webhook(_check, _name, _read, signs_apart=True)
