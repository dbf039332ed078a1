"""Whose an account at a messenger is, the codes that show it, and which team a workspace there talks to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.core.documents.codec import beside, sparse, unknown

LINKS = "linked-accounts"  # documents of a tenant, by the account's id
CODES = "link-codes"  # documents under SYSTEM, by a hash of the code
PLACES = "messenger-places"  # documents under SYSTEM, by the workspace's id
ASKS = "messenger-asks"  # documents of a tenant, by what the messenger calls the request
CODE_LIFETIME = timedelta(minutes=10)
CODE_SIGNS = "BCDFGHJKLMNPQRSTVWXZ"  # RFC 8628, 6.1: no vowels, so no words
_PART = re.compile(r"[A-Z0-9]{2,40}")


@dataclass(frozen=True, slots=True)
class LinkedAccount:
    """The person of the team whose account this is, as they have shown, and since when."""

    person: str
    at: datetime
    id: str = beside("")
    more: Mapping[str, Any] = unknown()


@dataclass(frozen=True, slots=True)
class LinkCode:
    """Who was shown a code, and when; `account` is who has typed it at the messenger, "" for nobody yet."""

    tenant: str
    person: str
    at: datetime
    account: str = sparse("")
    id: str = beside("")
    version: str = beside("")
    more: Mapping[str, Any] = unknown()


@dataclass(frozen=True, slots=True)
class MessengerPlace:
    """The one team that a workspace of a messenger talks to, and since when."""

    tenant: str
    at: datetime
    name: str = sparse("")
    id: str = beside("")
    more: Mapping[str, Any] = unknown()


@dataclass(frozen=True, slots=True)
class MessengerAsk:
    """What somebody asked for at a messenger; `reply` is where the answer goes, sealed. `done_at`: it was answered."""

    person: str
    what: str
    text: str
    reply: Mapping[str, Any]
    at: datetime
    answer: str = sparse("")  # what is to be said, once it is known
    done_at: datetime | None = sparse(None)
    version: str = beside("")
    more: Mapping[str, Any] = unknown()


def account_id(system: str, workspace: str, user: str) -> str:
    """Return what an account is known by; "" where the workspace or the user is none."""
    return f"{system}.{workspace}.{user}" if _PART.fullmatch(workspace) and _PART.fullmatch(user) else ""


def place_id(system: str, workspace: str) -> str:
    """Return what a workspace is known by; "" where it is none."""
    return f"{system}.{workspace}" if _PART.fullmatch(workspace) else ""


def name_place(account: str) -> str:
    """Return the workspace that an account is in."""
    return account.rpartition(".")[0]


def read_code(typed: str) -> str:
    """Return a code as it was made, however it was typed; "" for what cannot be one."""
    signs = typed.upper().replace("-", "").strip()
    return signs if len(signs) == 8 and set(signs) <= set(CODE_SIGNS) else ""


def show_code(code: str) -> str:
    return f"{code[:4]}-{code[4:]}"
