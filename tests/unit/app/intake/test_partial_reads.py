"""A page that takes more calls to read than a minute allows is read all the same, each part of it once."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.accounts.accounts import Accounts
from shared.app.intake.reconcile import order_passes
from shared.app.workspace.partial_reads import KeptReads, kept_reads
from shared.core.errors import BudgetSpent
from shared.core.page import Page
from shared.core.rate_window import Rate
from shared.core.run.run import RunStatus
from shared.integrations.notion.client.client import Notion
from shared.ports import Put
from tests.support.rigs.small_desk import Desk
from tests.support.rigs.small_house import TENANT
from tests.support.simulators import kept_open

TOGGLES, LIMIT = 30, 12  # a list of children each, and the page's own; the page itself is one call more
SCOPE = "run-1.plan"


@pytest.fixture
def page(desk: Desk) -> str:
    """Write the page; our clock is an hour later, so that nobody has edited it just now."""
    page = desk.write_idea()
    toggles = [_toggle(f"Part {n}") for n in range(TOGGLES)]
    desk.as_person("PATCH", f"/v1/blocks/{page}/children", {"children": toggles})
    clock = desk.house.clock
    clock.move(seconds=(datetime.now(UTC) + timedelta(hours=1) - clock.now()).total_seconds())
    return page


def _toggle(text: str) -> dict[str, Any]:
    rich = [{"type": "text", "text": {"content": text}}]
    inside = {"type": "paragraph", "paragraph": {"rich_text": rich}}
    return {"type": "toggle", "toggle": {"rich_text": rich, "children": [inside]}}


def _slow(desk: Desk) -> Notion:
    """Return a Notion that may be called twelve times a minute."""
    house = desk.house
    rate = Rate(limit=LIMIT)
    accounts = Accounts(house.store, house.secrets, house.clock, house.accounts.endpoints, lambda: "slow", rate=rate)
    return accounts.connect_for(TENANT)(Notion)


def _in_turns(desk: Desk, page: str, most: int, *, keeping: bool = True) -> tuple[Page | None, int]:
    """Read the page as a command that comes again when it may; return the page and the attempts."""
    notion = _slow(desk)
    for attempt in range(1, most + 1):
        try:
            with kept_reads(desk.house.deps, TENANT, SCOPE) as kept:
                return notion.read_page(page, kept=kept if keeping else None), attempt
        except BudgetSpent as spent:
            desk.house.clock.move(seconds=spent.retry_after.total_seconds() if spent.retry_after else 0.0)
    return None, most


def _lists_asked(desk: Desk) -> Counter[str]:
    journal = kept_open.get(f"{desk.url}/_journal", timeout=10).json()
    return Counter(
        entry["path"] for entry in journal if entry["path"].endswith("/children") and entry["method"] == "GET"
    )


def test_it_is_read_in_turns_and_each_part_once(desk: Desk, page: str) -> None:
    whole = desk.house.accounts.connect_for(TENANT)(Notion).read_page(page)
    before = _lists_asked(desk)
    found, attempts = _in_turns(desk, page, 12)
    assert found == whole
    assert 3 <= attempts <= 8
    asked = _lists_asked(desk) - before
    assert len(asked) == TOGGLES + 1
    assert set(asked.values()) == {1}
    assert _stored(desk) == ([], [])


def _stored(desk: Desk) -> tuple[list[str], list[str]]:
    """Return the ids of all that is kept: lists of parts, and parts."""
    lists, parts = (desk.house.store.list_docs(TENANT, kind) for kind in ("kept", "kept_parts"))
    return [doc.id for doc in lists], [doc.id for doc in parts]


def test_without_that_it_would_never_be_read(desk: Desk, page: str) -> None:
    assert _in_turns(desk, page, 12, keeping=False) == (None, 12)


def test_a_page_edited_meanwhile_is_read_anew(desk: Desk, page: str) -> None:
    _in_turns(desk, page, 1)
    assert desk.house.store.get(TENANT, "kept", SCOPE) is not None
    kept_open.post(f"{desk.url}/_clock", json={"offset_s": 1800}, timeout=10)
    desk.write_more(page, "Said later")
    found, _ = _in_turns(desk, page, 12)
    assert found is not None
    assert "Said later" in [span.text for block in found.blocks for span in block.spans]


@pytest.mark.parametrize(("later_s", "known"), [(0.0, False), (64.0, False), (66.0, True)])
def test_what_was_read_in_the_minute_of_an_edit_is_not_relied_on(desk: Desk, later_s: float, known: bool) -> None:
    """Another edit in that minute would leave the page's time as it is."""
    deps = desk.house.deps
    edited = deps.clock.now().replace(second=0, microsecond=0)
    desk.house.clock.move(seconds=(edited - deps.clock.now()).total_seconds() + later_s)
    key = f"{edited.isoformat()} block-1"
    first = KeptReads(deps, TENANT, SCOPE)
    assert first.get(key) is None
    first.put(key, "text")
    first.save()
    assert (KeptReads(deps, TENANT, SCOPE).get(key) == "text") is known


