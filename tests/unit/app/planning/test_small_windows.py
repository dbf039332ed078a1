"""Planning with a model that takes little, as servers of one's own do: it fits, with room for the answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from shared.app.planning.planner_facts.plan_families import AGENTS, NOTION
from shared.app.planning.planner_facts.plan_kinds import kinds_table
from shared.backends.models.openai_chat import OpenAIChat
from shared.core.models.model_errors import ContextTooLong, InvalidOutput
from shared.core.models.model_facts import Catalogue, describe_own_model
from shared.core.models.token_bound import estimate_tokens
from shared.core.run.run import RunStatus, Usage
from shared.local.simulators.notion.simulator import NotionSimulator
from shared.ports.model import ModelRequest, ModelResult, request_tokens
from shared.steps import KINDS
from tests.integrations.conftest import Served
from tests.support.ports.moved_clock import MovedClock
from tests.support.ports.planner_in_hand import PlannerInHand, comment, plan_of
from tests.support.rigs.small_desk import settle_in
from tests.support.rigs.small_house import SmallHouse

PLAN = plan_of(comment("tell", "hello"))


@dataclass
class SmallServer(PlannerInHand):
    """Refuses what does not fit its window together with the answer; its bound is that of our adapter."""

    takes: int = 8192

    def window(self, task_class: str) -> int:
        return self.takes

    def estimate(self, request: ModelRequest) -> Usage:
        facts = describe_own_model("llama-local", "compatible", window=self.takes, speed=2, rank=9)
        known = Catalogue({}, {}).having("compatible", facts)
        adapter = OpenAIChat("compatible", "http://127.0.0.1:9/v1", None, known, MovedClock())
        return adapter.estimate("llama-local", request)

    def complete(self, request: ModelRequest) -> ModelResult:
        if request_tokens(request) + request.max_output_tokens > self.takes:
            raise ContextTooLong(f"maximum context length is {self.takes} tokens")
        return super().complete(request)


@pytest.mark.parametrize(
    ("takes", "lines", "first"),
    [
        (8192, 1, []),
        (8192, 3000, [InvalidOutput("not JSON", used=Usage(3000, 0))]),
        (32_768, 3000, []),
    ],
    ids=["a short page", "a long page, mended", "a long page"],
)
def test_a_page_is_planned(
    house: Callable[..., SmallHouse], served: Callable[[Any], Served], takes: int, lines: int, first: list[Any]
) -> None:
    model = SmallServer([*first, PLAN], takes=takes)
    notion = served(NotionSimulator())
    desk = settle_in(house(endpoints={"notion": notion.url}, model=model), notion.url)
    page = desk.write_idea("Club")
    said = " ".join(f"Line {number} of what the club wants." for number in range(lines // 10 or 1))
    line = {"paragraph": {"rich_text": [{"text": {"content": said[:1900]}}]}}
    for _ in range(10 if lines > 1 else 1):
        desk.as_person("PATCH", f"/v1/blocks/{page}/children", {"children": [line]})
    desk.set_status(page, "Plan it")
    desk.tell(page)
    run = desk.run_of(page)
    assert run.status == RunStatus.AWAITING_APPROVAL, run.failure
    assert len(model.asked_for("plan")) == 1 + len(first)
    asked = model.asked_for("plan")[-1]
    assert "what the club wants" in asked.prompt
    assert "agent." not in asked.stable  # nothing on the page speaks of agents


def test_whoever_wants_a_decision_is_told_how_agents_are_conducted_in_any_window() -> None:
    told = kinds_table(KINDS.values(), 6000, {AGENTS})
    assert {name for name in KINDS if name.startswith("pattern.")} <= set(re.findall(r"(?m)^[a-z_]+\.[a-z_]+", told))
    assert "pattern." not in kinds_table(KINDS.values(), 6000, {NOTION})


def test_in_short_words_every_kind_has_all_fields_of_its_input() -> None:
    told = kinds_table(KINDS.values(), 6000)
    assert estimate_tokens(told) < 3000
    lines = {found[1]: found[0] for line in told.splitlines() if (found := re.match(r"([a-z_]+\.[a-z_]+)\{.*", line))}
    assert set(lines) == {name for name in KINDS if not name.startswith(("agent.", "pattern."))}
    for name, line in lines.items():
        schema = KINDS[name].input.model_json_schema()
        for field in schema.get("properties", {}):
            mark = "" if field in schema.get("required", ()) else "?"
            assert f"{field}{mark}: " in line, name
    assert 'artifact: "static_site"|"python_service"' in lines["code.generate"]
    assert all(f"\n{name}{{" in kinds_table(KINDS.values(), 60_000) for name in KINDS)
