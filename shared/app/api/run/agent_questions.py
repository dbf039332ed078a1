"""The agents and patterns there are, and questions to them within a ceiling."""

from __future__ import annotations

import secrets as random_source
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

from shared.app.api.cursors import CURSOR, NEXT_CURSOR, open_place, seal_place
from shared.app.api.exchange import ApiReply, Call
from shared.app.api.json_shapes import (
    ANY,
    COUNT,
    TEXTS,
    Schema,
    array,
    choice,
    explain,
    members,
    number,
    ref,
    shape,
    text,
)
from shared.app.api.route import Route
from shared.app.api.run.run_views import COST, cost_view
from shared.app.api.run.runs import reply_with_run
from shared.core.errors import NotThere
from shared.core.run.run import Run, RunStatus
from shared.mind.safety.redaction import Redactor

_MAX_CEILING = 100_000_000  # a hundred US dollars
_PAGE: Mapping[str, Schema] = {"limit": number(1, 100, 50), "cursor": CURSOR}
QUESTION = shape(
    input={"type": "object", "additionalProperties": True, "description": "What it is given, as its `input` says."},
    ceiling=explain(number(0, _MAX_CEILING), "The most it may cost, in millionths of a US dollar."),
    required=("input", "ceiling"),
)
_SHAPES = {
    "input": explain(ANY, "What it is given, as a JSON Schema."),
}
VIEWS: dict[str, Any] = {
    "Agent": members(
        id=text(),
        version=COUNT,
        tier=COUNT,
        type=text(),
        purpose=text(),
        capabilities=TEXTS,
        task_class=text(what="The class of models it is asked with."),
        at_most=explain(COST, "The most that one question to it may cost."),
        output=explain(ANY, "What it answers, as a JSON Schema."),
        **_SHAPES,
    ),
    "Agents": members(agents=array(ref("Agent")), next_cursor=NEXT_CURSOR),
    "Pattern": members(id=text(), purpose=text(), **_SHAPES),
    "Patterns": members(patterns=array(ref("Pattern")), next_cursor=NEXT_CURSOR),
    "AgentAnswer": members(
        run=text(),
        status=choice(*(status.value for status in RunStatus)),
        failure=text(),
        cost=COST,
        answer=explain(ANY, "The fields of the answer; empty before there is one."),
        text=text(what="The answer in words."),
    ),
}


def list_all_agents(call: Call) -> ApiReply:
    """Return the agents, by their ids."""
    known = _load().list_agents()
    return _list(call, "agents", [*known], lambda name: _view_agent(known[name]))


def show_agent(call: Call) -> ApiReply:
    """Return one agent."""
    found = _load().list_agents().get(call.parts["agent"])
    if found is None:
        raise NotThere(f"there is no agent {call.parts['agent']!r}", way_out="GET /v1/agents lists them.")
    return ApiReply(body=_view_agent(found))


def list_all_patterns(call: Call) -> ApiReply:
    """Return the ways in which several agents are asked, by their names."""
    known = _load().list_patterns(call.tools())
    return _list(call, "patterns", [*known], lambda name: _view_pattern(name, known[name]))


def show_pattern(call: Call) -> ApiReply:
    """Return one pattern."""
    name = call.parts["pattern"]
    found = _load().list_patterns(call.tools()).get(name)
    if found is None:
        raise NotThere(f"there is no pattern {name!r}", way_out="GET /v1/patterns lists them.")
    return ApiReply(body=_view_pattern(name, found))


def ask_agent(call: Call) -> ApiReply:
    """Open the run that asks an agent."""
    return _ask(call, _load().ask_one_agent, call.parts["agent"])


def ask_pattern(call: Call) -> ApiReply:
    """Open the run that asks several agents."""
    return _ask(call, _load().ask_in_pattern, call.parts["pattern"])


def show_answer(call: Call) -> ApiReply:
    """Return what a run that asks an agent or a pattern was answered, without secrets."""
    loaded = call.deps.store.load_run(call.tenant, call.parts["run"])
    if loaded is None:
        raise NotThere(f"no run {call.parts['run']!r}")
    run = loaded.run
    answer = _load().find_answer(call.deps, run, Redactor(call.tools().known_secrets(call.tenant)))
    head = {"run": run.id, "status": run.status.value, "failure": run.failure, "cost": cost_view(run.spent)}
    return ApiReply(body={**head, **answer})


def _ask(call: Call, ask: Callable[..., Run], name: str) -> ApiReply:
    named = call.request.header("idempotency-key")
    request = f"{call.who.key}.{named}" if named else random_source.token_hex(16)
    given, ceiling = call.body["input"], call.body["ceiling"]
    run = ask(call.deps, call.tools(), call.tenant, name, given, ceiling, (call.who.actor, request))
    return reply_with_run(call, run)


def _list(call: Call, which: str, names: Sequence[str], view: Callable[[str], dict[str, Any]]) -> ApiReply:
    after = open_place(call, which, call.query["cursor"], {}) if "cursor" in call.query else ""
    left = [name for name in sorted(names) if name > after]
    shown = left[: call.query["limit"]]
    more = seal_place(call, which, shown[-1], {}) if len(left) > len(shown) else None
    return ApiReply(body={which: [view(name) for name in shown], "next_cursor": more})


def _view_agent(agent: Any) -> dict[str, Any]:
    names = ("id", "version", "tier", "type", "purpose", "task_class")
    return {
        **{name: getattr(agent, name) for name in names},
        "capabilities": list(agent.capabilities),
        "at_most": cost_view(agent.budget),
        "input": agent.input.model_json_schema(),
        "output": agent.output.model_json_schema(),
    }


def _view_pattern(name: str, kind: Any) -> dict[str, Any]:
    return {"id": name, "purpose": kind.purpose, "input": kind.input.model_json_schema()}


def _load() -> ModuleType:
    from shared.app.agents import ask_by_hand  # what it needs is heavy, and few calls need it

    return ask_by_hand


AGENT_ROUTES: tuple[Route, ...] = (
    Route("GET", "/v1/agents", "agents.read", list_all_agents, "List agents", "Agents", query=_PAGE, errors=(404,)),
    Route("GET", "/v1/agents/{agent}", "agents.read", show_agent, "Get an agent", "Agent"),
    Route(
        "POST", "/v1/agents/{agent}/ask", "agents.ask", ask_agent, "Ask an agent, within a ceiling", "Run",
        body=QUESTION, errors=(404, 409), goes_on=True,
    ),
    Route(
        "GET", "/v1/patterns", "agents.read", list_all_patterns, "List patterns", "Patterns", query=_PAGE,
        errors=(404,),
    ),
    Route("GET", "/v1/patterns/{pattern}", "agents.read", show_pattern, "Get a pattern", "Pattern"),
    Route(
        "POST", "/v1/patterns/{pattern}/ask", "agents.ask", ask_pattern, "Ask several agents, within a ceiling", "Run",
        body=QUESTION, errors=(404, 409), goes_on=True,
    ),
    Route(
        "GET", "/v1/runs/{run}/answer", "runs.read", show_answer, "Get what an agent or a pattern has answered",
        "AgentAnswer",
    ),
)  # fmt: skip
