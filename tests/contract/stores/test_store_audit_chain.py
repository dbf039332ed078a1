"""The audit's chain, on every backend: what somebody does to it past the store is found, and the first one is named."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from shared.app.tenants.audit_record import check_audit
from shared.core.errors import VersionConflict
from shared.ports import AuditHead, Store
from tests.support.builders.saved_runs import a_run, following, opening
from tests.support.measures.meddler import Meddler
from tests.support.ports.firestore_world import FirestoreWorld

ACME = "acme"
AT = "2026-11-20T09:00:00+00:00"


def _hash(tenant: str, number: int, previous: str, entry: Any) -> str:
    """Write down the rule once more: SHA-256 of JSON with sorted names, without blanks, in ASCII."""
    whole = {"entry": entry, "number": number, "previous": previous, "tenant": tenant}
    return hashlib.sha256(json.dumps(whole, sort_keys=True, separators=(",", ":")).encode("ascii")).hexdigest()


def _fill(store: Store, tenant: str = ACME) -> list[str]:
    """Write five entries; return their ids."""
    first, second = {"at": AT, "what": "opened", "by": "Zoë ☕"}, {"at": AT, "what": "told"}
    store.commit(opening(a_run("r1", tenant), audit=(first, second)))
    store.note(tenant, {"at": AT, "what": "Paused", "by": "ada"})
    loaded = store.load_run(tenant, "r1")
    assert loaded is not None
    store.commit(following(loaded, audit=({"at": AT, "what": "agreed", "cost": 0.1},)))
    store.note(tenant, {"at": AT, "what": "Resumed", "by": "ada"})
    return [entry.id for entry in store.audit(tenant)]


def test_each_entry_carries_the_hash_of_the_one_before(store: Store) -> None:
    _fill(store)
    entries = store.audit(ACME)
    assert [entry.body["what"] for entry in entries] == ["opened", "told", "Paused", "agreed", "Resumed"]
    previous = ""
    for number, entry in enumerate(entries, 1):
        assert (entry.number, entry.previous) == (number, previous)
        assert entry.hash == _hash(ACME, number, previous, dict(entry.body))
        previous = entry.hash
    assert store.audit_head(ACME) == AuditHead(5, previous)
    found = check_audit(store, ACME)
    assert (found.broken, found.older, found.head) == (None, 0, AuditHead(5, previous))


def test_a_team_without_entries_has_a_whole_audit(store: Store) -> None:
    found = check_audit(store, ACME)
    assert (found.broken, found.head) == (None, AuditHead(0, ""))


def _change(meddler: Meddler, name: str) -> None:
    meddler.write(name, body=json.dumps({"at": AT, "what": "agreed", "by": "mallory"}))


def _change_with_hash(meddler: Meddler, name: str) -> None:
    row, body = meddler.read(name), {"at": AT, "what": "forged"}
    meddler.write(name, body=json.dumps(body), hash=_hash(ACME, row["number"], row["previous"], body))


def _unchain(meddler: Meddler, name: str) -> None:
    meddler.write(name, number=0, previous="", hash="")


HARM: dict[str, tuple[Callable[[Meddler, list[str]], None], int, str]] = {
    "the first one removed": (lambda m, ids: m.remove(ids[0]), 1, "missing"),
    "one removed": (lambda m, ids: m.remove(ids[2]), 3, "missing"),
    "two removed": (lambda m, ids: [m.remove(each) for each in ids[1:3]] and None, 2, "missing"),
    "the last one removed": (lambda m, ids: m.remove(ids[4]), 5, "missing"),
    "all removed": (lambda m, ids: [m.remove(each) for each in ids] and None, 1, "missing"),
    "the first one changed": (lambda m, ids: _change(m, ids[0]), 1, "changed"),
    "one changed": (lambda m, ids: _change(m, ids[1]), 2, "changed"),
    "the last one changed": (lambda m, ids: _change(m, ids[4]), 5, "changed"),
    "one changed with its hash": (lambda m, ids: _change_with_hash(m, ids[1]), 2, "changed together"),
    "the last one changed with its hash": (lambda m, ids: _change_with_hash(m, ids[4]), 5, "changed together"),
    "a hash changed": (lambda m, ids: m.write(ids[3], hash="0" * 64), 4, "changed"),
    "two swapped": (lambda m, ids: m.swap(ids[1], ids[3]), 2, "missing"),
    "neighbours swapped": (lambda m, ids: m.swap(ids[3], ids[4]), 4, "missing"),
    "one given another number": (lambda m, ids: m.write(ids[2], number=2), 2, "inserted"),
    "one taken out of the chain": (lambda m, ids: _unchain(m, ids[2]), 0, "inserted"),
}


@pytest.mark.parametrize("harm", HARM)
def test_what_was_done_to_it_is_found_and_the_first_one_named(store: Store, harm: str) -> None:
    meddle, broken, why = HARM[harm]
    ids = _fill(store)
    _fill(store, "globex")
    meddle(Meddler(store, ACME), ids)
    found = check_audit(store, ACME)
    assert found.broken == broken
    assert why in found.why
    assert check_audit(store, "globex").broken is None


def test_an_entry_put_after_the_last_one_is_found(store: Store) -> None:
    ids = _fill(store)
    last = store.audit(ACME)[-1]
    body = {"at": AT, "what": "ApprovalGranted", "by": "mallory"}
    name = ids[4][:-1] + "6"
    linked = {"number": 6, "previous": last.hash, "hash": _hash(ACME, 6, last.hash, body)}
    Meddler(store, ACME).write(name, body=json.dumps(body), **linked)
    found = check_audit(store, ACME)
    assert (found.broken, found.id) == (6, name)
    assert "inserted" in found.why


def test_another_teams_chain_is_not_ones_own(store: Store) -> None:
    _fill(store)
    _fill(store, "globex")
    theirs = Meddler(store, "globex")
    ours = Meddler(store, ACME)
    for entry in store.audit("globex"):
        row = theirs.read(entry.id)
        ours.write(entry.id, **{field: row[field] for field in ("body", "number", "previous", "hash")})
    assert check_audit(store, ACME).broken == 1


def test_entries_from_before_the_chain_stay_readable_and_it_begins_after_them(store: Store) -> None:
    meddler = Meddler(store, ACME)
    for hour in ("07", "08"):
        meddler.add_older({"at": f"2026-11-20T{hour}:00:00+00:00", "what": f"old {hour}"}, f"20261120T{hour}0000")
    assert check_audit(store, ACME).broken is None
    _fill(store)
    entries = store.audit(ACME)
    assert [entry.body["what"] for entry in entries[:3]] == ["old 07", "old 08", "opened"]
    assert [entry.number for entry in entries] == [0, 0, 1, 2, 3, 4, 5]
    assert [entry.id for entry in store.audit(ACME, after=entries[1].id, limit=1)] == [entries[2].id]
    beyond = {number: [entry.number for entry in store.audit(ACME, beyond=number)] for number in (0, 3, 5, 9)}
    assert beyond == {0: [1, 2, 3, 4, 5], 3: [4, 5], 5: [], 9: []}
    assert [entry.number for entry in store.audit(ACME, beyond=1, limit=2)] == [2, 3]
    found = check_audit(store, ACME)
    assert (found.broken, found.older, found.head.number) == (None, 2, 5)


def test_an_entry_without_a_number_that_is_of_the_chains_time_was_inserted(store: Store) -> None:
    _fill(store)
    name = Meddler(store, ACME).add_older({"at": "2026-11-20T11:00:00+00:00", "what": "agreed"}, "20261120T110000")
    found = check_audit(store, ACME)
    assert (found.broken, found.id) == (0, name)
    assert "inserted" in found.why


def test_writers_at_once_make_one_chain(store: Store) -> None:
    """Four write at the same time: notes, and commits of runs of their own."""
    begun = threading.Barrier(4)

    def note(who: str) -> None:
        begun.wait(10)
        for n in range(6):
            store.note(ACME, {"at": AT, "what": f"{who}{n}"})

    def commit(who: str) -> None:
        begun.wait(10)
        store.commit(opening(a_run(who, ACME), audit=({"at": AT, "what": f"{who}0"},)))
        for n in range(1, 6):
            loaded = store.load_run(ACME, who)
            assert loaded is not None
            store.commit(following(loaded, audit=({"at": AT, "what": f"{who}{n}"},)))

    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(note, "a"), pool.submit(note, "b"), pool.submit(commit, "c"), pool.submit(commit, "d")]
        for job in jobs:
            job.result(120)
    entries = store.audit(ACME)
    assert [entry.number for entry in entries] == list(range(1, 25))
    for who in "abcd":  # each one's entries are all there, in their order
        whats = [entry.body["what"] for entry in entries if entry.body["what"].startswith(who)]
        assert whats == [f"{who}{n}" for n in range(6)]
    assert check_audit(store, ACME).broken is None


def test_a_commit_that_comes_too_late_leaves_no_entry(store: Store) -> None:
    _fill(store)
    loaded = store.load_run(ACME, "r1")
    assert loaded is not None
    store.commit(following(loaded, token="first"))
    with pytest.raises(VersionConflict):
        store.commit(following(loaded, token="second", audit=({"at": AT, "what": "late"},)))
    assert [entry.body["what"] for entry in store.audit(ACME)][-1] == "Resumed"
    assert check_audit(store, ACME).broken is None


def test_a_note_whose_reply_is_lost_is_there_once(world: FirestoreWorld) -> None:
    world.store.note(ACME, {"at": AT, "what": "one"})
    world.wire.lose_replies = 1
    world.shaky.note(ACME, {"at": AT, "what": "two"})
    assert [entry.body["what"] for entry in world.store.audit(ACME)] == ["one", "two"]
    assert check_audit(world.store, ACME).broken is None


def test_a_note_whose_reply_is_lost_while_others_go_on_is_there_once(world: FirestoreWorld) -> None:
    world.wire.lose_replies, world.wire.between = 1, lambda: world.store.note(ACME, {"at": AT, "what": "theirs"})
    world.shaky.note(ACME, {"at": AT, "what": "ours"})
    assert [entry.body["what"] for entry in world.store.audit(ACME)] == ["ours", "theirs"]
    assert check_audit(world.store, ACME).broken is None
