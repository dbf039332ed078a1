"""A read that needs more calls than the budget allows at once goes on where it was, when its command comes again.

What is kept is a list of parts, and the parts: documents, because they are deleted when the read ends. The list is
written first, so that every part is in one; what a command left that never came again is deleted after a day.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from shared.app.engine.deps import Deps
from shared.core.documents.cache_records import PARTS, READS, KeptPart
from shared.core.documents.cache_records import KeptReads as Kept
from shared.core.documents.codec import to_body
from shared.core.errors import ErrorClass, IntegrationError, VersionConflict
from shared.ports import Put, all_as, get_as

_UNSURE = timedelta(seconds=65)  # a page's edit time names a minute: within it, and a little, a later edit looks equal
_PART = 400_000  # characters, all ASCII; as JSON within JSON at most twice as many bytes
_OLD = timedelta(days=1)


@contextmanager
def kept_reads(deps: Deps, tenant: str, scope: str) -> Iterator[KeptReads]:
    """Lend what earlier attempts have read; keep what this one adds if it is interrupted, else forget all of it.

    `scope` names what is read for whom: a step of a run, or a page. An attempt that is not interrupted costs one read
    of the store and no write.
    """
    kept = KeptReads(deps, tenant, scope)
    try:
        yield kept
    except IntegrationError as error:
        if error.error_class == ErrorClass.TRANSIENT:
            kept.save()
        else:
            kept.drop()
        raise
    kept.drop()


class KeptReads:
    """Texts by key; of what may change, the key begins with the time its source was last edited and a blank."""

    def __init__(self, deps: Deps, tenant: str, scope: str) -> None:
        self._deps = deps
        self._tenant = tenant
        self._scope = scope
        self._kept: Kept | None = None
        self._known: dict[str, str] | None = None
        self._new: dict[str, str] = {}

    def get(self, key: str) -> str | None:
        """Return what was kept under that key."""
        return self._load().get(key)

    def put(self, key: str, text: str) -> None:
        """Keep a text, unless its source may have been edited in the very minute that the key names."""
        edited = datetime.fromisoformat(key.partition(" ")[0])
        if self._deps.clock.now() >= edited.replace(second=0, microsecond=0) + _UNSURE:
            self._new[key] = text

    def note(self, key: str, text: str) -> None:
        """Keep a text of our own making, like how far a list was read; a later one under the key takes its place."""
        self._new[key] = text

    def save(self) -> None:
        """Keep what was added, for the next attempt; unless somebody else has kept the same meanwhile."""
        if not self._new:
            return
        self._load()
        store, tenant, text = self._deps.store, self._tenant, json.dumps(self._new)
        pieces = [text[start : start + _PART] for start in range(0, len(text), _PART)]
        names = tuple(f"{self._scope}.{self._deps.owner()}" for _ in pieces)
        before = self._kept or Kept((), self._deps.clock.now())
        kept = replace(before, saves=(*before.saves, names), at=self._deps.clock.now())
        try:
            store.put(tenant, Put(READS, self._scope, to_body(kept), before.version))
        except VersionConflict:
            return
        for name, piece in zip(names, pieces, strict=True):
            store.put(tenant, Put(PARTS, name, to_body(KeptPart(piece))))

    def drop(self) -> None:
        """Delete what earlier attempts have kept, if this one has looked for it."""
        if self._kept is not None:
            _delete(self._deps, self._tenant, self._kept)

    def _load(self) -> dict[str, str]:
        if self._known is None:
            store, self._known = self._deps.store, {}
            self._kept = get_as(Kept, store, (self._tenant, READS, self._scope))
            for names in self._kept.saves if self._kept else ():
                parts = [get_as(KeptPart, store, (self._tenant, PARTS, name)) for name in names]
                if None not in parts:  # else somebody died, or deletes it just now
                    self._known |= json.loads("".join(part.text for part in parts if part))
        return self._known


def forget_old(deps: Deps, tenant: str) -> None:
    """Delete what was kept for commands that never came again."""
    for kept in all_as(Kept, deps.store, tenant, READS):
        if deps.clock.now() - kept.at > _OLD:
            _delete(deps, tenant, kept)


def _delete(deps: Deps, tenant: str, kept: Kept) -> None:
    """Delete the parts, then the list of them: whoever dies in between is followed by somebody who does it again."""
    for names in kept.saves:
        for name in names:
            deps.store.put(tenant, Put(PARTS, name, None))
    try:
        deps.store.put(tenant, Put(READS, kept.id, None, kept.version))
    except VersionConflict:  # more was kept meanwhile
        return
