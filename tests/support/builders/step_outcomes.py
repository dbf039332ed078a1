"""How an attempt of a step in a table of cases ended."""

from __future__ import annotations

from shared.core.errors import ErrorClass
from shared.core.run import events as ev
from tests.support.builders.runs import at


def done(step: str, attempt: int = 1, **fields: object) -> ev.StepSucceeded:
    return ev.StepSucceeded(at(1), step, attempt, **fields)  # type: ignore[arg-type]


def failed(
    step: str, attempt: int = 1, error_class: ErrorClass = ErrorClass.TRANSIENT, **fields: object
) -> ev.StepFailed:
    return ev.StepFailed(at(1), step, attempt, "503", error_class, **fields)  # type: ignore[arg-type]
