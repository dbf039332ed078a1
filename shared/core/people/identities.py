"""Who somebody is to us, whatever they sign in with: a person, and the identities that were shown to be theirs.

An identity is `notion:USER`, `google:SUB` or `mail:HASH`. It stands for one person, and equal addresses alone never
make two identities one: a second is added by who is signed in and shows it too. These documents are the operator's,
because a person may be in several teams; they go with the last of them.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from shared.core.documents.codec import beside, sparse, unknown
from shared.core.errors import Conflicting, MalformedRequest
from shared.core.run.run import derive_id

PEOPLE, IDENTITIES = "people", "identities"
MAIL = "mail"
MAX_IDENTITIES = 10
_ADDRESS = re.compile(r"[^\s@<>(),;:\"\\\[\]]{1,64}@[^\s@<>(),;:\"\\\[\]]{1,255}")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is in a team, or has asked to join one; `tenants` may name teams that they have left since."""

    identities: tuple[str, ...] = ()
    tenants: tuple[str, ...] = ()
    version: str = beside("")
    more: Mapping[str, Any] = unknown()


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose an identity is; `label` is what people know it by, such as the address."""

    person: str
    at: datetime
    label: str = sparse("")
    version: str = beside("")
    more: Mapping[str, Any] = unknown()


def identity_key(identity: str) -> str:
    """Return the id of an identity's document."""
    return derive_id("i-", identity)


def clean_address(given: str) -> str:
    """Return a mail address as we compare it: in lower case, in one way of writing; raises MalformedRequest.

    RFC 5321 lets a host tell upper from lower case before the @; none that people use does.
    """
    address = unicodedata.normalize("NFC", given.strip()).lower()
    if len(address) > 254 or not address.isprintable() or not _ADDRESS.fullmatch(address):
        raise MalformedRequest(
            "the field 'address' is not a mail address", way_out="Give one such as ada@example.com, and nothing else."
        )
    return address


def mail_identity(address: str) -> str:
    """Return the identity of whoever reads the mail of an address; raises what `clean_address` does."""
    return f"{MAIL}:{hashlib.sha256(clean_address(address).encode()).hexdigest()}"


def add_identity(person: Person, identity: str) -> Person:
    """Return the person with one more identity; raises Conflicting where there are too many."""
    if identity in person.identities:
        return person
    if len(person.identities) >= MAX_IDENTITIES:
        raise Conflicting(
            f"you have {MAX_IDENTITIES} ways to sign in, the most there may be",
            way_out="Remove one on your account page.",
        )
    return replace(person, identities=(*person.identities, identity))
