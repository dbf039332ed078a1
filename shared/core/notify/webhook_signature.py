"""Signatures of what we send, as Standard Webhooks has them: HMAC-SHA256 of "id.timestamp.body", in base64."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime

PREFIX = "whsec_"
SECRET_BYTES = 32


def format_secret(key: bytes) -> str:
    """Return a key as people copy it."""
    return PREFIX + base64.b64encode(key).decode()


def sign_webhook(secret: str, message: str, at: int, body: bytes) -> str:
    """Return the signature of a message; `at` in seconds since 1970. Raises ValueError for what is no secret."""
    if not secret.startswith(PREFIX):
        raise ValueError(f"a secret begins with {PREFIX}")
    key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    content = f"{message}.{at}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()


def webhook_headers(secrets: Sequence[str], message: str, at: datetime, body: bytes) -> Mapping[str, str]:
    """Return the headers of a message, signed with each of these secrets: while one is replaced there are two."""
    seconds = int(at.timestamp())
    return {
        "webhook-id": message,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(sign_webhook(secret, message, seconds, body) for secret in secrets),
    }
