"""The signed state that goes along with a person who connects a system, and comes back with them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.core.errors import BadSignature
from shared.ports import Secret

STATE_LIFETIME = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class State:
    """What the person came to do, and in which browser. The receiver uses each nonce once."""

    provider: str
    tenant: str  # a hint: empty when the grant creates the tenant
    user: str  # the hash of a terminal that signs in, "" for none
    target: str  # where to go afterwards; from a list of allowed paths
    nonce: str
    browser: str  # hash of the random value in the browser's cookie
    expires_at: datetime
    session: str = ""  # which browser signs in at the pages: s or k (kept), and the hash of its cookie; "" for none


def browser_hash(cookie: str) -> str:
    """Return what binds a state to the browser that holds this cookie."""
    return hashlib.sha256(b"workwright-browser:" + cookie.encode()).hexdigest()


def sign_state(
    key: Secret,
    *,
    provider: str,
    target: str,
    nonce: str,
    cookie: str,
    now: datetime,
    tenant: str = "",
    user: str = "",
    session: str = "",
) -> str:
    """Return a state for the authorise URL, good for ten minutes in the browser with this cookie."""
    content = {
        "p": provider,
        "t": tenant,
        "u": user,
        "s": session,
        "to": target,
        "n": nonce,
        "b": browser_hash(cookie),
        "x": int((now + STATE_LIFETIME).timestamp()),
    }
    body = encode(json.dumps(content, separators=(",", ":"), sort_keys=True).encode())
    return f"{body}.{encode(_mac(key, body))}"


def verify_state(key: Secret, state: str, *, provider: str, cookie: str, now: datetime) -> State:
    """Return the content of our own, fresh state of this provider and browser; raises BadSignature otherwise.

    Whether it has been used before only a store can tell: the caller marks the nonce as used.
    """
    body, _, signature = state.partition(".")
    if not key or not hmac.compare_digest(encode(_mac(key, body)).encode(), signature.encode("utf-8", "replace")):
        raise BadSignature("the state is not one of ours")
    content = json.loads(_decode(body))
    found = State(
        provider=content["p"],
        tenant=content["t"],
        user=content["u"],
        target=content["to"],
        nonce=content["n"],
        browser=content["b"],
        expires_at=datetime.fromtimestamp(content["x"], tz=now.tzinfo),
        session=content.get("s", ""),  # a state of the version before has none
    )
    if found.provider != provider:
        raise BadSignature("the state belongs to another provider")
    if not cookie or not hmac.compare_digest(found.browser, browser_hash(cookie)):
        raise BadSignature("the state belongs to another browser")
    if now >= found.expires_at:
        raise BadSignature("the state has expired")
    return found


def _mac(key: Secret, body: str) -> bytes:
    return hmac.new(key.reveal().encode(), b"oauth-state:" + body.encode("utf-8", "replace"), hashlib.sha256).digest()


def encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
