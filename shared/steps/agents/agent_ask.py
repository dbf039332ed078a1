"""agent.ask: one question to one declared agent, one checked answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from shared.core.run.commands import MODEL
from shared.mind.agents.ask_agent import ask_agent
from shared.mind.group import answer_to_markdown
from shared.mind.members import Weight
from shared.mind.questions import Asking, Question, agent_named
from shared.steps._input import Input
from shared.steps._kind import Done, Repeat, StepContext, StepKind

if TYPE_CHECKING:
    from shared.mind.members import Kinds


class AskAgent(Question, Input):
    __doc__ = Question.__doc__


def _run(wanted: AskAgent, ctx: StepContext) -> Done:

    asking = Asking(wanted, ctx.run, ctx.step, ctx.get_text, ctx.step_named)
    given, parts = asking.input(), asking.parts()
    seed = f"{ctx.run.id}.{ctx.step.id}.{ctx.step.attempt}"
    answer, result = ask_agent(ctx.model(), asking.agent, given, parts, seed=seed, keep=ctx.keep_context)
    fields = answer.model_dump(mode="json")
    kept = {
        "answer": ctx.keep_text(json.dumps(fields, ensure_ascii=False)),
        "text": ctx.keep_text(answer_to_markdown(fields)),
    }
    agent = asking.agent
    return Done({**kept, "agent": agent.id, "version": agent.version, "model": result.model}, result.usage)


def _weigh(wanted: AskAgent, kinds: Kinds) -> Weight:

    agent = agent_named(wanted.agent)
    return Weight(agent.budget, agents=frozenset({agent.id}), voice=agent.output, hears=wanted.hears)


AGENT_ASK = StepKind(
    "agent.ask",
    "Ask one agent and keep its answer; later steps can take fields of it.",
    AskAgent,
    _run,
    Repeat.SAME_END,
    line=MODEL,
    weigh=_weigh,
    leaves_text=True,
    core=True,
)
