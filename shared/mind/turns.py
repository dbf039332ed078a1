"""The turns of an agent that works with tools: what it asked for, what came of it, and how it is told.

Every turn is stored before the next begins. What the model is told is rebuilt from that each time, so that an attempt
which is repeated asks the same question.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.core.models.model_errors import ModelError
from shared.mind.group import Said
from shared.mind.safety.fence import fence_text
from shared.mind.structured import compact
from shared.ports.model import Message, Tool, ToolCall

if TYPE_CHECKING:
    from shared.mind.agents.registry import Agent
    from shared.mind.members import Kinds

MAX_CALLS = 4  # of one turn
SAME_CALL = 3  # the same tool with the same input this often is a loop, not work
_LONGEST = 12_000  # letters of one result
_TOLD_AGAIN = "You have asked this before; its result stands above. Ask for something else, or answer."


class Allowed(BaseModel):
    """A kind of step that writes, which an agent may use at work: `fixed` says where, the agent only what text."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str = Field(max_length=60)
    fixed: dict[str, Any] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ability:
    """A kind of step as a tool: its input, what the plan has fixed of it, and what the agent may fill."""

    kind: str
    purpose: str
    input: type[BaseModel]
    fixed: Mapping[str, Any]
    fills: tuple[str, ...]  # empty: all fields, of a kind that only reads

    @property
    def name(self) -> str:
        """Return its name as vendors take names of tools."""
        return self.kind.replace(".", "_")

    @property
    def tool(self) -> Tool:
        """Return it as a model is offered it."""
        schema = self.input.model_json_schema()
        if self.fills:
            schema["properties"] = {name: schema["properties"][name] for name in self.fills}
            schema["required"] = list(self.fills)
        return Tool(self.name, self.purpose, schema)

    def whole(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the input of the step; raises ValueError where the agent fills what is not its to fill."""
        if self.fills and (other := sorted(set(given) - set(self.fills))):
            raise ValueError(f"{other[0]} is not yours to choose; give only {', '.join(self.fills)}")
        try:
            return self.input.model_validate({**given, **self.fixed}).model_dump(mode="json")
        except ValidationError as error:
            raise ValueError(compact(error, self.input)) from error


def abilities_of(agent: Agent, may: Iterable[Allowed], kinds: Kinds, connected: Iterable[str]) -> list[Ability]:
    """Return what an agent may use: of the kinds it is made for those that only read, and those the plan allows.

    Kinds of systems that the tenant has not connected are left out.
    """
    names, allowed = set(connected), {each.kind: each.fixed for each in may}
    found = []
    for name in agent.steps:
        kind = kinds.get(name)
        if kind is None or not kind.usable_with(names):
            continue
        if (
            name in allowed and kind.fills
        ):  # one without is a step of the plan, whatever the plan says: all that ships is
            found.append(Ability(name, kind.purpose, kind.input, allowed[name], kind.fills))
        elif kind.reads:
            found.append(Ability(name, kind.purpose, kind.input, {}, ()))
    return found


def check_may(agent: Agent, allowed: Allowed, kinds: Kinds) -> None:
    """Raise ValueError, written for a planner, unless the plan fixes all of a kind of step but the agent's text."""
    kind = kinds.get(allowed.kind)
    if allowed.kind not in agent.steps or kind is None:
        raise ValueError(
            f"may: {agent.id} is not made for {allowed.kind!r}, only for {', '.join(agent.steps) or 'nothing'}"
        )
    if not kind.fills:
        raise ValueError(
            f"may: {allowed.kind} is not a kind that an agent can use while it works; make it a step of the plan"
        )
    if own := sorted(set(allowed.fixed) & set(kind.fills)):
        raise ValueError(f"may: {own[0]} of {allowed.kind} is the agent's to write; do not fix it")
    try:
        kind.input.model_validate({**allowed.fixed, **dict.fromkeys(kind.fills, "text")})
    except ValidationError as error:
        raise ValueError(f"may: {allowed.kind}: {compact(error, kind.input)}") from error


@dataclass(frozen=True, slots=True)
class Turn:
    """What an agent asked for in one turn. A call has a `refused` text, or becomes the child step `name`."""

    calls: tuple[Mapping[str, Any], ...]  # id, tool, input, and name or refused

    @property
    def asked(self) -> list[str]:
        """Return what identifies each call: equal calls are equal texts."""
        return [_identify_call(str(call["tool"]), call["input"]) for call in self.calls]


def turns_from(text: str) -> list[Turn]:
    """Return the turns that were stored."""
    return [Turn(tuple(each)) for each in json.loads(text)]


def turns_to(turns: Sequence[Turn]) -> str:
    """Return the turns as they are stored."""
    return json.dumps([list(turn.calls) for turn in turns], ensure_ascii=False)


def calls_to(calls: Iterable[ToolCall]) -> str:
    """Return what a model asked for as it is stored."""
    return json.dumps([[call.id, call.name, dict(call.input)] for call in calls], ensure_ascii=False)


def calls_from(text: str) -> list[ToolCall]:
    """Return what was stored."""
    return [ToolCall(*each) for each in json.loads(text)]


def build_next_turn(
    turns: Sequence[Turn], calls: Sequence[ToolCall], abilities: Mapping[str, Ability]
) -> tuple[Turn, dict[str, tuple[Ability, dict[str, Any]]]]:
    """Return the turn with each call decided on, and what the allowed ones become: by child's name, ability and input.

    Nothing of a call is trusted. Raises ModelError where the same is asked for the third time: the agent is stuck.
    """
    before = [same for turn in turns for same in turn.asked]
    ids = {str(call["id"]) for turn in turns for call in turn.calls}  # some servers count anew in each turn
    decided: list[Mapping[str, Any]] = []
    allowed: dict[str, tuple[Ability, dict[str, Any]]] = {}
    for number, call in enumerate(calls, 1):
        same, name = _identify_call(call.name, call.input), f"turn-{len(turns) + 1}-{number}"
        if before.count(same) + 1 >= SAME_CALL:
            raise ModelError(
                f"asked for {call.name} with the same input {SAME_CALL} times; it does not get any further"
            )
        entry = {"id": name if call.id in ids else call.id or name, "tool": call.name, "input": dict(call.input)}
        ids.add(call.id)
        try:
            allowed[name] = _decide(call, number, same in before, abilities)
            decided.append({**entry, "name": name})
        except ValueError as error:
            decided.append({**entry, "refused": str(error)})
        before.append(same)
    return Turn(tuple(decided)), allowed


def _decide(
    call: ToolCall, number: int, again: bool, abilities: Mapping[str, Ability]
) -> tuple[Ability, dict[str, Any]]:
    ability = abilities.get(call.name)
    if ability is None:
        raise ValueError(f"there is no tool {call.name!r}; there are {', '.join(sorted(abilities)) or 'none'}")
    if again:
        raise ValueError(_TOLD_AGAIN)
    if number > MAX_CALLS:
        raise ValueError(f"too many at once; {MAX_CALLS} in a turn")
    return ability, ability.whole(call.input)


def render_turns(turns: Sequence[Turn], results: Mapping[str, Said], mark: str) -> tuple[Message, ...]:
    """Return the turns as messages; results are data within `mark`, and what failed or was refused is said."""
    found: list[Message] = []
    for turn in turns:
        calls = tuple(ToolCall(str(call["id"]), str(call["tool"]), call["input"]) for call in turn.calls)
        found.append(Message("assistant", calls=calls))
        found += [Message("tool", _describe_result(call, results, mark), call=str(call["id"])) for call in turn.calls]
    return tuple(found)


def _describe_result(call: Mapping[str, Any], results: Mapping[str, Said], mark: str) -> str:
    if "refused" in call:
        return f"Refused: {call['refused']}"
    reply = results.get(str(call["name"]))
    if reply is None or reply.absent:
        why = reply.absent if reply else "it was not done"
        return "It failed:\n" + fence_text(why[:_LONGEST], mark, "errors", str(call["tool"]))
    text = reply.text
    cut = text if len(text) <= _LONGEST else text[:_LONGEST] + "\n… (the rest is left out)"
    return fence_text(cut, mark, "input", str(call["tool"]))


def texts_of(results: Mapping[str, Said]) -> list[str]:
    """Return all that may stand within the fence."""
    return [f"{reply.text}\n{reply.absent}" for reply in results.values()]


def names_of(turns: Sequence[Turn]) -> list[str]:
    """Return the names of the child steps of all turns."""
    return [str(call["name"]) for turn in turns for call in turn.calls if "name" in call]


def _identify_call(tool: str, given: Any) -> str:
    return f"{tool} {json.dumps(given, sort_keys=True, ensure_ascii=False)}"
