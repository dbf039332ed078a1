"""The kind that the guide shows to whoever adds one: a real file, planned and carried out like any other."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shared.app.planning.plan_checking import validate_plan
from shared.app.planning.planner_facts.plan_request import usable
from shared.core.run.run import RunStatus, StepSpec, StepStatus
from shared.local.simulators.slack.simulator import SlackSimulator
from shared.steps import KINDS
from tests.fixtures.step_kinds.slack_post_message import SLACK_POST_MESSAGE
from tests.integrations.conftest import Served
from tests.steps.bench import Bench
from tests.support.builders.least_inputs import least_input
from tests.support.builders.proposals import a_proposal
from tests.support.builders.runs import begin
from tests.support.rigs.small_house import TENANT, SmallHouse

ROOT = Path(__file__).resolve().parents[2]
WITH_IT = {**KINDS, SLACK_POST_MESSAGE.name: SLACK_POST_MESSAGE}
CHANNEL, WORD = "C0123456789", "word-of-slack"
SAY = {"id": "tell", "kind": "slack.post_message", "title": "Tell them", "why": "…",
       "input": {"channel": CHANNEL, "text": "It is out."}, "depends_on": []}  # fmt: skip


@pytest.fixture
def slack(served: Callable[[Any], Served]) -> Served:
    started = served(SlackSimulator())
    started.control("/_config", {"rate_limit": 0})
    started.control("/_seed", {"token": WORD, "channels": [CHANNEL], "users": []})
    return started


@pytest.fixture
def with_slack(house: Callable[..., SmallHouse], slack: Served) -> SmallHouse:
    made = house(endpoints={"slack": f"{slack.url}/api"}, kinds=WITH_IT)
    made.connect("slack", WORD)
    return made


def said(slack: Served) -> list[str]:
    return [message["text"] for message in slack.simulator.state["channels"][CHANNEL]]


def test_a_plan_has_it_and_the_run_says_it_once(with_slack: SmallHouse, slack: Served) -> None:
    assert SLACK_POST_MESSAGE.name in usable(WITH_IT, with_slack.settings(TENANT))
    _, specs = validate_plan(a_proposal([SAY]), with_slack.tools, begin()[0])
    (spec,) = [each for each in specs if each.kind == "slack.post_message"]
    bench = Bench(with_slack, slack, None, {})  # type: ignore[arg-type]
    run = bench.start(StepSpec(spec.id, spec.kind, input=spec.input, lane=spec.lane))
    step = run.step("tell")
    assert step is not None
    assert (run.status, step.status, step.error) == (RunStatus.SUCCEEDED, StepStatus.SUCCEEDED, "")
    wanted = SLACK_POST_MESSAGE.input.model_validate(SAY["input"])
    assert SLACK_POST_MESSAGE.run(wanted, bench.context("tell")) is not None  # as after a crash
    assert said(slack) == ["It is out."]


def test_an_answer_that_was_lost_is_looked_for_and_not_said_again(with_slack: SmallHouse, slack: Served) -> None:
    slack.fault(method="POST", path="/api/chat.postMessage", status=504, when="after")
    bench = Bench(with_slack, slack, None, {})  # type: ignore[arg-type]
    bench.start(StepSpec("tell", "slack.post_message", input=SAY["input"]))
    assert bench.until_rest().status == RunStatus.SUCCEEDED
    assert said(slack) == ["It is out."]


def test_what_a_plan_says_of_it_is_made_of_its_fields() -> None:
    assert least_input(SLACK_POST_MESSAGE) == {"channel": "C0123456789", "text": "x"}


def test_nobody_is_offered_it_without_slack() -> None:
    assert "slack.post_message" not in usable(WITH_IT, {"connected": ["notion", "github", "vercel"]})


def test_the_guide_to_adding_one_leads_to_it() -> None:
    path = "../../tests/fixtures/step_kinds/slack_post_message.py"
    assert re.search(
        rf"\]\({re.escape(path)}\)", (ROOT / "docs" / "guides" / "contributing.md").read_text(encoding="utf-8")
    )
