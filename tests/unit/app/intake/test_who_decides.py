"""Who stands behind a status, when our writes and others' come back together, late or in disorder."""

from __future__ import annotations

import pytest

from shared.app.intake.debounce import Gathered, gather, take_gathered
from shared.app.workspace import write_journal as ledger
from shared.core.documents.look import Happening
from shared.core.pages import marks
from shared.core.pages.author import BOT, PERSON, UNKNOWN, Author
from shared.core.run.run import RunStatus
from shared.integrations.notion.client.client import Notion
from shared.ports import SYSTEM, Put
from tests.support.desks.happenings import plan_page
from tests.support.rigs.small_desk import Desk
from tests.support.rigs.small_house import TENANT

ADA, BEN, OTHER = Author(PERSON, "ada"), Author(PERSON, "ben"), Author(BOT, "other")
MIXED, SEEN = Author(PERSON, "ada", certain=False), Author(PERSON, "ada", seen=True)


def _happened(at: str, who: Author | None, *properties: str, sets: bool = True, ours: bool = False) -> Happening:
    at = at if "T" in at else f"2026-03-02T08:00:0{at}Z"
    return Happening(f"d-{at}", at, who, "page.properties_updated", sets, properties, ours)


@pytest.mark.parametrize(
    ("happenings", "decider"),
    [
        pytest.param([_happened("1", ADA)], ADA, id="a person"),
        pytest.param([_happened("1", ADA), _happened("2", ADA, sets=False)], ADA, id="who comments afterwards"),
        pytest.param([_happened("1", OTHER)], OTHER, id="another agent"),
        pytest.param([_happened("1", BEN), _happened("2", ADA)], ADA, id="the last of two people"),
        pytest.param([_happened("1", OTHER), _happened("2", ADA)], MIXED, id="nobody knows who set it"),
        pytest.param([_happened("1", ADA, "st"), _happened("2", OTHER, "x")], ADA, id="the agent set something else"),
        pytest.param(
            [_happened("1", ADA, "x"), _happened("2", OTHER, "st")], OTHER, id="the person set something else"
        ),
        pytest.param([_happened("1", ADA, "a%3Ab", "s%3At")], SEEN, id="not the status at all"),
        pytest.param([_happened("1", ADA, sets=False)], SEEN, id="no property at all"),
        pytest.param([_happened("1", OTHER, sets=False), _happened("2", ADA, sets=False)], SEEN, id="both"),
        pytest.param([_happened("1", MIXED)], MIXED, id="merged by Notion"),
        pytest.param([_happened("1", None)], None, id="ourselves"),
        pytest.param([_happened("1", ADA, ours=True)], SEEN, id="a person, and the status is our own"),
        pytest.param(
            [_happened("1", Author(UNKNOWN, "x"), sets=False)], Author(UNKNOWN, "x", seen=True), id="found by the sweep"
        ),
    ],
)
def test_who_stands_behind_a_status(happenings: list[Happening], decider: Author | None) -> None:
    assert Gathered(tuple(happenings)).decider("st", lambda each: each.ours_too) == decider


def test_what_our_bot_and_a_person_did_together_is_the_persons_when_the_value_is_not_ours() -> None:
    merged = Gathered((_happened("1", ADA, ours=True),))
    assert merged.decider("", lambda each: False) == ADA


def test_what_comes_out_of_order_is_looked_at_in_the_order_it_happened(desk: Desk) -> None:
    deps, page = desk.house.deps, "page-1"
    times = ["2026-03-02T08:00:03.000Z", "2026-03-02T08:00:01.000Z", "2026-03-01T10:00:00.000Z"]
    orders = [gather(deps, TENANT, page, _happened(at, who)) for at, who in zip(times, (OTHER, ADA, ADA), strict=True)]
    assert len(set(orders)) == 1
    assert orders[0] is not None
    seen = take_gathered(deps, orders[0])
    assert seen is not None
    assert [each.at for each in seen.happenings] == sorted(times)


def _echo(desk: Desk, page: str) -> None:
    """Deliver an event of our bot and the person together."""
    desk.house.settle(**desk.house.settings(TENANT))
    authors = [{"id": desk.person, "type": "person"}, {"id": "bot-1", "type": "bot"}]
    desk.deliver("page.properties_updated", page, authors=authors)


