"""What tests of the local queue ask of it and of its store."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from shared.backends.local.state.local_store import LocalStore
from tests.support.ports.backends import LocalRig

Open = Callable[..., AbstractContextManager[LocalRig]]


def received_ids(rig: LocalRig) -> list[str]:
    return [command.id for command in rig.received]


def count_rows(store: LocalStore) -> int:
    with store.reading() as connection:
        return int(connection.execute("SELECT count(*) FROM tasks").fetchone()[0])
