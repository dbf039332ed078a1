"""What was made elsewhere is listed from the records of effects, and taken away once a person has named it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from shared.app.engine.engine import open_run
from shared.app.resources.inventory import Thing, find_made
from shared.app.resources.removal import take_away
from shared.core.documents.places import Place
from shared.core.errors import Conflicting, MalformedRequest
from shared.core.run.run import RunStatus, Trigger
from shared.local.simulators.notion.simulator import NotionSimulator
from shared.local.simulators.vercel.simulator import VercelSimulator
from shared.ports import Put
from tests.integrations.conftest import Served
from tests.support.builders.runs import opened, spec
from tests.support.rigs import site_rig
from tests.support.rigs.forge_rig import NAME, ForgeRig
from tests.support.rigs.small_desk import settle_in
from tests.support.rigs.small_house import TENANT, SmallHouse


def _all(house: SmallHouse, run: str = "") -> dict[str, Thing]:
    return {thing.what: thing for thing in find_made(house.deps, TENANT, run).things}


def _take(house: SmallHouse, thing: Thing) -> str:
    run = take_away(house.deps, TENANT, thing.id, thing.name, "Ada Example")
    house.work()
    assert house.run(run.id).status == RunStatus.SUCCEEDED, house.run(run.id).failure
    return run.id


def test_a_repository_its_branch_and_its_request(rig: ForgeRig) -> None:
    rig.open()
    rig.agree()
    found = _all(rig.house, "run-00000001")
    assert list(found) == ["pull request", "repository", "branch"]
    assert (found["repository"].name, found["pull request"].name) == (f"acme/{NAME}", f"acme/{NAME}#1")
    assert found["pull request"].url.endswith(f"/acme/{NAME}/pull/1")
    with pytest.raises(MalformedRequest, match=f"its name: acme/{NAME}#1"):
        take_away(rig.house.deps, TENANT, found["pull request"].id, "yes", "Ada Example")
    pull = rig.bo.change("acme", NAME, 1)
    assert pull.state == "open"
    run = _take(rig.house, found["pull request"])
    assert rig.bo.change("acme", NAME, 1).state == "closed"
    assert take_away(rig.house.deps, TENANT, found["pull request"].id, "", "Ada Example").id == run, "asked again"
    _take(rig.house, found["repository"])
    assert rig.sim.simulator.state["repos"][f"acme/{NAME}"]["archived"] is True
    after = _all(rig.house)
    assert (after["pull request"].gone, after["repository"].gone, after["branch"].gone) == ("closed", "archived", "")


def test_what_a_cancelled_run_has_taken_back_is_said_to_be_gone(rig: ForgeRig) -> None:
    rig.open()
    rig.agree()
    rig.cancel()
    found = _all(rig.house)
    assert (found["repository"].gone, found["branch"].gone) == ("", "taken back with its run")
    with pytest.raises(Conflicting, match="gone already"):
        take_away(rig.house.deps, TENANT, found["branch"].id, found["branch"].name, "Ada Example")


def test_a_project_goes_with_its_deployments(served: Callable[[Any], Served], tmp_path: Path) -> None:
    sim = served(VercelSimulator(tmp_path / "vercel"))
    house = SmallHouse(tmp_path / "house", endpoints={"vercel": sim.url}, kinds=site_rig.MINE)
    rig = site_rig.SiteRig(house, sim)
    rig.open("run-1")
    rig.agree("run-1")
    rig.agree("run-1")
    found = _all(house)
    assert {"project", "deployment", "site"} <= set(found)
    assert found["deployment"].url.startswith("http://")
    live = take_away(house.deps, TENANT, found["deployment"].id, found["deployment"].name, "Ada Example")
    house.work()
    assert "this deployment is live" in house.run(live.id).failure
    with pytest.raises(Conflicting, match="workwright rollback run-1"):
        take_away(house.deps, TENANT, found["site"].id, found["site"].name, "Ada Example")
    _take(house, found["project"])
    assert (sim.simulator.state["projects"], rig.deployments) == ({}, [])
    house.close()


def test_a_database_and_a_page_in_notion_go_to_the_trash(served: Callable[[Any], Served], tmp_path: Path) -> None:
    notion = served(NotionSimulator())
    house = SmallHouse(tmp_path / "house", endpoints={"notion": notion.url})
    desk = settle_in(house, notion.url)
    found = _all(house)
    assert (found["database"].name, found["database"].run) == ("Ideas", "")
    shown = desk.as_person("GET", f"/v1/pages/{found['page'].place['page']}")
    assert found["page"].name == shown["properties"]["Name"]["title"][0]["plain_text"]
    assert found["page"].url == f"https://www.notion.so/{shown['id'].replace('-', '')}"
    for what in ("page", "database"):
        _take(house, found[what])
        place = found[what].place[what]
        there = desk.as_person("GET", f"/v1/{what}s/{place}")
        assert there["in_trash"] is True
    house.close()


def test_a_row_of_ours_has_its_runs_title_and_any_other_page_the_one_that_was_read(tmp_path: Path) -> None:
    house = SmallHouse(tmp_path / "house")
    run = opened(spec("a"), run="run-1", trigger=Trigger("api", "", "Bakery", "Mira"))
    open_run(house.deps, replace(run, tenant=TENANT, at=house.clock.now()))
    row, read, unread = ("aaaaaaaa-0000-4000-8000-00000000000" + digit for digit in "123")
    for name, page in ((f"{run.run}.row.row", row), (f"{run.run}.a.page-created", read), ("elsewhere.row", unread)):
        house.store.put(
            TENANT,
            Put("effects", name, {"state": "confirmed", "at": "2026-03-02T09:00:00+00:00", "result": {"page": page}}),
        )
    house.store.put(TENANT, Put("map", read, asdict(Place(read, "page", "Opening hours"))))
    assert [(thing.name, thing.place["page"]) for thing in find_made(house.deps, TENANT).things] == [
        (unread, unread), ("Opening hours", read), ("Bakery", row),
    ]  # fmt: skip
    house.close()
