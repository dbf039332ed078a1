"""A rehearsed run reads and plans, and writes nothing anywhere: the journals of the systems outside are the judge."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shared.app.engine.engine import record
from shared.app.engine.sweep import sweep
from shared.app.engine.switches import set_rehearsal
from shared.core.notify.attention import attention_of
from shared.core.pages.author import UNKNOWN, Author
from shared.core.run import acts
from shared.core.run.run import Run, RunStatus
from shared.local.simulators.notion.simulator import NotionSimulator
from shared.local.simulators.slack.simulator import SlackSimulator
from tests.integrations.conftest import Served
from tests.support.rigs.small_desk import Desk, settle_in
from tests.support.rigs.small_house import SmallHouse

_READS = ("GET", "HEAD")
_QUERIES = ("/query", "/search", "/oauth/introspect")


@pytest.fixture
def outside(served: Callable[[Any], Served], tmp_path: Path) -> dict[str, Served]:
    return {"notion": served(NotionSimulator()), "slack": served(SlackSimulator(tmp_path / "slack"))}


@pytest.fixture
def rehearsing(house: Callable[..., SmallHouse], outside: dict[str, Served]) -> Desk:
    made = house(endpoints={name: sim.url for name, sim in outside.items()})
    desk = settle_in(made, outside["notion"].url)
    set_rehearsal(made.deps, True)
    return desk


def _written(outside: dict[str, Served], since: dict[str, int]) -> list[str]:
    """Return every request of ours that writes, by what the systems have noted."""
    found = []
    for name, sim in outside.items():
        for entry in sim.journal()[since[name] :]:
            ours = not entry["path"].startswith("/_") and entry.get("by") != "person"
            reads = entry["method"] in _READS or entry["path"].endswith(_QUERIES)
            if ours and not reads:
                found.append(f"{name} {entry['method']} {entry['path']}")
    return found


def _rehearsed(desk: Desk, outside: dict[str, Served]) -> tuple[str, Run, dict[str, int]]:
    page = desk.write_idea()
    desk.set_status(page, "Plan it")
    since = {name: len(sim.journal()) for name, sim in outside.items()}
    desk.tell(page)
    for _ in range(3):
        desk.house.clock.move(hours=1)
        sweep(desk.house.deps)
        desk.house.work()
    return page, desk.run_of(page), since


def test_a_rehearsal_shows_its_plan_and_no_system_has_heard_a_write(
    rehearsing: Desk, outside: dict[str, Served]
) -> None:
    page, run, since = _rehearsed(rehearsing, outside)
    assert run.pause is not None
    (said,) = attention_of(run)
    assert said.startswith("This run is a rehearsal: nothing was written anywhere. What comes next would be the first")
    assert said.endswith(f"workwright resume --run {run.id}. To end it: workwright cancel {run.id}")
    assert {step.spec.kind for step in run.steps} >= {"notion.publish_plan", "code.generate"}
    rehearsing.tell(page, Author(UNKNOWN, seen=True))
    assert any(entry["path"].startswith("/v1/") for entry in outside["notion"].journal()[since["notion"] :]), "it reads"
    assert _written(outside, since) == []


def test_a_rehearsal_that_is_let_go_on_ends_as_any_other_run(rehearsing: Desk, outside: dict[str, Served]) -> None:
    page, run, since = _rehearsed(rehearsing, outside)
    record(rehearsing.house.deps, run.tenant, run.id, acts.RunResumed(rehearsing.house.clock.now(), "Ada Example"))
    rehearsing.house.clock.move(seconds=2)
    rehearsing.house.work()
    assert rehearsing.run_of(page).status == RunStatus.AWAITING_APPROVAL
    assert rehearsing.status(page) == "Plan ready"
    assert not rehearsing.run_of(page).rehearse
    assert _written(outside, since) != [], "what judges the other tests sees what is written here"


def test_a_rehearsal_that_is_ended_has_written_nothing(rehearsing: Desk, outside: dict[str, Served]) -> None:
    page, run, since = _rehearsed(rehearsing, outside)
    record(rehearsing.house.deps, run.tenant, run.id, acts.CancelRequested(rehearsing.house.clock.now(), "Ada Example"))
    rehearsing.house.clock.move(hours=1)
    sweep(rehearsing.house.deps)
    rehearsing.house.work()
    assert rehearsing.run_of(page).status == RunStatus.CANCELLED
    assert _written(outside, since) == []


def test_a_house_that_works_in_earnest_again_rehearses_nothing_new(
    rehearsing: Desk, outside: dict[str, Served]
) -> None:
    _, first, _ = _rehearsed(rehearsing, outside)
    set_rehearsal(rehearsing.house.deps, False)
    page = rehearsing.write_idea("Another club")
    rehearsing.set_status(page, "Plan it")
    rehearsing.tell(page)
    assert rehearsing.status(page) == "Plan ready"
    assert rehearsing.house.run(first.id).rehearse
