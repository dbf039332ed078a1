"""A mirror of a workspace, as the bench makes it: it reads again only what has changed."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from shared.bench.notion.notion_mirror import mirror, read_mirrored
from shared.core.errors import RateLimited
from tests.support.desks.mapped_workspace import LATER, client_of, count_requests, find_home, set_clocks, write_page
from tests.support.ports.moved_clock import START
from tests.support.rigs.small_desk import Desk
from tests.support.rigs.small_house import TENANT
from tests.support.simulators import kept_open


def _tree(desk: Desk) -> tuple[str, list[str]]:
    """Make five pages with three below each."""
    root = write_page(desk, find_home(desk), "Handbook")
    made = []
    for number in range(5):
        chapter = write_page(desk, root, f"Chapter {number}")
        made += [chapter, *(write_page(desk, chapter, f"Section {number}.{part}") for part in range(3))]
    return root, made


def test_a_second_mirror_reads_only_what_has_changed(quiet: Desk) -> None:
    root, pages = _tree(quiet)
    set_clocks(quiet, LATER)
    deps, notion = quiet.house.deps, client_of(quiet)
    start = count_requests(quiet)
    first = mirror(deps, TENANT, notion, root)
    cost = count_requests(quiet) - start
    assert sorted(first) == sorted([root, *pages])
    set_clocks(quiet, LATER)
    changed = [pages[1], pages[9], pages[17]]
    for page in changed:
        quiet.write_more(page, "A second thought.")
    start = count_requests(quiet)
    second = mirror(deps, TENANT, notion, root)
    again = count_requests(quiet) - start
    assert sorted(second) == sorted(changed)
    assert again * 4 <= cost
    for page in (*changed, pages[2]):
        kept = read_mirrored(deps, TENANT, page)
        assert kept is not None
        read = notion.read_page(page)
        assert [block.text for block in kept.walk()] == [block.text for block in read.walk()]
        assert kept.title == read.title


def test_what_was_read_in_the_minute_of_its_last_edit_is_read_once_more(quiet: Desk) -> None:
    root = write_page(quiet, find_home(quiet), "Fresh")
    deps, notion = quiet.house.deps, client_of(quiet)
    assert mirror(deps, TENANT, notion, root) == [root]
    quiet.write_more(root, "Written in the same minute, after we have read.")
    set_clocks(quiet, LATER)
    assert mirror(deps, TENANT, notion, root) == [root]
    assert mirror(deps, TENANT, notion, root) == []


def test_a_mirror_that_the_rate_stops_goes_on_where_it_was(quiet: Desk) -> None:
    root, pages = _tree(quiet)
    set_clocks(quiet, LATER)
    deps, notion = quiet.house.deps, client_of(quiet)
    stop = {"path": "/v1/blocks/*", "status": 429, "headers": {"Retry-After": "20"}, "times": 1, "skip": 12}
    kept_open.post(f"{quiet.url}/_faults", json=stop, timeout=10)
    with pytest.raises(RateLimited):
        mirror(deps, TENANT, notion, root)
    set_clocks(quiet, timedelta(minutes=1))
    done = mirror(deps, TENANT, notion, root)
    assert len(done) == len(pages) + 1 - 12
    read = Counter(
        entry["path"] for entry in kept_open.get(f"{quiet.url}/_journal", timeout=10).json()
        if entry["path"].endswith("/children") and entry["method"] == "GET" and entry["status"] == 200
    )  # fmt: skip
    assert set(read.values()) == {1}
    assert quiet.house.clock.now() > START
