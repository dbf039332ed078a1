"""agent.ask: one question to one declared agent, one checked answer."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from pydantic import Field, ValidationError, model_validator

from shared.core.errors import Rejected
from shared.core.run import NOTHING
from shared.steps._kind import Done, Input, Repeat, StepContext, StepKind

if TYPE_CHECKING:
    from shared.mind.agents.registry import Agent
    from shared.mind.context import Part
    from shared.mind.group import Said
    from shared.mind.members import Kinds, Weight

_FROM = re.compile(r"(step:([A-Za-z0-9_-]{1,40})|before)(?:\.([a-z_]{1,40}))?")


def _agents_in_words(schema: dict[str, Any]) -> None:
    """Say in the schema which agents there are: a planner can only name those it is told of."""
    from shared.mind.agents.registry import agents

    schema["description"] = "; ".join(f"{one.id}: {one.purpose}" for one in agents().values())
    schema["enum"] = list(agents())


class AskAgent(Input):
    """`takes`: input fields that an answer fills, {"text": "step:ID.field"}; in a pattern also "before.field".

    `reads`: earlier steps it should know, ["step:ID"].
    """

    agent: str = Field(max_length=60, json_schema_extra=_agents_in_words)
    input: dict[str, Any] = Field(default_factory=dict)
    takes: dict[str, str] = Field(default_factory=dict, max_length=20)
    reads: list[str] = Field(default_factory=list, max_length=10)
    role: str = Field("", pattern="^(chair|check|debate|mend|merge)?$", json_schema_extra={"description": "empty"})

    @model_validator(mode="after")
    def _fits_its_agent(self) -> AskAgent:
        one = _agent(self.agent)
        for name, source in self.takes.items():
            if name not in one.input.model_fields or name in self.input:
                raise ValueError(f"takes.{name}: {one.id} has no such field to fill")
            if not _FROM.fullmatch(source):
                raise ValueError(f"takes.{name}: {source[:80]!r} is not step:ID.field or before.field")
        for source in self.reads:
            if not source.startswith("step:") or not _FROM.fullmatch(source):
                raise ValueError(f"reads: {source[:80]!r} is not step:ID")
        _check_input(one, self.input, without=self.takes)
        return self


def _agent(name: str) -> Agent:
    from shared.core.errors import ConfigError
    from shared.mind.agents.registry import agent

    try:
        return agent(name)
    except ConfigError as error:
        raise ValueError(str(error)) from error


def _check_input(one: Agent, given: dict[str, Any], *, without: dict[str, str]) -> None:
    try:
        one.input.model_validate(given)
    except ValidationError as error:
        left = [each for each in error.errors() if each["loc"][0] not in without]
        if left:
            where = ".".join(str(part) for part in left[0]["loc"])
            raise ValueError(f"input of {one.id}: {where}: {left[0]['msg']}") from error


def _run(wanted: AskAgent, ctx: StepContext) -> Done:
    from shared.mind.agents.asking import ask_agent, checked_input
    from shared.mind.context import Part
    from shared.mind.group import heard, role_part, said_by, told

    one = _agent(wanted.agent)
    all_heard = heard(ctx.run, ctx.step)
    given = [said_by(step, ctx.get_text) for step in all_heard.given]
    talk = [said_by(step, ctx.get_text) for step in all_heard.talk]
    filled = {name: _taken(ctx, one, name, source, given) for name, source in wanted.takes.items()}
    parts: list[Part] = [role_part(wanted.role)] if wanted.role else []
    if not any(source.startswith("before") for source in wanted.takes.values()):
        parts += told(given, "input")
    parts += told(talk, "history")
    parts += told((_read(ctx, source) for source in wanted.reads), "input")
    if ctx.step.feedback:
        parts.append(Part("errors", "your last answer", ctx.step.feedback, must=True))
    try:
        checked = checked_input(one, {**wanted.input, **filled})
    except ValueError as error:
        raise Rejected("agent", f"{error}; it is filled from what came before") from error
    seed = f"{ctx.run.id}.{ctx.step.id}.{ctx.step.attempt}"
    answer, result = ask_agent(ctx.model(), one, checked, parts, seed=seed)
    kept = ctx.keep_text(json.dumps(answer.model_dump(mode="json"), ensure_ascii=False))
    return Done({"answer": kept, "agent": one.id, "version": one.version, "model": result.model}, result.usage)


def _read(ctx: StepContext, source: str) -> Said:
    from shared.mind.group import said_by

    name = _FROM.fullmatch(source)
    step = ctx.step_named(str(name[2])) if name else None
    if step is None or not step.output:
        raise Rejected("agent", f"{source}: that step has said nothing yet; let this one depend on it")
    return said_by(step, ctx.get_text)


def _taken(ctx: StepContext, one: Agent, name: str, source: str, given: list[Said]) -> Any:
    """Return what fills a field: a list takes each answer, a text all of them, one below the other."""
    named = _FROM.fullmatch(source)
    assert named is not None  # validated with the plan
    sources = [_read(ctx, source)] if named[2] else [each for each in given if not each.absent]
    values = [_field(each, named[3]) for each in sources]
    if not values:
        raise Rejected("agent", f"takes.{name}: nothing comes before this step that it could take from")
    schema = one.input.model_json_schema()["properties"][name]
    if schema.get("type") == "array":
        return [each for value in values for each in (value if isinstance(value, list) else [value])]
    if len(values) == 1:
        return values[0]
    return "\n\n".join(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) for value in values)


def _field(said: Said, field: str | None) -> Any:
    if field is None:
        return said.text
    if field not in said.fields:
        there = ", ".join(said.fields) or "no fields"
        raise Rejected("agent", f"{said.title} has not answered with {field!r}, but with {there}")
    return said.fields[field]


def _weigh(wanted: AskAgent, kinds: Kinds) -> Weight:
    from shared.mind.members import Weight

    one = _agent(wanted.agent)
    return Weight(one.budget, agents=frozenset({one.id}), voice=one.output)


AGENT_ASK = StepKind(
    "agent.ask",
    "Ask one agent and keep its answer; later steps can take fields of it.",
    AskAgent,
    _run,
    Repeat.SAME_END,
    estimate=NOTHING,
    weigh=_weigh,
)
