"""Planning with a model that takes little, as servers of one's own do: it fits, with room for the answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from shared.core.errors import ContextTooLong, InvalidOutput
from shared.core.run import RunStatus, Usage
from shared.ports import ModelRequest, ModelResult, request_tokens
from shared.sim.notion.simulator import NotionSimulator
from tests.integrations.conftest import Served
from tests.support.planner_in_hand import PlannerInHand, comment, plan_of
from tests.support.small_desk import settle_in
from tests.support.small_house import SmallHouse

PLAN = plan_of(comment("tell", "hello"))


@dataclass
class SmallServer(PlannerInHand):
    """Refuses what does not fit its window together with the answer; its bound is a token for each byte."""

    takes: int = 8192

    def window(self, task_class: str) -> int:
        return self.takes

    def estimate(self, request: ModelRequest) -> Usage:
        texts = (request.system, request.stable, request.prompt, str(request.schema), *map(str, request.messages))
        return Usage(sum(len(text.encode()) for text in texts) + request.max_output_tokens, 0)

    def complete(self, request: ModelRequest) -> ModelResult:
        if request_tokens(request) + request.max_output_tokens > self.takes:
            raise ContextTooLong(f"maximum context length is {self.takes} tokens")
        return super().complete(request)


@pytest.mark.parametrize("takes", [20_000, 32_768])
@pytest.mark.parametrize("lines", [1, 3000], ids=["a short page", "a long page"])
@pytest.mark.parametrize("first", [[], [InvalidOutput("not JSON", used=Usage(3000, 0))]], ids=["well", "mended"])
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
