"""A tenant's end and what it may take along, on both stores: killed at every point, and the neighbour unchanged."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.accounts.accounts import Accounts
from shared.accounts.endpoints import Endpoints
from shared.app.engine.deps import Deps
from shared.app.engine.switches import ERASURES, HELD, TOMBSTONES, held_back, order_erasures
from shared.app.engine.tools import Tools
from shared.app.tenants.migrate import migrate
from shared.app.tenants.tenant_delete import deletion_view, erase_tenant, request_deletion
from shared.app.tenants.tenant_export import export
from shared.backends.cloud.store import FirestoreStore
from shared.backends.local.keys.local_secrets import LocalSecrets
from shared.backends.local.search.local_knowledge import LocalKnowledge
from shared.backends.local.state.local_store import LocalStore
from shared.core.errors import Conflicting, StoreCorrupt
from shared.core.knowledge.chunk import Chunk
from shared.core.run.commands import ERASE, LOOK, Command
from shared.core.run.run import StepStatus
from shared.core.schema_versions import UPGRADES
from shared.oauth import GrantTokens
from shared.ports import SYSTEM, KnownPage, Put, Secret, Store
from tests.support.builders.saved_runs import a_command, a_run, opening
from tests.support.ports.dying import Died
from tests.support.ports.moved_clock import MovedClock

MINE, OTHER = "acme", "globex"


def _chunk(text: str) -> Chunk:
    return Chunk(id="k1.0", page="k1", path=("Top",), text=text, block="b1", key="key-1", position=0)


class Tasks:
    """A queue whose commands the test hands over."""

    def __init__(self) -> None:
        self.commands: list[Command] = []

    def enqueue(self, commands: Sequence[Command]) -> None:
        self.commands += commands


class World:
    """Two tenants with one thing of each kind, and canaries of the first in every place."""

    def __init__(self, store: Store, clock: MovedClock, folder: Path) -> None:
        self.store, self.clock, self.queue = store, clock, Tasks()
        self.secrets = LocalSecrets(folder / "secrets")
        self.known = LocalKnowledge(folder / "secrets")
        self.points: list[str] = []
        self.dies_at: set[str] = set()
        self.deps = Deps(store, self.queue, self.secrets, clock, crash_point=self._point)  # type: ignore[arg-type]
        self.accounts = Accounts(store, self.secrets, clock, Endpoints(timeouts=(1, 1)), self.deps.owner)
        self.tools = Tools({}, self.accounts, None, None, None, None, knowledge=self.known.of)  # type: ignore[arg-type]

    def _point(self, name: str) -> None:
        self.points.append(name)
        if name in self.dies_at:
            self.dies_at.discard(name)
            raise Died(name)

    def furnish(self, tenant: str) -> list[str]:
        """Put something everywhere; return the words that must not be found afterwards."""
        words = [f"canary-{tenant}-{n:02d}" for n in range(9)]
        run = a_run("r1", tenant)
        run = replace(run, trigger=replace(run.trigger, title=words[0]))
        audit: tuple[dict[str, Any], ...] = ({"at": "", "run": "r1", "what": "x", "by": words[1]},)
        command = a_command("c1", tenant, ref=words[2])
        self.store.commit(opening(run, command, puts=(Put("effects", "e1", {"a": words[3]}),), audit=audit))
        self.store.put(tenant, Put("settings", "tenant", {"name": words[4]}), Put("pages", "p1", {"run": words[5]}))
        self.store.put_text(tenant, words[6] + "x" * 2_000_000)
        page = KnownPage("k1", words[7])
        self.known.of(tenant).replace(page, [_chunk(words[8])])
        self.accounts.keep(tenant, "vercel", GrantTokens(Secret("made-up"), None, {}), {"login": words[8]})
        self.store.put(SYSTEM, Put("bots", f"bot-{tenant}", {"tenant": tenant, "workspace": words[0]}))
        return words

    def kept(self, tenant: str) -> list[dict[str, Any]]:
        """Return all that the tenant could take along, without when it was asked for."""
        lines = [json.loads(line) for line in export(self.deps, self.known.of(tenant), tenant, "a test")]
        return [line for line in lines if line["kind"] not in ("about", "audit", "end")]

    def erase(self) -> None:
        erase_tenant(Command("e", ERASE, "sync", MINE), self.deps, self.tools, self.accounts)


@pytest.fixture
def world(store: Store, clock: MovedClock, tmp_path: Path) -> World:
    folder = tmp_path / "world"
    (folder / "secrets").mkdir(parents=True)
    made = World(store, clock, folder)
    store.put(SYSTEM, Put("workspaces", "w1", {"tenants": {MINE: "b1", OTHER: "b2"}}))
    return made


def test_a_deletion_that_dies_at_every_point_leaves_nothing_of_the_tenant_and_all_of_its_neighbour(
    world: World, store: Store, tmp_path: Path
) -> None:
    words, theirs = world.furnish(MINE), world.furnish(OTHER)
    sealed = world.secrets.seal(MINE, "f", Secret("made-up"))
    before = world.kept(OTHER)
    assert [word for word in (theirs[0], theirs[3], theirs[6]) if word not in json.dumps(before)] == []
    world.points.clear()
    world.dies_at = _every_point()
    for _ in range(len(world.dies_at) * 2 + 5):
        try:
            if deletion_view(world.deps, MINE)["state"] != "deleting":
                request_deletion(world.deps, MINE, MINE, "an owner")
            assert order_erasures(world.deps) in (0, 1)
            world.erase()
        except Died:
            world.clock.move(minutes=12)  # leases of the dead run out
            continue
        if store.get(SYSTEM, TOMBSTONES, MINE):
            break
        world.clock.move(minutes=12)
    assert world.dies_at == set(), "points that were never passed"
    assert set(world.points) == _every_point()
    tombstone = store.get(SYSTEM, TOMBSTONES, MINE)
    assert tombstone is not None
    assert tombstone.body["by"] == "an owner"
    assert [left.partition(":")[0] for left in tombstone.body["left"]] == ["vercel"]
    assert store.get(SYSTEM, ERASURES, MINE) is None
    with pytest.raises(ValueError, match=r"does not open|destroyed"):
        world.secrets.open(MINE, "f", sealed)
    assert world.known.of(MINE).count()["pages"] == 0
    assert _gone(store) == []
    workspace = store.get(SYSTEM, "workspaces", "w1")
    assert workspace is not None
    assert workspace.body == {"tenants": {OTHER: "b2"}}
    assert world.kept(OTHER) == before
    for place in (*_traces(store), *_files(store, tmp_path)):
        assert [word for word in words if word.encode() in place] == []


def _every_point() -> set[str]:
    phases = ("hooks", "grants", "sites", "keys", "knowledge", "records", "settle", "once more")
    around = {f"erase.{when}/{phase}" for when in ("before", "after") for phase in phases}
    inside = {"erase.revoked/vercel", "erase.after/trace", "erase.after/part", "erase.before/tombstone"}
    return around | inside | {"pause.after/settings", "erase.before/request"}


def _gone(store: Store) -> list[str]:
    """Return what there still is of the tenant, looked up past our own code."""
    if isinstance(store, LocalStore):
        with store.reading() as connection:
            tables = ("runs", "events", "docs", "texts", "usage", "audit", "tasks", "taken")
            return [t for t in tables if connection.execute(f"SELECT 1 FROM {t} WHERE tenant = ?", (MINE,)).fetchall()]
    assert isinstance(store, FirestoreStore)
    return [each.id for each in store._client.collection("tenants").document(MINE).collections()]


def _traces(store: Store) -> list[bytes]:
    """Return what is kept under SYSTEM."""
    return [json.dumps(doc.body).encode() for kind in store.kinds(SYSTEM) for doc in store.list_docs(SYSTEM, kind)]


def _files(store: Store, folder: Path) -> list[bytes]:
    """Return the bytes of all files, free pages of the database included."""
    if isinstance(store, LocalStore):
        store.close()
    return [file.read_bytes() for file in folder.rglob("*") if file.is_file()]


@pytest.mark.parametrize("status", [StepStatus.RUNNING, StepStatus.UNDOING])
def test_it_needs_the_tenants_id_and_nothing_that_is_just_going_live(
    world: World, store: Store, status: StepStatus
) -> None:
    run = a_run("r1", MINE)
    step = replace(run.steps[0], spec=replace(run.steps[0].spec, kind="site.promote"), status=status)
    store.commit(opening(replace(run, steps=(step,))))
    with pytest.raises(Conflicting, match="confirm"):
        request_deletion(world.deps, MINE, OTHER, "an owner", force=True)
    with pytest.raises(Conflicting, match="r1"):
        request_deletion(world.deps, MINE, MINE, "an owner")
    assert deletion_view(world.deps, MINE)["state"] == "active"
    first = request_deletion(world.deps, MINE, MINE, "an owner", force=True)
    assert first == request_deletion(world.deps, MINE, "", "an owner")
    assert first["state"] == "deleting"


def test_commands_of_a_deleted_tenant_are_dropped_until_it_comes_again(world: World, store: Store) -> None:
    world.furnish(MINE)
    look = Command("look-1", LOOK, "plan", MINE, ref="p1")
    assert not held_back(look, world.deps)
    request_deletion(world.deps, MINE, MINE, "an owner")
    assert held_back(look, world.deps)
    for _ in range(3):
        world.erase()
        world.clock.move(minutes=12)
    assert deletion_view(world.deps, MINE)["state"] == "active"
    assert held_back(look, world.deps)
    assert store.kinds(MINE) == []
    store.put(MINE, Put("settings", "tenant", {"name": "again"}))
    assert not held_back(look, world.deps)


def test_an_attempt_that_outlives_the_deletion_leaves_nothing(world: World, store: Store) -> None:
    world.furnish(MINE)
    request_deletion(world.deps, MINE, MINE, "an owner")
    world.erase()
    assert _gone_of(store) == []
    store.put(MINE, Put("effects", "late", {"of": "an attempt under way"}))
    world.clock.move(seconds=(world.deps.lease + timedelta(seconds=1)).total_seconds())
    world.erase()
    assert _gone_of(store) == []
    assert deletion_view(world.deps, MINE)["state"] == "active"


def _gone_of(store: Store) -> list[str]:
    return [*_gone(store), *store.kinds(MINE), *store.texts(MINE)]


def test_an_export_has_everything_but_secrets_and_says_when_it_is_whole(world: World, store: Store) -> None:
    words = world.furnish(MINE)
    world.furnish(OTHER)
    store.put(MINE, Put("api_keys", "k", {"role": "owner", "hash": "a-hash-of-a-key"}), Put(HELD, "h", {"n": [1, {}]}))
    lines = list(export(world.deps, world.known.of(MINE), MINE, "an owner"))
    whole = b"".join(lines[:-1])
    end = json.loads(lines[-1])
    assert end == {"kind": "end", "lines": len(lines) - 1, "sha256": hashlib.sha256(whole).hexdigest()}
    kinds = {json.loads(line)["kind"] for line in lines}
    assert kinds >= {
        "about",
        "runs",
        "events",
        "settings",
        "pages",
        "effects",
        "grants",
        "texts",
        "audit",
        "known pages",
    }
    found = [*words[:2], *words[3:8]]  # a command is no record, and texts of the index are the tenant's own in Notion
    assert [word for word in found if word.encode() not in whole] == []
    assert b"globex" not in whole
    grant = store.get(MINE, "grants", "vercel")
    assert grant is not None
    for secret in (grant.body["access"]["ct"], "a-hash-of-a-key"):
        assert secret.encode() not in whole
    assert any(entry.body["what"] == "Exported" for entry in store.audit(MINE))


# --- documents of older and of newer versions

OLDER = json.loads((Path(__file__).parents[2] / "fixtures" / "documents_schema_1.json").read_text(encoding="utf-8"))


def _put_raw(store: Store, kind: str, id: str, text: str) -> None:
    """Store a document as another version wrote it."""
    if isinstance(store, LocalStore):
        row = (MINE, kind, id, text)
        insert = "INSERT INTO docs (tenant, kind, id, version, body) VALUES (?, ?, ?, 1, ?)"
        store.group.submit(lambda connection, changes: connection.execute(insert, row))
        return
    assert isinstance(store, FirestoreStore)
    place = store._client.collection("tenants").document(MINE).collection(kind).document(id)
    place.set({"tenant": MINE, "body": text})


def _raw(store: Store, kind: str, id: str) -> dict[str, Any]:
    if isinstance(store, LocalStore):
        connection = sqlite3.connect(store.path / "workwright.db")
        (text,) = connection.execute("SELECT body FROM docs WHERE kind = ? AND id = ?", (kind, id)).fetchone()
        connection.close()
    else:
        assert isinstance(store, FirestoreStore)
        text = store._client.collection("tenants").document(MINE).collection(kind).document(id).get().get("body")
    found: dict[str, Any] = json.loads(text)
    return found


def test_every_kind_that_changed_has_a_stored_example_of_each_older_shape() -> None:
    assert {kind: len(OLDER[kind]) for kind in UPGRADES} == {kind: len(steps) for kind, steps in UPGRADES.items()}


@pytest.mark.parametrize("kind", sorted(UPGRADES))
def test_an_older_document_reads_in_todays_shape_and_is_written_in_it_once(
    store: Store, world: World, kind: str
) -> None:
    for example in OLDER[kind]:
        _put_raw(store, kind, "old", json.dumps(example["stored"]))
        store.put(MINE, Put(kind, "new", example["today"]))
        read = store.get(MINE, kind, "old")
        assert read is not None
        assert read.body == example["today"]
        assert [doc.body for doc in store.list_docs(MINE, kind)] == [example["today"]] * 2
        assert migrate(world.deps)[kind] == 1
        assert _raw(store, kind, "old") == _raw(store, kind, "new")
        assert migrate(world.deps)[kind] == 0
        store.put(MINE, Put(kind, "old", None))


def test_a_document_of_a_newer_version_is_refused_and_stays_as_it_is(store: Store) -> None:
    _put_raw(store, "pages", "p1", '{"run": "r1", "schema": 99, "new": [1]}')
    for read in (lambda: store.get(MINE, "pages", "p1"), lambda: store.list_docs(MINE, "pages")):
        with pytest.raises(StoreCorrupt, match=r"pages/p1.*99.*start the newer version"):
            read()
    assert _raw(store, "pages", "p1") == {"run": "r1", "schema": 99, "new": [1]}


def test_every_stored_document_says_its_schema(store: Store) -> None:
    store.put(MINE, Put("anything", "a", {"x": 1}))
    store.commit(opening(a_run(), puts=(Put("pages", "p", {"run": "r1"}),)))
    assert (_raw(store, "anything", "a")["schema"], _raw(store, "pages", "p")["schema"]) == (1, 2)
