"""Old entries of the audit are removed on every backend: the chain says from where it is kept, and nobody can lie."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.app.engine.deps import Deps
from shared.app.tenants.audit_record import check_audit, read_audit
from shared.app.tenants.retention import remove_old
from shared.backends.clock import stand_back
from shared.core.run.commands import RECONCILE, RETAIN, Command
from shared.ports import AuditHead, Put, Store
from tests.support.measures.meddler import Meddler
from tests.support.ports.backends import STORES
from tests.support.ports.moved_clock import MovedClock

ACME, DAYS = "acme", 100
# What is kept no longer is removed by a function that the queue calls, and those use Google's client.
pytestmark = pytest.mark.parametrize("store", [*sorted(STORES), "firestore-google"], indirect=True)


class NoQueue:
    """A queue that keeps what it is handed."""

    def __init__(self) -> None:
        self.handed: list[Command] = []

    def enqueue(self, commands: Sequence[Command]) -> None:
        """Take them."""
        self.handed += commands


def deps_on(store: Store, clock: MovedClock) -> Deps:
    unused: object = None
    return Deps(store, NoQueue(), unused, clock, stand_back=stand_back)  # type: ignore[arg-type]


def expire(store: Store, clock: MovedClock, tenant: str = ACME) -> None:
    remove_old(Command("c-1", RECONCILE, "sync", tenant, topic=RETAIN), deps_on(store, clock))


def fill(store: Store, clock: MovedClock, tenant: str = ACME) -> None:
    """Write eight entries, one each 25 days, the last of them today; keep those of a hundred days."""
    for tenants in (tenant, "globex"):
        store.put(tenants, Put("settings", "tenant", {"retention": {"audit_days": DAYS}}))
    for number in range(1, 9):
        at = clock.now() - timedelta(days=25 * (8 - number))
        store.note(tenant, {"at": at.isoformat(), "what": f"did {number}"})


def words(store: Store) -> list[str]:
    return [str(entry.body["what"]) for entry in read_audit(store, ACME)]


def test_what_is_older_goes_and_the_chain_says_from_where_it_is_kept(store: Store, clock: MovedClock) -> None:
    fill(store, clock)
    before = list(read_audit(store, ACME))
    store.note("globex", {"at": (clock.now() - timedelta(days=99)).isoformat(), "what": "theirs"})
    expire(store, clock)
    assert words(store) == ["did 4", "did 5", "did 6", "did 7", "did 8", "AuditExpired"]
    note = list(read_audit(store, ACME))[-1].body
    last = before[2]
    assert note["after"] == {"number": 3, "hash": last.hash, "until": last.body["at"]}
    assert (note["by"], note["actor"]) == ("workwright", "system")
    found = check_audit(store, ACME)
    assert (found.broken, found.removed, found.until) == (None, 3, last.body["at"])
    assert found.head == store.audit_head(ACME) == AuditHead(9, list(read_audit(store, ACME))[-1].hash)
    assert [entry.body["what"] for entry in store.audit("globex")] == ["theirs"]
    expire(store, clock)  # once more at once: nothing is left to do, and nothing is noted
    assert len(words(store)) == 6
    clock.move(hours=24 * 60)
    expire(store, clock)
    assert words(store) == ["did 7", "did 8", "AuditExpired", "AuditExpired"]
    found = check_audit(store, ACME)
    assert (found.broken, found.removed) == (None, 6)
    clock.move(hours=24 * 400)
    expire(store, clock)
    assert words(store) == ["AuditExpired"]
    assert (check_audit(store, ACME).broken, check_audit(store, ACME).removed) == (None, 10)
    clock.move(hours=24 * 400)
    expire(store, clock)  # the note of the removal alone is not removed: else each day would write one more
    assert words(store) == ["AuditExpired"]
    store.note(ACME, {"at": clock.now().isoformat(), "what": "goes on"})
    assert (check_audit(store, ACME).broken, store.audit_head(ACME).number) == (None, 12)


def test_entries_from_before_the_chain_go_first(store: Store, clock: MovedClock) -> None:
    old = clock.now() - timedelta(days=300)
    Meddler(store, ACME).add_older({"at": old.isoformat(), "what": "very old"}, f"{old:%Y%m%dT%H%M%S}")
    fill(store, clock)
    assert check_audit(store, ACME).older == 1
    expire(store, clock)
    found = check_audit(store, ACME)
    assert (words(store)[0], found.broken, found.older, found.removed) == ("did 4", None, 0, 3)


class Died(Exception):
    """The process ends here."""


@pytest.mark.parametrize("point", ["retention.after/note", "retention.after/entries"])
def test_a_death_in_between_leaves_a_whole_chain_and_the_next_pass_goes_on(
    store: Store, clock: MovedClock, point: str
) -> None:
    fill(store, clock)
    deps = deps_on(store, clock)

    def die(name: str) -> None:
        if name == point:
            raise Died

    object.__setattr__(deps, "crash_point", die)
    with pytest.raises(Died):
        remove_old(Command("c-1", RECONCILE, "sync", ACME, topic=RETAIN), deps)
    assert check_audit(store, ACME).broken is None
    expire(store, clock)
    found = check_audit(store, ACME)
    assert (words(store)[0], found.broken, found.removed) == ("did 4", None, 3)


def _relink(meddler: Meddler, name: str, body: dict[str, Any]) -> None:
    """Write an entry anew with a hash that fits it, as somebody would who knows the rule."""
    row = meddler.read(name)
    whole = {"entry": body, "number": row["number"], "previous": row["previous"], "tenant": ACME}
    text = json.dumps(whole, sort_keys=True, separators=(",", ":"))
    meddler.write(name, body=json.dumps(body), hash=hashlib.sha256(text.encode("ascii")).hexdigest())


def _forge_count(meddler: Meddler, ids: list[str]) -> None:
    body = json.loads(meddler.read(ids[-1])["body"])
    meddler.write(ids[-1], body=json.dumps({**body, "after": {**body["after"], "number": 4}}))


def _forge_count_with_hash_and_remove(meddler: Meddler, ids: list[str]) -> None:
    body = json.loads(meddler.read(ids[-1])["body"])
    _relink(meddler, ids[-1], {**body, "after": {**body["after"], "number": 4}})
    meddler.remove(ids[0])


def _forge_a_note_in_the_middle(meddler: Meddler, ids: list[str]) -> None:
    body = json.loads(meddler.read(ids[-1])["body"])
    _relink(meddler, ids[2], {**body, "after": {**body["after"], "number": 4}})
    meddler.remove(ids[0])


# What is done to a chain that is kept from number 4 on, the number of the first broken entry, and what is said of it.
HARM: dict[str, tuple[Callable[[Meddler, list[str]], None], int, str]] = {
    "one more removed than the note says": (lambda m, ids: m.remove(ids[0]), 4, "missing"),
    "two more removed": (lambda m, ids: [m.remove(each) for each in ids[:2]] and None, 4, "missing"),
    "the note removed": (lambda m, ids: m.remove(ids[-1]), 1, "missing"),
    "the note and its end removed": (lambda m, ids: [m.remove(each) for each in ids] and None, 1, "missing"),
    "the count of the note forged": (_forge_count, 9, "changed"),
    "the count forged with its hash, and one removed": (_forge_count_with_hash_and_remove, 5, "changed"),
    "a second note forged, and one removed": (_forge_a_note_in_the_middle, 6, "changed"),
    "the first one that is kept changed": (lambda m, ids: m.write(ids[0], body="{}"), 4, "changed"),
    "the first one linked to something else": (lambda m, ids: m.write(ids[0], previous="0" * 64), 4, "changed"),
    "one in the middle removed": (lambda m, ids: m.remove(ids[2]), 6, "missing"),
}


@pytest.mark.parametrize("harm", HARM)
def test_nobody_removes_more_or_says_that_more_was_removed(store: Store, clock: MovedClock, harm: str) -> None:
    meddle, broken, why = HARM[harm]
    fill(store, clock)
    expire(store, clock)
    ids = [entry.id for entry in read_audit(store, ACME)]
    meddle(Meddler(store, ACME), ids)
    found = check_audit(store, ACME)
    assert (found.broken, why in found.why) == (broken, True), found


def test_an_entry_of_another_kind_says_nothing_about_what_was_removed(store: Store, clock: MovedClock) -> None:
    fill(store, clock)
    expire(store, clock)
    first = next(iter(read_audit(store, ACME)))
    said = {"number": first.number, "hash": first.hash, "until": "now"}
    store.note(ACME, {"at": clock.now().isoformat(), "what": "SettingsChanged", "after": said})
    Meddler(store, ACME).remove(first.id)
    assert check_audit(store, ACME).broken == first.number


def test_only_so_many_go_at_once_oldest_first_and_never_those_after_the_last(store: Store, clock: MovedClock) -> None:
    fill(store, clock)
    ids = [entry.id for entry in read_audit(store, ACME)]
    assert store.forget_audit(ACME, ids[3], limit=3) == 3
    assert words(store)[0] == "did 4"
    assert store.forget_audit(ACME, ids[3]) == 1
    assert store.forget_audit(ACME, ids[3]) == 0
    assert words(store)[0] == "did 5"
    assert datetime.fromisoformat(str(next(iter(read_audit(store, ACME))).body["at"])) < clock.now()
