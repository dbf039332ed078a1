"""Firestore as a Store: what its contract suite cannot show, because it is about lost replies, races and limits."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.core.errors import DocumentTooLarge, VersionConflict
from shared.core.run.commands import Command
from shared.core.run.events import StepUndone
from shared.core.run.run import Usage
from shared.ports import Put
from tests.support.ports.firestore_world import FULL, NOW, FirestoreWorld, a_commit, a_run

# --- races


def test_sixteen_writers_on_one_run_lose_no_event(world: FirestoreWorld) -> None:
    world.store.commit(a_commit(a_run()))
    failures: list[BaseException] = []

    def write(writer: int) -> None:
        for n in range(3):
            while True:
                loaded = world.store.load_run("acme", "r1")
                assert loaded is not None
                event = StepUndone(NOW, f"w{writer}", n + 1)
                after = replace(loaded.run, seq=loaded.run.seq + 1)
                try:
                    world.store.commit(a_commit(after, loaded.version, events=(event,)))
                    break
                except VersionConflict:
                    continue
                except BaseException as error:
                    failures.append(error)
                    raise

    threads = [threading.Thread(target=write, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    events = world.store.events("acme", "r1")
    assert [seq for seq, _ in events] == list(range(1, 50))
    written = sorted((event.step, event.attempt) for _, event in events if isinstance(event, StepUndone))
    assert written == sorted((f"w{writer}", n) for writer in range(16) for n in (1, 2, 3))


def test_one_of_many_gets_the_lease(world: FirestoreWorld) -> None:
    taken: list[str] = []

    def claim(owner: str) -> None:
        if world.store.claim("acme", "plan", owner, timedelta(seconds=30)):
            taken.append(owner)

    for round_ in range(3):  # free, then run out, twice
        threads = [threading.Thread(target=claim, args=(f"{round_}-{n}",)) for n in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert len(taken) == round_ + 1
        world.clock.move(seconds=31)


# --- limits


def test_what_is_too_large_is_refused_before_anything_is_written(world: FirestoreWorld) -> None:
    big = "x" * 1_000_001
    for commit in (
        a_commit(a_run(facts={"x": big}), **FULL),
        a_commit(a_run(), puts=(Put("pages", "p", {"x": big}),)),
        a_commit(a_run(), audit=({"x": big},)),
        a_commit(a_run(), puts=tuple(Put("pages", f"p{n}", {"x": "y" * 990_000}) for n in range(10))),
        a_commit(a_run(facts={"x": "ü" * 500_001})),
    ):
        with pytest.raises(DocumentTooLarge):
            world.shaky.commit(commit)
    assert world.wire.commits == 0
    assert world.store.load_run("acme", "r1") is None


def test_a_document_just_below_the_limit_is_taken(world: FirestoreWorld) -> None:
    world.store.put("acme", Put("pages", "p", {"x": "y" * 999_000}))
    found = world.store.get("acme", "pages", "p")
    assert found is not None
    assert len(found.body["x"]) == 999_000


@pytest.mark.parametrize("text", ["", "short", "ü" * 450_001, "🔑" * 700_000, "half a pair \ud83d"], ids=len)
def test_texts_of_any_size_come_back(world: FirestoreWorld, text: str) -> None:
    address = world.store.put_text("acme", text)
    assert world.store.put_text("acme", text) == address
    assert world.store.get_text("acme", address) == text
    with pytest.raises(KeyError):
        world.store.get_text("globex", address)


@pytest.mark.parametrize(
    "body",
    [
        {"nested": [[1, [2]], []]},
        {"__reserved__": 1, "": 2, "a.b": {"`": 3}},
        {"big": 2**80, "float": 1e-300, "none": None},
        {"many": {f"k{n}": n for n in range(45_000)}},
        {"half a pair": "\ud83d"},
    ],
    ids=["lists in lists", "odd names", "odd numbers", "45,000 leaves", "surrogate"],
)
def test_what_firestores_own_types_would_refuse_is_kept(world: FirestoreWorld, body: dict[str, Any]) -> None:
    world.store.put("acme", Put("pages", "p", body))
    found = world.store.get("acme", "pages", "p")
    assert found is not None
    assert found.body == body


# --- tenants


FOREIGN = ["../globex", "acme/runs/r1", "acme/../globex", "/", "", ".", "..", "__all__", "a\x00", "a\n", "ü", "x" * 401]


@pytest.mark.parametrize("name", FOREIGN, ids=repr)
def test_no_name_leads_out_of_the_tenant(world: FirestoreWorld, name: str) -> None:
    store = world.shaky
    calls: list[Callable[[], object]] = [
        lambda: store.load_run(name, "r1"),
        lambda: store.load_run("acme", name),
        lambda: store.events("acme", name),
        lambda: store.get("acme", "pages", name),
        lambda: store.get("acme", name, "p"),
        lambda: store.get(name, "pages", "p"),
        lambda: store.put("acme", Put("pages", name, {})),
        lambda: store.put("acme", Put(name, "p", {})),
        lambda: store.put(name, Put("pages", "p", {})),
        lambda: store.list_docs("acme", name),
        lambda: store.get_text("acme", name),
        lambda: store.claim(name, "k", "me", timedelta(seconds=1)),
        lambda: store.commit(a_commit(a_run(tenant=name))),
        lambda: store.commit(a_commit(a_run(id=name))),
        lambda: store.mark_sent("acme", [name]),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="not a"):
            call()
    assert world.wire.commits == 0


@pytest.mark.parametrize("kind", ["runs", "events", "outbox", "usage", "audit", "texts", "leases"])
def test_what_the_store_keeps_itself_cannot_be_forged(world: FirestoreWorld, kind: str) -> None:
    with pytest.raises(ValueError, match="only by the store itself"):
        world.store.put("acme", Put(kind, "x", {"a": 1}))


def test_two_tenants_with_the_same_names_never_meet(world: FirestoreWorld) -> None:
    for tenant in ("acme", "globex"):
        run = a_run(tenant=tenant, facts={"of": tenant})
        command = Command("c1", "attempt", "plan", tenant, "r1")
        puts = (Put("pages", "p", {"of": tenant}),)
        world.store.commit(a_commit(run, commands=(command,), puts=puts, audit=({"of": tenant},), token="same"))
        assert world.store.claim(tenant, "k", tenant, timedelta(seconds=30))
    for tenant in ("acme", "globex"):
        loaded, doc = world.store.load_run(tenant, "r1"), world.store.get(tenant, "pages", "p")
        assert loaded is not None
        assert doc is not None
        assert (loaded.run.tenant, loaded.run.facts, doc.body) == (tenant, {"of": tenant}, {"of": tenant})
        assert [run.tenant for run in world.store.list_runs(tenant)] == [tenant]
        assert [command.tenant for command in world.store.unsent(tenant, "r1")] == [tenant]
        assert [entry.body for entry in world.store.audit(tenant)] == [{"of": tenant}]
    world.store.mark_sent("acme", ["c1"])
    assert [command.tenant for command in world.store.find_unsent(NOW + timedelta(1))] == ["globex"]
    assert sorted(world.store.due_runs(NOW)) == [("acme", "r1"), ("globex", "r1")]
    assert world.store.tenants() == ["acme", "globex"]


def test_what_was_counted_before_there_were_ledgers_is_still_read(world: FirestoreWorld) -> None:
    old = {"tokens": 100, "micros": 7}  # as it was written then: counters beside each other, without a body
    world.vendors.document("tenants/acme/usage/2026-11-20").set(old)
    assert world.store.usage("acme", NOW.date() - timedelta(days=1)) == Usage(100, 7)
    assert world.store.usage("acme", NOW.date()) == Usage()
