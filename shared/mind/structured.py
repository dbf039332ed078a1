"""Answers that are checked: the model's JSON against our own model of it, sent back with the error at most twice."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from shared.core.errors import ErrorClass, IntegrationError, InvalidOutput, ModelError
from shared.core.run import NOTHING, Usage
from shared.ports import Message, Model, ModelCall, ModelRequest, ModelResult

T = TypeVar("T", bound=BaseModel)
REPAIRS = 2
_MOST_ERRORS = 5  # of one answer that are told: the others mostly follow from these
_LONGEST_ERROR = 300  # letters; some messages quote what was wrong
_MEND = "That answer cannot be used. Mend exactly this, and answer again in full:\n"


@lru_cache(maxsize=256)
def schema_of(answer: type[BaseModel]) -> Mapping[str, Any]:
    """Return the JSON Schema of a model, to be read only: making one takes milliseconds, and each prompt needs many."""
    return answer.model_json_schema()


def ask(model: Model, request: ModelRequest, answer: type[T], *, repairs: int = REPAIRS) -> tuple[T, ModelResult]:
    """Return the checked answer, and the result whose usage and calls are the sum of all that was asked.

    Raises InvalidOutput after `repairs` rounds, and other errors as the model raises them, a refusal among them;
    `used` and `made` of either are those of all rounds. A request with tools goes to `ask_with_tools`.
    """
    if request.tools:
        raise ValueError("a request with tools may be answered with calls: ask with ask_with_tools")
    found, result = ask_with_tools(model, request, answer, repairs=repairs)
    assert found is not None  # calls are an answer only where tools were offered
    return found, result


def ask_with_tools(
    model: Model, request: ModelRequest, answer: type[T], *, repairs: int = REPAIRS
) -> tuple[T | None, ModelResult]:
    """Return the checked answer, or None where the model asks for tools instead: they are in `calls` of the result.

    Usage, calls and errors are as with `ask`. Nobody has checked what is in the calls.
    """
    all_rounds, problem = _Rounds(), ""
    for left in range(repairs, -1, -1):
        try:
            result = model.complete(request)
        except InvalidOutput as error:
            all_rounds.count(error.used, error.made)
            given, problem = None, _short(str(error))
        except (IntegrationError, ModelError) as error:
            all_rounds.count(error.used, error.made)
            if problem and isinstance(error, ModelError) and error.error_class == ErrorClass.FINAL:
                problem = f"{problem} (not asked again: {_short(str(error))})"
                break  # there is no money for a repair: the answer was wrong, and what follows is another attempt's
            error.used, error.made = all_rounds.used, tuple(all_rounds.made)
            raise
        else:
            all_rounds.count(result.usage, result.made)
            if result.calls and request.tools:
                return None, all_rounds.summed(result)
            given = result.answer
            try:
                return answer.model_validate(dict(given)), all_rounds.summed(result)
            except ValidationError as error:
                problem = compact(error)
        if left:
            request = _again(request, given, problem)
    failed = InvalidOutput(problem, used=all_rounds.used)
    failed.made = tuple(all_rounds.made)
    raise failed


def compact(error: ValidationError) -> str:
    """Return what is wrong in a few lines for the model to read: where, and what; not what it wrote."""
    found = [
        f"{'.'.join(str(part) for part in each['loc']) or 'the answer'}: {_short(each['msg'])}"
        for each in error.errors(include_input=False, include_url=False)
    ]
    more = f"\n… and {len(found) - _MOST_ERRORS} more of the kind" if len(found) > _MOST_ERRORS else ""
    return "\n".join(found[:_MOST_ERRORS]) + more


def _again(request: ModelRequest, given: Mapping[str, Any] | None, problem: str) -> ModelRequest:
    said = [Message("assistant", json.dumps(dict(given), ensure_ascii=False))] if given else []
    return replace(request, messages=(*request.messages, *said, Message("user", _MEND + problem)))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_ERROR else text[: _LONGEST_ERROR - 1] + "…"


@dataclass
class _Rounds:
    """What all rounds have cost together."""

    used: Usage = NOTHING
    made: list[ModelCall] = field(default_factory=list)

    def count(self, used: Usage, made: tuple[ModelCall, ...]) -> None:
        self.used = self.used + used
        self.made += made

    def summed(self, result: ModelResult) -> ModelResult:
        return replace(result, usage=self.used, made=tuple(self.made))
