"""A person sets a page's status while we write it: it stands, is carried out afterwards, or is asked for again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.app.engine.engine import record
from shared.core.notify.attention import STANDING
from shared.core.pages.author import UNKNOWN, Author
from shared.core.run import acts
from shared.core.run.commands import MIRROR, Command
from shared.core.run.run import Run, RunStatus
from shared.local.simulators._server import serve
from shared.local.simulators.notion.simulator import NotionSimulator
from tests.support.rigs.small_desk import Desk, settle_in
from tests.support.rigs.small_house import TENANT, SmallHouse

LATE = "effect.before/mirror/properties"  # the page was read, and what is written to it is decided
EARLY = "effect.before/mirror/progress"


@pytest.fixture(scope="module")
def shared_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Return one desk for all; each test writes an idea of its own."""
    simulator = NotionSimulator()
    server = serve(simulator)
    house = SmallHouse(tmp_path_factory.mktemp("house"), endpoints={"notion": simulator.base_url})
    yield settle_in(house, simulator.base_url)
    house.close()
    server.shutdown()
    server.server_close()


@pytest.fixture
def desk(shared_desk: Desk) -> Iterator[Desk]:
    """Return it with nothing under way, some time after the test before."""
    shared_desk.house.clock.move(seconds=3600)
    yield shared_desk
    shared_desk.house.crash_point = lambda point: None


def planned(desk: Desk) -> str:
    """Return a page whose plan is asked about."""
    page = desk.write_idea()
    desk.set_status(page, "Plan it")
    desk.tell(page)
    assert desk.run_of(page).status == RunStatus.AWAITING_APPROVAL
    desk.house.clock.move(seconds=60)
    return page


def building(desk: Desk) -> str:
    page = planned(desk)
    desk.set_status(page, "Approved")
    desk.tell(page)
    assert (desk.run_of(page).status, desk.status(page)) == (RunStatus.EXECUTING, "Building")
    desk.house.clock.move(seconds=60)
    return page


def end(desk: Desk, page: str) -> None:
    """Let the page's run end; its page shows it."""
    now = desk.house.clock.now()
    record(desk.house.deps, TENANT, desk.run_of(page).id, acts.CancelRequested(now, "Ada Example", "too dear"))
    desk.house.work()


def at(desk: Desk, point: str, act: Callable[[], object]) -> None:
    """Do something once, when the work comes to that point."""

    def reached(name: str) -> None:
        if name == point:
            desk.house.crash_point = lambda other: None
            act()

    desk.house.crash_point = reached


def told(desk: Desk, page: str, at_time: str = "") -> None:
    """Have a person's change of the status delivered."""
    status = desk.as_person("GET", f"/v1/pages/{page}")["properties"]["Status"]["id"]
    desk.deliver("page.properties_updated", page, at=at_time, updated_properties=[status])
    desk.house.pass_time(timedelta(seconds=5), timedelta(seconds=5))


def comments(desk: Desk, page: str) -> list[str]:
    """Return what was said on the page about a status that is gone."""
    found = desk.as_person("GET", f"/v1/comments?block_id={page}")["results"]
    texts = ["".join(part["plain_text"] for part in one["rich_text"]) for one in found]
    return [text for text in texts if "set it again" in text]


def has_next_plan(desk: Desk, page: str, first: Run) -> bool:
    desk.house.pass_time(timedelta(minutes=2), timedelta(seconds=20))
    run = desk.run_of(page)
    return run.id != first.id and run.status == RunStatus.AWAITING_APPROVAL and desk.status(page) == "Plan ready"


@pytest.mark.parametrize("when", [EARLY, "engine.after/none"])
def test_plan_it_set_before_the_page_is_read_for_its_end_stands_and_is_carried_out(desk: Desk, when: str) -> None:
    page = planned(desk)
    first = desk.run_of(page)
    if when == EARLY:  # while what is below the page is written
        at(desk, EARLY, lambda: desk.set_status(page, "Plan it"))
    else:
        desk.set_status(page, "Plan it")
    end(desk, page)
    assert desk.status(page) == "Plan it"
    assert has_next_plan(desk, page, first)
    assert comments(desk, page) == []


