"""Where a person is told in Slack: as they chose, where we may write, and for as long as they are in the team."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shared.app.intake.messenger_asks import answer_ask
from shared.app.intake.messenger_orders import order_ask
from shared.app.notify.channels import channels_of
from shared.app.notify.messages import Message
from shared.app.people.linking import Linked
from shared.app.people.membership import give_role, members_of, take_out, welcome
from shared.app.people.told_places import list_told
from shared.core.people.linked_accounts import ASKS
from shared.core.run.commands import REPLY, Command
from shared.integrations.slack.client import Slack
from shared.local.simulators.slack.simulator import SlackSimulator
from tests.integrations.conftest import Served
from tests.support.rigs.small_house import TENANT, SmallHouse

WORD = "word-of-slack"
EVE = {"id": "eve", "slack": "C2", "channels": ["email", "slack"], "email": "eve@example.test"}


class Chooser:
    """A member who says where they are told."""

    def __init__(self, house: SmallHouse, person: str) -> None:
        self.house, self.person, self.count = house, person, 0

    def choose(self, place: str) -> None:
        self.count += 1
        member = members_of(self.house.deps, TENANT).people[self.person]
        trigger = str(self.count)
        order_ask(self.house.deps, Linked(TENANT, self.person, member), "tell", place, "http://127.0.0.1:9/x", trigger)
        name = max(doc.id for doc in self.house.store.list_docs(TENANT, ASKS) if doc.body.get("done_at") is None)
        self.house.clock.move(minutes=31)  # nobody listens for the answer here
        command = Command(f"r-{trigger}", REPLY, "plan", TENANT, ref=name)
        answer_ask(command, self.house.deps, self.house.tools)

    def mine(self) -> list[Any]:
        told = list_told(self.house.deps, TENANT, self.house.settings(TENANT))
        return [each for each in told if each["id"] == self.person]


@pytest.fixture
def chooser(house: Callable[..., SmallHouse], served: Callable[[Any], Served]) -> Chooser:
    slack = served(SlackSimulator())
    users = [{"id": "U0ADA", "name": "ada", "email": ""}]
    slack.control("/_seed", {"token": WORD, "channels": ["C1", "C2"], "users": users, "out_of": ["C2"]})
    mine = house(endpoints={"slack": f"{slack.url}/api"})
    mine.settle(people=[EVE])
    mine.connect("slack", WORD)
    member = welcome(mine.deps, TENANT, "notion:ada", "Ada", founds=False)
    (person,) = (each for each, known in members_of(mine.deps, TENANT).people.items() if known == member)
    give_role(mine.deps, TENANT, person, "member", "the test")
    return Chooser(mine, person)


def test_a_place_is_kept_changed_and_left(chooser: Chooser) -> None:
    for place in ("U0ADA", "C1"):
        chooser.choose(place)
        (mine,) = chooser.mine()
        assert (mine["slack"], mine["role"], channels_of(mine)) == (place, "member", ["slack"])
    chooser.choose("")
    assert channels_of(chooser.mine()[0]) == []
    assert EVE in list_told(chooser.house.deps, TENANT, chooser.house.settings(TENANT))


@pytest.mark.parametrize("place", ["C2", "C404", "U404"])
def test_where_we_may_not_write_nobody_is_told(chooser: Chooser, place: str) -> None:
    chooser.choose(place)
    assert chooser.mine() == []


def test_direct_messages_are_found_again(chooser: Chooser) -> None:
    slack = chooser.house.accounts.connect_for(TENANT)(Slack)
    message = Message("Hello", ("A line.",), ())
    assert slack.find_note("U0ADA", "k-1") is None
    sent = slack.send_note("U0ADA", message, "k-1")
    assert slack.find_note("U0ADA", "k-1") == sent


def test_who_leaves_is_told_nothing_and_a_role_follows(chooser: Chooser) -> None:
    chooser.choose("U0ADA")
    give_role(chooser.house.deps, TENANT, chooser.person, "viewer", "the test")
    assert chooser.mine()[0]["role"] == "viewer"
    welcome(chooser.house.deps, TENANT, "notion:bo", "Bo", founds=False)
    take_out(chooser.house.deps, TENANT, chooser.person, "the test")
    assert chooser.mine() == []
