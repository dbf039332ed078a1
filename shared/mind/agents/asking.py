"""One question to one agent: its prompt, its input as data, what else it should know, and an answer that is checked."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError, create_model

from shared.core.errors import InvalidOutput
from shared.mind.agents.registry import Agent
from shared.mind.context import Context, Part
from shared.mind.fitting import within
from shared.mind.plain_errors import all_in_words
from shared.mind.structured import ask, compact, schema_of
from shared.ports import Model, ModelRequest, ModelResult

_FILE = {"path", "content"}  # the fields of a file
_CHECKS = "checker"  # the type of agent that names lines
_RULES = (
    "You are one of several agents of a team and do one thing: {purpose}\n\n{prompt}\n\n"
    "Answer with the fields that are asked for, all of them, and nothing else; what you have nothing for is empty."
)


def checked_input(agent: Agent, given: Mapping[str, Any]) -> BaseModel:
    """Return what an agent is given, checked; raises ValueError that names the field."""
    try:
        return agent.input.model_validate(dict(given))
    except ValidationError as error:
        raise ValueError(f"input of {agent.id}: {all_in_words(error)}") from error


def answer_model(agent: Agent, given: BaseModel) -> type[BaseModel]:
    """Return the model of the answer to this input: what chooses among the input's texts can be nothing else."""
    chosen: dict[str, Any] = {}
    for name, (source, others) in agent.among.items():
        allowed = tuple(dict.fromkeys([*getattr(given, source), *others]))
        chosen[name] = (Literal[allowed], Field(description=agent.output.model_fields[name].description))
    return create_model(agent.output.__name__, __base__=agent.output, **chosen) if chosen else agent.output


def agent_request(agent: Agent, given: BaseModel, prompt: str = "") -> ModelRequest:
    """Return the question to an agent; `prompt` is its context, as assembled from `input_parts` and others."""
    return ModelRequest(
        task=agent.task,
        task_class=agent.task_class,
        system=_RULES.format(purpose=agent.purpose, prompt=agent.prompt),
        prompt=prompt,
        schema=schema_of(answer_model(agent, given)),
        data={"agent": agent.id, "input": given.model_dump(mode="json")},
        max_output_tokens=agent.max_output_tokens,
    )


def input_parts(agent: Agent, given: BaseModel) -> list[Part]:
    """Return the input as parts of the context, one for each field that says something; all of it is data.

    Each file is a part of its own, as text; for who checks it with the numbers of its lines.
    """
    found = []
    for name, value in given.model_dump(mode="json").items():
        if _are_files(value):
            found += [_file_part(agent, each) for each in value]
        elif value not in ("", [], None):
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=None)
            found.append(Part("input", f"{agent.id}: {name}", text, must=True))
    return found


def _are_files(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(e, dict) and set(e) == _FILE for e in value)


def _file_part(agent: Agent, file: Mapping[str, str]) -> Part:
    lines = file["content"].split("\n")
    if lines[-1] == "":
        del lines[-1]
    wide = len(str(len(lines)))
    numbered = "\n".join(f"{number:>{wide}}| {line}" for number, line in enumerate(lines, 1))
    text = numbered if agent.type == _CHECKS else file["content"]
    return Part("input", f"{agent.id}: file {file['path']}", f"{file['path']}:\n{text}", must=True)


def ask_agent(
    model: Model,
    agent: Agent,
    given: BaseModel,
    parts: Sequence[Part] = (),
    *,
    seed: str = "",
    keep: Callable[[Context], None] | None = None,
) -> tuple[BaseModel, ModelResult]:
    """Return the agent's checked answer and the result of the model, within the agent's own budget of tokens.

    Raises ModelError and IntegrationError; `made` of the result names the agent in each call.
    """

    answers = answer_model(agent, given)

    def put(request: ModelRequest) -> tuple[BaseModel, ModelResult]:
        return ask(model, request, answers)

    (answer, result), _ = within(
        model,
        lambda prompt: agent_request(agent, given, prompt),
        [*input_parts(agent, given), *parts],
        put,
        answer_tokens=agent.max_output_tokens,
        most=max(1, agent.budget.tokens - agent.max_output_tokens),
        seed=seed,
        keep=keep,
    )
    return answer, replace(result, made=tuple(replace(call, agent=agent.id) for call in result.made))


def answer_of(agent: Agent, kept: Mapping[str, Any]) -> BaseModel:
    """Return an answer that was kept; raises InvalidOutput where an older version's no longer fits."""
    try:
        return agent.output.model_validate(dict(kept))
    except ValidationError as error:
        raise InvalidOutput(f"a kept answer of {agent.id} does not fit any more: {compact(error)}") from error
