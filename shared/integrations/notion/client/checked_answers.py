"""What an answer must be before anybody works with it: an object with an id, or a list that says whether it ends.

Unknown fields and types are fine. What is promised and is not there, or is another kind of thing, makes the answer one
we do not understand: after a read it may come again, after a write nobody knows what was done.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from shared.core.errors import IntegrationError, OutcomeUnknown, Unavailable

Json = dict[str, Any]

SYSTEM = "notion"
_LISTS = ("results", "templates")


def check_answer(asked: str, answer: Any, *, read: bool, with_id: bool) -> Json:
    """Return the answer if it is an object, and all that it lists have ids; `with_id`: it has one itself."""
    if not isinstance(answer, dict):
        raise _strange(asked, "a success without an object", read=read)
    if problem := next((_entries(answer[key]) for key in _LISTS if key in answer), ""):
        raise _strange(asked, problem, read=read)
    if with_id and not _has_id(answer):
        raise _strange(asked, "an object without an id", read=read)
    return answer


def check_part(asked: str, answer: Json, key: str) -> None:
    """Raise Unavailable for a part of a list that does not say what is in it, or whether there is more."""
    cursor = answer.get("next_cursor")
    if key not in answer or not isinstance(answer.get("has_more"), bool):
        raise _strange(asked, f"a list without {key if key not in answer else 'has_more'}", read=True)
    if cursor is not None and not isinstance(cursor, str):
        raise _strange(asked, "a list with a cursor that is not text", read=True)


@contextmanager
def guard_parsing(asked: str, *, read: bool = True) -> Iterator[None]:
    """Take what breaks inside for the answer's fault; only for code that does nothing but take one apart."""
    try:
        yield
    except (LookupError, TypeError, AttributeError, ValueError, OverflowError) as error:
        raise _strange(asked, f"an answer of an unknown shape ({type(error).__name__})", read=read) from error


def _entries(found: Any) -> str:
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        return "a list that is not a list"
    return "" if all(_has_id(each) for each in found) else "a list with an entry without an id"


def _has_id(found: Json) -> bool:
    return isinstance(found.get("id"), str) and bool(found["id"])


def _strange(asked: str, what: str, *, read: bool) -> IntegrationError:
    return (Unavailable if read else OutcomeUnknown)(SYSTEM, f"{asked}: {what}")
