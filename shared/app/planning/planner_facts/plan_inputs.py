"""What a plan gives a step, as its planner wrote it: without what code has filled in, which nobody planned."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from pydantic import ValidationError

from shared.mind.structured import schema_of
from shared.steps._kind import StepKind


def shorten_input(kind: StepKind | None, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return an input without fields that hold what is there anyway, that a planner cannot name, or that say nothing.

    A model that is shown them takes them for what somebody wanted: a limit of 100, an empty list of rows.
    """
    fields = dict(given)
    if kind is not None:
        with suppress(ValidationError):  # it may be made by the rules of an earlier day
            fields = kind.input.model_validate(fields).model_dump(mode="json", exclude_defaults=True)
        named = schema_of(kind.input).get("properties") or {}
        fields = {name: value for name, value in fields.items() if name in named}
    return {name: value for name, value in fields.items() if value not in ("", None, [])}
