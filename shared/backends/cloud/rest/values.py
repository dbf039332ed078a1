"""Firestore's values as its REST interface writes them, of the types that are stored here."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any


class Moment(str):
    """A time of Firestore's, as it writes it: RFC 3339, in UTC, with microseconds."""

    def rfc3339(self) -> str:
        """Return the text, in the words of Google's client."""
        return str(self)


def format_moment(at: datetime) -> str:
    """Return a time as Firestore reads it."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def encode_value(value: Any) -> dict[str, Any]:
    """Return a value as Firestore's JSON; raises TypeError for what is not stored here."""
    if value is None:
        return {"nullValue": None}
    if isinstance(value, bool):  # before int, which it is too
        return {"booleanValue": value}
    if isinstance(value, int):
        return {"integerValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, str):
        return {"stringValue": value}
    if isinstance(value, bytes):
        return {"bytesValue": base64.b64encode(value).decode()}
    if isinstance(value, datetime):
        return {"timestampValue": format_moment(value)}
    raise TypeError(f"{type(value).__name__} cannot be stored in Firestore")


def encode_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document's fields as Firestore's JSON."""
    return {name: encode_value(value) for name, value in fields.items()}


def decode_value(value: Mapping[str, Any]) -> Any:
    """Return the value of Firestore's JSON; of what others wrote, also lists and maps."""
    ((kind, held),) = value.items()
    if kind == "integerValue":
        return int(held)
    if kind == "bytesValue":
        return base64.b64decode(held)
    if kind == "timestampValue":
        return _time(held)
    if kind == "arrayValue":
        return [decode_value(each) for each in held.get("values", ())]
    if kind == "mapValue":
        return {name: decode_value(each) for name, each in held.get("fields", {}).items()}
    return float(held) if kind == "doubleValue" else held


def _time(text: str) -> datetime:
    whole, dot, fraction = text.removesuffix("Z").partition(".")
    return datetime.fromisoformat(f"{whole}{dot}{fraction[:6]}+00:00")
