"""Documents of older and of newer versions in both stores: read in today's shape, or refused and left as they are."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from shared.app.tenants.migrate import migrate
from shared.backends.cloud.store import FirestoreStore
from shared.backends.local.state.local_store import LocalStore
from shared.core.errors import StoreCorrupt
from shared.core.schema_versions import UPGRADES
from shared.ports import Put, Store
from tests.support.builders.saved_runs import a_run, opening
from tests.support.ports.two_tenants import MINE, TwoTenants

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
    store: Store, tenants: TwoTenants, kind: str
) -> None:
    for example in OLDER[kind]:
        _put_raw(store, kind, "old", json.dumps(example["stored"]))
        store.put(MINE, Put(kind, "new", example["today"]))
        read = store.get(MINE, kind, "old")
        assert read is not None
        assert read.body == example["today"]
        assert [doc.body for doc in store.list_docs(MINE, kind)] == [example["today"]] * 2
        assert migrate(tenants.deps)[kind] == 1
        assert _raw(store, kind, "old") == _raw(store, kind, "new")
        assert migrate(tenants.deps)[kind] == 0
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
