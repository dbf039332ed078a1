"""The box Paused on a page: its run stands still while it is ticked, and all work for the page called so."""

from __future__ import annotations

from typing import Any

import pytest

from shared.app.engine.sweep import sweep
from shared.app.engine.switches import pause_view
from shared.core.pages.author import UNKNOWN, Author
from shared.core.run.run import RunStatus
from shared.ports import Put
from tests.support.rigs.guarded_house import GuardedHouse
from tests.support.rigs.small_desk import Desk
from tests.support.rigs.small_house import TENANT


@pytest.fixture
def doors(desk: Desk) -> Desk:
    desk.house.__class__ = GuardedHouse
    return desk


def _tick(desk: Desk, page: str, ticked: bool) -> None:
    desk.as_person("PATCH", f"/v1/pages/{page}", {"properties": {"Paused": {"checkbox": ticked}}})


def _words(desk: Desk, block: str) -> str:
    """Return all that is below a block, as Notion gives it."""
    parts = desk.as_person("GET", f"/v1/blocks/{block}/children")["results"]
    below = [_words(desk, each["id"]) for each in parts if each["has_children"]]
    return " ".join([*("".join(_plain(each)) for each in parts), *below])


def _plain(block: dict[str, Any]) -> list[str]:
    return [text["plain_text"] for text in block[block["type"]].get("rich_text", ())]


def _planned(desk: Desk) -> str:
    page = desk.write_idea()
    desk.set_status(page, "Plan it")
    desk.tell(page)
    assert desk.run_of(page).status == RunStatus.AWAITING_APPROVAL
    return page


@pytest.mark.parametrize("author", [None, Author(UNKNOWN, seen=True)])
def test_a_tick_lets_the_run_stand_still_and_its_end_lets_it_go_on(doors: Desk, author: Author | None) -> None:
    page = _planned(doors)
    plan = doors.run_of(page).plan_hash
    _tick(doors, page, True)
    doors.tell(page, author)
    run = doors.run_of(page)
    assert run.pause is not None
    assert (run.pause.by, run.plan_hash, run.status) == ("Ada Example", plan, RunStatus.AWAITING_APPROVAL)
    assert "This run is paused by Ada Example. To go on: clear the box Paused" in _words(doors, page)
    _tick(doors, page, False)
    doors.tell(page, author)
    assert (doors.run_of(page).pause, doors.run_of(page).plan_hash) == (None, plan)


def test_a_page_that_is_paused_beforehand_is_planned_when_the_box_is_cleared(doors: Desk) -> None:
    page = doors.write_idea()
    _tick(doors, page, True)
    doors.set_status(page, "Plan it")
    doors.tell(page)
    assert doors.house.store.list_runs(TENANT) == []
    _tick(doors, page, False)
    doors.tell(page)
    assert doors.run_of(page).status == RunStatus.AWAITING_APPROVAL


def test_a_box_that_people_add_to_an_older_database_is_heeded_and_no_change_of_the_page(doors: Desk) -> None:
    known = doors.house.settings(TENANT)
    ideas: dict[str, Any] = {**known["databases"]["ideas"]}
    ideas["properties"] = {name: key for name, key in ideas["properties"].items() if name != "Paused"}
    doc = doors.house.store.get(TENANT, "settings", "tenant")
    assert doc is not None
    doors.house.store.put(TENANT, Put("settings", "tenant", {**doc.body, "databases": {"ideas": ideas}}))
    page = _planned(doors)
    plan = doors.run_of(page).plan_hash
    _tick(doors, page, True)
    doors.tell(page)
    assert (doors.run_of(page).pause is not None, doors.run_of(page).plan_hash) == (True, plan)


def test_the_page_called_so_pauses_everything_and_is_looked_at_until_its_box_is_cleared(doors: Desk) -> None:
    switch = doors.write_idea("pause  everything", "")
    _tick(doors, switch, True)
    doors.tell(switch)
    view = pause_view(doors.house.deps, TENANT)
    assert (view["paused"], view["by"]) == (True, "Ada Example")
    assert view["go_on"].startswith("clear the box Paused on the page")
    page = doors.write_idea()
    doors.set_status(page, "Plan it")
    doors.tell(page)
    doors.house.clock.move(minutes=1)
    sweep(doors.house.deps)
    doors.house.work()
    assert doors.house.store.list_runs(TENANT) == []
    _tick(doors, switch, False)
    doors.house.clock.move(minutes=1)
    sweep(doors.house.deps)  # nothing was delivered
    doors.house.work()
    assert pause_view(doors.house.deps, TENANT)["paused"] is False
    assert doors.run_of(page).status == RunStatus.AWAITING_APPROVAL


def test_the_page_that_paused_everything_is_looked_at_no_oftener_than_a_page_that_waits_for_an_answer(
    doors: Desk,
) -> None:
    """The clock calls every two seconds on one machine: that is no reason to ask Notion as often."""
    switch = doors.write_idea("Pause everything", "")
    _tick(doors, switch, True)
    doors.tell(switch)
    looks = []
    for _ in range(30):
        doors.house.clock.move(seconds=2)
        sweep(doors.house.deps)
        looks.append(doors.house.work())
    assert 5 <= sum(looks) <= 6  # a minute, by twelve seconds
    for _ in range(2):  # paused a second time, it is looked at again
        _tick(doors, switch, False)
        doors.tell(switch)
        _tick(doors, switch, True)
        doors.tell(switch)
        sweep(doors.house.deps)
        assert doors.house.work() == 1
        doors.house.clock.move(seconds=1)
