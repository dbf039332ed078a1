"""Who sent a webhook: the signatures of GitHub, GitLab (its old and its new way) and Vercel. (integrations: §10)"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.core.errors import BadSignature
from shared.ports import Secret

TOLERANCE = timedelta(minutes=5)  # of a signed time, either way
FORGED = "this delivery is not signed by one of our webhooks"  # one answer for whatever is wrong with it
_SIGNING = b"workwright-hook-signing:"


@dataclass(frozen=True, slots=True)
class Keys:
    """What a webhook of ours was given: a token sent in clear, and a key that signs. GitHub's and Vercel's only sign.

    `signed` says that its system signs: then the token alone, which every proxy on the way could read, is not enough.
    """

    token: Secret
    signing: bytes
    signed: bool = True


def keys_of(secret: Secret, system: str, hook: str, *, signed: bool = True) -> Keys:
    """Return a webhook's keys, derived from the installation's own: nobody but us can make them, nothing is stored."""
    name = f"{system}:{hook}".encode()
    token = hmac.new(secret.reveal().encode(), b"workwright-hook-token:" + name, hashlib.sha256).hexdigest()
    signing = hmac.new(secret.reveal().encode(), _SIGNING + name, hashlib.sha256).digest()
    return Keys(Secret(token), token.encode() if system != "gitlab" else signing, signed)


def signing_token(keys: Keys) -> Secret:
    """Return the key as GitLab takes it."""
    return Secret("whsec_" + base64.b64encode(keys.signing).decode())


def check(system: str, raw: bytes, headers: Mapping[str, str], keys: Keys, now: datetime) -> None:
    """Raise BadSignature unless who holds these keys has signed exactly this body, and not too long ago."""
    genuine = _CHECKS[system](raw, headers, keys, now)
    if not genuine or not keys.signing:
        raise BadSignature(FORGED)


def _github(raw: bytes, headers: Mapping[str, str], keys: Keys, now: datetime) -> bool:
    expected = "sha256=" + hmac.new(keys.signing, raw, hashlib.sha256).hexdigest()
    return _same(expected, headers.get("x-hub-signature-256", ""))


def _vercel(raw: bytes, headers: Mapping[str, str], keys: Keys, now: datetime) -> bool:
    return _same(hmac.new(keys.signing, raw, hashlib.sha1).hexdigest(), headers.get("x-vercel-signature", ""))


def _gitlab(raw: bytes, headers: Mapping[str, str], keys: Keys, now: datetime) -> bool:
    given = headers.get("webhook-signature", "")
    token = _same(keys.token.reveal(), headers.get("x-gitlab-token", ""))
    if not given:
        return token and not keys.signed
    name, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    signed = f"{name}.{at}.".encode() + raw
    expected = "v1," + base64.b64encode(hmac.new(keys.signing, signed, hashlib.sha256).digest()).decode()
    genuine = any(_same(expected, each) for each in given.split(" "))  # several, while a key is changed
    if not genuine or not name or not re.fullmatch(r"[0-9]{1,12}", at):
        return False
    return abs(now.timestamp() - int(at)) <= TOLERANCE.total_seconds()


def _same(expected: str, given: str) -> bool:
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace"))


_CHECKS = {"github": _github, "gitlab": _gitlab, "vercel": _vercel}
SYSTEMS = tuple(_CHECKS)