def test_a_status_that_we_write_over_unseen_is_asked_for_again_once(desk: Desk) -> None:
    page = planned(desk)
    first = desk.run_of(page)
    at(desk, LATE, lambda: desk.set_status(page, "Plan it"))
    moment = desk.house.clock.now().isoformat()
    end(desk, page)
    assert desk.status(page) == "Cancelled"  # Notion has no write that fails if it is stale
    desk.house.clock.move(seconds=40)
    told(desk, page, moment)
    (said,) = comments(desk, page)
    assert said.startswith("Somebody set this page's status at the very moment at which we set it to Cancelled.")
    told(desk, page, moment)
    assert len(comments(desk, page)) == 1
    desk.set_status(page, "Plan it")
    told(desk, page)
    assert has_next_plan(desk, page, first)


def test_a_stop_that_we_write_over_unseen_is_asked_for_again(desk: Desk) -> None:
    page = planned(desk)
    desk.set_status(page, "Approved")
    moments = []

    def stop() -> None:
        desk.house.clock.move(seconds=1)  # the page was read when it said Approved
        desk.set_status(page, "Cancelled")
        moments.append(desk.house.clock.now().isoformat())

    at(desk, LATE, stop)
    desk.tell(page)
    assert (desk.run_of(page).status, desk.status(page)) == (RunStatus.EXECUTING, "Building")
    told(desk, page, *moments)
    assert len(comments(desk, page)) == 1


def test_plan_it_that_was_seen_before_we_write_over_it_is_carried_out(desk: Desk) -> None:
    page = planned(desk)
    first = desk.run_of(page)

    def set_and_look() -> None:
        desk.set_status(page, "Plan it")
        desk.house.handle(desk.seen("early-look", page))  # the end is not shown yet: it comes again

    at(desk, LATE, set_and_look)
    end(desk, page)
    assert desk.status(page) == "Cancelled"
    assert has_next_plan(desk, page, first)
    assert comments(desk, page) == []


def test_plan_it_set_during_the_work_waits_for_its_end(desk: Desk) -> None:
    page = building(desk)
    first = desk.run_of(page)
    desk.set_status(page, "Plan it")
    told(desk, page)
    desk.house.queue.enqueue([Command("shown-anew", MIRROR, "notify", TENANT, first.id)])
    desk.house.work()
    assert (desk.run_of(page).id, desk.status(page)) == (first.id, "Plan it")
    end(desk, page)
    desk.house.pass_time(timedelta(hours=1), timedelta(minutes=5))  # the attempt that nobody will finish is given up
    assert has_next_plan(desk, page, first)


def test_an_end_that_was_shown_is_not_written_again_over_what_people_set(desk: Desk) -> None:
    page = planned(desk)
    end(desk, page)
    assert desk.status(page) == "Cancelled"
    desk.set_status(page, "Idea")
    again = Command("standing-anew", MIRROR, "notify", TENANT, desk.run_of(page).id)
    desk.house.handle(replace(again, topic=STANDING))
    assert desk.status(page) == "Idea"


def test_what_we_knew_when_we_wrote_is_not_asked_for_again(desk: Desk) -> None:
    page = desk.write_idea()
    desk.set_status(page, "Plan it")
    moment = desk.house.clock.now().isoformat()
    desk.tell(page, Author(UNKNOWN, seen=True))  # another way is faster than the delivery
    assert desk.status(page) == "Plan ready"
    desk.house.clock.move(seconds=30)
    told(desk, page, moment)
    assert comments(desk, page) == []


def test_a_status_set_and_taken_back_by_a_person_is_not_asked_for(desk: Desk) -> None:
    page = planned(desk)
    end(desk, page)
    desk.house.clock.move(seconds=60)
    desk.set_status(page, "Plan it")
    desk.set_status(page, "Cancelled")
    told(desk, page)
    assert comments(desk, page) == []
    assert desk.status(page) == "Cancelled"
