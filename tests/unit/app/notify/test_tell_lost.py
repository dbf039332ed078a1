"""A tenant hears of a grant that is gone: once, where it can be reached, and only while it is true."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from shared.app.connections.access_renewal import WayBack, find_way_back
from shared.app.models.model_keys import keep_key
from shared.app.notify.announce import announce_lost, announce_quota
from shared.local.simulators.slack.simulator import SlackSimulator
from shared.oauth import GrantTokens
from shared.ports import SYSTEM, Secret
from tests.integrations.conftest import Served
from tests.support.rigs.small_house import TENANT, SmallHouse

WORD = "word-of-slack"
ADA = {"id": "ada", "slack": "C1", "channels": ["slack"]}
BEN = {"id": "ben", "slack": "C2", "channels": ["slack"], "quiet": {"from": "00:00", "to": "23:59"}}


@pytest.fixture
def slack(served: Callable[[Any], Served]) -> Served:
    desk = served(SlackSimulator())
    desk.control("/_config", {"rate_limit": 0})
    desk.control("/_seed", {"token": WORD, "channels": ["C1", "C2"], "users": []})
    return desk


def _settled(house: SmallHouse) -> SmallHouse:
    house.settle(people=[ADA, BEN])
    house.connect("slack", WORD)
    house.connect("notion", "word-of-notion")
    return house


def _announce(house: SmallHouse, what: str = "revoked") -> None:
    doc = house.store.get(TENANT, "grants", "notion")
    assert doc is not None
    announce_lost(house.deps, TENANT, "notion", what, doc.body["since"])


def _texts(slack: Served) -> list[str]:
    channels = slack.simulator.state["channels"].values()
    return [json.dumps(message) for channel in channels for message in channel]


def test_everybody_hears_of_it_once_with_the_way_to_reconnect_even_at_night(
    house: Callable[..., SmallHouse], slack: Served
) -> None:
    mine = _settled(house(endpoints={"slack": f"{slack.url}/api"}))
    mine.revoke("notion")
    for _ in range(3):
        _announce(mine)
        mine.work()
        mine.clock.move(hours=2)  # the queue has forgotten the name by now
    texts = _texts(slack)
    assert len(texts) == 2
    assert all("Please reconnect Notion" in text for text in texts)
    assert all(f"{mine.deps.connect_url}/start?provider=notion" in text for text in texts)


def test_a_refused_key_for_models_asks_for_a_new_key(house: Callable[..., SmallHouse], slack: Served) -> None:
    mine = _settled(house(endpoints={"slack": f"{slack.url}/api"}))
    keep_key(mine.deps, TENANT, "anthropic", Secret("made-up-0123456789"), "Ada Example")
    mine.accounts._lost = lambda *lost: announce_lost(mine.deps, *lost)
    mine.accounts.give_up(TENANT, "anthropic", Secret("made-up-0123456789"))
    mine.work()
    texts = _texts(slack)
    assert len(texts) == 2
    assert all("workwright models key anthropic" in text and "start?provider" not in text for text in texts)


def test_a_lost_forge_is_connected_again_from_the_terminal(house: Callable[..., SmallHouse], slack: Served) -> None:
    mine = _settled(house(endpoints={"slack": f"{slack.url}/api"}))
    mine.connect("gitlab", "made-up-0123456789")
    mine.accounts._lost = lambda *lost: announce_lost(mine.deps, *lost)
    mine.accounts.give_up(TENANT, "gitlab", Secret("made-up-0123456789"))
    mine.work()
    texts = _texts(slack)
    assert len(texts) == 2
    assert all("workwright account gitlab" in text and "start?provider" not in text for text in texts)
    assert all("Please connect GitLab again" in text for text in texts)


@pytest.mark.parametrize("system", ["notion", "slack"])
def test_what_was_connected_by_a_pasted_token_is_given_anew_in_the_terminal(
    house: Callable[..., SmallHouse], system: str
) -> None:
    """No link of ours leads to a new token of an internal integration, and none leads to Slack at all."""
    mine = house()
    mine.accounts.keep(TENANT, "notion", GrantTokens(Secret("pasted"), None, {}), {"given": "token"})
    mine.revoke("notion")
    assert find_way_back(mine.deps, TENANT, system) == WayBack(command=f"workwright init {system}")
    mine.connect("notion", "granted")  # by a link, as before there was another way
    assert find_way_back(mine.deps, TENANT, "notion").url == f"{mine.deps.connect_url}/start?provider=notion"


def test_people_hear_how_a_pasted_token_is_replaced(house: Callable[..., SmallHouse], slack: Served) -> None:
    mine = _settled(house(endpoints={"slack": f"{slack.url}/api"}))
    mine.accounts.keep(TENANT, "notion", GrantTokens(Secret("pasted"), None, {}), {"given": "token"})
    mine.accounts._lost = lambda *lost: announce_lost(mine.deps, *lost)
    mine.accounts.give_up(TENANT, "notion", Secret("pasted"))
    mine.work()
    texts = _texts(slack)
    assert len(texts) == 2
    assert all("workwright init notion" in text and "start?provider" not in text for text in texts)
    assert all("Please give a new token for Notion" in text for text in texts)


def test_a_used_up_account_is_told_once_a_day(house: Callable[..., SmallHouse], slack: Served) -> None:
    mine = _settled(house(endpoints={"slack": f"{slack.url}/api"}))
    for _ in range(3):
        announce_quota(mine.deps, TENANT, "openai")
        mine.work()
        mine.clock.move(hours=2)
    texts = _texts(slack)
    assert len(texts) == 2  # one for each person
    assert all("The account at openai is used up" in text and "workwright models" in text for text in texts)
    mine.clock.move(days=1)
    announce_quota(mine.deps, TENANT, "openai")
    mine.work()
    assert len(_texts(slack)) == 4


def test_nobody_hears_of_what_was_mended_in_the_meantime(house: Callable[..., SmallHouse], slack: Served) -> None:
    mine = _settled(house(endpoints={"slack": f"{slack.url}/api"}))
    _announce(mine)
    mine.work()
    assert _texts(slack) == []


def test_being_blocked_says_whom_to_ask(house: Callable[..., SmallHouse], slack: Served) -> None:
    mine = _settled(house(endpoints={"slack": f"{slack.url}/api"}))
    _announce(mine, "blocked")
    mine.work()
    texts = _texts(slack)
    assert len(texts) == 2
    assert all("Notion has blocked us" in text and "ask Notion's support" in text for text in texts)


def test_what_became_of_a_message_that_belongs_to_no_run_is_in_the_audit_once(
    house: Callable[..., SmallHouse], slack: Served
) -> None:
    """A message that was refused for good left no trace: nobody could see that Ben had never heard of it."""
    mine = _settled(house(endpoints={"slack": f"{slack.url}/api"}))
    mine.settle(people=[ADA, {**BEN, "slack": "C9"}])
    mine.revoke("notion")
    for _ in range(3):
        _announce(mine)
        mine.work()
        mine.clock.move(hours=2)
    (entry,) = [doc.body for doc in mine.store.audit(TENANT) if doc.body["what"] == "PeopleTold"]
    assert entry["about"] == "Please reconnect Notion"
    assert re.fullmatch(r"slack:sent, slack:failed \(slack: .*channel_not_found.*\)", entry["outcome"])


def test_who_cannot_be_reached_now_hears_of_it_later(house: Callable[..., SmallHouse], slack: Served) -> None:
    mine = _settled(house())
    mine.revoke("notion")
    _announce(mine)
    mine.work()
    mine.pass_time(timedelta(hours=1), timedelta(minutes=5))
    mine.with_endpoints(slack=f"{slack.url}/api")
    mine.pass_time(timedelta(hours=1), timedelta(minutes=5))
    assert len(_texts(slack)) == 2
    assert mine.queue.dead_letters(TENANT) == []
    assert mine.queue.dead_letters(SYSTEM) == []
