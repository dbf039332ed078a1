"""Who may call a function in the cloud: the service accounts of the queue and the scheduler, by Google's signed tokens.

The platform checks the same token at the door of a private function. This is the second lock, for the day somebody
opens the door.
"""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import urllib3

from shared.backends.cloud.rest.wire import connections
from shared.core.errors import Forbidden, Unauthenticated, Unavailable
from shared.ports import Clock

if TYPE_CHECKING:  # behind the platform's own check no signature is left, and none of this is ever loaded
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

CERTS_URL = "https://www.googleapis.com/oauth2/v1/certs"
_ISSUERS = frozenset({"https://accounts.google.com", "accounts.google.com"})
_SKEW_S = 30
_LONGEST_LIFE_S = 3600
_MAX_TOKEN = 8192
_LONGEST_STALE = timedelta(days=1)  # that old keys are used while new ones cannot be had
_PART = re.compile(r"[A-Za-z0-9_-]+\Z")
_REMOVED = "SIGNATURE_REMOVED_BY_GOOGLE"  # what the platform leaves of a signature it has checked itself

KeyOf = Callable[[str], "RSAPublicKey | None"]  # by key id


class GoogleKeys:
    """Google's public keys, kept as long as they say; asked again for an unknown id, at most once a minute."""

    def __init__(self, clock: Clock, url: str = CERTS_URL) -> None:
        self._clock = clock
        self._url = url
        self._lock = threading.Lock()
        self._keys: dict[str, RSAPublicKey] = {}
        self._fresh_until: datetime | None = None
        self._asked_at: datetime | None = None

    def __call__(self, kid: str) -> RSAPublicKey | None:
        """Return the key of that id, or None; raises Unavailable when there are no keys to look in."""
        with self._lock:
            now = self._clock.now()
            stale = self._fresh_until is None or self._fresh_until <= now
            resting = self._asked_at is not None and now - self._asked_at < timedelta(minutes=1)
            if (stale or kid not in self._keys) and not resting:
                self._asked_at = now
                self._fetch(now)
            if self._fresh_until is not None and now - self._fresh_until > _LONGEST_STALE:
                self._keys = {}
            if not self._keys:
                self._asked_at = None
                raise Unavailable("google-certs", "there are no public keys to check tokens with")
            return self._keys.get(kid)

    def _fetch(self, now: datetime) -> None:
        from shared.backends.cloud.google_signature import read_public_key

        limits = urllib3.Timeout(connect=3.05, read=10)
        try:
            answer = connections().request("GET", self._url, timeout=limits, redirect=False)
            if answer.status != 200:
                return
            found = {kid: read_public_key(pem) for kid, pem in json.loads(answer.data).items()}
        except (urllib3.exceptions.HTTPError, ValueError, AttributeError, TypeError):
            return  # the keys we have stay good; Google announces new ones days ahead
        self._keys = {kid: key for kid, key in found.items() if key is not None}
        age = re.search(r"max-age=(\d{1,6})", answer.headers.get("Cache-Control", ""))
        self._fresh_until = now + timedelta(seconds=int(age[1]) if age else 300)


class GoogleCallers:
    """`CallerCheck` for a function: `emails` are the service accounts that may call it."""

    def __init__(self, emails: Collection[str], keys: KeyOf, clock: Clock, *, behind_iam: bool = False) -> None:
        self._emails = frozenset(emails)
        self._keys = keys
        self._clock = clock
        self._behind_iam = behind_iam

    def __call__(self, authorization: str, audience: str) -> None:
        """Return for one of the accounts; raises Unauthenticated or Forbidden."""
        check_caller(authorization, audience, self._emails, self._keys, self._clock.now(), behind_iam=self._behind_iam)


def check_caller(
    authorization: str,
    audience: str,
    emails: Collection[str],
    keys: KeyOf,
    now: datetime,
    *,
    behind_iam: bool = False,
) -> None:
    """Raise Unauthenticated for a token that does not hold, Forbidden for one of somebody else.

    `behind_iam`: the function is deployed private, so the platform has checked the signature and taken it away.
    """
    if not audience:
        raise ValueError("a token can be checked only with an audience")
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not 0 < len(token) <= _MAX_TOKEN:
        raise Unauthenticated("the request carries no bearer token")
    parts = token.split(".")
    if len(parts) != 3 or not all(_PART.match(part) for part in parts):
        raise Unauthenticated("the token is not an identity token")
    if not (behind_iam and parts[2] == _REMOVED):
        _check_signature(parts, keys)
    claims = _read(parts[1])
    _check_claims(claims, audience, int(now.timestamp()))
    if claims.get("email_verified") is not True or claims.get("email") not in list(emails):
        raise Forbidden("this identity may not call this function")


def _check_signature(parts: list[str], keys: KeyOf) -> None:
    header = _read(parts[0])
    # The algorithm is ours to choose, not the token's.
    if header.get("alg") != "RS256" or "crit" in header:
        raise Unauthenticated("the token is not signed with RS256")
    kid = header.get("kid")
    key = keys(kid) if isinstance(kid, str) else None
    if key is None:
        raise Unauthenticated("the token is signed with an unknown key")
    from shared.backends.cloud.google_signature import is_signed_by

    if not is_signed_by(key, _decode(parts[2]), f"{parts[0]}.{parts[1]}".encode()):
        raise Unauthenticated("the token's signature is not valid")


def _check_claims(claims: Mapping[str, Any], audience: str, now: int) -> None:
    if claims.get("iss") not in list(_ISSUERS):
        raise Unauthenticated("the token was not issued by Google")
    if claims.get("aud") != audience:  # a list that holds it is not it
        raise Unauthenticated("the token was made for another audience")
    issued, expires = claims.get("iat"), claims.get("exp")
    if type(issued) is not int or type(expires) is not int:
        raise Unauthenticated("the token does not say when it was issued and when it expires")
    if not issued - _SKEW_S <= now < expires + _SKEW_S:
        raise Unauthenticated("the token has expired, or is not valid yet")
    if expires - issued > _LONGEST_LIFE_S:
        raise Unauthenticated("the token is valid for longer than those that Google issues")


def _read(part: str) -> dict[str, Any]:
    try:
        data = json.loads(_decode(part))
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise Unauthenticated("the token is not an identity token")
    return data


def _decode(part: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError:
        raise Unauthenticated("the token is not an identity token") from None
