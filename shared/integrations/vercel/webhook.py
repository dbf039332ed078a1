"""Vercel's webhook: signed with a secret of its own, and what it tells of a deployment."""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.core.errors import BadSignature
from shared.integrations.hooks import DEPLOYED, Headers, Json, Keys, News, Webhook, is_equal, text_in

OLDEST = timedelta(hours=26)  # it repeats for a day, with the time of the first attempt
META_RUN = "workwright-run"  # what a deployment of ours says in its `meta`

_RUN = re.compile(r"[A-Za-z0-9_-]{1,80}")
_BY_HAND = (
    "In the team's settings, add a webhook for deployments with this address; then give us the secret that"
    " Vercel shows: workwright hooks secret ID."
)


def _check(raw: bytes, headers: Headers, keys: Keys, now: datetime) -> bool:
    return is_equal(hmac.new(keys.signing, raw, hashlib.sha1).hexdigest(), headers.get("x-vercel-signature", ""))


def _name(headers: Headers, body: Any, now: datetime) -> str:
    """Return the delivery's id; raises BadSignature for one that is older than its last attempt could be."""
    sent = body.get("createdAt") if isinstance(body, dict) else None
    if not isinstance(sent, int) or abs(now - _instant(sent)) > OLDEST:
        raise BadSignature("the delivery is too old")
    return str(body.get("id") or "")


def _instant(milliseconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.min.replace(tzinfo=UTC)


def _read(headers: Headers, body: Json) -> list[News]:
    run = text_in(body, "payload", "deployment", "meta", META_RUN)
    if not text_in(body, "type").startswith("deployment.") or not _RUN.fullmatch(run):
        return []
    return [News(DEPLOYED, run=run)]


WEBHOOK = Webhook(_check, _name, _read, brings_secret=True, by_hand=_BY_HAND)
