"""One emulator serves all tests of a process: what one of them leaves, none of the others sees."""

from __future__ import annotations

from uuid import uuid4

from tests.support.servers.cloud.firestore_emulator import firestore_client
from tests.support.servers.cloud.shared_emulator import borrow_project


def test_a_borrowed_project_is_empty_before_and_after_and_no_other_is(firestore_host: str) -> None:
    lent, others = f"t-{uuid4().hex[:12]}", f"t-{uuid4().hex[:12]}"
    mine, theirs = (firestore_client(firestore_host, project) for project in (lent, others))
    for client in (mine, theirs):
        client.document("runs/r1/leases/l1").set({"left": "behind"})
    with borrow_project(lent) as host:
        assert host == firestore_host
        assert list(mine.collection_group("leases").stream()) == []
        mine.document("runs/r2").set({"left": "behind"})
        assert mine.document("runs/r2").get().exists
    assert not mine.document("runs/r2").get().exists
    assert theirs.document("runs/r1/leases/l1").get().exists


def test_who_asks_twice_gets_the_same_emulator(firestore_host: str) -> None:
    with borrow_project(f"t-{uuid4().hex[:12]}") as one, borrow_project(f"t-{uuid4().hex[:12]}") as other:
        assert one == other == firestore_host
