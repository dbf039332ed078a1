"""What people do to a page is never lost, and only what they did decides."""

import json
from dataclasses import replace
from datetime import timedelta

from shared.app.approval.approvals import asked_now, decide
from shared.app.engine.engine import record
from shared.app.notify.mirror_run import mirror_run
from shared.backends.local.delivery import tasks
from shared.backends.local.state.local_store import LocalStore
from shared.core.pages.author import BOT, Author
from shared.core.run import acts
from shared.core.run.commands import Command
from shared.core.run.run import RunStatus
from shared.ports import Put
from tests.support.rigs.small_desk import Desk
from tests.support.rigs.small_house import NOWHERE, TENANT


def planned(desk: Desk) -> str:
    """Write an idea and bring it to where its plan waits for approval."""
    page = desk.write_idea()
    desk.set_status(page, "Plan it")
    desk.tell(page)
    assert desk.run_of(page).status == RunStatus.AWAITING_APPROVAL
    assert desk.status(page) == "Plan ready"
    return page


def test_a_change_accepted_during_a_long_outage_of_notion_is_looked_at_after_it(desk: Desk) -> None:
    page = desk.write_idea()
    desk.set_status(page, "Plan it")
    desk.house.with_endpoints(notion=NOWHERE)
    desk.tell(page)
    desk.house.pass_time(timedelta(hours=3), timedelta(minutes=5))
    desk.house.with_endpoints(notion=desk.url)
    desk.house.pass_time(timedelta(hours=1), timedelta(minutes=5))
    assert desk.run_of(page).status == RunStatus.AWAITING_APPROVAL


def test_a_page_shows_the_end_of_its_run_after_an_outage_and_can_be_planned_again(desk: Desk) -> None:
    page = planned(desk)
    run = desk.run_of(page)
    desk.house.with_endpoints(notion=NOWHERE)
    record(desk.house.deps, TENANT, run.id, acts.CancelRequested(desk.house.clock.now(), "Ada"))
    desk.house.pass_time(timedelta(hours=3), timedelta(minutes=5))
    desk.house.with_endpoints(notion=desk.url)
    desk.house.pass_time(timedelta(hours=1), timedelta(minutes=5))
    assert desk.status(page) == "Cancelled"
    desk.set_status(page, "Plan it")
    desk.tell(page)
    assert desk.run_of(page).id != run.id


def test_a_page_whose_end_was_never_written_heals_when_it_is_to_be_planned_again(desk: Desk) -> None:
    page = planned(desk)
    run = desk.run_of(page)
    record(desk.house.deps, TENANT, run.id, acts.CancelRequested(desk.house.clock.now(), "Ada"))
    with desk.house.store.reading() as connection:
        waiting = [command for command, _, _ in tasks.alive(connection)]
    assert waiting
    for command in waiting:
        desk.house.queue.bury(command, "what the queue gave up on", 8)
    desk.set_status(page, "Plan it")
    desk.tell(page)
    desk.house.pass_time(timedelta(hours=1), timedelta(minutes=1))
    assert desk.status(page) == "Plan ready"  # what was asked for is done, and nobody has to ask again
    assert desk.run_of(page).id != run.id
    assert len(desk.house.store.list_runs(TENANT)) == 2


def test_an_edit_while_the_plan_is_being_written_is_not_lost(desk: Desk) -> None:
    page = desk.write_idea()
    desk.set_status(page, "Plan it")
    edited: list[str] = []

    def edit(point: str) -> None:
        if point == "commit.before/plan.propose" and not edited:
            edited.append(point)
            desk.write_more(page, "And on Sundays.")
            desk.house.queue.enqueue([desk.seen("see-edit", page)])

    desk.house.crash_point = edit
    desk.tell(page)
    desk.house.pass_time(timedelta(minutes=20))
    run = desk.run_of(page)
    assert (run.revision, run.status) == (2, RunStatus.AWAITING_APPROVAL)


