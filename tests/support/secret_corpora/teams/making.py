"""What the texts of this corpus are made with."""

from __future__ import annotations

import base64
import hashlib
import json

UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


LOWER = UPPER.lower()


DIGITS = "0123456789"


HEX = DIGITS + "abcdef"


ALNUM = UPPER + LOWER + DIGITS


URLSAFE = ALNUM + "-_"


BASE64 = ALNUM + "+/"


BECH32 = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"


def letters(seed: str, count: int, alphabet: str) -> str:
    """Random-looking characters which are the same at every call."""
    drawn: list[str] = []
    block = 0
    while len(drawn) < count:
        digest = hashlib.sha256(f"{seed}/{block}".encode()).digest()
        drawn.extend(alphabet[byte % len(alphabet)] for byte in digest)
        block += 1
    return "".join(drawn[:count])


def page(*rows: str) -> str:
    return "\n".join(rows)


def glue(*parts: str) -> str:
    return "".join(parts)


def hexa(seed: str, count: int) -> str:
    return letters(seed, count, HEX)


def uuid_like(seed: str) -> str:
    digits = hexa(seed, 32)
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def segment(value: dict[str, object]) -> str:
    raw = json.dumps(value, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def folded(body: str, width: int) -> str:
    return "\n".join(body[start : start + width] for start in range(0, len(body), width))


def dashed(title: str) -> str:
    return "-" * 5 + title + "-" * 5
