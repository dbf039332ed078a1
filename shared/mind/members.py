"""Who takes part in a pattern: asks of agents, or patterns of their own; and what that may cost at most.

A pattern names members, and how often each may be asked. From that follow, before anything begins: its cost ceiling,
how many steps it can become, how deep it goes, and which agents speak in it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError, WithJsonSchema
from pydantic.json_schema import SkipJsonSchema

from shared.core.run.run import NOTHING, Usage
from shared.mind.field_errors import describe_in_one_line

DEEPEST = 3  # patterns in patterns
MAX_STEPS = 80  # that one pattern may become, of the 200 of a run


class Member(BaseModel):
    """One who is asked: an agent.ask, an agent.loop or another pattern, as a step of a plan would state it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str = Field("agent.ask", pattern=r"^(agent\.(ask|loop)|pattern\.[a-z]+)$")
    input: dict[str, Any] = Field(default_factory=dict)

    @property
    def who(self) -> str:
        """Return who that is, for people: the agent with the side it takes, or the pattern."""
        given = self.input.get("input")
        view = given.get("view") if isinstance(given, Mapping) else ""
        named = str(self.input.get("agent") or self.kind.partition(".")[2])
        return f"{named} ({str(view)[:60]})" if view else named


AnyMember = Annotated[Member, WithJsonSchema({"type": "object", "description": "{kind, input}"})]
"""A member in a schema that a planner reads: short, for it stands there many times."""

Role = SkipJsonSchema[Annotated[str, Field(pattern="^(chair|check|debate|mend|merge)?$")]]
"""What a pattern asks of its member; no plan has to say it."""


class Kind(Protocol):
    """What has to be known of a kind of step: of a member, or of a tool."""

    @property
    def input(self) -> type[Any]:
        """Return the model of its input."""

    @property
    def purpose(self) -> str:
        """Return what it is for, for a model to read."""

    def usable_with(self, connected: Collection[str]) -> bool:
        """Say whether a tenant who has connected these systems can have such a step."""

    @property
    def reads(self) -> bool:
        """Say whether it only reads."""

    @property
    def group(self) -> bool:
        """Say whether it becomes child steps."""

    @property
    def fills(self) -> tuple[str, ...]:
        """Return the text fields that an agent may fill at work."""

    @property
    def weigh(self) -> Callable[..., Weight] | None:
        """Return what says how much a step with a given input may become."""


Kinds = Mapping[str, Kind]


@dataclass(frozen=True, slots=True)
class Weight:
    """What a step may become at most: money and tokens, child steps, levels of patterns; who speaks in it, and how.

    `voice` is the model of its answer, or None where that is not known beforehand; `hears` are the fields that the
    answers of those before it must have for it to be asked.
    """

    ceiling: Usage = NOTHING
    steps: int = 0
    levels: int = 0
    agents: frozenset[str] = frozenset()
    voice: type[BaseModel] | None = None
    hears: tuple[str, ...] = ()


def weight_of(member: Member, kinds: Kinds) -> Weight:
    """Return a member's weight; raises ValueError, written for a planner to read, where its input does not hold."""
    kind = kinds.get(member.kind)
    if kind is None or kind.weigh is None:
        raise ValueError(f"member {member.kind!r} is unknown; use agent.ask, agent.loop or a pattern")
    try:
        wanted = kind.input.model_validate(dict(member.input))
    except ValidationError as error:
        raise ValueError(f"{member.kind}: {describe_in_one_line(error, kind.input)}") from error
    return kind.weigh(wanted, kinds)


def sum_of(asked: list[tuple[Weight, int]], voice: type[BaseModel] | None) -> Weight:
    """Return the weight of a pattern that asks each at most so often; raises ValueError where it is too much."""
    tokens = sum(each.ceiling.tokens * times for each, times in asked)
    micros = sum(each.ceiling.micros * times for each, times in asked)
    steps = sum((1 + each.steps) * times for each, times in asked)
    levels = 1 + max(each.levels for each, _ in asked)
    if levels > DEEPEST:
        raise ValueError(f"patterns are nested {levels} deep; at most {DEEPEST} are allowed: take the innermost out")
    if steps > MAX_STEPS:
        raise ValueError(f"this may become {steps} steps; at most {MAX_STEPS} are allowed: use fewer members or rounds")
    agents = frozenset().union(*(each.agents for each, _ in asked))
    return Weight(Usage(tokens, micros), steps, levels, agents, voice)


def must_answer(weight: Weight, field: str, who: str) -> None:
    """Raise ValueError unless the answer has that field."""
    if weight.voice is not None and field not in weight.voice.model_fields:
        field_names = ", ".join(weight.voice.model_fields)
        raise ValueError(f"{who} does not answer with {field!r}, but with {field_names}")


def must_offer(member: Member, weight: Weight, before: Sequence[tuple[str, Weight]], who: str) -> None:
    """Raise ValueError where a member takes or hears a field that one of those before it does not answer with."""
    takes = dict(member.input.get("takes") or {})
    taken = [each.partition(".")[2] for each in map(str, takes.values()) if each.startswith("before.")]
    for field in (*taken, *weight.hears):
        for name, each in before:
            must_answer(each, field, f"{who} needs {field!r} of {name}, which")


def must_check(weight: Weight, who: str, others: frozenset[str]) -> None:
    """Raise ValueError unless its answer says whether something holds, and it is none of the others."""
    must_answer(weight, "verdict", who)
    if same := sorted(weight.agents & others):
        raise ValueError(f"{who} is {same[0]!r}, who would check its own work; choose another agent")
