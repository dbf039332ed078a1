"""A read that needs more calls than the budget allows at once goes on where it was, when its command comes again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta

from shared.app.deps import Deps
from shared.core.errors import ErrorClass, IntegrationError
from shared.ports import Put

_KIND = "kept"
_UNSURE = timedelta(seconds=65)  # a page's edit time names a minute: within it, and a little, a later edit looks equal


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
    """Texts by key, where a key begins with the time its source was last edited and a blank."""

    def __init__(self, deps: Deps, tenant: str, scope: str) -> None:
        self._deps = deps
        self._tenant = tenant
        self._scope = scope
        self._refs: list[str] = []
        self._known: dict[str, str] | None = None
        self._new: dict[str, str] = {}

    def get(self, key: str) -> str | None:
        """Return what was kept under that key."""
        if self._known is None:
            self._known = self._load()
        return self._known.get(key)

    def put(self, key: str, text: str) -> None:
        """Keep a text, unless its source may have been edited in the very minute that the key names."""
        edited = datetime.fromisoformat(key.partition(" ")[0])
        if self._deps.clock.now() >= edited.replace(second=0, microsecond=0) + _UNSURE:
            self._new[key] = text

    def save(self) -> None:
        """Keep what was added, for the next attempt."""
        if not self._new:
            return
        if self._known is None:
            self._load()
        self._refs.append(self._deps.store.put_text(self._tenant, json.dumps(self._new)))
        self._deps.store.put(self._tenant, Put(_KIND, self._scope, {"refs": self._refs}))

    def drop(self) -> None:
        """Forget where it all was."""
        if self._refs:
            self._deps.store.put(self._tenant, Put(_KIND, self._scope, None))

    def _load(self) -> dict[str, str]:
        doc = self._deps.store.get(self._tenant, _KIND, self._scope)
        self._refs = list(doc.body["refs"]) if doc is not None else []
        found: dict[str, str] = {}
        for ref in self._refs:
            part: Mapping[str, str] = json.loads(self._deps.store.get_text(self._tenant, ref))
            found |= part
        return found
