"""What only the embedded store promises of a write: shared transactions, a full disk, a failure half-way."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from shared.backends.local.state.commit_group import Changes
from shared.backends.local.state.local_store import LocalStore
from shared.core.errors import StoreError, VersionConflict
from shared.ports import Put
from tests.support.builders.saved_runs import a_command, a_run, following, opening
from tests.support.ports.moved_clock import MovedClock


def at_once(count: int, work: Callable[[int], None]) -> None:
    """Run `work` in that many threads that begin together; raise what any of them raised."""
    start, failures = threading.Barrier(count), list[BaseException]()

    def body(number: int) -> None:
        try:
            start.wait()
            work(number)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=body, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def test_sixteen_writers_on_one_run_lose_no_event(store: LocalStore) -> None:
    store.commit(opening(a_run()))

    def write(writer: int) -> None:
        saved = 0
        while saved < 5:
            read = store.load_run("acme", "r1")
            assert read is not None
            count = read.run.facts.get(f"w{writer}", 0) + 1
            facts = {**read.run.facts, f"w{writer}": count}
            try:
                store.commit(following(read, token=f"{writer}-{saved}-{read.version}", changes={"facts": facts}))
                saved += 1
            except VersionConflict:
                continue

    at_once(16, write)
    after = store.load_run("acme", "r1")
    assert after is not None
    assert after.run.facts == {f"w{writer}": 5 for writer in range(16)}
    assert [seq for seq, _ in store.events("acme", "r1")] == list(range(1, 82))


def test_writers_of_different_runs_share_transactions(store: LocalStore) -> None:
    before = store.stats.transactions
    with store.group.lock:  # as while another commit waits for the disk
        threads = [threading.Thread(target=lambda n=n: store.commit(opening(a_run(f"r{n}")))) for n in range(16)]
        for thread in threads:
            thread.start()
        while len(store.group._pending) < 16:
            pass
    for thread in threads:
        thread.join()
    assert len(store.list_runs("acme")) == 16
    assert store.stats.transactions - before == 1
    assert store.stats.largest == 16


def test_no_run_is_read_older_than_it_was_seen_before(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.commit(opening(a_run()))
    read, tell, seen = store.load_run("acme", "r1"), store.group._tell, list[tuple[int, int]]()
    assert read is not None

    def look_first(changes: Changes) -> None:  # it is on the disk, and nobody in this process was told yet
        (listed,), loaded = store.list_runs("acme"), store.load_run("acme", "r1")
        assert loaded is not None
        seen.append((listed.seq, loaded.run.seq))
        tell(changes)

    monkeypatch.setattr(store.group, "_tell", look_first)
    store.commit(following(read))
    assert seen == [(2, 2)]


def test_a_lone_step_waits_for_the_disk_once(store: LocalStore) -> None:
    store.commit(opening(a_run(), a_command("r1.1.0")))
    before = store.stats.transactions
    read = store.load_run("acme", "r1")
    assert read is not None
    store.commit(following(read, a_command("r1.2.0"), handled="r1.1.0"))
    assert store.stats.transactions - before == 1


def test_a_refused_write_costs_no_transaction(store: LocalStore) -> None:
    store.commit(opening(a_run()))
    before = store.stats.transactions
    with pytest.raises(VersionConflict):
        store.put("acme", Put("pages", "p1", {}, expected="1-1"))
    assert (store.stats.transactions, store.stats.refused) == (before, 1)


def test_a_write_that_fails_half_way_leaves_the_others_of_its_group(store: LocalStore) -> None:
    def breaks(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("INSERT INTO usage VALUES ('acme', '2026-01-01', 1, 1)")
        raise ZeroDivisionError

    outcomes: list[BaseException] = []

    def submit() -> None:
        try:
            store.group.submit(breaks)
        except ZeroDivisionError as error:
            outcomes.append(error)

    with store.group.lock:
        threads = [threading.Thread(target=lambda n=n: store.commit(opening(a_run(f"r{n}")))) for n in range(3)]
        threads.insert(1, threading.Thread(target=submit))
        for thread in threads:
            thread.start()
        while len(store.group._pending) < 4:
            pass
    for thread in threads:
        thread.join()
    assert len(outcomes) == 1
    assert sorted(run.id for run in store.list_runs("acme")) == ["r0", "r1", "r2"]
    with store.reading() as connection:
        assert connection.execute("SELECT count(*) FROM usage").fetchone() == (0,)


def test_a_full_disk_refuses_the_write_and_nothing_else(store: LocalStore) -> None:
    store.commit(opening(a_run()))
    with store.group.lock:
        pages = store._writer.execute("PRAGMA page_count").fetchone()[0]
        store._writer.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError, match="disk is full"):
        store.put("acme", Put("pages", "large", {"text": "x" * 100_000}))
    assert store.load_run("acme", "r1") is not None
    with store.group.lock:
        store._writer.execute("PRAGMA max_page_count = 1000000")
    store.put("acme", Put("pages", "large", {"text": "x" * 100_000}))
    assert [doc.id for doc in store.list_docs("acme", "pages")] == ["large"]


def test_a_commit_whose_events_do_not_fit_its_number_is_refused(store: LocalStore) -> None:
    with pytest.raises(ValueError, match="events end at number 0"):
        store.commit(opening(a_run(seq=0)))


def test_large_texts_lie_in_parts(store: LocalStore) -> None:
    store.put_text("acme", "x" * (256 * 1024 * 2 + 1))
    with store.reading() as connection:
        sizes = connection.execute("SELECT length(body) FROM texts ORDER BY part").fetchall()
    assert sizes == [(262_144,), (262_144,), (1,)]


def test_a_clock_turned_back_neither_revives_nor_prolongs_a_lease(tmp_path: Path) -> None:
    clock = MovedClock()
    with LocalStore(tmp_path, clock) as store:
        assert store.claim("acme", "k", "a", timedelta(seconds=60))
        clock.move(seconds=50)
        assert not store.claim("acme", "k", "b", timedelta(seconds=60))
        clock.move(hours=-1)
        assert not store.claim("acme", "k", "b", timedelta(seconds=60))
        clock.move(seconds=11)
        assert store.claim("acme", "k", "b", timedelta(seconds=60))
