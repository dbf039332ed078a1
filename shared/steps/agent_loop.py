"""agent.loop: an agent that works in turns: it asks for steps of allowed kinds, reads what came of them, and answers.

Each turn is one attempt and one commit; each tool is an ordinary child step. What only reads is free to it. What writes
has to stand in the plan under `may`, with everything fixed but the text: a person has approved where it goes.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from pydantic import Field

from shared.core.errors import ModelError
from shared.core.run import CHILD, NOTHING, StepSpec
from shared.mind.questions import Question, agent_named
from shared.mind.turns import MOST_CALLS, Ability, Allowed, Turn
from shared.steps._kind import Done, FanOut, Input, Repeat, StepContext, StepKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel

    from shared.mind.members import Kinds, Weight
    from shared.mind.questions import Asking
    from shared.ports import ModelRequest, ModelResult


class WorkInTurns(Question, Input):
    """As agent.ask, with tools. `may`: what it may write, [{"kind": ..., "fixed": {...}}]: all fields but its text."""

    turns: int = Field(6, ge=2, le=10)
    may: list[Allowed] = Field(default_factory=list, max_length=5)


def _run(wanted: WorkInTurns, ctx: StepContext) -> Done | FanOut:
    from shared.mind.questions import Asking
    from shared.mind.turns import abilities_of, next_turn, progress, turns_from, turns_to

    asking = Asking(wanted, ctx.run, ctx.step, ctx.get_text, ctx.step_named)
    number, kept = progress(ctx.step) if ctx.step.expanded else (0, "")
    turns = turns_from(ctx.get_text(kept)) if kept else []
    connected = ctx.settings.get("connected", ())
    abilities = {each.name: each for each in abilities_of(asking.agent, wanted.may, ctx.kinds, connected)}
    answer, result = _think(wanted, ctx, asking, turns, abilities if number + 1 < wanted.turns else {})
    if answer is not None:
        text = ctx.keep_text(json.dumps(answer.model_dump(mode="json"), ensure_ascii=False))
        outcome = f"answered in turn {number + 1}"
        one = asking.agent
        output = {"answer": text, "agent": one.id, "version": one.version, "model": result.model, "outcome": outcome}
        return Done(output, result.usage)
    try:
        turn, allowed = next_turn(turns, result.calls, abilities)
    except ModelError as error:
        error.used, error.made = result.usage, result.made
        raise
    children = tuple(_child(ctx, name, ability, given) for name, (ability, given) in allowed.items())
    return FanOut(children, {"turn": number + 1, "turns": ctx.keep_text(turns_to([*turns, turn]))}, result.usage)


def _think(
    wanted: WorkInTurns, ctx: StepContext, asking: Asking, turns: list[Turn], abilities: Mapping[str, Ability]
) -> tuple[BaseModel | None, ModelResult]:
    """Ask the agent for its next turn; in the last one there are no tools, so that it answers with what it has."""
    from shared.mind.agents.asking import agent_request, input_parts
    from shared.mind.fence import marker, preface
    from shared.mind.fitting import within
    from shared.mind.group import role_part
    from shared.mind.structured import ask_with_tools
    from shared.mind.turns import names_of, texts_of, told_turns

    one, model, seed = asking.agent, ctx.model(), f"{ctx.run.id}.{ctx.step.id}"
    names = names_of(turns)
    results = dict(zip(names, ctx.group().said(*names), strict=True))
    given = asking.input()
    mark = marker(f"{seed}.results", texts_of(results))
    messages = told_turns(turns, results, mark)
    tools = tuple(each.tool for each in abilities.values())
    rules = replace(role_part("loop"), text=f"{role_part('loop').text}\n{preface(mark)}")

    def request_of(prompt: str) -> ModelRequest:
        return replace(agent_request(one, given, prompt), tools=tools, messages=messages)

    found, _ = within(
        model,
        request_of,
        [rules, *input_parts(one, given), *asking.parts()],
        lambda request: ask_with_tools(model, request, one.output),
        answer_tokens=one.max_output_tokens,
        seed=seed,
        keep=ctx.keep_context,
    )
    return found


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


def _weigh(wanted: WorkInTurns, kinds: Kinds) -> Weight:
    from shared.core.run import Usage
    from shared.mind.members import Weight
    from shared.mind.turns import check_may

    one = agent_named(wanted.agent)
    for each in wanted.may:
        check_may(one, each, kinds)
    most = Usage(one.budget.tokens * wanted.turns, one.budget.micros * wanted.turns)
    return Weight(most, MOST_CALLS * (wanted.turns - 1), 1, frozenset({one.id}), one.output)


AGENT_LOOP = StepKind(
    "agent.loop",
    "Let one agent work in turns with the tools it is made for, and keep its answer.",
    WorkInTurns,
    _run,
    Repeat.SAME_END,
    weigh=_weigh,
)
