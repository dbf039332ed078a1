"""A person asks an agent or a pattern outside of any page: answered once, and never above the ceiling."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.app.agents.ask_by_hand import ask_in_pattern, ask_one_agent, find_answer
from shared.app.tenants.settings_changes import change_settings
from shared.core.errors import Conflicting, MalformedRequest, NotThere, Unavailable
from shared.core.run.run import Run, RunStatus, Usage
from shared.mind.safety.redaction import Redactor
from tests.support.ports.local_ports import Ports
from tests.unit.patterns.team import Speakers, ask, team

TENANT = "t-1"
GIVEN = {"text": "The meeting moved to Monday.", "words": 20}
SAID = {"summary": "It is on Monday.", "points": []}
CEILING = 40_000  # what the summariser may cost at most, by its declaration
BRIEF = {"brief": "A greeting", "facts": [], "words": 50}


def _ask(ports: Ports, model: Speakers, ceiling: int = CEILING, request: str = "r-1", **given: Any) -> Run:
    tools = team(ports, model).tools
    return ask_one_agent(ports.deps, tools, TENANT, "summariser", given or GIVEN, ceiling, ("Ada", request))


def _work(ports: Ports, run: Run, model: Speakers) -> Run:
    """Let the run come to its end."""
    one = team(ports, model)
    for _ in range(60):
        if ports.run(run=run.id).status.final:
            break
        if not ports.deliver_due(one._deliver):
            ports.clock.move(seconds=61)
    return ports.run(run=run.id)


def test_an_agent_answers_and_the_answer_is_shown(ports: Ports) -> None:
    model = Speakers(by_agent={"summariser": [SAID]}, price=Usage(1000, 7000))
    run = _work(ports, _ask(ports, model), model)
    assert (run.status, run.spent.micros, run.trigger.by) == (RunStatus.SUCCEEDED, 7000, "Ada")
    found = find_answer(ports.deps, run, Redactor())
    assert found["answer"] == SAID
    assert "It is on Monday." in found["text"]


def test_the_same_call_again_asks_once(ports: Ports) -> None:
    model = Speakers(by_agent={"summariser": [SAID]}, price=Usage(1000, 7000))
    first = _work(ports, _ask(ports, model), model)
    assert _ask(ports, model).id == first.id
    assert _ask(ports, model, request="r-2").id != first.id
    assert model.order == ["summariser"]


def test_what_may_cost_more_than_the_ceiling_is_not_asked(ports: Ports) -> None:
    model = Speakers(by_agent={"summariser": [SAID]}, price=Usage(1000, 7000))
    with pytest.raises(Conflicting, match="'ceiling'"):
        _ask(ports, model, CEILING - 1)
    assert model.order == []


def test_tries_after_failures_stay_below_the_ceiling(ports: Ports) -> None:
    lost = Unavailable("model", "busy")
    lost.used = Usage(1000, 15_000)
    model = Speakers(by_agent={"summariser": [lost]}, price=Usage(1000, 15_000))
    change_settings(ports.deps, TENANT, budget={"run": 50_000_000})  # what the team allows raises no ceiling
    run = _work(ports, _ask(ports, model), model)
    assert (run.status, run.limits.micros) == (RunStatus.FAILED, CEILING)
    assert 0 < run.spent.micros <= CEILING


def test_the_teams_budget_counts_too(ports: Ports) -> None:
    change_settings(ports.deps, TENANT, budget={"run": 10_000, "kept_back": 0})
    model = Speakers(by_agent={"summariser": [SAID]}, price=Usage(1000, 20_000))
    run = _work(ports, _ask(ports, model), model)
    assert (run.status, run.limits.micros, model.order) == (RunStatus.FAILED, 10_000, [])


@pytest.mark.parametrize(
    "given", [{"words": 20}, {**GIVEN, "words": "many"}, {**GIVEN, "other": 1}, {**GIVEN, "text": " "}]
)
def test_an_input_that_does_not_fit_is_refused_by_its_field(ports: Ports, given: dict[str, Any]) -> None:
    with pytest.raises(MalformedRequest, match="'input'"):
        _ask(ports, Speakers(), **given)


def test_several_agents_are_asked_in_a_pattern(ports: Ports) -> None:
    options: dict[str, Any] = {"question": "Which day?", "options": ["Monday", "Friday"]}
    voice = {"choice": "Monday", "reasons": ["It is first."], "assumptions": [], "objections": []}
    decided = {"choice": "Monday", "reasons": ["Both agree."], "dissent": [], "assumptions": [], "next": []}
    model = Speakers(by_agent={"advisor": [voice], "decider": lambda request, before: _fill(request, decided)})
    given = {
        "specialists": [ask("advisor", **options, view=view) for view in ("cost", "people")],
        "chair": ask("decider", **options),
    }
    tools = team(ports, model).tools
    run = ask_in_pattern(ports.deps, tools, TENANT, "panel", given, 1_000_000, ("Ada", "r-1"))
    ended = _work(ports, run, model)
    assert ended.status == RunStatus.SUCCEEDED, ended.failure
    assert find_answer(ports.deps, ended, Redactor())["answer"]["choice"] == "Monday"
    assert sorted(model.order) == ["advisor", "advisor", "decider"]


def _fill(request: Any, known: dict[str, Any]) -> dict[str, Any]:
    """Return an answer with every field that is asked for."""
    empty = {"string": "", "array": [], "boolean": False, "integer": 0}
    fields = request.schema["properties"]
    return {name: known.get(name, empty.get(str(each.get("type")), "")) for name, each in fields.items()}


def test_nobody_is_let_loose_with_other_steps(ports: Ports) -> None:
    tools = team(ports, Speakers()).tools
    loop = {"kind": "agent.loop", "input": {"agent": "researcher", "input": {}}}
    inner = {"kind": "pattern.parallel", "input": {"members": [loop, loop]}}
    for given in ({"members": [loop, loop]}, {"members": [inner, inner]}):
        with pytest.raises(MalformedRequest, match=r"agent\.loop"):
            ask_in_pattern(ports.deps, tools, TENANT, "parallel", given, 10_000_000, ("Ada", "r-1"))


def test_who_is_not_there_cannot_be_asked(ports: Ports) -> None:
    tools = team(ports, Speakers()).tools
    with pytest.raises(NotThere):
        ask_one_agent(ports.deps, tools, TENANT, "oracle", {}, 1, ("Ada", "r-1"))
    for name in ("choir", "loop", "../ask"):
        with pytest.raises(NotThere):
            ask_in_pattern(ports.deps, tools, TENANT, name, {}, 1, ("Ada", "r-1"))


def test_a_secret_in_an_answer_is_not_shown(ports: Ports) -> None:
    token = "ghp_" + "a8Kd02mXq7Lw" * 3
    model = Speakers(by_agent={"summariser": [{**SAID, "summary": f"The key is {token}"}]})
    run = _work(ports, _ask(ports, model), model)
    assert token not in str(find_answer(ports.deps, run, Redactor()))
    with pytest.raises(Conflicting):
        find_answer(ports.deps, replace(run, trigger=replace(run.trigger, kind="page")), Redactor())
