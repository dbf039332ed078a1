"""Leases in Firestore: one document each, taken by compare-and-set under the name of its owner."""

from __future__ import annotations

from datetime import datetime

from shared.backends.cloud.api_error import asking_the_store
from shared.backends.cloud.guarded import TIMEOUT_S, GuardedBatch, Pause, version_of
from shared.backends.cloud.paths import Home
from shared.core.errors import VersionConflict


def claim(home: Home, key: str, owner: str, *, now: datetime, until: datetime, pause: Pause) -> bool:
    """Take or extend a lease; False while another owner's is alive."""
    reference = home.lease(key)
    with asking_the_store("read a lease"):
        snapshot = reference.get(timeout=TIMEOUT_S)
    held = snapshot.to_dict()
    if held is not None and held["token"] != owner and held["until"] > now:
        return False
    batch = GuardedBatch(home.client, owner, pause)  # the owner is the token
    batch.write(reference, {"key": key, "until": until}, version_of(snapshot) if held is not None else "")
    try:
        batch.send()
    except VersionConflict:  # taken by somebody else in this moment: theirs it is
        return False
    return True


def release(home: Home, key: str, owner: str, pause: Pause) -> None:
    """Give a lease back, if it is still this owner's."""
    reference = home.lease(key)
    with asking_the_store("read a lease"):
        snapshot = reference.get(timeout=TIMEOUT_S)
    held = snapshot.to_dict()
    if held is None or held["token"] != owner:
        return
    batch = GuardedBatch(home.client, owner, pause)
    batch.delete(reference, version_of(snapshot))
    try:
        batch.send()
    except VersionConflict:
        return  # expired and taken by somebody else in this moment
