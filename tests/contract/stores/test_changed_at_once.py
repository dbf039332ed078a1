"""A document that several change at the same moment keeps the changes of all, on every backend."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from shared.ports import Put, Store, change_doc

PLACE = ("acme", "notes", "one")
TIMES = 4

Body = Mapping[str, Any]


def _at_once(*changes: Callable[[], object]) -> None:
    """Begin them together; whatever one of them raises is raised here."""
    begun = threading.Barrier(len(changes))

    def run(change: Callable[[], object]) -> None:
        begun.wait(10)
        for _ in range(TIMES):
            change()

    with ThreadPoolExecutor(len(changes)) as pool:
        for each in [pool.submit(run, change) for change in changes]:
            each.result(60)


def _count(store: Store, field: str) -> Callable[[], object]:
    def add(known: Body | None) -> Body:
        return {**(known or {}), field: (known or {}).get(field, 0) + 1}

    return lambda: change_doc(store, PLACE, add, max_tries=100)


def test_two_who_count_in_one_document_lose_nothing(store: Store) -> None:
    _at_once(_count(store, "ours"), _count(store, "theirs"))
    kept = store.get(*PLACE)
    assert kept is not None
    assert kept.body == {"ours": TIMES, "theirs": TIMES}


def test_what_one_takes_out_another_ones_addition_survives(store: Store) -> None:
    """Who deletes the document deletes what it was shown, and nothing that was added since."""
    store.put("acme", Put("notes", "one", {"old": 1}))
    seen: list[Body] = []

    def drop_old(known: Body | None) -> Body | None:
        return None if known is not None and known.keys() == {"old"} else known

    def add_and_look(known: Body | None) -> Body:
        seen.append(known or {})
        return {**(known or {}), "new": (known or {}).get("new", 0) + 1}

    _at_once(
        lambda: change_doc(store, PLACE, drop_old, max_tries=100),
        lambda: change_doc(store, PLACE, add_and_look, max_tries=100),
    )
    kept = store.get(*PLACE)
    assert kept is not None
    assert kept.body["new"] == TIMES
    assert seen[0] in ({}, {"old": 1})
