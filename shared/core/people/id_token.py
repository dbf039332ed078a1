"""What must be true of an ID token before anybody is signed in by it (OpenID Connect Core 1.0, 3.1.3.7).

Its signature was checked before. Who it is about is `sub` alone: an address or a domain may be given to somebody else.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.core.errors import BadSignature, Conflicting

SKEW = timedelta(minutes=1)  # by how much two clocks may differ
LONGEST = timedelta(hours=1)  # from its issue, whatever it says itself
_SUB = re.compile(r"[!-9;-~]{1,255}")  # ASCII without a colon, which parts our identities
_AGAIN = "Sign in once more."


@dataclass(frozen=True, slots=True)
class Claims:
    """Whom a token is about, and what they are called."""

    sub: str
    name: str
    address: str


def check_claims(
    claims: Mapping[str, Any], *, issuers: tuple[str, ...], client: str, nonce: str, now: datetime
) -> Claims:
    """Return whom a token is about; raises BadSignature for one that is not for us, here and now.

    Raises Conflicting where the provider has not seen that the address is theirs.
    """
    if claims.get("iss") not in issuers:
        raise _make_refusal("it comes from another provider")
    if claims.get("aud") not in (client, [client]) or claims.get("azp", client) != client:
        raise _make_refusal("it is for another application")
    given = claims.get("nonce")
    if not isinstance(given, str) or not hmac.compare_digest(given.encode("utf-8", "replace"), nonce.encode()):
        raise _make_refusal("it was asked for in another browser")
    _check_times(claims, now)
    sub = claims.get("sub")
    if not isinstance(sub, str) or not _SUB.fullmatch(sub):
        raise _make_refusal("it names nobody")
    if claims.get("email_verified") is not True:
        raise Conflicting("your account's mail address is not confirmed there", way_out="Confirm it there first.")
    return Claims(sub, _read(claims, "name", 80), _read(claims, "email", 254))


def _check_times(claims: Mapping[str, Any], now: datetime) -> None:
    ends, issued, begins = (claims.get(name, 0 if name == "nbf" else None) for name in ("exp", "iat", "nbf"))
    moment = now.timestamp()
    numbers = [each for each in (ends, issued, begins) if type(each) is int]
    if len(numbers) != 3:
        raise _make_refusal("it does not say when it is good")
    if not moment - SKEW.total_seconds() < numbers[0] or moment - numbers[1] >= LONGEST.total_seconds():
        raise _make_refusal("it has expired")
    if max(numbers[1], numbers[2]) > moment + SKEW.total_seconds():
        raise _make_refusal("it is not good yet")


def _read(claims: Mapping[str, Any], name: str, longest: int) -> str:
    value = claims.get(name)
    return "".join(each for each in value if each.isprintable())[:longest] if isinstance(value, str) else ""


def _make_refusal(why: str) -> BadSignature:
    return BadSignature(f"the answer of the provider is refused: {why}", way_out=_AGAIN)
