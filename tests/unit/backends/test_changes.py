"""A document is changed as it is now: nobody's change is lost, and whoever never gets through says so."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from shared.backends.local.state.local_store import LocalStore
from shared.core.errors import Busy, NotThere
from shared.ports import Doc, Put, change_doc
from tests.support.ports.moved_clock import MovedClock

PLACE = ("t-1", "notes", "one")
SHARED = Path(__file__).resolve().parents[3] / "shared"
SEVERAL = {  # what saves more than one document: a run or an entry with its consequences, a ledger with its calls
    "app/people/identities.py", "app/people/invitations.py",  # a person with the key of an identity, or with a place
    "app/engine/engine.py", "app/money/spend.py", "backends/cloud/audit_documents.py", "ports/changes.py",
    "app/tenants/settings_changes.py",  # the settings with what the team is told
}  # fmt: skip


class Crowded(LocalStore):
    """A store in which somebody else is faster, so many times."""

    faster = 0

    def get(self, tenant: str, kind: str, id: str) -> Doc | None:
        """Return the document, just before somebody else changes it."""
        found = super().get(tenant, kind, id)
        if self.faster:
            self.faster -= 1
            self.put(tenant, Put(kind, id, {"theirs": self.faster, "mine": (found.body if found else {}).get("mine")}))
        return found


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Crowded]:
    with Crowded(tmp_path, MovedClock()) as store:
        yield store


def _body(store: Crowded) -> Mapping[str, Any] | None:
    doc = store.get(*PLACE)
    return doc.body if doc is not None else None


def test_a_document_is_made_changed_left_and_deleted(store: Crowded) -> None:
    assert change_doc(store, PLACE, lambda body: {"count": 1} if body is None else body) == {"count": 1}
    made = store.get(*PLACE)
    assert change_doc(store, PLACE, lambda body: body) == {"count": 1}
    assert store.get(*PLACE) == made
    assert change_doc(store, PLACE, lambda body: {"count": body["count"] + 1} if body else None) == {"count": 2}
    assert change_doc(store, PLACE, lambda body: None) is None
    assert change_doc(store, PLACE, lambda body: None) is None
    assert _body(store) is None


def test_what_others_have_changed_meanwhile_stays(store: Crowded) -> None:
    store.faster, waited = 3, list[int]()
    assert change_doc(store, PLACE, lambda body: {**(body or {}), "mine": 1}, waited.append) == {"theirs": 0, "mine": 1}
    assert waited == [0, 1, 2]


def test_nothing_is_lost_where_many_count_at_once(store: Crowded) -> None:
    def count(_: int) -> None:
        for _ in range(5):
            change_doc(store, PLACE, lambda body: {"count": (body or {"count": 0})["count"] + 1}, max_tries=1000)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count, range(8)))
    assert _body(store) == {"count": 40}


def test_whoever_never_gets_through_says_so_and_has_changed_nothing(store: Crowded) -> None:
    store.faster, waited = 100, list[int]()
    with pytest.raises(Busy, match="notes/one was changed by others 4 times in a row"):
        change_doc(store, PLACE, lambda body: {"mine": 1}, waited.append, max_tries=4)
    assert (store.faster, waited) == (96, [0, 1, 2])
    store.faster = 0
    assert _body(store) == {"theirs": 96, "mine": None}


def test_what_the_change_refuses_is_raised_and_nothing_saved(store: Crowded) -> None:
    def refuse(body: object) -> None:
        raise NotThere("there is no note")

    with pytest.raises(NotThere):
        change_doc(store, PLACE, refuse)
    assert _body(store) is None


def _tries_again(node: ast.For) -> bool:
    handlers = [each for each in ast.walk(node) if isinstance(each, ast.ExceptHandler) and each.type is not None]
    return any(
        "VersionConflict" in ast.dump(each.type) and not isinstance(each.body[-1], ast.Return | ast.Raise)
        for each in handlers
        if each.type is not None
    ) and any(isinstance(one, ast.Call) and getattr(one.func, "id", "") == "range" for one in ast.walk(node.iter))


def test_nobody_else_tries_again_by_themselves() -> None:
    copies = {
        path.relative_to(SHARED).as_posix()
        for path in SHARED.rglob("*.py")
        if "VersionConflict" in (text := path.read_text(encoding="utf-8"))
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.For) and _tries_again(node)
    }
    assert copies == SEVERAL
