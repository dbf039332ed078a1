"""The counts of `bench ops` are Firestore's: compared with what goes over the wire to the emulator, call by call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.backends.cloud.rest.firestore import RestFirestore
from shared.backends.cloud.rest.wire import Rest, no_token
from shared.backends.cloud.store import FirestoreStore
from shared.bench.ops.ops_store import DELETES, READS, WRITES, CountingStore, Meter
from shared.core.errors import VersionConflict
from shared.core.run.run import RunStatus
from shared.ports import Put, RunFilter, Store
from tests.support.builders.saved_runs import a_command, a_run, following, opening
from tests.support.parts import require
from tests.support.ports.backends import STORES
from tests.support.ports.moved_clock import MovedClock
from tests.support.servers.cloud.shared_emulator import GROUP, start_emulator

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group(GROUP)]

LATER = datetime(2100, 1, 1, tzinfo=UTC)
BIG = "x" * 2_000_000  # three parts


class BillingWire(Rest):
    """Reads off each exchange what Firestore bills for it, as its price page says; knows nothing of our store."""

    def __init__(self, host: str) -> None:
        super().__init__(f"http://{host}/v1", no_token, pause=lambda _: None)
        self.billed: Counter[str] = Counter()

    def call(self, method: str, path: str, body: Any = None, *, timeout: float) -> Any:
        answer = super().call(method, path, body, timeout=timeout)
        if path.endswith(":batchGet"):
            self.billed[READS] += len(body["documents"])
        elif path.endswith(":runQuery"):
            self.billed[READS] += max(1, sum("document" in each for each in answer))
        elif path.endswith(":commit"):
            deletes = sum("delete" in write for write in body["writes"])
            self.billed[DELETES] += deletes
            self.billed[WRITES] += len(body["writes"]) - deletes
        elif method == "GET":  # a list of documents, missing ones that only hold others included
            self.billed[READS] += max(1, len(answer.get("documents", ())))
        else:
            raise AssertionError(f"nobody knows what {method} {path} costs")
        return answer


@pytest.fixture(scope="module")
def wire() -> BillingWire:
    """Return the wire to the emulator."""
    require("firestore-emulator")
    return BillingWire(start_emulator())


def loaded(store: Store, run: str) -> Any:
    found = store.load_run("acme", run)
    assert found is not None
    return found


def commit_anew(store: Store) -> None:
    store.commit(opening(a_run("r1"), a_command("r1.1.0"), a_command("r1.1.1")))


def commit_with_everything(store: Store) -> None:
    doc = Put("pages", "p1", {"n": 1})
    gone = Put("looks", "l1", None)
    store.commit(following(loaded(store, "r1"), a_command("r1.2.0"), puts=(doc, gone), audit=({"by": "Ada"},)))


def commit_too_late(store: Store) -> None:
    old = loaded(store, "r1")
    store.commit(following(old, token="first"))
    with pytest.raises(VersionConflict):
        store.commit(following(old, token="second", changes={"failure": "late"}))


def put_too_late(store: Store) -> None:
    with pytest.raises(VersionConflict):
        store.put("acme", Put("pages", "p1", {"n": 2}, ""))


def leases(store: Store) -> None:
    minute = timedelta(minutes=1)
    assert store.claim("acme", "k", "one", minute)
    assert store.claim("acme", "k", "one", minute)
    assert not store.claim("acme", "k", "two", minute)
    store.release("acme", "k", "two")
    store.release("acme", "k", "one")
    store.release("acme", "k", "one")


def texts(store: Store) -> None:
    for text in ("small", "small", BIG, BIG):
        store.get_text("acme", store.put_text("acme", text))
    store.delete_text("acme", store.put_text("acme", BIG))
    store.delete_text("acme", store.put_text("acme", "small"))
    store.delete_text("acme", "0" * 64)


CALLS: dict[str, Callable[[Store], Any]] = {
    "a run that is not there": lambda store: store.load_run("acme", "r0"),
    "no runs": lambda store: store.list_runs("acme"),
    "a first commit": commit_anew,
    "unsent": lambda store: store.unsent("acme", "r1"),
    "unsent, of nobody": lambda store: store.unsent("acme", "r9"),
    "forgotten": lambda store: store.find_unsent(LATER),
    "marked as sent": lambda store: store.mark_sent("acme", ["r1.1.0", "r1.1.1"]),
    "nothing marked": lambda store: store.mark_sent("acme", []),
    "forgotten, none": lambda store: store.find_unsent(LATER),
    "a commit with puts and audit": commit_with_everything,
    "a commit that is refused": commit_too_late,
    "runs": lambda store: store.list_runs("acme"),
    "runs after the last": lambda store: store.list_runs("acme", after="r1"),
    "runs of a state": lambda store: store.list_runs("acme", only=RunFilter((RunStatus.EXECUTING,))),
    "no runs of a state": lambda store: store.list_runs("acme", only=RunFilter((RunStatus.FAILED,))),
    "events": lambda store: store.events("acme", "r1"),
    "events after the last": lambda store: store.events("acme", "r1", after=9),
    "due runs": lambda store: store.due_runs(LATER),
    "a document": lambda store: store.get("acme", "pages", "p1"),
    "a document that is not there": lambda store: store.get("acme", "pages", "p9"),
    "puts": lambda store: store.put("acme", Put("rows", "a", {}), Put("rows", "b", {}), Put("rows", "c", None)),
    "a put that is refused": put_too_late,
    "documents": lambda store: store.list_docs("acme", "rows"),
    "no documents": lambda store: store.list_docs("acme", "nothing"),
    "a note": lambda store: store.note("acme", {"by": "Ada"}),
    "audit": lambda store: store.audit("acme"),
    "usage": lambda store: store.usage("acme", LATER.date()),
    "leases": leases,
    "texts": texts,
    "tenants": lambda store: store.tenants(),
}


def spent(store: Store, used: Callable[[], Counter[str]]) -> dict[str, Counter[str]]:
    """Make every call in order; return what each of them used."""
    found = {}
    for name, call in CALLS.items():
        before = used()
        call(store)
        found[name] = used() - before
    return found


def counts(meter: Meter) -> Counter[str]:
    return Counter({each: meter.total(each) for each in (READS, WRITES, DELETES)})


@pytest.fixture(scope="module")
def counted(wire: BillingWire) -> tuple[dict[str, Counter[str]], dict[str, Counter[str]]]:
    """Return what was counted and what was billed for every call on Firestore."""
    meter, billed = Meter(), []
    real = FirestoreStore(RestFirestore(wire, "t-cost"), MovedClock(), pause=lambda _: None)

    def used() -> Counter[str]:
        billed.append(Counter(wire.billed))
        return counts(meter)

    found = spent(CountingStore(real, meter, plays_outbox=False), used)
    pairs = zip(CALLS, billed[::2], billed[1::2], strict=True)
    return found, {name: after - before for name, before, after in pairs}


def test_every_call_is_counted_as_it_is_billed(
    counted: tuple[dict[str, Counter[str]], dict[str, Counter[str]]],
) -> None:
    found, billed = counted
    assert {name: (found[name], billed[name]) for name in CALLS if found[name] != billed[name]} == {}
    assert found["a first commit"] == {WRITES: 4}  # the run, its event and two commands
    assert found["texts"][WRITES] == 5  # a small one, and a large one of three parts under one header


def test_a_store_that_hands_its_commands_over_by_itself_is_counted_as_if_it_had_an_outbox(
    counted: tuple[dict[str, Counter[str]], dict[str, Counter[str]]], tmp_path: Path
) -> None:
    on_firestore, _ = counted
    meter = Meter()
    with STORES["sqlite"](tmp_path, MovedClock()) as store:
        on_sqlite = spent(CountingStore(store, meter, plays_outbox=True), lambda: counts(meter))
    other = {name for name in CALLS if on_sqlite[name] != on_firestore[name]}
    assert other == {"forgotten"}  # which nothing can be where a commit has handed it over
