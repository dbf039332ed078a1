"""knowledge.search as a step of a plan, and as the tool of an agent at work: what the workspace says, and where."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any

import pytest

from shared.app.engine.engine import open_run
from shared.app.knowledge.knowledge_sync import take_page
from shared.app.workspace.workspace_map import PAGE
from shared.backends.local.search.local_knowledge import LocalKnowledge
from shared.core.documents.places import Place
from shared.core.page import Block, Page, Span
from shared.core.run.events import RunOpened
from shared.core.run.run import NOTHING, Limits, Run, StepSpec, Trigger
from shared.ports import Put
from shared.ports.model import ModelRequest, ModelResult, ToolCall, request_tokens
from tests.support.ports.local_ports import ScriptedModel
from tests.support.rigs.small_house import TENANT, SmallHouse

OFFICE = "aaaaaaaa-0000-4000-8000-000000000001"


@pytest.fixture
def knowing(house: Callable[..., SmallHouse]) -> SmallHouse:
    """Return a house that knows one page."""
    made = house()
    made.tools = replace(made.tools, knowledge=LocalKnowledge(made.folder).open_for)
    made.connect("notion", "a-token")
    place = Place(OFFICE, PAGE, "Office handbook", "", "2026-03-01T09:00:00.000Z")
    made.store.put(TENANT, Put("map", OFFICE, asdict(place)))
    said = Block(f"{OFFICE[:-1]}2", "paragraph", (Span("The spare key hangs behind the green door."),))
    take_page(made.deps, made.tools, TENANT, Page(OFFICE, "Office handbook", (said,), edited_at=place.version))
    return made


def started(house: SmallHouse, kind: str, given: Mapping[str, Any]) -> Run:
    spec = StepSpec("find", kind, "Find it", given)
    open_run(house.deps, RunOpened(house.clock.now(), TENANT, "run-1", Trigger("test"), Limits(), (spec,)))
    house.work()
    return house.run("run-1")


@pytest.mark.parametrize(
    ("query", "found", "says"),
    [("spare key", 1, "behind the green door"), ("salaries in Berlin", 0, "Nothing about that is in the workspace.")],
)
def test_a_step_finds_what_is_there_and_where(knowing: SmallHouse, query: str, found: int, says: str) -> None:
    run = started(knowing, "knowledge.search", {"query": query})
    step = run.step("find")
    assert step is not None
    text = knowing.store.get_text(TENANT, str(step.output["text"]))
    assert (step.output["found"], run.facts["passages found"]) == (found, found)
    assert says in text
    assert (f"notion.so/{OFFICE.replace('-', '')}" in text) is bool(found)


class Researcher(ScriptedModel):
    """Asks for a search first, then answers; keeps what it was told."""

    def complete(self, request: ModelRequest) -> ModelResult:
        self.asked.append(request)
        if not request.messages:
            (tool,) = request.tools
            calls = (ToolCall("c-1", tool.name, {"query": "spare key"}),)
            return ModelResult({}, self.name, NOTHING, calls=calls)
        answer = {"found": True, "answer": "Behind the green door.", "sources": ["P1"]}
        return ModelResult(answer, self.name, NOTHING)

    def count(self, request: ModelRequest) -> int:
        return request_tokens(request)


def test_an_agent_at_work_searches_and_reads_what_was_found(knowing: SmallHouse) -> None:
    model = knowing.model = Researcher([{}])
    asked = {"agent": "researcher", "input": {"question": "Where is the key?", "passages": []}}
    run = started(knowing, "agent.loop", asked)
    assert (run.status.value, run.failure) == ("succeeded", "")
    told = [message.text for message in model.asked[-1].messages if message.role == "tool"]
    assert len(told) == 1
    assert "behind the green door" in told[0]