KEY = "2020-01-01T00:00:00.000Z block"


def _keep(desk: Desk, text: str, scope: str = SCOPE) -> None:
    kept = KeptReads(desk.house.deps, TENANT, scope)
    kept.put(f"{KEY}-{len(text)}", text)
    kept.save()


def test_what_a_command_left_that_never_came_again_is_deleted_after_a_day(desk: Desk) -> None:
    _keep(desk, "a")
    desk.house.clock.move(hours=23)
    _keep(desk, "b", "run-2.plan")
    desk.house.clock.move(hours=2)
    order_passes(desk.house.deps)
    desk.house.work()
    lists, parts = _stored(desk)
    assert lists == ["run-2.plan"]
    assert [part.rpartition(".")[0] for part in parts] == lists


def test_a_text_larger_than_a_document_is_kept_in_parts(desk: Desk) -> None:
    text = '{"\\"' * 200_000  # a million characters, most of which are escaped twice
    _keep(desk, text)
    assert KeptReads(desk.house.deps, TENANT, SCOPE).get(f"{KEY}-{len(text)}") == text
    assert len(_stored(desk)[1]) > 2
    with kept_reads(desk.house.deps, TENANT, SCOPE) as kept:
        kept.get(KEY)
    assert _stored(desk) == ([], [])


def test_of_two_who_read_at_once_one_keeps_and_a_part_that_was_never_written_is_not_missed(desk: Desk) -> None:
    first, second = (KeptReads(desk.house.deps, TENANT, SCOPE) for _ in range(2))
    for number, kept in enumerate((first, second)):
        assert kept.get(KEY) is None
        kept.put(f"{KEY}-{number}", "text")
    first.save()
    second.save()
    (part,) = _stored(desk)[1]
    found = KeptReads(desk.house.deps, TENANT, SCOPE)
    assert (found.get(f"{KEY}-0"), found.get(f"{KEY}-1")) == ("text", None)
    desk.house.store.put(TENANT, Put("kept_parts", part, None))  # as if the keeper had died before it
    _keep(desk, "later")
    found = KeptReads(desk.house.deps, TENANT, SCOPE)
    assert (found.get(f"{KEY}-0"), found.get(f"{KEY}-5")) == (None, "later")


def test_a_run_plans_such_a_page_in_turns_without_a_failed_attempt(desk: Desk, page: str) -> None:
    house = desk.house
    rate = Rate(limit=LIMIT)
    accounts = Accounts(house.store, house.secrets, house.clock, house.accounts.endpoints, lambda: "slow", rate=rate)
    house.tools = replace(house.tools, accounts=accounts)
    desk.set_status(page, "Plan it")
    house.clock.move(hours=1)
    desk.tell(page)
    turns = 0
    for _ in range(30):
        (step, *_) = desk.run_of(page).steps
        assert (step.attempt, step.failures) == (1, 0)
        if desk.run_of(page).status == RunStatus.AWAITING_APPROVAL:
            break
        turns += 1
        house.pass_time(timedelta(seconds=30), timedelta(seconds=10))
    run = desk.run_of(page)
    assert run.status == RunStatus.AWAITING_APPROVAL
    assert turns >= 3
