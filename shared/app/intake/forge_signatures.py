"""Who sent a webhook: its keys, and whether they signed it; each system's own way is in its folder."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

from shared.core.errors import BadSignature
from shared.integrations.hooks import Keys
from shared.integrations.webhooks import load_webhook
from shared.ports import Secret

FORGED = "this delivery is not signed by one of our webhooks"  # one answer for whatever is wrong with it
_SIGNING = b"workwright-hook-signing:"


def keys_of(secret: Secret, system: str, hook: str, *, signed: bool = True) -> Keys:
    """Return a webhook's keys, derived from the installation's own: nobody but us can make them, nothing is stored."""
    name = f"{system}:{hook}".encode()
    token = hmac.new(secret.reveal().encode(), b"workwright-hook-token:" + name, hashlib.sha256).hexdigest()
    signing = hmac.new(secret.reveal().encode(), _SIGNING + name, hashlib.sha256).digest()
    return Keys(Secret(token), signing if load_webhook(system).signs_apart else token.encode(), signed)


def signing_token(keys: Keys) -> Secret:
    """Return the key as a system takes it that signs with one of its own."""
    return Secret("whsec_" + base64.b64encode(keys.signing).decode())


def check(system: str, raw: bytes, headers: Mapping[str, str], keys: Keys, now: datetime) -> None:
    """Raise BadSignature unless who holds these keys has signed exactly this body, and not too long ago."""
    genuine = load_webhook(system).check(raw, headers, keys, now)
    if not genuine or not keys.signing:
        raise BadSignature(FORGED)
