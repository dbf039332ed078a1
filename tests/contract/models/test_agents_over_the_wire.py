"""Every agent's cases through every vendor's wire format: the answer as the vendor writes it, checked, and its cost."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from shared.core.run.run import Usage
from shared.mind.agents.ask_agent import ask_agent, checked_input
from shared.mind.agents.registry import agent
from shared.ports.model import Model, ModelRequest, ModelResult, Provider
from tests.support.servers.models.model_vendors import VENDORS, Rig, good, rig

FOLDER = Path(__file__).parents[2] / "unit" / "agents" / "cases"
CASES = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.iterdir())}
# Each case goes through one vendor's format, in turn, so that each agent meets three of them and all agents all six.
TURNS = [
    pytest.param(name, case, VENDORS[(3 * number + turn) % len(VENDORS)], id=f"{name}: {case['name']}")
    for number, (name, cases) in enumerate(CASES.items())
    for turn, case in enumerate(cases)
]


class Always:
    """One provider's model, whatever the class."""

    def __init__(self, provider: Provider, model: str) -> None:
        self.name = provider.name
        self._provider, self._model = provider, model

    def estimate(self, request: ModelRequest) -> Usage:
        return self._provider.estimate(self._model, request)

    def window(self, task_class: str) -> int:
        return self._provider.window(self._model)

    def count(self, request: ModelRequest) -> int:
        return self._provider.count(self._model, request)

    def complete(self, request: ModelRequest) -> ModelResult:
        return self._provider.complete(self._model, request)


@pytest.fixture(scope="module")
def rigs() -> Iterator[Callable[[str], Rig]]:
    opened: dict[str, tuple[Any, Rig]] = {}
    with requests.Session() as session:

        def of(name: str) -> Rig:
            if name not in opened:
                manager = rig(name, session)
                opened[name] = (manager, manager.__enter__())
            opened[name][1].endpoint.forget()
            return opened[name][1]

        yield of
        for manager, _ in opened.values():
            manager.__exit__(None, None, None)


@pytest.mark.parametrize(("name", "case", "vendor"), TURNS)
def test_an_agents_answer_comes_back_whole(
    rigs: Callable[[str], Rig], name: str, case: dict[str, Any], vendor: str
) -> None:
    there, chosen = rigs(vendor), agent(name)
    there.endpoint.script([good(vendor, json.dumps(case["model"], ensure_ascii=False))])
    model: Model = Always(there.provider, there.model)
    given = checked_input(chosen, case["given"])
    answer, result = ask_agent(model, chosen, given, seed="r/s/1")
    assert answer.model_dump(mode="json") == case["model"]
    assert result.usage.tokens == 9762
    (asked,) = there.endpoint.requests
    sent = json.dumps(asked.body, ensure_ascii=False)
    assert json.dumps(chosen.prompt, ensure_ascii=False)[1:-1] in sent
    assert all(json.dumps(text, ensure_ascii=False)[1:-1] in sent for text in _texts(case["given"]))


@pytest.mark.parametrize("vendor", VENDORS)
def test_an_answer_that_does_not_fit_is_sent_back_and_paid_twice(rigs: Callable[[str], Rig], vendor: str) -> None:
    there, chosen = rigs(vendor), agent("router")
    wrong, right = {"agent": "", "reason": "?"}, {"agent": "", "why": "none"}
    there.endpoint.script([good(vendor, json.dumps(wrong)), good(vendor, json.dumps(right))])
    given = checked_input(chosen, {"request": "Bake", "choices": []})
    answer, result = ask_agent(Always(there.provider, there.model), chosen, given)
    assert answer.model_dump() == right
    assert result.usage.tokens == 2 * 9762
    assert "why: is missing; it must be a text" in json.dumps(there.endpoint.requests[1].body)


def _texts(value: Any) -> Iterator[str]:
    """Return the longer texts of an input; every one of them has to reach the model."""
    if isinstance(value, str):
        if 3 < len(value) < 400 and "\n" not in value and '"' not in value:
            yield value.strip()
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
