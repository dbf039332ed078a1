"""Firestore when replies are lost or never come: what was written is recognised as our own, and nothing is doubled."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.core.errors import StoreError, VersionConflict
from shared.ports import Put
from tests.support.ports.firestore_world import FULL, FirestoreWorld, a_commit, a_run


def counted(world: FirestoreWorld) -> tuple[Any, ...]:
    """Everything one FULL commit leaves behind, read past the shaky wire."""
    store = world.store
    return (
        [doc.body["who"] for doc in store.audit("acme")],
        [command.id for command in store.unsent("acme", "r1")],
        [(doc.id, doc.body) for doc in store.list_docs("acme", "pages")],
        [seq for seq, _ in store.events("acme", "r1")],
    )


ONCE = (["ann", "bob"], ["c1"], [("p1", {"rows": [[1, 2], [3]]})], [1])
UNCLEAR = [
    *("UNAVAILABLE", "DEADLINE_EXCEEDED", "INTERNAL"),
    *("UNKNOWN", "ABORTED", "RESOURCE_EXHAUSTED"),
]


@pytest.mark.parametrize("code", UNCLEAR)
def test_a_commit_whose_reply_is_lost_is_counted_once(world: FirestoreWorld, code: str) -> None:
    world.wire.lose_replies, world.wire.code = 1, code
    version = world.shaky.commit(a_commit(a_run(), **FULL))
    loaded = world.store.load_run("acme", "r1")
    assert loaded is not None
    assert loaded.version == version
    assert counted(world) == ONCE
    assert world.wire.commits == 1  # one look told enough


@pytest.mark.parametrize("code", UNCLEAR)
def test_a_commit_that_never_arrived_is_sent_again(world: FirestoreWorld, code: str) -> None:
    world.wire.lose_requests, world.wire.code = 2, code
    world.shaky.commit(a_commit(a_run(), **FULL))
    assert counted(world) == ONCE


def test_a_lost_reply_is_recognised_although_others_have_saved_since(world: FirestoreWorld) -> None:
    """The run bears the other's token by then; our event still bears ours."""

    def others_save() -> None:
        loaded = world.store.load_run("acme", "r1")
        assert loaded is not None
        world.store.commit(a_commit(replace(loaded.run, seq=2), loaded.version))

    world.wire.lose_replies, world.wire.between = 1, others_save
    version = world.shaky.commit(a_commit(a_run(), **FULL))
    assert counted(world) == (*ONCE[:3], [1, 2])
    with pytest.raises(VersionConflict):
        world.store.commit(a_commit(a_run(seq=2), version))


def test_the_same_commit_again_is_the_same_commit(world: FirestoreWorld) -> None:
    commit = a_commit(a_run(), **FULL)
    assert world.store.commit(commit) == world.store.commit(commit)
    assert counted(world) == ONCE


def test_when_no_reply_ever_comes_it_gives_up_and_nothing_is_doubled(world: FirestoreWorld) -> None:
    commit = a_commit(a_run(), **FULL)
    world.wire.lose_requests = 99
    with pytest.raises(StoreError) as caught:
        world.shaky.commit(commit)
    assert not isinstance(caught.value, VersionConflict)
    assert world.wire.commits < 10
    assert world.store.load_run("acme", "r1") is None
    world.wire.lose_requests = 0
    world.shaky.commit(commit)
    assert counted(world) == ONCE


def test_a_lost_reply_of_a_put_is_our_own_put(world: FirestoreWorld) -> None:
    world.wire.lose_replies = 1
    world.shaky.put("acme", Put("grants", "notion", {"n": 1}, expected=""))
    first = world.store.get("acme", "grants", "notion")
    assert first is not None
    world.wire.lose_replies = 1
    world.shaky.put("acme", Put("grants", "notion", {"n": 2}, expected=first.version))
    second = world.store.get("acme", "grants", "notion")
    assert second is not None
    world.wire.lose_replies = 1
    world.shaky.put("acme", Put("grants", "notion", None, expected=second.version))
    assert world.store.get("acme", "grants", "notion") is None


def test_a_put_that_changes_nothing_still_makes_the_old_version_old(world: FirestoreWorld) -> None:
    world.store.put("acme", Put("grants", "notion", {"n": 1}))
    read = world.store.get("acme", "grants", "notion")
    assert read is not None
    world.store.put("acme", Put("grants", "notion", {"n": 1}, expected=read.version))
    with pytest.raises(VersionConflict):
        world.store.put("acme", Put("grants", "notion", {"n": 1}, expected=read.version))


def test_a_lost_reply_of_a_claim_is_our_own_lease(world: FirestoreWorld) -> None:
    world.wire.lose_replies = 1
    assert world.shaky.claim("acme", "step/1", "me", timedelta(seconds=30))
    assert not world.shaky.claim("acme", "step/1", "you", timedelta(seconds=30))
    world.wire.lose_replies = 1
    world.shaky.release("acme", "step/1", "me")
    assert world.shaky.claim("acme", "step/1", "you", timedelta(seconds=30))
