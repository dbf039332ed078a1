"""Answers that are checked: the model's JSON against our own model of it, sent back with what is wrong at most twice.

What is sent back is the question, the last answer as the model's own turn, and all that is wrong with that answer. Of
earlier answers nothing stays: their faults are mended or are said again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from shared.core.errors import ErrorClass, IntegrationError
from shared.core.models.model_errors import InvalidOutput, ModelError
from shared.core.retries import ANSWER
from shared.core.run.run import NOTHING, Usage
from shared.mind.field_errors import describe_errors
from shared.ports.model import Message, Model, ModelCall, ModelRequest, ModelResult

T = TypeVar("T", bound=BaseModel)
REPAIRS = ANSWER.tries - 1
_MAX_ERRORS = 8  # of one answer that are told: the others mostly follow from these
_LONGEST_ERROR = 300  # letters; some messages quote what was wrong
_LONGEST_ANSWER = 24_000  # letters of an answer that is shown again
_MEND = (
    "That answer cannot be used. Keep what is right in it, mend exactly this, and give the whole answer again, "
    "mended:\n"
)
_CUT = "\n… ({count} characters of your answer are not shown here) …\n"


@lru_cache(maxsize=256)
def schema_of(answer: type[BaseModel]) -> Mapping[str, Any]:
    """Return the JSON Schema of a model, to be read only: making one takes milliseconds, and each prompt needs many."""
    return answer.model_json_schema()


def ask(
    model: Model,
    request: ModelRequest,
    answer: type[T],
    *,
    repairs: int = REPAIRS,
) -> tuple[T, ModelResult]:
    """Return the checked answer, and the result whose usage and calls are the sum of all that was asked.

    Raises InvalidOutput after `repairs` rounds, whose `answer` is the last one, and other errors as the model raises
    them, a refusal among them; `used` and `made` of either are those of all rounds. A request with tools goes to
    `ask_with_tools`.
    """
    if request.tools:
        raise ValueError("a request with tools may be answered with calls: ask with ask_with_tools")
    found, result = ask_with_tools(model, request, answer, repairs=repairs)
    assert found is not None  # calls are an answer only where tools were offered
    return found, result


def ask_with_tools(
    model: Model,
    request: ModelRequest,
    answer: type[T],
    *,
    repairs: int = REPAIRS,
) -> tuple[T | None, ModelResult]:
    """Return the checked answer, or None where the model asks for tools instead: they are in `calls` of the result.

    Usage, calls and errors are as with `ask`. Nobody has checked what is in the calls.
    """
    all_rounds, problem, last_answer, first = _Rounds(), "", "", request
    for left in range(repairs, -1, -1):
        try:
            result = model.complete(request)
        except InvalidOutput as error:
            all_rounds.count(error.used, error.made)
            last_answer, problem = error.answer, _short(str(error))
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
                return None, all_rounds.sum_up(result)
            last_answer = json.dumps(dict(result.answer), ensure_ascii=False) if result.answer else ""
            try:
                return _check_answer(answer, result.answer), all_rounds.sum_up(result)
            except InvalidOutput as error:
                problem = str(error)
        if left:
            request = append_last_answer(first, last_answer, problem, model.window(first.task_class))
    failed = InvalidOutput(problem, used=all_rounds.used)
    failed.made, failed.answer = tuple(all_rounds.made), last_answer
    raise failed


def _check_answer(answer: type[T], given: Mapping[str, Any]) -> T:
    try:
        return answer.model_validate(dict(given))
    except ValidationError as error:
        raise InvalidOutput(compact(error, answer)) from error


def compact(error: ValidationError, of: type[BaseModel] | None = None) -> str:
    """Return what is wrong in a few lines for a model to read: where, what was given in a word, what is allowed.

    `of` is the model that was checked against; without it the library's own words stand there.
    """
    errors = error.errors(include_url=False)
    if of is not None:
        found = [_short(line) for line in describe_errors(errors, schema_of(of))]
    else:
        found = [_short(f"{'.'.join(map(str, each['loc'])) or 'the answer'}: {each['msg']}") for each in errors]
    more = f"\n… and {len(found) - _MAX_ERRORS} more of the kind" if len(found) > _MAX_ERRORS else ""
    return "\n".join(found[:_MAX_ERRORS]) + more


def append_last_answer(request: ModelRequest, last_answer: str, problem: str, window: int) -> ModelRequest:
    """Return the question asked again: behind it the last answer, and what is wrong with it.

    A token is about four letters, so that the answer takes no more than an eighth of the window.
    """
    limit = max(1000, min(_LONGEST_ANSWER, window // 2))
    shown = [Message("assistant", _shorten_middle(last_answer, limit))] if last_answer.strip() else []
    return replace(request, messages=(*request.messages, *shown, Message("user", _MEND + problem)))


def _shorten_middle(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    head, tail = 3 * limit // 4, limit // 4
    return text[:head] + _CUT.format(count=len(text) - head - tail) + text[-tail:]


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

    def sum_up(self, result: ModelResult) -> ModelResult:
        return replace(result, usage=self.used, made=tuple(self.made))
