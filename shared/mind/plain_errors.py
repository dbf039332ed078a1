"""What is wrong with given fields, in words that no programming language is needed for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

_SAID = {
    "tuple_type": "give a list, also of one",
    "list_type": "give a list, also of one",
    "string_type": "give a text",
    "int_type": "give a whole number",
    "int_from_float": "give a whole number",
    "bool_type": "give true or false",
    "dict_type": "give an object with its fields",
    "model_type": "give an object with its fields",
}
_CALLED = (("Tuple should", "A list should"), ("List should", "A list should"), ("String should", "A text should"))


def in_words(mistake: Mapping[str, Any]) -> str:
    """Return where one mistake is, and what is wrong; not what was given."""
    where = ".".join(str(part) for part in mistake["loc"])
    said = _SAID.get(str(mistake["type"])) or str(mistake["msg"]).removeprefix("Value error, ")
    for before, after in _CALLED:
        said = said.replace(before, after)
    return f"{where}: {said}" if where else said


def all_in_words(error: ValidationError, without: Iterable[str] = ()) -> str:
    """Return all mistakes in one line, but those in the fields `without`; "" where there are no others."""
    found = error.errors(include_url=False, include_input=False)
    left = [each for each in found if not each["loc"] or each["loc"][0] not in tuple(without)]
    return "; ".join(in_words(each) for each in left)
