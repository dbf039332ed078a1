"""A question to an agent as a plan states it, and what it becomes when it is asked: its input whole, and what it hears.

What others made fills fields of the input (`takes`), or stands beside it as data. Neither can become an instruction, a
target or another step: an agent's input is text to it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from shared.core.errors import ConfigError, Rejected
from shared.core.run.run import Run, Step
from shared.mind.agents.ask_agent import checked_input
from shared.mind.agents.registry import agent as find_agent
from shared.mind.agents.registry import agents
from shared.mind.context import Part
from shared.mind.field_errors import describe_in_one_line
from shared.mind.group import gather_heard, list_said_parts, read_said, role_part
from shared.mind.members import Role

if TYPE_CHECKING:
    from shared.mind.agents.registry import Agent
    from shared.mind.group import Said

_BEFORE = "before"
_WHO = "who"  # the field of what is heard that says whose it is
_FROM = re.compile(r"(step:((?:r[0-9]{1,4}\.)?[A-Za-z0-9_-]{1,40})|before)(?:\.([a-z_]{1,40}))?")


def _agents_in_words(schema: dict[str, Any]) -> None:
    """Say in the schema which agents there are, and what goes in and out: a planner can use only what it is told of."""

    lines = []
    for agent in agents().values():
        schema_of_input = agent.input.model_json_schema()
        given = _fields_in_words(schema_of_input, schema_of_input.get("$defs", {}))
        lines.append(f"{agent.id}({given}) → {', '.join(agent.output.model_fields)}: {agent.purpose}")
    schema["description"] = "\n".join(lines)


def _fields_in_words(schema: Mapping[str, Any], defs: Mapping[str, Any]) -> str:
    needed = schema.get("required", ())
    return ", ".join(
        f"{name}{'' if name in needed else '?'}: {_type_in_words(each, defs)}"
        for name, each in schema["properties"].items()
    )


def _type_in_words(schema: Mapping[str, Any], defs: Mapping[str, Any]) -> str:
    if reference := schema.get("$ref"):
        return f"{{{_fields_in_words(defs[str(reference).rpartition('/')[2]], defs)}}}"
    if choices := schema.get("enum") or [schema[each] for each in ("const",) if each in schema]:
        return "|".join(str(each) for each in choices)
    if schema["type"] == "array":
        items = _type_in_words(schema["items"], defs)
        return "list of texts" if items == "text" else f"list of {items}"
    return {"string": "text", "integer": "whole number", "boolean": "true|false"}[str(schema["type"])]


class Question(BaseModel):
    """`takes`: input fields that an answer fills, {"text": "step:ID.field"}; in a pattern also "before.field"; never
    an agent's order: brief, rule, task or wish.

    `reads`: earlier steps it should know, ["step:ID"].
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    agent: str = Field(max_length=60, json_schema_extra=_agents_in_words)
    input: dict[str, Any] = Field(default_factory=dict)
    takes: dict[str, str] = Field(default_factory=dict, max_length=20)
    reads: list[str] = Field(default_factory=list, max_length=10)
    role: Role = ""

    @model_validator(mode="after")
    def _fits_its_agent(self) -> Question:
        agent = agent_named(self.agent)
        for name, source in self.takes.items():
            if name not in agent.input.model_fields or name in self.input:
                raise ValueError(f"takes.{name}: {agent.id} does not have such a field to fill")
            if name == agent.order:  # what others answered may say what a stranger wrote
                raise ValueError(
                    f"takes.{name}: `{name}` is the order of {agent.id}, which the plan writes itself, in `input`;"
                    " what others have answered goes into another field, or into `reads`"
                )
            if not _FROM.fullmatch(source):
                raise ValueError(f"takes.{name}: {source[:80]!r} is not step:ID.field or before.field")
        for source in self.reads:
            if not source.startswith("step:") or not _FROM.fullmatch(source):
                raise ValueError(f"reads: {source[:80]!r} is not step:ID")
        _check_input(agent, self.input, without=self.takes)
        return self

    @property
    def hears(self) -> tuple[str, ...]:
        """Return the fields that it needs of the answers of those before it; none where the plan says what it hears."""
        agent = agent_named(self.agent)
        if not agent.heard or agent.heard in {*self.input, *self.takes}:
            return ()
        return tuple(name for name in _item_of(agent)["required"] if name != _WHO)


