"""Answers that are checked: the model's JSON against our own model of it, sent back with the error at most twice."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from shared.core.errors import InvalidOutput
from shared.core.run import NOTHING
from shared.ports import Message, Model, ModelCall, ModelRequest, ModelResult

T = TypeVar("T", bound=BaseModel)
REPAIRS = 2
_MOST_ERRORS = 5  # of one answer that are told: the others mostly follow from these


def ask(model: Model, request: ModelRequest, answer: type[T], *, repairs: int = REPAIRS) -> tuple[T, ModelResult]:
    """Return the checked answer, and the result whose usage and calls are the sum of all that was asked.

    Raises InvalidOutput after `repairs` rounds, with `used` of all of them; other errors as the model raises them.
    """
    spent, made = NOTHING, list[ModelCall]()
    for left in range(repairs, -1, -1):
        given: Mapping[str, object] = {}
        try:
            result = model.complete(request)
            spent, given = spent + result.usage, result.answer
            made += result.made
            checked = answer.model_validate(given)
        except ValidationError as error:
            problem = compact(error)
        except InvalidOutput as error:
            spent, problem = spent + error.used, str(error)
        else:
            return checked, replace(result, usage=spent, made=tuple(made))
        if not left:
            break
        said = Message("assistant", json.dumps(dict(given), ensure_ascii=False)) if given else None
        again = Message("user", f"That answer cannot be used. Mend exactly this, and answer again in full:\n{problem}")
        request = replace(request, messages=(*request.messages, *([said] if said else []), again))
    raise InvalidOutput(problem, used=spent)


def compact(error: ValidationError) -> str:
    """Return what is wrong in a few lines for the model to read: where, and what; not what it wrote."""
    found = [f"{'.'.join(str(part) for part in each['loc']) or 'the answer'}: {each['msg']}" for each in error.errors()]
    more = f"\n… and {len(found) - _MOST_ERRORS} more of the kind" if len(found) > _MOST_ERRORS else ""
    return "\n".join(found[:_MOST_ERRORS]) + more
