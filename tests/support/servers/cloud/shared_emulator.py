"""One Firestore emulator for all tests of a process: each that is started takes eight seconds of work to warm up.

Projects keep tests apart. What needs a project of a fixed name borrows it: it is empty then, and afterwards again.
Tests that ask for the emulator are of one group, so that they come to one process.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import requests

from tests.support.kept import keep
from tests.support.servers.cloud.firestore_emulator import firestore_emulator

GROUP = "firestore"


@cache
def start_emulator() -> str:
    """Return the `host:port` of this process's emulator, which runs from the first call on."""
    return keep(firestore_emulator())


@contextmanager
def borrow_project(name: str) -> Iterator[str]:
    """Yield the emulator's `host:port` with nothing in that project, and leave nothing in it."""
    host = start_emulator()
    _empty_project(host, name)
    try:
        yield host
    finally:
        _empty_project(host, name)


def _empty_project(host: str, name: str) -> None:
    url = f"http://{host}/emulator/v1/projects/{name}/databases/(default)/documents"
    with requests.Session() as session:
        session.trust_env = False  # this machine is reached by no proxy
        session.delete(url, timeout=60).raise_for_status()