@pytest.mark.parametrize(("tenant", "ours"), [(TENANT, True), ("t-other", False)])
def test_what_a_bot_did_that_a_newer_one_has_replaced_is_our_own(desk: Desk, tenant: str, ours: bool) -> None:
    """Notion repeats a delivery for a day, and a person may connect anew meanwhile."""
    replaced = {"tenant": tenant, "workspace": "workspace-1", "retired": desk.house.deps.clock.now().isoformat()}
    desk.house.store.put(SYSTEM, Put("bots", "bot-before", replaced))
    page, before = plan_page(desk), {"id": "bot-before", "type": "bot"}
    answer = desk.told_of(page, "page.content_updated", authors=[before])
    assert answer == {"accepted": 0 if ours else 1}
    desk.set_status(page, marks.APPROVED)  # beside a stranger's change nobody can tell who approved
    desk.told_of(page, "page.properties_updated", authors=[before, {"id": desk.person, "type": "person"}])
    assert (desk.run_of(page).status == RunStatus.EXECUTING) is ours


def test_a_status_we_wrote_ourselves_is_no_approval_however_it_is_delivered(desk: Desk) -> None:
    """A step of another run sets the status while the person sets something else: Notion reports both at once."""
    page = plan_page(desk)
    run = desk.run_of(page)
    ours = desk.house.accounts.connect_for(TENANT, ledger.noting(desk.house.deps, run))(Notion)
    ours.update_page(page, {"Status": {"select": {"name": marks.APPROVED}}})
    _echo(desk, page)
    assert desk.run_of(page).status == RunStatus.AWAITING_APPROVAL
    desk.set_status(page, marks.APPROVED)
    desk.deliver("page.properties_updated", page)  # this time the person alone
    assert desk.run_of(page).status == RunStatus.EXECUTING


def test_what_a_person_set_before_an_agent_did_approves_nothing_when_it_is_told_late(desk: Desk) -> None:
    page = plan_page(desk)
    early = desk.house.clock.now().isoformat()
    desk.house.clock.move(minutes=2)
    desk.set_status(page, marks.APPROVED)
    desk.deliver("page.properties_updated", page, authors=[{"id": "other", "type": "bot"}])
    desk.deliver("page.properties_updated", page, at=early)  # Notion repeats a failed delivery for a day
    assert desk.run_of(page).status == RunStatus.AWAITING_APPROVAL
    desk.house.clock.move(minutes=1)
    desk.deliver("page.properties_updated", page)  # the person sets it again
    assert desk.run_of(page).status == RunStatus.EXECUTING


def test_what_a_person_set_before_we_did_approves_nothing_when_it_is_told_late(desk: Desk) -> None:
    page = plan_page(desk)
    early = desk.house.clock.now().isoformat()
    desk.house.clock.move(minutes=2)
    ours = desk.house.accounts.connect_for(TENANT, ledger.noting(desk.house.deps, desk.run_of(page)))(Notion)
    ours.update_page(page, {"Status": {"select": {"name": marks.APPROVED}}})
    desk.deliver("page.properties_updated", page, at=early)
    assert desk.run_of(page).status == RunStatus.AWAITING_APPROVAL


def test_however_much_happens_at_once_who_set_the_status_is_not_forgotten(desk: Desk) -> None:
    deps = desk.house.deps
    for page, first, decider in (("p-1", ADA, ADA), ("p-2", OTHER, MIXED)):
        others = [_happened(f"2026-03-02T08:{n // 60:02}:{n % 60:02}Z", ADA, sets=False) for n in range(1, 150)]
        mine = [_happened("2026-03-02T09:00:00Z", ADA)] if first == OTHER else []
        for each in [_happened("2026-03-02T08:00:00Z", first), *others, *mine]:
            order = gather(deps, TENANT, page, each)
        assert order is not None
        seen = take_gathered(deps, order)
        assert seen is not None
        assert len(seen.happenings) <= 100
        assert seen.decider("st", lambda each: False) == decider
    for n in range(101):  # and when all of them set something, nobody knows any more who set what
        order = gather(
            deps, TENANT, "p-3", _happened(f"2026-03-02T08:{n // 60:02}:{n % 60:02}Z", OTHER if n == 0 else ADA)
        )
    assert order is not None
    seen = take_gathered(deps, order)
    assert seen is not None
    assert seen.decider("", lambda each: False) == MIXED


def test_a_persons_approval_counts_although_our_bot_wrote_something_else_at_that_moment(desk: Desk) -> None:
    page = plan_page(desk)
    desk.set_status(page, marks.APPROVED)  # we wrote "Plan ready" last
    _echo(desk, page)
    assert desk.run_of(page).status == RunStatus.EXECUTING
