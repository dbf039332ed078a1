"""What a webhook of a forge or a host is: how it is signed, how its deliveries are known, and what they tell.

Each system's own is in its folder (`webhook.py`), and is loaded by `webhooks.py`.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.ports import Secret

REVIEWED, CHECKED, MERGED, CLOSED, PUSHED, DEPLOYED = "reviewed", "checked", "merged", "closed", "pushed", "deployed"
TOLERANCE = timedelta(minutes=5)  # of a signed time, either way

_LOGIN = re.compile(r"[\w.\[\]-]{1,60}", re.ASCII)

Json = Mapping[str, Any]
Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Keys:
    """What a webhook of ours was given: a token sent in clear, and a key that signs.

    `signed` says that its system signs: then the token alone, which every proxy on the way could read, is not enough.
    """

    token: Secret
    signing: bytes
    signed: bool = True


@dataclass(frozen=True, slots=True)
class News:
    """What happened, to which change: by its number, or by its branch. Of a deployment only the run is known."""

    what: str
    repository: str = ""  # owner/name
    number: int = 0
    branch: str = ""
    by: str = ""  # who did it, as the system calls them
    run: str = ""

    @property
    def place(self) -> str:
        """Return the change as a command names it."""
        return f"{self.repository}#{self.number}" if self.number else f"{self.repository}@{self.branch}"


@dataclass(frozen=True, slots=True)
class Webhook:
    """A system's webhook.

    `check` says whether who holds the keys has signed exactly this body, and not too long ago. `name` returns what a
    repeated delivery has in common with the first, "" for nothing; it raises BadSignature for one that is too old.
    `read` returns what a delivery tells: of a stranger's text only names and numbers of the expected shape.
    """

    check: Callable[[bytes, Headers, Keys, datetime], bool]
    name: Callable[[Headers, Any, datetime], str]
    read: Callable[[Headers, Json], list[News]]
    signs_apart: bool = False  # with a key that is not the token
    brings_secret: bool = False  # the system chooses the secret, and people give it to us
    by_hand: str = ""  # how people make it where we may not


def is_equal(expected: str, given: str) -> bool:
    """Say whether two texts are the same, in a time that does not tell where they differ."""
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace"))


def get_at_path(body: Any, *path: str) -> Any:
    """Return what stands at that place in a stranger's JSON, None for nothing."""
    for name in path:
        body = body.get(name) if isinstance(body, dict) else None
    return body


def text_in(body: Any, *path: str) -> str:
    """Return the text there, "" for none."""
    value = get_at_path(body, *path)
    return value if isinstance(value, str) else ""


def number_in(body: Any, *path: str) -> int:
    """Return the number there, 0 for none."""
    value = get_at_path(body, *path)
    return value if type(value) is int and 0 < value < 2**31 else 0


def login_in(body: Any, *path: str) -> str:
    """Return the account's name there, "" for none that could be one."""
    value = text_in(body, *path)
    return value if _LOGIN.fullmatch(value) else ""
