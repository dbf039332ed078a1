"""What the texts of this corpus are made with."""

from __future__ import annotations

import hashlib

UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


LOWER = UPPER.lower()


DIGITS = "0123456789"


HEX = DIGITS + "abcdef"


ALNUM = UPPER + LOWER + DIGITS


URLSAFE = ALNUM + "-_"


BASE64 = ALNUM + "+/"


def letters(seed: str, count: int, alphabet: str) -> str:
    """Random-looking characters which are the same at every call."""
    drawn = ""
    block = 0
    while len(drawn) < count:
        digest = hashlib.sha256(f"{seed}#{block}".encode()).digest()
        drawn += "".join(alphabet[byte % len(alphabet)] for byte in digest)
        block += 1
    return drawn[:count]


def text(*rows: str) -> str:
    return "\n".join(rows)


def put(*parts: str) -> str:
    return "".join(parts)


def hexa(seed: str, count: int) -> str:
    return letters(seed, count, HEX)


def uuid_like(seed: str) -> str:
    run = hexa(seed, 32)
    return "-".join((run[:8], run[8:12], "4" + run[13:16], "b" + run[17:20], run[20:]))


def wrapped(body: str, width: int, end: str = "\n") -> str:
    return end.join(body[at : at + width] for at in range(0, len(body), width))


def fence(words: str) -> str:
    return "-" * 5 + words + "-" * 5
