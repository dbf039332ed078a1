"""How tests are spread over processes: what belongs together stays together, and what takes long begins early.

A file is one piece of work, so that what its tests share is made once and not in each process; `xdist_group` makes one
of several files, or parts a file. Chains of stories come first and tests of moments last: then no process is left with
a long one while the others have nothing to do.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadGroupScheduling

LONGEST = "crash-"  # stories that take a minute each, in groups named so


class ByFile(LoadGroupScheduling):  # type: ignore[misc]
    """As `--dist loadgroup`, but what has no group stays with its file, and the order of the collection is kept."""

    def __init__(self, config: pytest.Config, log: Producer) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        group: str = super()._split_scope(nodeid)
        return group if group != nodeid else nodeid.partition("::")[0]


def tests_below(folder: Path, items: list[pytest.Item]) -> Iterator[pytest.Item]:
    """Yield the tests of a folder; asked of each of thousands, so by its text, which a path makes once."""
    begins = f"{folder}/"
    return (item for item in items if str(item.path).startswith(begins))


def order_longest_first(items: list[pytest.Item]) -> None:
    """Bring the pieces of work into the order in which they are to begin."""
    pieces: dict[str, list[pytest.Item]] = {}
    for item in items:
        pieces.setdefault(_name_piece(item), []).append(item)
    items[:] = [item for name in sorted(pieces, key=lambda name: _rank(name, pieces[name])) for item in pieces[name]]


def _name_piece(item: pytest.Item) -> str:
    named = {str(mark.args[0]) for mark in item.iter_markers("xdist_group")}
    return "_".join(sorted(named)) or item.nodeid.partition("::")[0]


def _rank(name: str, items: list[pytest.Item]) -> int:
    if name.startswith(LONGEST):
        return 0
    return 1 if any(item.get_closest_marker("slow") for item in items) else 2
