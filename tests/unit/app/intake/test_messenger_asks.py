"""What somebody asks for in Slack is done as the API does it, once, and answered where they asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from shared.app.intake.messenger_asks import answer_ask, find_page
from shared.app.intake.messenger_orders import order_ask
from shared.app.people.linking import Linked
from shared.app.people.membership import give_role, members_of, take_out, welcome
from shared.core.people.linked_accounts import ASKS
from shared.core.people.members import person_id
from shared.core.run.commands import REPLY, Command
from shared.core.run.run import RunStatus, derive_id
from tests.support.ports.dying import Died, dying_at
from tests.support.rigs.small_desk import Desk
from tests.support.rigs.small_house import TENANT
from tests.support.servers.http_loopback import Handler, HttpServer
from tests.unit.app.intake.test_open_by_hand import rows

ADA = person_id("notion:ada")


class Answers:
    """Where the answers of one test go."""

    def __init__(self, desk: Desk, url: str, bodies: list[Any]) -> None:
        self.desk, self.url, self.bodies = desk, url, bodies
        self.status = 200

    def order(self, what: str, text: str, trigger: str = "1.1", url: str = "") -> None:
        member = members_of(self.desk.house.deps, TENANT).people[ADA]
        order_ask(self.desk.house.deps, Linked(TENANT, ADA, member), what, text, url or f"{self.url}/x", trigger)


@pytest.fixture
def asked(desk: Desk) -> Iterator[Answers]:
    bodies: list[Any] = []

    class Taker(Handler):
        def do_POST(self) -> None:
            bodies.append(json.loads(self.body()))
            self.reply(found.status, b"ok", {"Content-Type": "text/plain"})

    welcome(desk.house.deps, TENANT, "notion:ada", "Ada", founds=False)
    give_role(desk.house.deps, TENANT, ADA, "member", "the test")
    with HttpServer(Taker) as server:
        found = Answers(desk, server.url, bodies)
        yield found


def test_an_idea_is_written_planned_and_answered_once(desk: Desk, asked: Answers) -> None:
    for _ in range(2):
        asked.order("plan", "Bicycle market <!channel>\nOn Saturday, at the fire station.")
    desk.house.work()
    asked.order("plan", "Bicycle market <!channel>\nOn Saturday, at the fire station.")
    desk.house.work()
    assert len(rows(desk)) == 1
    (body,) = asked.bodies
    assert body["response_type"] == "ephemeral"
    assert "&lt;!channel&gt;" in body["text"]
    (run,) = desk.house.store.list_runs(TENANT)
    assert run.id in body["text"]
    assert (run.trigger.by, run.status) == ("Ada", RunStatus.AWAITING_APPROVAL)
    (kept,) = desk.house.store.list_docs(TENANT, ASKS)
    assert (kept.body["text"], kept.body["reply"]) == ("", {})


def test_a_link_plans_that_page(desk: Desk, asked: Answers) -> None:
    page = desk.write_idea("Bicycle club")
    asked.order("plan", f"<https://www.notion.so/Bicycle-club-{page.replace('-', '')}?pvs=4|Bicycle club>")
    desk.house.work()
    (run,) = desk.house.store.list_runs(TENANT)
    assert run.trigger.page == page
    assert "Bicycle club" in asked.bodies[0]["text"]


@pytest.mark.parametrize(("role", "left"), [("viewer", False), ("", True)])
def test_who_may_not_any_more_gets_nothing_done(desk: Desk, asked: Answers, role: str, left: bool) -> None:
    asked.order("plan", "Bicycle market")
    if left:
        welcome(desk.house.deps, TENANT, "notion:bo", "Bo", founds=False)
        give_role(desk.house.deps, TENANT, person_id("notion:bo"), "owner", "the test")
        take_out(desk.house.deps, TENANT, ADA, "Bo")
    else:
        give_role(desk.house.deps, TENANT, ADA, role, "the test")
    desk.house.work()
    assert "may not do that any more" in asked.bodies[0]["text"]
    assert rows(desk) == []


def test_what_notion_has_no_page_for_is_told(desk: Desk, asked: Answers) -> None:
    asked.order("plan", "https://www.notion.so/" + "f" * 32)
    desk.house.work()
    assert "shows us no page" in asked.bodies[0]["text"]


def test_a_question_that_cannot_be_answered_says_so(desk: Desk, asked: Answers) -> None:
    desk.house.revoke("notion")
    asked.order("ask", "Where is the key?")
    desk.house.work()
    assert asked.bodies[0]["text"].startswith("That was not done")


def test_an_address_that_is_not_slacks_is_not_called(desk: Desk, asked: Answers) -> None:
    port = asked.url.rpartition(":")[2]
    asked.order("plan", "Bicycle market", url=f"http://localhost:{port}/x")
    desk.house.work()
    assert (len(rows(desk)), asked.bodies) == (1, [])


def test_half_an_hour_later_nothing_is_sent_and_what_was_done_stays(desk: Desk, asked: Answers) -> None:
    asked.order("plan", "Bicycle market")
    desk.house.clock.move(minutes=31)
    desk.house.work()
    assert (len(rows(desk)), asked.bodies) == (1, [])


def test_a_death_anywhere_leaves_one_page_and_an_answer(desk: Desk, asked: Answers) -> None:
    house, passed = desk.house, ["begin"]
    for number in range(1, 40):
        asked.order("plan", f"Market {number}", trigger=str(number))
        command = Command(f"reply-{number}", REPLY, "plan", TENANT, ref=derive_id("ask-", TENANT, str(number)))
        house.crash_point = dying_at(number, passed := [])
        try:
            answer_ask(command, house.deps, house.tools)
        except Died:
            house.crash_point = lambda point: None
            house.clock.move(minutes=15)  # after which no lease is held and no request can still arrive
            answer_ask(command, house.deps, house.tools)
        titles = [run.trigger.title for run in house.store.list_runs(TENANT, limit=100)]
        assert titles.count(f"Market {number}") == 1, passed
        assert any(f"Market {number}”" in each["text"] for each in asked.bodies), passed
        if passed[-1] == "ask.after/sent":
            return
    raise AssertionError(passed)


@pytest.mark.parametrize(
    ("text", "page"),
    [
        ("https://www.notion.so/Club-" + "a1" * 16, "a1" * 16),
        ("<https://app.notion.com/p/" + "a1" * 16 + ">", "a1" * 16),
        ("a1a1a1a1-a1a1-a1a1-a1a1-a1a1a1a1a1a1", "a1" * 16),
        ("https://notion.so.evil.example/" + "a1" * 16, ""),
        ("a page like https://www.notion.so/" + "a1" * 16, ""),
        ("https://www.notion.so/no-id", ""),
        ("a club", ""),
    ],
)  # fmt: skip
def test_a_link_to_a_page_is_told_from_an_idea(text: str, page: str) -> None:
    assert find_page(text) == page


def test_a_request_that_was_answered_is_not_answered_again(desk: Desk, asked: Answers) -> None:
    asked.order("plan", "Bicycle market")
    command = Command("reply-1", REPLY, "plan", TENANT, ref=derive_id("ask-", TENANT, "1.1"))
    for _ in range(2):
        answer_ask(command, desk.house.deps, desk.house.tools)
    assert (len(asked.bodies), len(rows(desk))) == (1, 1)
