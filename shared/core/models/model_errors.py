"""Why a model's answer cannot be used.

AgentError
└── ModelError               .error_class
    ├── InvalidOutput        not JSON, wrong shape, unusable plan: may be asked again
    ├── Refused              the model will not
    └── ContextTooLong
"""

from __future__ import annotations

from typing import Any

from shared.core.errors import AgentError, ErrorClass
from shared.core.run.run import NOTHING, Usage


class ModelError(AgentError):
    """The model's answer cannot be used; `used` is what it cost all the same."""

    error_class = ErrorClass.PERMANENT
    made: tuple[Any, ...] = ()  # the ModelCall of every try that led here

    def __init__(self, message: str, *, used: Usage = NOTHING) -> None:
        super().__init__(message)
        self.used = used


class InvalidOutput(ModelError):
    """Not JSON, the wrong shape, or an unusable plan; the message is written for the model to read."""

    error_class = ErrorClass.INVALID
    answer: str = ""  # the answer itself, as text, where there was one: the model is shown it beside what is wrong


class Refused(ModelError):
    """The model will not answer this."""


class ContextTooLong(ModelError):
    """The prompt does not fit the model."""
