"""Two looks at a page's comments at once: what either has heard is not heard again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.app.polling.comment_polling import keep_told
from shared.core.documents.comment_records import TOLD, ToldComments
from shared.ports import get_as
from tests.support.ports.interrupted_store import InterruptedStore
from tests.support.ports.local_ports import Ports, local_ports

PLACE = ("t-1", TOLD, "page-1")


@pytest.fixture
def ports(tmp_path: Path) -> Iterator[Ports]:
    with local_ports(tmp_path) as found:
        yield found


def test_comments_that_two_looks_have_heard_at_once_are_all_kept(ports: Ports) -> None:
    keep_told(ports.deps, "t-1", "page-1", ["c-1"])
    store = InterruptedStore(ports.store, PLACE, lambda: keep_told(ports.deps, "t-1", "page-1", ["c-2"]))
    keep_told(ports.with_deps(store=store).deps, "t-1", "page-1", ["c-3"])
    assert get_as(ToldComments, ports.store, PLACE) == ToldComments(("c-1", "c-2", "c-3"))


def test_a_comment_that_is_heard_again_is_kept_once(ports: Ports) -> None:
    keep_told(ports.deps, "t-1", "page-1", ["c-1", "c-2"])
    keep_told(ports.deps, "t-1", "page-1", ["c-1"])
    assert get_as(ToldComments, ports.store, PLACE) == ToldComments(("c-2", "c-1"))
