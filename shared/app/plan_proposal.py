"""What a planner answers: what it understood, what it would do and why, or what it has to ask first."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.core.proposal import MOST_QUESTIONS

MAX_REQUIREMENTS = 2000
VERSION = 3  # of the proposal's shape; older ones are read through core/proposal.py


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Requirement(_Closed):
    """One wish of the page, and the block it came from."""

    id: str = Field(pattern=r"^R[0-9]{1,5}$")
    text: str = Field(max_length=20_000)
    block: str
    source: str = ""


class Analysis(_Closed):
    """What is asked for, what is missing to do it well, and how risky the model thinks it is."""

    asked: str = Field(max_length=2000)
    missing: list[str] = Field(max_length=20)
    risk: Literal["low", "medium", "high"]


class Alternative(_Closed):
    """Another way that was thought of, and why it was not taken."""

    title: str = Field(max_length=200)
    why_not: str = Field(max_length=1000)


class Proposal(_Closed):
    """The planner's whole answer; `steps` are validated by core/plan.py. Either there are steps or questions."""

    analysis: Analysis
    questions: list[str] = Field(max_length=MOST_QUESTIONS)
    assumptions: list[str] = Field(max_length=20)
    alternatives: list[Alternative] = Field(max_length=5)
    followed: list[str] = Field(max_length=50)  # ids of the preferences it has followed
    summary: str = Field(max_length=4000)
    artifact: str
    name: str = Field(max_length=80)
    requirements: list[Requirement] = Field(max_length=MAX_REQUIREMENTS)
    steps: list[dict[str, Any]]

    @property
    def asked(self) -> list[str]:
        """Return the questions that say something."""
        return [each.strip() for each in self.questions if each.strip()]
