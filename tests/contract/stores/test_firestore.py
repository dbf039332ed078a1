"""Firestore as a Store: what its contract suite cannot show, because it is about lost replies, races and limits."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from shared.backends.cloud.store import FirestoreStore
from shared.core.errors import DocumentTooLarge, StoreError, VersionConflict
from shared.core.run.commands import Command
from shared.core.run.events import StepUndone, TimePassed
from shared.core.run.run import Limits, Run, RunStatus, Trigger, Usage
from shared.ports import Commit, Put
from tests.support.servers.cloud.cloud_clients import FIRESTORES, shaky_firestore
from tests.support.servers.cloud.firestore_emulator import firestore_client

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


class Hand:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        return self.at


class World:
    """One database, a plain store on it, and one behind the wire."""

    def __init__(self, host: str, kind: str) -> None:
        project = f"t-{uuid4().hex[:12]}"
        self.clock = Hand()
        self.vendors: Any = firestore_client(host, project)
        self.store = self.on(FIRESTORES[kind](host, project))
        client, self.wire = shaky_firestore(kind, host, project)
        self.shaky = self.on(client)

    def on(self, client: Any) -> FirestoreStore:
        return FirestoreStore(client, self.clock, pause=lambda _: None)


@pytest.fixture(params=list(FIRESTORES))
def world(request: pytest.FixtureRequest, firestore_host: str) -> World:
    return World(firestore_host, request.param)


def a_run(**changes: Any) -> Run:
    run = Run("acme", "r1", RunStatus.RECEIVED, Trigger("page"), Limits(), NOW, NOW + timedelta(days=14), seq=1)
    return replace(run, next_check_at=NOW, **changes)


def a_commit(run: Run, expected: str = "", **more: Any) -> Commit:
    events = more.pop("events", (TimePassed(NOW),))
    return Commit(run, events, more.pop("commands", ()), expected, more.pop("token", uuid4().hex), **more)


FULL: dict[str, Any] = {
    "commands": (Command("c1", "attempt", "execute-step", "acme", "r1", "s1"),),
    "audit": ({"who": "ann"}, {"who": "bob"}),
    "puts": (Put("pages", "p1", {"rows": [[1, 2], [3]]}, expected=""),),
}


def counted(world: World) -> tuple[Any, ...]:
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


# --- lost replies


@pytest.mark.parametrize("code", UNCLEAR)
def test_a_commit_whose_reply_is_lost_is_counted_once(world: World, code: str) -> None:
    world.wire.lose_replies, world.wire.code = 1, code
    version = world.shaky.commit(a_commit(a_run(), **FULL))
    loaded = world.store.load_run("acme", "r1")
    assert loaded is not None
    assert loaded.version == version
    assert counted(world) == ONCE
    assert world.wire.commits == 1  # one look told enough


@pytest.mark.parametrize("code", UNCLEAR)
def test_a_commit_that_never_arrived_is_sent_again(world: World, code: str) -> None:
    world.wire.lose_requests, world.wire.code = 2, code
    world.shaky.commit(a_commit(a_run(), **FULL))
    assert counted(world) == ONCE


def test_a_lost_reply_is_recognised_although_others_have_saved_since(world: World) -> None:
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


def test_the_same_commit_again_is_the_same_commit(world: World) -> None:
    commit = a_commit(a_run(), **FULL)
    assert world.store.commit(commit) == world.store.commit(commit)
    assert counted(world) == ONCE


def test_when_no_reply_ever_comes_it_gives_up_and_nothing_is_doubled(world: World) -> None:
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


def test_a_lost_reply_of_a_put_is_our_own_put(world: World) -> None:
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


def test_a_put_that_changes_nothing_still_makes_the_old_version_old(world: World) -> None:
    world.store.put("acme", Put("grants", "notion", {"n": 1}))
    read = world.store.get("acme", "grants", "notion")
    assert read is not None
    world.store.put("acme", Put("grants", "notion", {"n": 1}, expected=read.version))
    with pytest.raises(VersionConflict):
        world.store.put("acme", Put("grants", "notion", {"n": 1}, expected=read.version))


def test_a_lost_reply_of_a_claim_is_our_own_lease(world: World) -> None:
    world.wire.lose_replies = 1
    assert world.shaky.claim("acme", "step/1", "me", timedelta(seconds=30))
    assert not world.shaky.claim("acme", "step/1", "you", timedelta(seconds=30))
    world.wire.lose_replies = 1
    world.shaky.release("acme", "step/1", "me")
    assert world.shaky.claim("acme", "step/1", "you", timedelta(seconds=30))


# --- races


def test_sixteen_writers_on_one_run_lose_no_event(world: World) -> None:
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


def test_one_of_many_gets_the_lease(world: World) -> None:
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
        world.clock.at += timedelta(seconds=31)


# --- limits


def test_what_is_too_large_is_refused_before_anything_is_written(world: World) -> None:
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


def test_a_document_just_below_the_limit_is_taken(world: World) -> None:
    world.store.put("acme", Put("pages", "p", {"x": "y" * 999_000}))
    found = world.store.get("acme", "pages", "p")
    assert found is not None
    assert len(found.body["x"]) == 999_000


@pytest.mark.parametrize("text", ["", "short", "ü" * 450_001, "🔑" * 700_000, "half a pair \ud83d"], ids=len)
def test_texts_of_any_size_come_back(world: World, text: str) -> None:
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
def test_what_firestores_own_types_would_refuse_is_kept(world: World, body: dict[str, Any]) -> None:
    world.store.put("acme", Put("pages", "p", body))
    found = world.store.get("acme", "pages", "p")
    assert found is not None
    assert found.body == body


# --- tenants


FOREIGN = ["../globex", "acme/runs/r1", "acme/../globex", "/", "", ".", "..", "__all__", "a\x00", "a\n", "ü", "x" * 401]


@pytest.mark.parametrize("name", FOREIGN, ids=repr)
def test_no_name_leads_out_of_the_tenant(world: World, name: str) -> None:
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
def test_what_the_store_keeps_itself_cannot_be_forged(world: World, kind: str) -> None:
    with pytest.raises(ValueError, match="only by the store itself"):
        world.store.put("acme", Put(kind, "x", {"a": 1}))


def test_two_tenants_with_the_same_names_never_meet(world: World) -> None:
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
    assert [command.tenant for command in world.store.forgotten(NOW + timedelta(1))] == ["globex"]
    assert sorted(world.store.due_runs(NOW)) == [("acme", "r1"), ("globex", "r1")]
    assert world.store.tenants() == ["acme", "globex"]


def test_what_was_counted_before_there_were_ledgers_is_still_read(world: World) -> None:
    old = {"tokens": 100, "micros": 7}  # as it was written then: counters beside each other, without a body
    world.vendors.document("tenants/acme/usage/2026-11-20").set(old)
    assert world.store.usage("acme", NOW.date() - timedelta(days=1)) == Usage(100, 7)
    assert world.store.usage("acme", NOW.date()) == Usage()
