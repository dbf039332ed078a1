"""What the texts of this corpus are made with."""

from __future__ import annotations

import base64
import hashlib
import string
import uuid
import zlib

UP, LOW, DIG = string.ascii_uppercase, string.ascii_lowercase, string.digits


B62 = DIG + UP + LOW


B64 = UP + LOW + DIG + "+/"


URL64 = UP + LOW + DIG + "-_"


B32 = UP + "234567"


HEX = DIG + "abcdef"


def raw(seed: str, count: int) -> bytes:
    out, i = b"", 0
    while len(out) < count:
        out += hashlib.sha256(f"ninth/{seed}/{i}".encode()).digest()
        i += 1
    return out[:count]


def letters(seed: str, count: int, alphabet: str = B62) -> str:
    return "".join(alphabet[b % len(alphabet)] for b in raw(seed, count))


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def lines(*parts: str) -> str:
    return "\n".join(parts) + "\n"


def wrap(text: str, width: int = 64) -> list[str]:
    return [text[i : i + width] for i in range(0, len(text), width)]


def uid(seed: str) -> str:
    return str(uuid.UUID(bytes=raw("u" + seed, 16), version=4))


def checked(prefix: str, seed: str) -> str:
    """GitHub's and npm's layout: 30 characters and a base62 CRC32 of 6."""
    body = letters(seed, 30)
    crc, tail = zlib.crc32(body.encode()), ""
    for _ in range(6):
        crc, r = divmod(crc, 62)
        tail = (DIG + UP + LOW)[r] + tail
    return prefix + body + tail


def ec_body(seed: str) -> str:
    head = bytes.fromhex("30770201" + "010420")
    oid = bytes.fromhex("a00a0608" + "2a8648ce3d030107" + "a144034200" + "04")
    return "\n".join(wrap(b64(head + raw(seed, 32) + oid + raw(seed + "p", 64))))


def dashes(what: str, which: str) -> str:
    return "-" * 5 + what + " " + which + "-" * 5


def sri(seed: str) -> str:
    """Return an integrity value."""
    return "sha512-" + b64(raw(seed, 64))


def sha(seed: str) -> str:
    """Return a hash."""
    return letters(seed, 64, HEX)


def git(seed: str) -> str:
    """Return the name of a commit."""
    return letters(seed, 40, HEX)
