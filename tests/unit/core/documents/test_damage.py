"""A damaged document says which one it is and what of it is damaged, and stays in the store as it was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from shared.core.documents.effect import Effect
from shared.core.documents.look import Look
from shared.core.documents.snapshot import SNAPSHOTS, Snapshot
from shared.core.errors import StoreCorrupt
from shared.ports import Doc, Put, change_as, get_as, read_as
from tests.support.ports.local_ports import Ports, local_ports


@pytest.fixture
def ports(tmp_path: Path) -> Iterator[Ports]:
    with local_ports(tmp_path) as found:
        yield found


@pytest.mark.parametrize(
    ("of", "body", "named"),
    [
        pytest.param(Effect, {"args": "a"}, "document d-1: a stored Effect has no state, at", id="without its parts"),
        pytest.param(
            Effect, {"state": "confirmed", "at": "soon"}, "the at of a stored Effect cannot be read", id="time"
        ),
        pytest.param(Look, {"waiting": [{"id": "h-1"}]}, "the waiting of a stored Look cannot be read", id="within"),
        pytest.param(Look, {"waiting": 7, "known": None}, "the waiting, known of a stored Look", id="several"),
    ],
)
def test_damage_is_named(of: type[Any], body: Mapping[str, Any], named: str) -> None:
    with pytest.raises(StoreCorrupt, match=named):
        read_as(of, Doc("d-1", body, "1"))


def test_what_is_damaged_is_not_written_over(ports: Ports) -> None:
    damaged = {"at": "soon", "run": "run-1", "n": 1, "report": "text-1"}
    ports.store.put("t-1", Put(SNAPSHOTS, "run-1.001", damaged))
    place = ("t-1", SNAPSHOTS, "run-1.001")
    with pytest.raises(StoreCorrupt, match=r"document run-1\.001: the at of a stored Snapshot cannot be read"):
        change_as(Snapshot, ports.store, place, lambda _: None)
    with pytest.raises(StoreCorrupt):
        get_as(Snapshot, ports.store, place)
    kept = ports.store.get(*place)
    assert kept is not None
    assert kept.body == damaged
