"""Who somebody is to us, whatever they sign in with: a person, and the identities that were shown to be theirs.

An identity is `notion:USER`, `google:SUB` or `mail:HASH`. It stands for one person, and equal addresses alone never
make two identities one: a second is added by who is signed in and shows it too. These documents are the operator's,
because a person may be in several teams; they go with the last of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from shared.core.documents.codec import beside, sparse, unknown
from shared.core.errors import Conflicting
from shared.core.run.run import derive_id

PEOPLE, IDENTITIES = "people", "identities"
MAIL = "mail"
MAX_IDENTITIES = 10


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


def add_identity(person: Person, identity: str) -> Person:
    """Return the person with one more identity; raises Conflicting where there are too many."""
    if identity in person.identities:
        return person
    if len(person.identities) >= MAX_IDENTITIES:
        raise Conflicting(
            f"you have {MAX_IDENTITIES} ways to sign in, the most there may be",
            way_out="Sign in with one of them.",
        )
    return replace(person, identities=(*person.identities, identity))
