"""A tenant hears how much of its money is spent: once each, and what happens when it is all of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from shared.app.engine.engine import open_run, record
from shared.core.run import events as ev
from shared.core.run.run import Usage
from shared.local.simulators.slack.simulator import SlackSimulator
from tests.integrations.conftest import Served
from tests.support.builders.runs import opened, spec
from tests.support.rigs.small_house import TENANT, SmallHouse

WORD = "word-of-slack"
ADA = {"id": "ada", "slack": "C1", "channels": ["slack"]}


@pytest.fixture
def slack(served: Callable[[Any], Served]) -> Served:
    desk = served(SlackSimulator())
    desk.control("/_config", {"rate_limit": 0})
    desk.control("/_seed", {"token": WORD, "channels": ["C1"], "users": []})
    return desk


def _texts(slack: Served) -> list[str]:
    channels = slack.simulator.state["channels"].values()
    return [json.dumps(message, ensure_ascii=False) for channel in channels for message in channel]


def test_people_hear_once_of_half_and_of_all_of_it_and_that_work_waits(
    house: Callable[..., SmallHouse], slack: Served
) -> None:
    mine = house(endpoints={"slack": f"{slack.url}/api"})
    mine.settle(people=[ADA], budget={"day": 1_000_000, "kept_back": 0})
    mine.connect("slack", WORD)
    event = opened(*(spec(name, estimate=Usage(1, 400_000)) for name in "abc"))
    run = open_run(mine.deps, replace(event, tenant=TENANT, at=mine.clock.now()))
    for name in "ab":
        done = ev.StepSucceeded(mine.clock.now(), name, 1, used=Usage(1, 350_000))
        record(mine.deps, TENANT, run.id, done)
    mine.clock.move(seconds=61)
    record(mine.deps, TENANT, run.id, ev.TimePassed(mine.clock.now()))
    mine.work()
    mine.clock.move(seconds=61)
    record(mine.deps, TENANT, run.id, ev.TimePassed(mine.clock.now()))
    mine.work()
    texts = sorted(_texts(slack))
    assert [sum(word in text for text in texts) for word in ("50 percent", "is used up")] == [1, 1]
    assert len(texts) == 2
    assert any("0.70 of 1.00 US dollars" in text and "nothing of it is lost" in text for text in texts)
