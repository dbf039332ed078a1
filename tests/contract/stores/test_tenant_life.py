"""A tenant's end and what it may take along, on both stores: killed at every point, and the neighbour unchanged."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from shared.app.engine.switches import HELD, hold_back, order_erasures
from shared.app.tenants.tenant_delete import deletion_view, request_deletion
from shared.app.tenants.tenant_export import export
from shared.backends.cloud.store import FirestoreStore
from shared.backends.local.state.local_store import LocalStore
from shared.core.errors import Conflicting
from shared.core.run.commands import LOOK, Command
from shared.core.run.run import StepStatus
from shared.core.tenants.erasure import ERASURES, TOMBSTONES
from shared.ports import SYSTEM, Put, Secret, Store
from tests.support.builders.saved_runs import a_run, opening
from tests.support.ports.dying import Died
from tests.support.ports.two_tenants import MINE, OTHER, TwoTenants


def test_a_deletion_that_dies_at_every_point_leaves_nothing_of_the_tenant_and_all_of_its_neighbour(
    tenants: TwoTenants, store: Store, tmp_path: Path
) -> None:
    words, theirs = tenants.furnish(MINE), tenants.furnish(OTHER)
    sealed = tenants.secrets.seal(MINE, "f", Secret("made-up"))
    before = tenants.kept(OTHER)
    assert [word for word in (theirs[0], theirs[3], theirs[6]) if word not in json.dumps(before)] == []
    tenants.points.clear()
    tenants.dies_at = _every_point()
    for _ in range(len(tenants.dies_at) * 2 + 5):
        try:
            if deletion_view(tenants.deps, MINE)["state"] != "deleting":
                request_deletion(tenants.deps, MINE, MINE, "an owner")
            assert order_erasures(tenants.deps) in (0, 1)
            tenants.erase()
        except Died:
            tenants.clock.move(minutes=12)  # leases of the dead run out
            continue
        if store.get(SYSTEM, TOMBSTONES, MINE):
            break
        tenants.clock.move(minutes=12)
    assert tenants.dies_at == set(), "points that were never passed"
    assert set(tenants.points) == _every_point()
    tombstone = store.get(SYSTEM, TOMBSTONES, MINE)
    assert tombstone is not None
    assert tombstone.body["by"] == "an owner"
    assert [left.partition(":")[0] for left in tombstone.body["left"]] == ["vercel"]
    assert store.get(SYSTEM, ERASURES, MINE) is None
    with pytest.raises(ValueError, match=r"does not open|destroyed"):
        tenants.secrets.open(MINE, "f", sealed)
    assert tenants.known.open_for(MINE).count()["pages"] == 0
    assert _gone(store) == []
    workspace = store.get(SYSTEM, "workspaces", "w1")
    assert workspace is not None
    assert workspace.body == {"tenants": {OTHER: "b2"}}
    assert tenants.kept(OTHER) == before
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
    tenants: TwoTenants, store: Store, status: StepStatus
) -> None:
    run = a_run("r1", MINE)
    step = replace(run.steps[0], spec=replace(run.steps[0].spec, kind="site.promote"), status=status)
    store.commit(opening(replace(run, steps=(step,))))
    with pytest.raises(Conflicting, match="confirm"):
        request_deletion(tenants.deps, MINE, OTHER, "an owner", force=True)
    with pytest.raises(Conflicting, match="r1"):
        request_deletion(tenants.deps, MINE, MINE, "an owner")
    assert deletion_view(tenants.deps, MINE)["state"] == "active"
    first = request_deletion(tenants.deps, MINE, MINE, "an owner", force=True)
    assert first == request_deletion(tenants.deps, MINE, "", "an owner")
    assert first["state"] == "deleting"


def test_commands_of_a_deleted_tenant_are_dropped_until_it_comes_again(tenants: TwoTenants, store: Store) -> None:
    tenants.furnish(MINE)
    look = Command("look-1", LOOK, "plan", MINE, ref="p1")
    assert not hold_back(look, tenants.deps)
    request_deletion(tenants.deps, MINE, MINE, "an owner")
    assert hold_back(look, tenants.deps)
    for _ in range(3):
        tenants.erase()
        tenants.clock.move(minutes=12)
    assert deletion_view(tenants.deps, MINE)["state"] == "active"
    assert hold_back(look, tenants.deps)
    assert store.kinds(MINE) == []
    store.put(MINE, Put("settings", "tenant", {"name": "again"}))
    assert not hold_back(look, tenants.deps)


def test_an_attempt_that_outlives_the_deletion_leaves_nothing(tenants: TwoTenants, store: Store) -> None:
    tenants.furnish(MINE)
    request_deletion(tenants.deps, MINE, MINE, "an owner")
    tenants.erase()
    assert _gone_of(store) == []
    store.put(MINE, Put("effects", "late", {"of": "an attempt under way"}))
    tenants.clock.move(seconds=(tenants.deps.lease + timedelta(seconds=1)).total_seconds())
    tenants.erase()
    assert _gone_of(store) == []
    assert deletion_view(tenants.deps, MINE)["state"] == "active"


def _gone_of(store: Store) -> list[str]:
    return [*_gone(store), *store.kinds(MINE), *store.texts(MINE)]


def test_an_export_has_everything_but_secrets_and_says_when_it_is_whole(tenants: TwoTenants, store: Store) -> None:
    words = tenants.furnish(MINE)
    tenants.furnish(OTHER)
    store.put(MINE, Put("api_keys", "k", {"role": "owner", "hash": "a-hash-of-a-key"}), Put(HELD, "h", {"n": [1, {}]}))
    lines = list(export(tenants.deps, tenants.known.open_for(MINE), MINE, "an owner"))
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