def test_a_status_that_a_bot_has_set_is_not_approved_by_somebodys_comment(desk: Desk) -> None:
    page = planned(desk)
    desk.set_status(page, "Approved")
    desk.tell(page, Author(BOT, "another"))
    assert desk.run_of(page).status == RunStatus.AWAITING_APPROVAL
    desk.deliver("comment.created", page)
    assert desk.run_of(page).status == RunStatus.AWAITING_APPROVAL
    desk.deliver("page.content_updated", page)
    assert desk.run_of(page).status == RunStatus.AWAITING_APPROVAL
    desk.deliver("page.properties_updated", page)
    assert desk.run_of(page).status == RunStatus.EXECUTING


def test_a_bot_that_asks_again_and_again_is_stopped_and_people_are_told_once(desk: Desk) -> None:
    page = desk.write_idea()
    runs = set()
    for _ in range(8):
        desk.set_status(page, "Plan it")
        desk.tell(page, Author(BOT, "another"))
        run = desk.run_of(page)
        if not run.status.final:
            record(desk.house.deps, TENANT, run.id, acts.CancelRequested(desk.house.clock.now(), "Ada"))
        desk.house.work()
        runs.add(run.id)
    ended = [desk.house.run(run) for run in runs]
    assert sorted(run.depth for run in ended) == [0, 1, 2, 3]
    assert [run.status for run in ended if run.depth == 3] == [RunStatus.FAILED]
    desk.set_status(page, "Plan it")
    desk.tell(page)  # a person may always ask
    assert desk.run_of(page).status == RunStatus.AWAITING_APPROVAL


def test_a_change_while_notion_does_not_let_us_in_is_looked_at_after_people_reconnected(desk: Desk) -> None:
    page = desk.write_idea()
    desk.set_status(page, "Plan it")
    grant = desk.house.store.get(TENANT, "grants", "notion")
    assert grant is not None
    desk.house.revoke("notion")
    desk.tell(page)
    desk.house.pass_time(timedelta(hours=2), timedelta(minutes=5))
    desk.house.store.put(TENANT, Put("grants", "notion", grant.body))
    desk.house.pass_time(timedelta(hours=1), timedelta(minutes=5))
    assert desk.run_of(page).status == RunStatus.AWAITING_APPROVAL


def test_a_late_delivery_does_not_put_an_older_state_back_on_the_page(desk: Desk) -> None:
    """It read the run, waited for another delivery to show what came next, and only then got the lease."""
    page = planned(desk)
    run, house = desk.run_of(page), desk.house
    mirror = Command("late", "mirror", "notify", TENANT, run.id)

    class Overtaken(LocalStore):
        """Lets the run go on, and another delivery show that, before this one's claim is heard."""

        def claim(self, tenant: str, key: str, owner: str, ttl: timedelta) -> bool:
            decide(house.deps, asked_now(run), approve=True, by="Ada", via="link")
            mirror_run(mirror, house.deps, house.tools)
            return house.store.claim(tenant, key, owner, ttl)

    late = object.__new__(Overtaken)
    vars(late).update(vars(house.store))
    mirror_run(mirror, replace(house.deps, store=late), house.tools)
    assert desk.status(page) == "Building"


def test_deliveries_that_find_the_page_taken_come_back_as_one(desk: Desk) -> None:
    page = planned(desk)
    run, house = desk.run_of(page), desk.house
    taken = f"mirror.{page}"
    assert house.store.claim(TENANT, taken, "somebody", timedelta(minutes=1))
    for number in range(5):
        mirror_run(Command(f"mirror-{number}", "mirror", "notify", TENANT, run.id), house.deps, house.tools)
    house.store.release(TENANT, taken, "somebody")
    with house.store.reading() as connection:
        waiting = [json.loads(body) for (body,) in connection.execute("SELECT body FROM tasks WHERE dead_at IS NULL")]
    assert [task["name"] for task in waiting] == ["mirror"]
    desk.set_status(page, "Idea")
    house.pass_time(timedelta(minutes=2))
    assert desk.status(page) == "Plan ready"
