"""People are told whatever else is broken, and what could not be told now is told later."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from shared.app.engine.engine import open_run, record
from shared.app.notify.messages import Link, Message
from shared.core.errors import ErrorClass
from shared.core.run import acts
from shared.core.run import events as ev
from shared.core.run.commands import NOTIFY, Command
from shared.core.run.events import RunOpened
from shared.core.run.run import Limits, RunStatus, StepSpec, Trigger
from shared.integrations.slack.notes import write_blocks
from shared.local.simulators.slack.simulator import SlackSimulator
from shared.oauth import GrantTokens
from shared.ports import Secret
from tests.integrations.conftest import Served
from tests.support.rigs.small_house import NOWHERE, TENANT, SmallHouse

ADA = {"id": "ada", "channels": ["slack"], "slack": "C1"}
BEN = {"id": "ben", "channels": ["slack"], "slack": "C2"}
PAGE = "aaaaaaaa-0000-4000-8000-000000000001"
WORD = "word-of-slack"


@pytest.fixture
def slack(served: Callable[[Any], Served]) -> Served:
    started = served(SlackSimulator())
    started.control("/_config", {"rate_limit": 0})
    started.control("/_seed", {"token": WORD, "channels": ["C1", "C2"], "users": []})
    return started


def told(slack: Served) -> list[str]:
    """Return the channels that got a message, in order."""
    return [e["channel"] for entry in slack.journal() for e in entry["effects"] if "channel" in e]


def begin(house: SmallHouse, *specs: StepSpec, run: str = "run-1", page: str = PAGE) -> None:
    """Open a run that was triggered by a page."""
    steps = specs or (StepSpec("a", "test.step"),)
    open_run(house.deps, RunOpened(house.clock.now(), TENANT, run, Trigger("page", page, "Club"), Limits(), steps))


def asks_to_reconnect(house: SmallHouse, step: str = "a", attempt: int = 1) -> None:
    """Let a step find that Notion no longer lets us in."""
    now = house.clock.now()
    failed = ev.StepFailed(now, step, attempt, "revoked", ErrorClass.UNAUTHORIZED, provider="notion")
    record(house.deps, TENANT, "run-1", failed)


def test_people_are_asked_to_reconnect_notion_although_the_page_cannot_be_written(
    house: Callable[..., SmallHouse], slack: Served
) -> None:
    mine = house(endpoints={"slack": f"{slack.url}/api"})
    mine.settle(people=[ADA])
    mine.connect("slack", WORD)
    mine.connect("notion", "word-of-notion")
    mine.revoke("notion")
    begin(mine)
    asks_to_reconnect(mine)
    mine.work()
    assert told(slack) == ["C1"]


def test_a_run_that_waits_for_a_pasted_token_says_where_a_new_one_goes(
    house: Callable[..., SmallHouse], slack: Served
) -> None:
    mine = house(endpoints={"slack": f"{slack.url}/api"})
    mine.settle(people=[ADA])
    mine.connect("slack", WORD)
    mine.accounts.keep(TENANT, "notion", GrantTokens(Secret("pasted"), None, {}), {"given": "token"})
    mine.revoke("notion")
    begin(mine)
    asks_to_reconnect(mine)
    mine.work()
    said = str(slack.simulator.state["channels"])
    assert "Give a new token (workwright init notion), and the run goes on." in said
    assert "start?provider" not in said


def test_people_are_asked_to_reconnect_each_time_it_is_needed(house: Callable[..., SmallHouse], slack: Served) -> None:
    mine = house(endpoints={"slack": f"{slack.url}/api"})
    mine.settle(people=[ADA])
    mine.connect("slack", WORD)
    mine.connect("notion", "word-of-notion")
    mine.revoke("notion")
    begin(mine)
    asks_to_reconnect(mine)
    mine.work()
    mine.clock.move(hours=1)
    mine.connect("notion", "another-word")
    record(mine.deps, TENANT, "run-1", acts.GrantRestored(mine.clock.now(), "notion"))
    mine.revoke("notion")
    asks_to_reconnect(mine, attempt=2)
    mine.work()
    assert told(slack) == ["C1", "C1"]


def test_one_channel_that_is_down_does_not_silence_the_others(house: Callable[..., SmallHouse], slack: Served) -> None:
    mine = house(endpoints={"slack": f"{slack.url}/api"})
    mine.settle(people=[ADA])
    mine.connect("slack", WORD)
    mine.connect("notion", "word-of-notion")
    begin(mine)
    record(mine.deps, TENANT, "run-1", acts.CancelRequested(mine.clock.now(), "Ada", force=True))
    mine.work()
    assert told(slack) == ["C1"]


def test_what_cannot_be_told_during_a_long_outage_is_told_after_it_and_once(
    house: Callable[..., SmallHouse], slack: Served
) -> None:
    mine = house()
    mine.settle(people=[ADA, BEN])
    mine.connect("slack", WORD)
    begin(mine, page="")
    record(mine.deps, TENANT, "run-1", acts.CancelRequested(mine.clock.now(), "Ada", force=True))
    mine.work()
    mine.pass_time(timedelta(hours=3), timedelta(minutes=5))
    mine.with_endpoints(slack=f"{slack.url}/api")
    mine.pass_time(timedelta(hours=1), timedelta(minutes=5))
    assert sorted(told(slack)) == ["C1", "C2"]
    assert mine.queue.dead_letters(TENANT) == []


def test_mail_that_is_not_set_up_does_not_silence_slack(house: Callable[..., SmallHouse], slack: Served) -> None:
    mine = house(endpoints={"slack": f"{slack.url}/api"})
    both = {**ADA, "channels": ["email", "slack"], "email": "ada@example.test"}
    mine.settle(people=[both])
    mine.connect("slack", WORD)
    begin(mine, page="")
    record(mine.deps, TENANT, "run-1", acts.CancelRequested(mine.clock.now(), "Ada", force=True))
    mine.work()
    assert told(slack) == ["C1"]
    assert "email:failed" in mine.run("run-1").notices["run_cancelled/end"]


def test_nobody_is_asked_to_approve_what_was_decided_already(house: Callable[..., SmallHouse], slack: Served) -> None:
    mine = house(endpoints={"slack": f"{slack.url}/api"})
    mine.settle(people=[ADA])
    mine.connect("slack", WORD)
    begin(mine, page="")
    mine.handle(Command("late", NOTIFY, "notify", TENANT, "run-1", topic="approval_asked", ref="approve"))
    assert told(slack) == []
    assert mine.run("run-1").status == RunStatus.EXECUTING
    assert NOWHERE not in str(mine.run("run-1").notices)


def test_nobody_agrees_by_button_to_what_a_message_cannot_show_whole() -> None:
    def buttons(*lines: str) -> list[str]:
        blocks = write_blocks(Message("Approve what leaves", lines, (Link("Look", "https://x.test"),), token="t"))
        assert all(len(b["text"]["text"]) <= 3000 for b in blocks if b["type"] == "section")
        return [element["action_id"] for element in blocks[-1]["elements"]]

    assert buttons("x" * 5_000, *["one file"] * 2_000) == ["approve", "deny", "open0"]
    assert buttons(*["x" * 2_000] * 40) == ["open0"]
