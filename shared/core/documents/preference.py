"""What a team prefers, in its own words, and how far what it said was read for such words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.core.documents.codec import beside, sparse, unknown

KIND = "preferences"
STATE = ("preference-state", "feedback")


@dataclass(frozen=True, slots=True)
class Preference:
    """One preference. `by` is "rules", a model's name, or the person who put it in words; `until` "" is for good.

    Of one that a person has deleted only its sources are left, so that they do not bring it back.
    """

    id: str = beside("")
    text: str = sparse("")
    by: str = sparse("")
    sources: tuple[str, ...] = ()  # ids of feedback
    at: str = sparse("")
    until: str | None = sparse(None)
    deleted: str = sparse("")  # when
    version: str = beside("")
    more: Mapping[str, Any] = unknown()


@dataclass(frozen=True, slots=True)
class LearningState:
    """The last remark that the rules, and the model, have read."""

    rules: str = sparse("")
    model: str = sparse("")
    more: Mapping[str, Any] = unknown()
