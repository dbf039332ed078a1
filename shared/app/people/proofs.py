"""What a browser has shown without being in a team yet, or before it has chosen one: signed, and good for a while."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta

from shared.app.engine.deps import Deps
from shared.app.people.identities import Shown
from shared.app.tenants.operator_secrets import valid

PROOF_LIFETIME = timedelta(minutes=15)
_STATE_KEY = "oauth-state-key"


def write_proof(deps: Deps, shown: Shown, *, kept: bool) -> str:
    """Return what a browser keeps of what was shown in it."""
    until = int((deps.clock.now() + PROOF_LIFETIME).timestamp())
    fields = json.dumps([shown.identity, shown.name, shown.label, kept, until]).encode()
    payload = base64.urlsafe_b64encode(fields).rstrip(b"=").decode()
    return f"{payload}.{_sign(deps, payload)[0]}"


def read_proof(deps: Deps, proof: str) -> tuple[Shown, bool] | None:
    """Return what was shown, and whether the browser stays signed in; None for what is not ours, or has ended."""
    payload, _, mac = proof.partition(".")
    if not any(hmac.compare_digest(known.encode(), mac.encode("utf-8", "replace")) for known in _sign(deps, payload)):
        return None
    identity, name, label, kept, until = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return (Shown(identity, name, label), bool(kept)) if deps.clock.now().timestamp() < until else None


def _sign(deps: Deps, payload: str) -> list[str]:
    signed = b"proof:" + payload.encode("utf-8", "replace")
    keys = [key.reveal().encode() for key in valid(deps, _STATE_KEY)]
    return [hmac.new(key, signed, hashlib.sha256).hexdigest() for key in keys]
