"""What every Store promises of texts and leases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.ports import Store
from tests.support.ports.moved_clock import MovedClock

TTL = timedelta(seconds=60)


# --- texts


# One byte more at the beginning moves every part's end: wherever a backend cuts, some text is cut within a character.
LARGE = "☕" * 1_000_100


@pytest.mark.parametrize(
    "text",
    ["", "short", "ünï ☕" * 400_000, LARGE, "a" + LARGE, "ü" + LARGE],
    ids=["empty", "short", "of several MB", "of 3 MB", "of 3 MB, one off", "of 3 MB, two off"],
)
def test_a_text_comes_back_from_its_address(store: Store, text: str) -> None:
    ref = store.put_text("acme", text)
    assert store.get_text("acme", ref) == text
    assert store.put_text("acme", text) == ref


def test_a_text_is_its_tenants_alone(store: Store) -> None:
    ref = store.put_text("acme", "a secret plan")
    with pytest.raises(KeyError):
        store.get_text("globex", ref)


def test_an_unknown_text_is_a_key_error(store: Store) -> None:
    with pytest.raises(KeyError):
        store.get_text("acme", "0" * 64)


@pytest.mark.parametrize("text", ["short", "ü" + LARGE], ids=["short", "of 3 MB"])
def test_a_deleted_text_is_gone_for_its_tenant_alone_and_may_be_kept_again(store: Store, text: str) -> None:
    ref = store.put_text("acme", text)
    store.put_text("globex", text)
    store.delete_text("acme", ref)
    store.delete_text("acme", ref)
    with pytest.raises(KeyError):
        store.get_text("acme", ref)
    assert store.get_text("globex", ref) == text
    assert store.put_text("acme", text) == ref
    assert store.get_text("acme", ref) == text


# --- leases


def test_a_lease_is_held_by_one_owner_until_it_runs_out(store: Store, clock: MovedClock) -> None:
    ttl = timedelta(seconds=60)
    assert store.claim("acme", "runs/r1", "a", ttl)
    assert not store.claim("acme", "runs/r1", "b", ttl)
    assert store.claim("globex", "runs/r1", "b", ttl)
    clock.move(seconds=50)
    assert store.claim("acme", "runs/r1", "a", ttl)
    clock.move(seconds=59)
    assert not store.claim("acme", "runs/r1", "b", ttl)
    clock.move(seconds=2)
    assert store.claim("acme", "runs/r1", "b", ttl)
    assert not store.claim("acme", "runs/r1", "a", ttl)


def test_only_the_owner_gives_a_lease_back(store: Store) -> None:
    ttl = timedelta(seconds=60)
    store.claim("acme", "k", "a", ttl)
    store.release("acme", "k", "b")
    assert not store.claim("acme", "k", "b", ttl)
    store.release("acme", "k", "a")
    assert store.claim("acme", "k", "b", ttl)


def test_a_lease_is_free_from_the_moment_it_runs_out_and_not_before(store: Store, clock: MovedClock) -> None:
    assert store.claim("acme", "k", "a", TTL)
    clock.move(seconds=59.999)
    assert not store.claim("acme", "k", "b", TTL)
    clock.move(seconds=0.001)
    assert store.claim("acme", "k", "b", TTL)


def test_extending_counts_from_now_and_may_shorten(store: Store, clock: MovedClock) -> None:
    assert store.claim("acme", "k", "a", timedelta(hours=1))
    assert store.claim("acme", "k", "a", TTL)
    clock.move(seconds=61)
    assert store.claim("acme", "k", "b", TTL)


def test_an_owner_whose_lease_ran_out_may_take_it_again_when_nobody_did(store: Store, clock: MovedClock) -> None:
    assert store.claim("acme", "k", "a", TTL)
    clock.move(hours=1)
    assert store.claim("acme", "k", "a", TTL)
    assert not store.claim("acme", "k", "b", TTL)


def test_one_who_comes_back_late_does_not_release_anothers_lease(store: Store, clock: MovedClock) -> None:
    assert store.claim("acme", "k", "a", TTL)
    clock.move(seconds=61)
    assert store.claim("acme", "k", "b", TTL)
    store.release("acme", "k", "a")
    assert not store.claim("acme", "k", "c", TTL)


def test_releasing_what_nobody_holds_is_no_error(store: Store) -> None:
    store.release("acme", "k", "a")
    assert store.claim("acme", "k", "a", TTL)
    store.release("acme", "k", "a")
    store.release("acme", "k", "a")
    assert store.claim("acme", "k", "b", TTL)


def test_keys_may_hold_anything_and_each_is_a_lease_of_its_own(store: Store) -> None:
    keys = ["step/r1/s1", "step/r1", "☕ ü", "../globex", "x" * 2000]
    assert all(store.claim("acme", key, "a", TTL) for key in keys)
    store.release("acme", keys[0], "a")
    assert [store.claim("acme", key, "b", TTL) for key in keys] == [True, False, False, False, False]
