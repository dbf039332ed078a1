"""One document changed as it is now, though others change it at the same time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from shared.core.errors import Busy, VersionConflict
from shared.core.retries import DOCUMENT
from shared.ports.store import Put, Store

TRIES = DOCUMENT.tries  # others may be faster this often: more is no chance, but a loop

Body = Mapping[str, Any]


def at_once(tries: int) -> None:
    """Try again without a pause."""


def change_doc(
    store: Store,
    place: tuple[str, str, str],
    change: Callable[[Body | None], Body | None],
    stand_back: Callable[[int], None] = at_once,
    max_tries: int = TRIES,
) -> Body | None:
    """Save what `change` makes of the document at (tenant, kind, id); return it as it is then.

    `change` is handed the body, or None where there is none, and returns the new one: None deletes it, and the very
    body it was handed is left as it is. It is asked again for each new body while others are faster, so it does
    nothing else; `stand_back` waits in between. What it raises ends the change. Raises Busy when others were faster
    `max_tries` times.
    """
    tenant, kind, name = place
    for tries in range(max_tries):
        if tries:
            stand_back(tries - 1)
        doc = store.get(tenant, kind, name)
        before = doc.body if doc is not None else None
        after = change(before)
        if after is before:
            return before
        try:
            store.put(tenant, Put(kind, name, after, doc.version if doc is not None else ""))
        except VersionConflict:
            continue
        return after
    raise Busy(f"{kind}/{name} was changed by others {max_tries} times in a row")
