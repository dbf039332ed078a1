"""What all vendors' formats share: the turns after the prompt, the names of tools, reading JSON that a model wrote."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from shared.backends.models import shapes
from shared.core.errors import Rejected
from shared.core.models.model_errors import InvalidOutput
from shared.ports.model import Message, ModelRequest, Tool, ToolCall

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_-]")
_LONGEST_NAME = 64  # of a tool or schema, at the strictest of the vendors (OpenAI)
_MAX_TOKENS = 1_000_000_000  # of one call; more is no count, and would be booked
_LESS = "answer more briefly, with shorter texts and fewer entries, and end the JSON"
_ROLES = ("assistant", "tool", "user")


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model said: the answer, or the tools it asks for."""

    answer: Mapping[str, Any]
    calls: tuple[ToolCall, ...] = ()


class Turn:
    """One request as the vendors' formats need it: shapes made flat, tools under names they take, turns in order.

    Raises Rejected for turns that no vendor takes; a turn of the model's is never the last one.
    """

    def __init__(self, request: ModelRequest, system: str) -> None:
        system_text, stable, prompt = map(_unblank, (request.system, request.stable, request.prompt))
        request = replace(request, system=system_text, stable=stable, prompt=prompt)
        _check(system, request)
        self.request = request
        self.shape = shapes.flat(request.schema)
        self.tools = tuple(
            (wire_name(tool.name, request.tools), tool, shapes.flat(tool.schema)) for tool in request.tools
        )
        self.messages = request.messages if request.tools else _spell_out_calls(request.messages)
        self.schema_name = _NOT_IN_NAMES.sub("_", request.task)[:_LONGEST_NAME] or "answer"

    def name_of(self, name: str) -> str:
        """Return a tool's name on the wire."""
        return wire_name(name, self.request.tools)

    def call(self, id: str, name: str, given: Any) -> ToolCall:
        """Return a call the model made, under our own name of the tool; raises InvalidOutput for unusable input."""
        if isinstance(given, str):
            given = parse_json(given or "{}", f"the input of the tool {name!r}")
        if not isinstance(given, Mapping):
            raise InvalidOutput(f"the input of the tool {name!r} must be one JSON object")
        for known, tool, shape in self.tools:
            if known == name:
                found = (
                    shapes.read({**shape, "x-open": ""}, given) if shape.get("x-open") else shapes.read(shape, given)
                )
                return ToolCall(id, tool.name, found)
        offered = ", ".join(known for known, _, _ in self.tools)
        raise InvalidOutput(f"there is no tool {name!r}; the tools are: {offered or 'none'}")

    def reply(self, text: str, calls: Sequence[ToolCall]) -> Reply:
        """Return the reply: the tools that were asked for, else the JSON object the text must be."""
        if calls:
            return Reply({}, tuple(calls))
        try:
            value = parse_json(text, "the answer")
            if not isinstance(value, dict):
                raise InvalidOutput("the answer must be one JSON object")
            return Reply(value if shapes.is_open(self.shape) else shapes.read(self.shape, value))
        except InvalidOutput as error:
            error.answer = text
            raise

    def cut_off(self, text: str) -> InvalidOutput:
        """Return the error of an answer that was longer than it may be; `text` is what there is of it."""
        error = InvalidOutput(f"the answer was cut off because it was too long; {_LESS}")
        error.answer = text
        return error


def wire_name(name: str, tools: Sequence[Tool] = ()) -> str:
    """Return a name every vendor takes, and no two tools of one request the same."""
    plain = _plain(name)
    alike = sorted(tool.name for tool in tools if _plain(tool.name) == plain)
    number = alike.index(name) if name in alike else 0
    return plain if not number else f"{plain[: _LONGEST_NAME - 4]}_{number + 1}"


def parse_json(text: str, what: str) -> Any:
    """Return the JSON value of a text; raises InvalidOutput that says where it breaks off."""
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        cut = f"; it looks cut off: {_LESS}" if _looks_cut_off(text, error) else ""
        raise InvalidOutput(f"{what} is not JSON: {error}{cut}") from error


def _looks_cut_off(text: str, error: Exception) -> bool:
    if not isinstance(error, json.JSONDecodeError) or not text.strip():
        return False
    return error.msg.startswith("Unterminated string") or error.pos >= len(text.rstrip())


def sendable(value: Any, system: str) -> Any:
    """Return the value as JSON can say it, half characters as question marks; raises Rejected for what it cannot."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (ValueError, TypeError, RecursionError) as error:
        raise Rejected(system, f"the request holds what JSON cannot express: {error}") from error
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.loads(text.encode("utf-8", "replace"))
    return value


def whole(counts: Any, name: str) -> int:
    """Return a count of an answer; what is left out, or is no count of tokens, is 0."""
    value = counts.get(name) if isinstance(counts, Mapping) else None
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _MAX_TOKENS else 0


def part(answer: Any, name: str) -> Mapping[str, Any]:
    """Return an object inside an answer, empty where there is none."""
    value = answer.get(name) if isinstance(answer, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def parts(answer: Any, name: str) -> list[Mapping[str, Any]]:
    """Return the objects of a list inside an answer."""
    value = answer.get(name) if isinstance(answer, Mapping) else None
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _unblank(text: str) -> str:
    """Return the text, or nothing where it says nothing: vendors refuse blanks."""
    return text if text.strip() else ""


def _plain(name: str) -> str:
    return _NOT_IN_NAMES.sub("_", name)[:_LONGEST_NAME]


def _spell_out_calls(messages: Sequence[Message]) -> tuple[Message, ...]:
    """Return the turns with calls and results as words: vendors refuse them where no tools are declared."""
    turns: list[Message] = []
    for message in messages:
        asked = [
            f"I called {each.name} with {json.dumps(dict(each.input), ensure_ascii=False)}" for each in message.calls
        ]
        text = "\n".join([*([message.text] if message.text else []), *asked])
        turns.append(Message("user", f"Result:\n{text}") if message.role == "tool" else Message(message.role, text))
    return tuple(turns)


def _check(system: str, request: ModelRequest) -> None:
    open_calls: set[str] = set()
    sendable([dict(call.input) for message in request.messages for call in message.calls], system)
    for message in request.messages:
        if message.role not in _ROLES:
            raise Rejected(system, f"a turn has the role {message.role!r}; use one of {', '.join(_ROLES)}")
        if message.role == "tool" and message.call not in open_calls:
            raise Rejected(system, f"a tool's result answers the call {message.call!r}, which was not made before it")
        open_calls = {call.id for call in message.calls} if message.role == "assistant" else open_calls - {message.call}
    if request.messages and request.messages[-1].role == "assistant":
        raise Rejected(system, "the last turn is the model's own; add what it has to answer")
    if not (request.stable or request.prompt or any(each.text.strip() or each.calls for each in request.messages)):
        raise Rejected(system, "the request has neither a prompt nor turns")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")
