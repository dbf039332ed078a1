"""What a planner answers: what it understood, what it would do and why, or what it has to ask first.

The words on these shapes are told to a model. What is in the steps is validated by core/planning/plan.py.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic.json_schema import SkipJsonSchema

from shared.core.planning.proposal import MAX_QUESTIONS

MAX_REQUIREMENTS = 2000
_WRITES = "code.generate"
_TEXT = {"type": "string"}
# As a model is told of it; what is in it is checked by core/planning/plan.py, which says all that is wrong at once.
_STEP = {
    "type": "object",
    "properties": {
        "id": _TEXT,
        "kind": _TEXT,
        "title": _TEXT,
        "why": _TEXT,
        "input": {"type": "object"},
        "depends_on": {"type": "array", "items": _TEXT},
    },
    "required": ["id", "kind", "title", "why", "input", "depends_on"],
    "additionalProperties": False,
}


def _parse_nested(value: Any) -> Any:
    """Return a step, or its input, that came as text with JSON in it; what is no JSON stays for the validation."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return value
    if isinstance(value, Mapping) and isinstance(value.get("input"), str):
        return {**value, "input": _parse_nested(value["input"])}
    return value


ProposedStep = Annotated[dict[str, Any], BeforeValidator(_parse_nested), WithJsonSchema(_STEP)]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Requirement(_Closed):
    """One wish of the page."""

    id: str = Field(pattern=r"^R[0-9]{1,5}$")
    text: str = Field(max_length=20_000)
    block: str
    source: SkipJsonSchema[str] = ""


class Analysis(_Closed):
    """What the page asks for."""

    asked: str = Field(max_length=2000)
    missing: list[str] = Field(max_length=20)
    risk: Literal["low", "medium", "high"]


class Alternative(_Closed):
    """Another way."""

    title: str = Field(max_length=200)
    why_not: str = Field(max_length=1000)


class Proposal(_Closed):
    """Either there are steps or questions."""

    analysis: Analysis
    questions: list[str] = Field(max_length=MAX_QUESTIONS)
    assumptions: list[str] = Field(max_length=20)
    alternatives: list[Alternative] = Field(max_length=5)
    followed: list[str] = Field(max_length=50)  # ids of the preferences it has followed
    summary: str = Field(max_length=4000, description="for people: what comes of it")
    artifact: SkipJsonSchema[str] = ""  # what the steps write, where they write any
    name: str = Field(max_length=80, description="of what is made")
    requirements: list[Requirement] = Field(max_length=MAX_REQUIREMENTS)
    steps: list[ProposedStep]

    def model_post_init(self, context: Any, /) -> None:
        """Take from the steps what is made: a model may say one thing and plan another."""
        inputs = [step.get("input") for step in self.steps if step.get("kind") == _WRITES]
        made = [each["artifact"] for each in inputs if isinstance(each, Mapping) and each.get("artifact")]
        self.artifact = str(made[0]) if made else self.artifact

    @property
    def asked(self) -> list[str]:
        """Return the questions that say something."""
        return [each.strip() for each in self.questions if each.strip()]
