"""The one format of a sealed secret: AES-256-GCM, bound to its version, tenant, field and the id of its key.

`{"v": 1, "key": "…", "nonce": base64, "ct": base64}`. Moved to another tenant or field, or given another key's id, it
does not open. Where the key comes from is the backends' affair.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.ports import Secret

VERSION = 1
KEY_BYTES = 32
_NONCE_BYTES = 12


def new_key() -> bytes:
    """Return a fresh 256-bit key."""
    return AESGCM.generate_key(bit_length=KEY_BYTES * 8)


def seal(key: bytes, key_id: str, tenant: str, field: str, secret: Secret) -> dict[str, Any]:
    """Return an envelope that opens only with this key, for this tenant and field."""
    nonce = os.urandom(_NONCE_BYTES)
    sealed = AESGCM(key).encrypt(nonce, secret.reveal().encode(), _bind_to(tenant, field, key_id))
    return {"v": VERSION, "key": key_id, "nonce": _to_text(nonce), "ct": _to_text(sealed)}


def key_id_of(envelope: Mapping[str, Any]) -> str:
    """Return the id of the key that opens the envelope; raises ValueError when it is none of ours."""
    if type(envelope.get("v")) is not int or envelope["v"] != VERSION:
        raise ValueError(f"this is not an envelope of version {VERSION}")
    key_id = envelope.get("key")
    if not isinstance(key_id, str) or not key_id:
        raise ValueError("the envelope names no key")
    return key_id


def unseal(key: bytes, tenant: str, field: str, envelope: Mapping[str, Any]) -> Secret:
    """Return the secret; raises ValueError when the envelope is not for this tenant and field, or was changed."""
    bound_to = _bind_to(tenant, field, key_id_of(envelope))
    try:
        nonce, sealed = _to_bytes(envelope["nonce"]), _to_bytes(envelope["ct"])
        return Secret(AESGCM(key).decrypt(nonce, sealed, bound_to).decode())
    except (InvalidTag, KeyError, TypeError, binascii.Error, ValueError):
        # From nothing: what the library says here could hold parts of what it tried.
        raise ValueError(f"the envelope does not open as {field!r} of tenant {tenant!r}") from None


def _bind_to(tenant: str, field: str, key_id: str) -> bytes:
    # A JSON list, because no choice of names can make two different lists the same text.
    return json.dumps(["workwright", VERSION, tenant, field, key_id], separators=(",", ":")).encode()


def _to_text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _to_bytes(text: Any) -> bytes:
    return base64.b64decode(text, validate=True)
