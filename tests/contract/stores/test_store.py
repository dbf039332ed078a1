"""What every Store promises, on every backend."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.core.errors import DocumentTooLarge, VersionConflict
from shared.core.run.events import TimePassed
from shared.core.run.run import Usage
from shared.ports import MAX_DOCUMENT_BYTES, Doc, Loaded, Put, Store
from tests.support.builders.saved_runs import a_command, a_run, following, opened, opening
from tests.support.ports.moved_clock import START


def loaded(store: Store, run: str = "r1", tenant: str = "acme") -> Loaded:
    found = store.load_run(tenant, run)
    assert found is not None
    return found


# --- runs


def test_a_committed_run_is_read_as_it_was(store: Store) -> None:
    run = a_run(facts={"link": "https://example.test/ü"}, next_check_at=START + timedelta(minutes=5))
    version = store.commit(opening(run))
    assert (loaded(store).run, loaded(store).version) == (run, version)


def test_an_unknown_run_is_none(store: Store) -> None:
    assert store.load_run("acme", "r1") is None


def test_another_tenants_run_is_none(store: Store) -> None:
    store.commit(opening(a_run()))
    assert store.load_run("globex", "r1") is None
    assert store.events("globex", "r1") == []
    assert store.list_runs("globex") == []


def test_two_tenants_may_use_the_same_run_id(store: Store) -> None:
    store.commit(opening(a_run(tenant="acme", failure="a")))
    store.commit(opening(a_run(tenant="globex", failure="g")))
    assert [loaded(store, tenant=name).run.failure for name in ("acme", "globex")] == ["a", "g"]


def test_events_are_numbered_by_the_runs_seq(store: Store) -> None:
    run = a_run()
    store.commit(opening(run))
    store.commit(following(loaded(store), at=START + timedelta(seconds=1)))
    store.commit(following(loaded(store), at=START + timedelta(seconds=2)))
    second, third = TimePassed(START + timedelta(seconds=1)), TimePassed(START + timedelta(seconds=2))
    assert store.events("acme", "r1") == [(1, opened(run)), (2, second), (3, third)]
    assert store.events("acme", "r1", after=1, limit=1) == [(2, second)]


def test_what_commits_cost_is_counted_in_ledgers_alone(store: Store) -> None:
    store.commit(opening(a_run(spent=Usage(10, 20))))
    store.commit(following(loaded(store), changes={"spent": Usage(30, 40)}))
    assert store.usage("acme", START.date()) == Usage()


def test_a_run_opened_twice_is_a_conflict(store: Store) -> None:
    store.commit(opening(a_run(failure="first")))
    with pytest.raises(VersionConflict):
        store.commit(replace(opening(a_run(failure="second")), token="of another"))
    assert loaded(store).run.failure == "first"


def test_of_two_commits_at_one_version_the_second_leaves_nothing(store: Store) -> None:
    store.commit(opening(a_run()))
    read = loaded(store)
    store.commit(following(read, token="one", changes={"failure": "one"}))
    late = following(
        read,
        a_command("r1.2.9"),
        token="two",
        changes={"failure": "two"},
        puts=(Put("pages", "p1", {"by": "two"}),),
        audit=({"by": "two"},),
    )
    with pytest.raises(VersionConflict):
        store.commit(late)
    assert loaded(store).run.failure == "one"
    assert [seq for seq, _ in store.events("acme", "r1")] == [1, 2]
    assert store.unsent("acme", "r1") == []
    assert store.get("acme", "pages", "p1") is None
    assert store.audit("acme") == []


def test_a_commit_of_an_unknown_run_at_a_version_is_a_conflict(store: Store) -> None:
    store.commit(opening(a_run()))
    read = loaded(store)
    other = following(read, changes={"id": "r2"})
    with pytest.raises(VersionConflict):
        store.commit(other)
    assert store.load_run("acme", "r2") is None


@pytest.mark.parametrize("puts", [(), (Put("pages", "p1", {"n": 1}, expected=""),)], ids=["plain", "with a document"])
def test_a_commit_repeated_after_a_lost_reply_counts_once(store: Store, puts: tuple[Put, ...]) -> None:
    first = opening(a_run(), audit=({"did": "open"},), puts=puts)
    version = store.commit(first)
    assert store.commit(first) == version
    again = following(loaded(store), audit=({"did": "go on"},))
    second = store.commit(again)
    assert store.commit(again) == second != version
    assert [entry.body["did"] for entry in store.audit("acme")] == ["open", "go on"]
    assert len(store.events("acme", "r1")) == 2


# --- what a commit carries along


def test_documents_of_a_commit_are_saved_with_it(store: Store) -> None:
    store.put("acme", Put("pages", "old", {"n": 0}))
    store.commit(opening(a_run(), puts=(Put("pages", "new", {"n": 1}, expected=""), Put("pages", "old", None))))
    assert [(doc.id, doc.body) for doc in store.list_docs("acme", "pages")] == [("new", {"n": 1})]


def test_a_document_that_does_not_hold_refuses_the_whole_commit(store: Store) -> None:
    store.put("acme", Put("pages", "p1", {"n": 1}))
    with pytest.raises(VersionConflict):
        store.commit(opening(a_run(), puts=(Put("pages", "p0", {}), Put("pages", "p1", {"n": 2}, expected=""))))
    assert store.load_run("acme", "r1") is None
    assert [(doc.id, doc.body) for doc in store.list_docs("acme", "pages")] == [("p1", {"n": 1})]


# --- documents


def test_a_document_is_read_as_it_was_put(store: Store) -> None:
    body = {"text": "naïve ☕", "list": [1, 2.5, None, True], "nested": {"a": {"b": "c"}}}
    store.put("acme", Put("pages", "p1", body))
    found = store.get("acme", "pages", "p1")
    assert found is not None
    assert (found.id, found.body) == ("p1", body)


def test_half_a_character_does_not_break_the_store(store: Store) -> None:
    store.put("acme", Put("pages", "p1", {"text": "cut \ud83d off"}))
    found = store.get("acme", "pages", "p1")
    assert found is not None
    assert found.body == {"text": "cut \ud83d off"}


def version(store: Store, id: str = "p1") -> str:
    found = store.get("acme", "pages", id)
    assert found is not None
    return found.version


def test_a_put_at_an_old_version_is_refused_whole(store: Store) -> None:
    store.put("acme", Put("pages", "p1", {"n": 1}, expected=""))
    first = version(store)
    store.put("acme", Put("pages", "p1", {"n": 2}, expected=first))
    with pytest.raises(VersionConflict):
        store.put("acme", Put("pages", "p2", {}), Put("pages", "p1", {"n": 3}, expected=first))
    assert [(doc.id, doc.body) for doc in store.list_docs("acme", "pages")] == [("p1", {"n": 2})]


STALE = "of another document"


@pytest.mark.parametrize(
    "failing",
    [
        pytest.param(Put("pages", "there", {"n": 9}, expected=""), id="must not exist, and does"),
        pytest.param(Put("pages", "gone", {"n": 9}, expected=STALE), id="must exist, and does not"),
        pytest.param(Put("pages", "there", {"n": 9}, expected=STALE), id="at another version"),
        pytest.param(Put("pages", "there", {"n": 9}, expected="nonsense"), id="at what was never a version"),
        pytest.param(Put("pages", "there", None, expected=STALE), id="deleted at another version"),
        pytest.param(Put("pages", "there", None, expected=""), id="deleted where nothing must be"),
    ],
)
@pytest.mark.parametrize("place", [0, 2, 4], ids=["first", "in the middle", "last"])
def test_of_several_puts_one_that_does_not_hold_refuses_all(store: Store, failing: Put, place: int) -> None:
    store.put("acme", *(Put("pages", name, {"n": 1}) for name in ("there", "free", "doomed")))
    store.put("acme", Put("pages", "other", {"n": 1}))
    before = store.list_docs("acme", "pages")
    puts = [
        Put("pages", "new", {"n": 2}, expected=""),
        Put("pages", "free", {"n": 2}),
        Put("pages", "other", {"n": 2}, expected=version(store, "other")),
        Put("pages", "doomed", None),
    ]
    if failing.expected == STALE:
        failing = replace(failing, expected=version(store, "other"))
    with pytest.raises(VersionConflict):
        store.put("acme", *puts[:place], failing, *puts[place:])
    assert store.list_docs("acme", "pages") == before
    store.put("acme", *puts)
    assert [(doc.id, doc.body["n"]) for doc in store.list_docs("acme", "pages")] == [
        ("free", 2),
        ("new", 2),
        ("other", 2),
        ("there", 1),
    ]


def test_no_put_at_all_is_no_error(store: Store) -> None:
    store.put("acme")
    assert store.tenants() == []


def test_what_is_not_there_may_be_deleted(store: Store) -> None:
    store.put("acme", Put("pages", "p1", None))
    store.put("acme", Put("pages", "p1", None, expected=""))
    assert store.get("acme", "pages", "p1") is None


def test_a_put_that_must_be_first_is_refused_the_second_time(store: Store) -> None:
    store.put("acme", Put("deliveries", "d1", {"n": 1}, expected=""))
    with pytest.raises(VersionConflict):
        store.put("acme", Put("deliveries", "d1", {"n": 2}, expected=""))


def test_a_version_does_not_come_back_after_a_deletion(store: Store) -> None:
    store.put("acme", Put("pages", "p1", {"n": 1}))
    first = version(store)
    store.put("acme", Put("pages", "p1", None, expected=first))
    assert store.get("acme", "pages", "p1") is None
    store.put("acme", Put("pages", "p1", {"n": 2}, expected=""))
    with pytest.raises(VersionConflict):
        store.put("acme", Put("pages", "p1", {"n": 3}, expected=first))


def test_another_tenants_document_is_none(store: Store) -> None:
    store.put("acme", Put("pages", "p1", {}))
    assert store.get("globex", "pages", "p1") is None
    assert store.list_docs("globex", "pages") == []


@pytest.mark.parametrize("name", ["", "..", ".", "a/b", "../globex", "a\x00b", "a b", "é", "x" * 500, "__x__"])
def test_ids_that_could_name_something_else_are_refused(store: Store, name: str) -> None:
    for ask in (
        lambda: store.get("acme", "pages", name),
        lambda: store.put("acme", Put("pages", name, {})),
        lambda: store.load_run("acme", name),
        lambda: store.commit(opening(a_run(name))),
    ):
        with pytest.raises(ValueError, match="id"):
            ask()
    assert store.list_docs("acme", "pages") == []


@pytest.mark.parametrize("tenant", ["", "..", "a/b", "acme/../globex", "a b"])
def test_tenants_that_could_name_another_are_refused(store: Store, tenant: str) -> None:
    for ask in (
        lambda: store.get(tenant, "pages", "p1"),
        lambda: store.put(tenant, Put("pages", "p1", {})),
        lambda: store.load_run(tenant, "r1"),
        lambda: store.commit(opening(a_run(tenant=tenant))),
        lambda: store.list_runs(tenant),
        lambda: store.put_text(tenant, "x"),
    ):
        with pytest.raises(ValueError):
            ask()


@pytest.mark.parametrize("kind", ["", "a/b", "..", "runs", "outbox", "audit", "usage", "leases", "texts"])
def test_kinds_that_belong_to_the_store_are_refused(store: Store, kind: str) -> None:
    with pytest.raises(ValueError, match="kind"):
        store.put("acme", Put(kind, "d1", {}))


def test_a_document_near_the_limit_is_refused_before_anything_is_written(store: Store) -> None:
    fits = {"text": "x" * (MAX_DOCUMENT_BYTES - 100)}
    store.put("acme", Put("pages", "fits", fits))
    large = {"text": "ü" * (MAX_DOCUMENT_BYTES // 2)}
    with pytest.raises(DocumentTooLarge, match="large"):
        store.put("acme", Put("pages", "small", {}), Put("pages", "large", large))
    with pytest.raises(DocumentTooLarge, match="r1"):
        store.commit(opening(a_run(facts=large)))
    assert store.get("acme", "pages", "fits") == Doc("fits", fits, version(store, "fits"))
    assert store.get("acme", "pages", "small") is None
    assert store.load_run("acme", "r1") is None
