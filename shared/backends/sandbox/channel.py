"""How the driver and its launcher talk: one JSON head and the raw bytes it counts, in one message each way."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any


def pack(head: Mapping[str, Any], blobs: Sequence[bytes]) -> bytes:
    """Return the message: length of the head, the head with the sizes of the blobs, the blobs."""
    text = json.dumps({**head, "sizes": [len(blob) for blob in blobs]}).encode()
    return b"".join((len(text).to_bytes(8, "big"), text, *blobs))


def unpack(data: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """Return head and blobs; raises ValueError when the message is cut short."""
    length = int.from_bytes(data[:8], "big")
    if len(data) < 8 + length or length == 0:
        raise ValueError("the message is cut short")
    head: dict[str, Any] = json.loads(data[8 : 8 + length])
    if not isinstance(head, dict):
        raise ValueError("the message has no head")
    blobs, at = [], 8 + length
    for size in head.pop("sizes"):
        blobs.append(data[at : at + size])
        at += size
    if at != len(data):
        raise ValueError("the message is cut short")
    return head, blobs