def list_textless_problems(wanted: Question) -> list[str]:
    """Return what is wrong with a question, asked alone, that gives its agent no text where it needs one.

    In a pattern there is what others have said; here what the plan writes, takes or lets it read is all there is.
    """
    agent = agent_named(wanted.agent)
    blank = [name for name, value in wanted.input.items() if isinstance(value, str) and not value.strip()]
    needed = [name for name in blank if agent.input.model_fields[name].is_required()]
    if wanted.reads:  # an order is never read
        needed = [name for name in needed if name == agent.order]
    return [f"input.{name}: holds no text; write it, or name in `takes` the step that fills it" for name in needed]


def agent_named(name: str) -> Agent:
    """Return the agent; raises ValueError, which names those there are."""
    try:
        return find_agent(name)
    except ConfigError as error:
        raise ValueError(str(error)) from error


def _item_of(agent: Agent) -> Mapping[str, Any]:
    """Return the schema of one item of what an agent hears."""
    schema = agent.input.model_json_schema()
    item: Mapping[str, Any] = schema["$defs"][schema["properties"][agent.heard]["items"]["$ref"].rpartition("/")[2]]
    return item


def _check_input(agent: Agent, given: Mapping[str, Any], *, without: Mapping[str, str]) -> None:
    try:
        agent.input.model_validate(dict(given))
    except ValidationError as error:
        if wrong := describe_in_one_line(error, agent.input, without):
            raise ValueError(f"input of {agent.id}: {wrong}") from error


class Asking:
    """A question about to be asked: which steps it hears of, and what of them."""

    def __init__(
        self,
        wanted: Question,
        run: Run,
        step: Step,
        get_text: Callable[[str], str],
        named: Callable[[str], Step | None],
    ) -> None:

        self.agent = agent_named(wanted.agent)
        self._wanted, self._step, self._get_text, self._named = wanted, step, get_text, named
        found = gather_heard(run, step)
        self._given = [read_said(each, get_text) for each in found.given]
        self._talk = [read_said(each, get_text) for each in found.talk]
        self._takes = dict(wanted.takes)
        hears = self.agent.heard
        if hears and hears not in {*wanted.takes, *wanted.input} and self._given:
            self._takes[hears] = _BEFORE

    def input(self) -> BaseModel:
        """Return the agent's input with all that fills it; raises Rejected where what came before does not fit."""
        filled = {name: self._fill_field(name, source) for name, source in self._takes.items()}
        try:
            return checked_input(self.agent, {**self._wanted.input, **filled})
        except ValueError as error:
            raise Rejected("agent", f"{error}; it is filled from what came before") from error

    def parts(self) -> list[Part]:
        """Return what stands beside the input: its role, what others have said, and its own last mistake."""

        found = [role_part(self._wanted.role)] if self._wanted.role else []
        if not any(source.startswith(_BEFORE) for source in self._takes.values()):
            found += list_said_parts(self._given, "input")
        found += list_said_parts(self._talk, "history")
        found += list_said_parts((self._read(source) for source in self._wanted.reads), "input")
        if self._step.feedback:
            found.append(Part("errors", "your last answer", self._step.feedback, must=True))
        return found

    def _fill_field(self, name: str, source: str) -> Any:
        """Return what fills a field: a list takes each answer, a text all of them, one below the other."""
        named = _FROM.fullmatch(source)
        assert named is not None  # validated with the plan
        sources = [self._read(source)] if named[2] else [each for each in self._given if not each.absent]
        if not sources:
            raise Rejected("agent", f"takes.{name}: no step comes before this one that it could take from")
        if named[3] is None and name == self.agent.heard:
            return [self._position(each) for each in sources]
        values = [_field(each, named[3]) for each in sources]
        schema = self.agent.input.model_json_schema()["properties"][name]
        if schema.get("type") == "array":
            return [each for value in values for each in (value if isinstance(value, list) else [value])]
        if len(values) == 1:
            return values[0]
        return "\n\n".join(
            value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) for value in values
        )

    def _position(self, reply: Said) -> dict[str, Any]:
        """Return what somebody said as one item of the list that the agent hears: who it was, and the fields it has."""
        wanted = _item_of(self.agent)["properties"]
        return {_WHO: reply.title, **{name: reply.fields[name] for name in wanted if name in reply.fields}}

    def _read(self, source: str) -> Said:

        name = _FROM.fullmatch(source)
        step = self._named(str(name[2])) if name else None
        if step is None or not step.output:
            raise Rejected("agent", f"{source}: that step has not answered yet; make this one depend on it")
        return read_said(step, self._get_text)


def _field(reply: Said, field: str | None) -> Any:
    if field is None:
        return reply.text
    if field not in reply.fields:
        field_names = ", ".join(reply.fields) or "no fields"
        raise Rejected("agent", f"{reply.title} has not answered with {field!r}, but with {field_names}")
    return reply.fields[field]
