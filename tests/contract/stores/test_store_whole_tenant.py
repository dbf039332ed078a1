"""Store, on every backend: what there is of one tenant, an audit entry without a run, and the end of all of it."""

from __future__ import annotations

import pytest

from shared.core.run.run import Usage
from shared.ports import SYSTEM, Put, Store
from tests.support.builders.saved_runs import a_command, a_run, opening
from tests.support.ports.moved_clock import START


def _furnish(store: Store, tenant: str) -> list[str]:
    store.commit(opening(a_run("r1", tenant), a_command("c1", tenant), audit=({"what": "opened"},)))
    store.put(tenant, Put("pages", "p", {"n": 1}), Put("effects", "e", {"n": 1}), Put("pages", "q", {"n": 1}))
    return sorted(store.put_text(tenant, text) for text in ("short", "x" * 2_000_000, "other"))


def test_kinds_and_texts_are_those_of_one_tenant_in_order(store: Store) -> None:
    texts = _furnish(store, "acme")
    store.put("globex", Put("others", "o", {"n": 1}))
    assert store.kinds("acme") == ["effects", "pages"]
    assert store.texts("acme") == texts
    assert store.texts("acme", limit=2) == texts[:2]
    assert store.texts("acme", after=texts[0]) == texts[1:]
    assert (store.kinds("initech"), store.texts("globex")) == ([], [])


def test_a_note_is_an_audit_entry_of_its_tenant(store: Store) -> None:
    store.commit(opening(a_run("r1", "acme"), audit=({"what": "opened"},)))
    store.note("acme", {"what": "Exported", "by": "ada"})
    store.note("acme", {"what": "Paused", "by": "ada"})
    assert sorted(entry.body["what"] for entry in store.audit("acme")) == ["Exported", "Paused", "opened"]
    assert store.audit("globex") == []


def test_erasing_leaves_nothing_of_one_tenant_and_all_of_another(store: Store) -> None:
    _furnish(store, "acme")
    theirs = _furnish(store, "globex")
    rounds = 0
    while store.erase("acme", 3):
        rounds += 1
        assert rounds < 50
    assert store.erase("acme") == 0
    assert store.load_run("acme", "r1") is None
    assert (store.list_runs("acme"), store.events("acme", "r1"), store.unsent("acme", "r1")) == ([], [], [])
    assert (store.kinds("acme"), store.texts("acme"), store.audit("acme")) == ([], [], [])
    assert store.usage("acme", START.date()) == Usage()
    assert store.tenants() == ["globex"]
    assert store.texts("globex") == theirs
    assert store.get_text("globex", theirs[0])
    loaded = store.load_run("globex", "r1")
    assert loaded is not None
    assert loaded.run == a_run("r1", "globex")
    store.commit(opening(a_run("r1", "acme")))  # the same tenant may come again


def test_the_operators_own_documents_are_not_erased(store: Store) -> None:
    store.put(SYSTEM, Put("bots", "b", {"tenant": "acme"}))
    with pytest.raises(ValueError, match="operator"):
        store.erase(SYSTEM)
    assert store.get(SYSTEM, "bots", "b") is not None
