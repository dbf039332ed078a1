"""Versions of stored documents: what is written carries `schema`, and reading upgrades what older versions wrote.

A document without `schema` was written before there was one: it is of version 1. A kind that changes its shape gets one
more upgrade here, which must read every document of the version before. While two releases work side by side the older
one meets documents of the newer: it refuses to read them, so nothing of them is lost, and the queue delivers the
command again until the newer one takes it. So a release that changes a shape only reads it at first, where the older
release is to go on undisturbed, and the next one writes it. Runs have a version of their own (see `codec.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from shared.core.errors import StoreCorrupt

FIELD = "schema"

Body = dict[str, Any]
Upgrade = Callable[[Body], Body]


def _grant_since(body: Body) -> Body:
    """A grant knows since when its person gave it; before, only when its token was stored last."""
    return {"since": body["at"], **body} if "at" in body else body


def _page_automated(body: Body) -> Body:
    """A page's record counts the runs that no person asked for; before, all counted as a person's."""
    return {"automated": [], **body}


# One upgrade for each version after the first, oldest first; entries are only ever appended.
UPGRADES: Mapping[str, tuple[Upgrade, ...]] = {"grants": (_grant_since,), "pages": (_page_automated,)}


def version_of(kind: str) -> int:
    """Return the version in which documents of this kind are written."""
    return 1 + len(UPGRADES.get(kind, ()))


def stamp_version(kind: str, body: Mapping[str, Any]) -> Body:
    """Return the document as it is stored."""
    return {**body, FIELD: version_of(kind)}


def current(kind: str, id: str, stored: Body) -> tuple[Body, int]:
    """Return the document in today's shape, and the version it is stored in.

    Raises StoreCorrupt for one that a newer version has written.
    """
    body = dict(stored)
    found = body.pop(FIELD, 1)
    newest = version_of(kind)
    if not isinstance(found, int) or found > newest:
        raise StoreCorrupt(
            f"document {kind}/{id}: stored with schema {found!r}, this code reads up to {newest};"
            " start the newer version of Workwright"
        )
    for upgrade in UPGRADES.get(kind, ())[found - 1 :]:
        body = upgrade(body)
    return body, found
