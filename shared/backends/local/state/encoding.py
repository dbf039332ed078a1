"""What may be a name in the store, and documents as text: compact, checked for size before anything is written."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.core.errors import DocumentTooLarge
from shared.ports import MAX_DOCUMENT_BYTES

_TENANT = re.compile(r"[A-Za-z0-9_.:-]{1,128}")
_ID = re.compile(r"[A-Za-z0-9_.:@=~+-]{1,400}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False).encode
_encode_ascii = json.JSONEncoder(separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode


def check_tenant(tenant: str) -> str:
    """Return the tenant; raises ValueError when it is not a name of one."""
    if not _TENANT.fullmatch(tenant) or tenant in (".", ".."):
        raise ValueError(f"tenant {tenant[:140]!r} is not a valid name: use 1 to 128 of A-Z a-z 0-9 _ . : -")
    return tenant


def check_id(what: str, id: str) -> str:
    """Return the id; raises ValueError, which calls it `what`, when it cannot be one in every backend."""
    # Firestore keeps "." and ".." and names between double underscores for itself
    if not _ID.fullmatch(id) or id in (".", "..") or (id.startswith("__") and id.endswith("__")):
        raise ValueError(f"{what} {id[:80]!r} is not a valid id: use 1 to 400 of A-Z a-z 0-9 _ . : @ = ~ + -")
    return id


def to_text(what: str, body: Mapping[str, Any]) -> str:
    """Return the document as JSON; raises DocumentTooLarge, naming `what`, when no backend could keep it."""
    text = _encode(body)
    size = len(text)
    if not text.isascii():
        try:
            size = len(text.encode())
        except UnicodeEncodeError:  # half a surrogate pair, as cut-off emoji have: SQLite refuses it unescaped
            text = _encode_ascii(body)
            size = len(text)
    if size > MAX_DOCUMENT_BYTES:
        raise DocumentTooLarge(
            f"{what} has {size:,} bytes; a document may have at most {MAX_DOCUMENT_BYTES:,}. Keep large "
            "texts with put_text."
        )
    return text


def to_micros(when: datetime) -> int:
    """Return the time as microseconds since 1970, exactly."""
    return (when - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """Return the time that `to_micros` wrote."""
    return _EPOCH + timedelta(microseconds=micros)
