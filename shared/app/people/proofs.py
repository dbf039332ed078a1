"""What a browser has shown without being in a team yet, or before it has chosen one: signed, and good for a while."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets as random_source
from datetime import timedelta
from typing import Any

from shared.app.connections.connect_account import use_once
from shared.app.engine.deps import Deps
from shared.app.people.identities import Shown
from shared.app.people.sessions import HAND_OVER, hash_browser
from shared.app.tenants.operator_secrets import valid
from shared.core.errors import BadSignature, Conflicting
from shared.core.people.sessions import choose_target

PROOF_LIFETIME = timedelta(minutes=15)
_STATE_KEY = "oauth-state-key"
_AGAIN = "Sign in once more."


def write_proof(deps: Deps, shown: Shown, *, kept: bool) -> str:
    """Return what a browser keeps of what was shown in it."""
    until = int((deps.clock.now() + PROOF_LIFETIME).timestamp())
    payload = _encode([shown.identity, shown.name, shown.label, kept, until])
    return f"{payload}.{_sign(deps, payload)[0]}"


def read_proof(deps: Deps, proof: str) -> tuple[Shown, bool] | None:
    """Return what was shown, and whether the browser stays signed in; None for what is not ours, or has ended."""
    payload, _, mac = proof.partition(".")
    if not _is_ours(deps, payload, mac, b"proof:"):
        return None
    identity, name, label, kept, until = _decode(payload)
    return (Shown(identity, name, label), bool(kept)) if deps.clock.now().timestamp() < until else None


def hand_over_proof(deps: Deps, shown: Shown, digest: str, target: str, *, kept: bool) -> str:
    """Return what carries a proof from the callback to the pages, for a minute and in that browser alone."""
    until = int((deps.clock.now() + HAND_OVER).timestamp())
    fields = [shown.identity, shown.name, shown.label, digest, choose_target(target), kept, until]
    payload = _encode([*fields, random_source.token_hex(8)])
    return f"{payload}.{_sign(deps, payload, b'proof-over:')[0]}"


def take_proof(deps: Deps, token: str, cookie: str) -> tuple[Shown, str, bool]:
    """Return what was shown, where the browser goes, and whether it stays signed in; once.

    Raises BadSignature for what is not ours or of another browser, Conflicting for what is used or late.
    """
    payload, _, mac = token.partition(".")
    if not _is_ours(deps, payload, mac, b"proof-over:"):
        raise BadSignature("this sign-in is not one of ours", way_out=_AGAIN)
    identity, name, label, digest, target, kept, until, nonce = _decode(payload)
    if not cookie or not hmac.compare_digest(hash_browser(cookie), str(digest)):
        raise BadSignature("this sign-in was begun in another browser", way_out=_AGAIN)
    if int(until) <= deps.clock.now().timestamp():
        raise Conflicting("this sign-in has expired", way_out=_AGAIN)
    use_once(deps, nonce)
    return Shown(identity, name, label), str(target), bool(kept)


def _is_ours(deps: Deps, payload: str, mac: str, use: bytes) -> bool:
    given = mac.encode("utf-8", "replace")
    return any(hmac.compare_digest(known.encode(), given) for known in _sign(deps, payload, use))


def _encode(fields: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(fields).encode()).rstrip(b"=").decode()


def _decode(payload: str) -> Any:
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def _sign(deps: Deps, payload: str, use: bytes = b"proof:") -> list[str]:
    signed = use + payload.encode("utf-8", "replace")
    keys = [key.reveal().encode() for key in valid(deps, _STATE_KEY)]
    return [hmac.new(key, signed, hashlib.sha256).hexdigest() for key in keys]
