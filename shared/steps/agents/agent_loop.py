"""agent.loop: an agent that works in turns: it asks for steps of allowed kinds, reads what came of them, and answers.

The loop only decides; each turn of thought is a child step (agent.turn), and so is each tool. What only reads is free
to the agent. What writes has to stand in the plan under `may`, with all fixed but the text: a person has approved where
it goes.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, WithJsonSchema

from shared.core.run.commands import MODEL
from shared.core.run.run import CHILD, NOTHING, StepSpec, Usage
from shared.mind.agents.ask_agent import agent_request, answer_model, input_parts
from shared.mind.agents.registry import agents
from shared.mind.fitting import ask_within
from shared.mind.group import answer_to_markdown, read_said, result, role_part
from shared.mind.members import Weight
from shared.mind.questions import Asking, Question, agent_named
from shared.mind.safety.fence import marker, preface
from shared.mind.structured import ask_with_tools
from shared.mind.turns import (
    MAX_CALLS,
    Ability,
    Allowed,
    Turn,
    abilities_of,
    build_next_turn,
    calls_from,
    calls_to,
    check_may,
    names_of,
    render_turns,
    texts_of,
    turns_from,
    turns_to,
)
from shared.steps._input import Input
from shared.steps._kind import Done, FanOut, Repeat, StepContext, StepKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel

    from shared.mind.group import Said
    from shared.mind.members import Kinds
    from shared.ports.model import ModelRequest, ModelResult


def _list_agents_with_steps(schema: dict[str, Any]) -> None:

    schema["enum"] = [agent.id for agent in agents().values() if agent.steps]


class WorkInTurns(Question, Input):
    """As agent.ask, with tools. `may`: what it may write, [{"kind": ..., "fixed": {...}}]: all fields but its text."""

    agent: str = Field(max_length=60, json_schema_extra=_list_agents_with_steps)
    turns: int = Field(6, ge=2, le=10)
    may: list[Annotated[Allowed, WithJsonSchema({"type": "object"})]] = Field(default_factory=list, max_length=5)


class TakeTurn(WorkInTurns):
    """One turn of a loop: `number` of `turns`; `before` is where the turns so far are kept."""

    number: int = Field(ge=1, le=10)
    before: str = ""


def _run(wanted: WorkInTurns, ctx: StepContext) -> Done | FanOut:
    number, kept = int(ctx.step.output.get("turn", 0)), str(ctx.step.output.get("turns", ""))
    if not number or ctx.step.output.get("doing") == "tools":
        return _think(wanted, ctx, number + 1, kept)
    (reply,) = ctx.group().list_said(_turn(number))
    turn = ctx.run.step(reply.step)
    asked = str(turn.output.get("calls", "")) if turn is not None else ""
    if not asked:
        return Done(result(reply, f"answered in turn {number}"))
    turns = turns_from(ctx.get_text(kept)) if kept else []
    abilities = abilities_of(agent_named(wanted.agent), wanted.may, ctx.kinds, ctx.settings.get("connected", ()))
    decided, allowed = build_next_turn(turns, calls_from(ctx.get_text(asked)), {each.name: each for each in abilities})
    children = tuple(_child(ctx, name, ability, given) for name, (ability, given) in allowed.items())
    return FanOut(children, {"turn": number, "turns": ctx.keep_text(turns_to([*turns, decided])), "doing": "tools"})


def _think(wanted: WorkInTurns, ctx: StepContext, number: int, kept: str) -> FanOut:
    estimate = NOTHING if ctx.step.spec.estimate == NOTHING else agent_named(wanted.agent).budget
    given = {**wanted.model_dump(mode="json"), "number": number, "before": kept}
    title = f"Turn {number}: {wanted.agent}"
    child = StepSpec(f"{ctx.step.id}{CHILD}{_turn(number)}", "agent.turn", title, given, estimate=estimate)
    return FanOut((child,), {"turn": number, "turns": kept, "doing": "thinking"})


def _turn(number: int) -> str:
    return f"turn-{number}"


def _child(ctx: StepContext, name: str, ability: Ability, given: dict[str, object]) -> StepSpec:
    kind = ctx.kinds[ability.kind]
    return StepSpec(
        id=f"{ctx.step.id}{CHILD}{name}",
        kind=kind.name,
        title=f"{name.replace('-', ' ').capitalize()}: {kind.name}",
        input=given,
        lane=kind.lane,
        undoable=kind.undo is not None,
        estimate=NOTHING if ctx.step.spec.estimate == NOTHING else kind.estimate,
        optional=True,  # what fails is told to the agent
    )


def _take_turn(wanted: TakeTurn, ctx: StepContext) -> Done:

    asking = Asking(wanted, ctx.run, ctx.step, ctx.get_text, ctx.step_named)
    turns = turns_from(ctx.get_text(wanted.before)) if wanted.before else []
    abilities = abilities_of(asking.agent, wanted.may, ctx.kinds, ctx.settings.get("connected", ()))
    last = wanted.number >= wanted.turns  # without tools, so that it answers with what it has
    answer, result = _ask_agent(ctx, asking, turns, [] if last else abilities)
    agent = asking.agent
    output = {"agent": agent.id, "version": agent.version, "model": result.model}
    if answer is None:
        return Done({**output, "calls": ctx.keep_text(calls_to(result.calls))}, result.usage)
    fields = answer.model_dump(mode="json")
    kept = {
        "answer": ctx.keep_text(json.dumps(fields, ensure_ascii=False)),
        "text": ctx.keep_text(answer_to_markdown(fields)),
    }
    return Done({**output, **kept}, result.usage)


def _ask_agent(
    ctx: StepContext, asking: Asking, turns: list[Turn], abilities: list[Ability]
) -> tuple[BaseModel | None, ModelResult]:

    agent, model, given = asking.agent, ctx.model(), asking.input()
    answers = answer_model(agent, given)
    results = _results(ctx, turns)
    mark = marker(f"{ctx.run.id}.{ctx.step.parent}.results", texts_of(results))
    messages, tools = render_turns(turns, results, mark), tuple(each.tool for each in abilities)
    rules = role_part("loop")
    rules = replace(rules, text=f"{rules.text}\n{preface(mark)}")

    def request_of(prompt: str) -> ModelRequest:
        return replace(agent_request(agent, given, prompt), tools=tools, messages=messages)

    found, _ = ask_within(
        model,
        request_of,
        [rules, *input_parts(agent, given), *asking.parts()],
        lambda request: ask_with_tools(model, request, answers),
        answer_tokens=agent.max_output_tokens,
        seed=f"{ctx.run.id}.{ctx.step.id}.{ctx.step.attempt}",
        keep=ctx.keep_context,
    )
    return found[0], replace(found[1], made=tuple(replace(call, agent=agent.id) for call in found[1].made))


def _results(ctx: StepContext, turns: list[Turn]) -> Mapping[str, Said]:

    steps = ((name, ctx.run.step(f"{ctx.step.parent}{CHILD}{name}")) for name in names_of(turns))
    return {name: read_said(step, ctx.get_text) for name, step in steps if step is not None}


def _weigh(wanted: WorkInTurns, kinds: Kinds) -> Weight:

    agent = agent_named(wanted.agent)
    if not agent.steps:
        raise ValueError(f"agent: {agent.id} has no tools to work with; ask it with agent.ask")
    for each in wanted.may:
        check_may(agent, each, kinds)
    ceiling = Usage(agent.budget.tokens * wanted.turns, agent.budget.micros * wanted.turns)
    steps = wanted.turns + MAX_CALLS * (wanted.turns - 1)
    return Weight(ceiling, steps, 1, frozenset({agent.id}), agent.output, wanted.hears)


AGENT_LOOP = StepKind(
    "agent.loop",
    "Let one agent work in turns with the tools it is made for, and keep its answer.",
    WorkInTurns,
    _run,
    Repeat.SAME_END,
    weigh=_weigh,
    group=True,
    leaves_text=True,
    core=True,
)
AGENT_TURN = StepKind(
    "agent.turn",
    "One turn of an agent at work.",
    TakeTurn,
    _take_turn,
    Repeat.SAME_END,
    line=MODEL,
    plannable=False,
)
