"""What every Store promises of its lists: their order, their pages, and what may be asked across tenants."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.core.run.run import RunStatus
from shared.ports import SYSTEM, Loaded, Put, RunFilter, Store
from tests.support.builders.saved_runs import a_command, a_run, following, opening
from tests.support.ports.moved_clock import START, MovedClock

MINUTE = timedelta(minutes=1)


def loaded(store: Store, run: str = "r1") -> Loaded:
    found = store.load_run("acme", run)
    assert found is not None
    return found


# --- of one tenant


def test_runs_are_listed_newest_first_in_pages(store: Store) -> None:
    for number in (2, 0, 3, 1):
        store.commit(opening(a_run(f"r{number}", opened_at=START + timedelta(minutes=number))))
    assert [run.id for run in store.list_runs("acme", limit=3)] == ["r3", "r2", "r1"]
    assert [run.id for run in store.list_runs("acme", after="r1")] == ["r0"]
    assert store.list_runs("acme", after="r0") == []


def test_runs_opened_at_one_moment_are_each_listed_once_by_descending_id(store: Store) -> None:
    together = ["R", "a", "a-b", "a.b", "a_b", "r1", "r10", "r2", "~"]
    for name in reversed(together):
        store.commit(opening(a_run(name)))
    store.commit(opening(a_run("before", opened_at=START - timedelta(microseconds=1))))
    store.commit(opening(a_run("behind", opened_at=START + timedelta(microseconds=1))))
    expected = ["behind", *sorted(together, reverse=True), "before"]
    assert [run.id for run in store.list_runs("acme")] == expected
    for size in (1, 2, 4):
        seen: list[str] = []
        while page := store.list_runs("acme", limit=size, after=seen[-1] if seen else ""):
            assert len(page) <= size
            seen += [run.id for run in page]
        assert seen == expected


def test_a_run_opened_or_changed_between_two_pages_moves_no_other(store: Store) -> None:
    for number in range(4):
        store.commit(opening(a_run(f"r{number}", opened_at=START + number * MINUTE)))
    assert [run.id for run in store.list_runs("acme", limit=2)] == ["r3", "r2"]
    store.commit(opening(a_run("r4", opened_at=START + 4 * MINUTE)))
    store.commit(following(loaded(store, "r2"), at=START + 5 * MINUTE))
    assert [run.id for run in store.list_runs("acme", limit=2, after="r2")] == ["r1", "r0"]


def test_after_a_run_that_is_not_the_tenants_comes_nothing(store: Store) -> None:
    store.commit(opening(a_run("mine")))
    store.commit(opening(a_run("theirs", tenant="globex", opened_at=START + MINUTE)))
    assert store.list_runs("acme", after="theirs") == []
    assert store.list_runs("acme", after="nobodys") == []


def test_runs_are_listed_by_state_and_by_when_they_were_opened(store: Store) -> None:
    states = [RunStatus.EXECUTING, RunStatus.FAILED, RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.EXECUTING]
    for number, status in enumerate(states):
        store.commit(opening(a_run(f"r{number}", opened_at=START + number * MINUTE, status=status)))
    store.commit(opening(a_run("theirs", tenant="globex", status=RunStatus.FAILED)))
    ended = (RunStatus.FAILED, RunStatus.SUCCEEDED)
    since, before = START + MINUTE, START + 3 * MINUTE
    wanted = [
        (RunFilter((RunStatus.FAILED,)), ["r3", "r1"]),
        (RunFilter(ended), ["r3", "r2", "r1"]),
        (RunFilter((RunStatus.CANCELLED,)), []),
        (RunFilter(since=since), ["r4", "r3", "r2", "r1"]),
        (RunFilter(before=before), ["r2", "r1", "r0"]),
        (RunFilter(since=since, before=before), ["r2", "r1"]),
        (RunFilter((RunStatus.FAILED,), since, before), ["r1"]),
        (RunFilter(since=before, before=since), []),
    ]
    for only, expected in wanted:
        assert [run.id for run in store.list_runs("acme", only=only)] == expected
        after, seen = "", []
        while page := store.list_runs("acme", limit=1, after=after, only=only):
            seen += [run.id for run in page]
            after = page[-1].id
        assert seen == expected


def test_a_page_goes_on_after_a_run_that_is_no_longer_meant(store: Store) -> None:
    for number in range(4):
        store.commit(opening(a_run(f"r{number}", opened_at=START + number * MINUTE)))
    only = RunFilter((RunStatus.EXECUTING,))
    assert [run.id for run in store.list_runs("acme", limit=2, only=only)] == ["r3", "r2"]
    store.commit(following(loaded(store, "r2"), changes={"status": RunStatus.SUCCEEDED}))
    assert [run.id for run in store.list_runs("acme", limit=2, after="r2", only=only)] == ["r1", "r0"]


@pytest.mark.parametrize("after", ["a/b", "..", "a b", "é", "__x__"])
def test_a_cursor_that_could_name_something_else_is_refused(store: Store, after: str) -> None:
    for ask in (lambda: store.list_runs("acme", after=after), lambda: store.list_docs("acme", "pages", after=after)):
        with pytest.raises(ValueError, match="id"):
            ask()


def test_documents_are_listed_by_id_in_pages(store: Store) -> None:
    store.put("acme", *(Put("pages", f"p{n}", {"n": n}) for n in (3, 1, 2)))
    store.put("acme", Put("grants", "p0", {}))
    store.put("globex", Put("pages", "p9", {}))
    assert [doc.id for doc in store.list_docs("acme", "pages", limit=2)] == ["p1", "p2"]
    assert [doc.id for doc in store.list_docs("acme", "pages", after="p2")] == ["p3"]


def test_many_documents_are_read_page_by_page_in_the_order_of_their_bytes(store: Store) -> None:
    ids = [f"{prefix}{number}" for prefix in ("A", "a", "_", "-", "~", "a.", "a:") for number in range(30)]
    for start in range(0, len(ids), 70):
        store.put("acme", *(Put("pages", name, {"id": name}) for name in reversed(ids[start : start + 70])))
    seen: list[str] = []
    sizes = []
    while page := store.list_docs("acme", "pages", after=seen[-1] if seen else ""):
        seen += [doc.id for doc in page]
        sizes.append(len(page))
        assert all(doc.body == {"id": doc.id} for doc in page)
    assert seen == sorted(ids)
    assert sizes == [100, 100, 10]


def test_a_page_goes_on_after_a_document_that_was_deleted_meanwhile(store: Store) -> None:
    store.put("acme", *(Put("pages", f"p{n}", {}) for n in range(4)))
    assert [doc.id for doc in store.list_docs("acme", "pages", limit=2)] == ["p0", "p1"]
    store.put("acme", Put("pages", "p1", None))
    assert [doc.id for doc in store.list_docs("acme", "pages", after="p1")] == ["p2", "p3"]


def test_a_listed_document_is_the_one_that_is_read_alone(store: Store) -> None:
    store.put("acme", Put("pages", "p1", {"n": 1}), Put("pages", "p2", {"n": 2}))
    store.put("acme", Put("pages", "p1", {"n": 3}))
    assert store.list_docs("acme", "pages") == [store.get("acme", "pages", name) for name in ("p1", "p2")]


def test_events_are_read_in_pages_to_the_end(store: Store) -> None:
    store.commit(opening(a_run()))
    for number in range(1, 12):
        store.commit(following(loaded(store), at=START + number * MINUTE))
    seen: list[int] = []
    while page := store.events("acme", "r1", after=seen[-1] if seen else 0, limit=5):
        seen += [seq for seq, _ in page]
    assert seen == list(range(1, 13))
    assert store.events("acme", "r1", after=12) == []
    assert store.events("acme", "unknown") == []


def test_audit_entries_are_read_in_pages(store: Store) -> None:
    store.commit(opening(a_run(), audit=({"n": 1}, {"n": 2})))
    store.commit(following(loaded(store), audit=({"n": 3},)))
    store.commit(opening(a_run(tenant="globex"), audit=({"n": 4},)))
    entries = store.audit("acme", limit=2)
    assert [entry.body["n"] for entry in entries] == [1, 2]
    assert [entry.body["n"] for entry in store.audit("acme", after=entries[-1].id)] == [3]


# --- the outbox


def test_commands_marked_as_sent_are_forgotten(store: Store, clock: MovedClock) -> None:
    store.commit(opening(a_run(), a_command("r1.1.0"), a_command("r1.1.1")))
    unsent = store.unsent("acme", "r1")
    assert unsent in ([], [a_command("r1.1.0"), a_command("r1.1.1")])  # none where the queue shares the transaction
    clock.move(minutes=1)
    assert store.find_unsent(clock.now()) == unsent
    assert store.unsent("globex", "r1") == []
    store.mark_sent("acme", ["r1.1.0", "r1.1.1", "unknown"])
    assert store.unsent("acme", "r1") == []
    assert store.find_unsent(clock.now()) == []


def test_what_a_commit_leaves_to_hand_over_is_known_without_asking(store: Store) -> None:
    store.commit(opening(a_run(), a_command("r1.1.0"), a_command("r1.1.1")))
    before = store.load_run("acme", "r1")
    assert before is not None
    store.mark_sent("acme", ["r1.1.0", "r1.1.1"])
    second = following(before, a_command("r1.2.0"))
    store.commit(second)
    assert store.unsent_of(second) == store.unsent("acme", "r1")


def test_nobody_marks_another_tenants_command_as_sent(store: Store) -> None:
    store.commit(opening(a_run(), a_command("r1.1.0")))
    unsent = store.unsent("acme", "r1")
    store.mark_sent("globex", ["r1.1.0"])
    assert store.unsent("acme", "r1") == unsent
    store.mark_sent("acme", [])
    assert store.unsent("acme", "r1") == unsent


def test_forgotten_commands_are_those_committed_before_that_time_oldest_first(store: Store, clock: MovedClock) -> None:
    """A backend whose commits hand their commands to the queue themselves has none to forget."""
    for number, tenant in enumerate(("globex", "acme", "initech")):
        store.commit(opening(a_run(f"r{number}", tenant=tenant), a_command(f"r{number}.1.0", tenant)))
        clock.move(minutes=1)
    if not store.unsent("acme", "r1"):
        assert store.find_unsent(clock.now()) == []
        return
    assert store.find_unsent(START) == []
    assert [command.tenant for command in store.find_unsent(START + 2 * MINUTE)] == ["globex", "acme"]
    assert [command.tenant for command in store.find_unsent(clock.now(), limit=2)] == ["globex", "acme"]
    store.mark_sent("globex", ["r0.1.0"])
    assert [command.tenant for command in store.find_unsent(clock.now(), limit=2)] == ["acme", "initech"]


# --- across tenants


def test_due_runs_are_the_unfinished_ones_past_their_time(store: Store) -> None:
    at = START + timedelta(minutes=1)
    store.commit(opening(a_run("due", next_check_at=at)))
    store.commit(opening(a_run("later", next_check_at=at + timedelta(seconds=1))))
    store.commit(opening(a_run("never", tenant="globex")))
    store.commit(opening(a_run("over", next_check_at=at, status=RunStatus.SUCCEEDED)))
    store.commit(opening(a_run("earlier", tenant="globex", next_check_at=at - timedelta(seconds=1))))
    assert store.due_runs(at) == [("globex", "earlier"), ("acme", "due")]
    assert store.due_runs(at, limit=1) == [("globex", "earlier")]
    store.commit(following(loaded(store, "due"), changes={"next_check_at": None}))
    assert store.due_runs(at) == [("globex", "earlier")]


def test_due_runs_beyond_the_limit_come_once_those_before_them_were_seen_to(store: Store) -> None:
    for number in range(5):
        tenant = "acme" if number % 2 else "globex"
        store.commit(opening(a_run(f"r{number}", tenant=tenant, next_check_at=START + number * MINUTE)))
    now, seen = START + timedelta(hours=1), []
    while due := store.due_runs(now, limit=2):
        assert len(due) <= 2
        for tenant, run in due:
            seen.append(run)
            found = store.load_run(tenant, run)
            assert found is not None
            store.commit(following(found, changes={"next_check_at": now + MINUTE}))
    assert seen == ["r0", "r1", "r2", "r3", "r4"]


def test_of_runs_due_at_one_moment_none_is_left_out(store: Store) -> None:
    for number in range(4):
        store.commit(opening(a_run(f"r{number}", next_check_at=START)))
    assert store.due_runs(START - timedelta(microseconds=1)) == []
    assert sorted(store.due_runs(START)) == [("acme", f"r{number}") for number in range(4)]
    assert len(set(store.due_runs(START, limit=3))) == 3


def test_tenants_are_those_with_documents_or_runs(store: Store) -> None:
    assert store.tenants() == []
    store.put("globex", Put("settings", "main", {}))
    store.put("acme", Put("settings", "main", {}), Put("pages", "p1", {}))
    store.commit(opening(a_run(tenant="initech")))
    store.commit(opening(a_run(tenant="acme")))
    store.commit(opening(a_run(tenant="Zoo")))
    assert store.tenants() == ["Zoo", "acme", "globex", "initech"]


def test_the_operators_own_documents_make_no_tenant(store: Store) -> None:
    store.put(SYSTEM, Put("webhook", "notion", {}))
    assert store.tenants() == []
    store.put("acme", Put("settings", "main", {}))
    assert store.tenants() == ["acme"]


def test_a_tenant_without_its_last_document_is_none_and_one_with_runs_stays(store: Store) -> None:
    for tenant in ("acme", "globex"):
        store.put(tenant, Put("settings", "main", {}))
    store.commit(opening(a_run(tenant="globex")))
    for tenant in ("acme", "globex"):
        store.put(tenant, Put("settings", "main", None))
    assert store.tenants() == ["globex"]
