"""How an agent is written down: TOML between two lines of `+++`, then its prompt. Every mistake names file and field.

The types of fields are few, so that every vendor's schema mode takes what is made of them:

    text      a string; `max` letters, `choices` where only some are allowed
    whole     a whole number from `min` to `max`
    flag      true or false
    texts     a list of `least` to `most` strings; `max` and `choices` as for text
    list      a list of `least` to `most` objects; their fields are in `item`

`about` says what the field holds. With `optional = true` an input may leave it out; answers are always whole.
`among = "options"` holds a text of the answer to `choices` and to what the input says in that field. `heard = true`
marks the list of the input that is filled with what others have said, where a plan leaves it out. `order = true` marks
the one text of the input that says what to do; everything else is material.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from types import GenericAlias
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from shared.core.errors import ConfigError

_FENCE = "+++"
_KEYS = frozenset(
    {"type", "max", "min", "most", "least", "choices", "item", "about", "optional", "among", "heard", "order"}
)
FILE = frozenset({"path", "content"})  # the fields of a file
Json = Mapping[str, Any]
_EMPTY: Mapping[str, Any] = {"text": "", "whole": 0, "flag": False, "texts": (), "list": ()}


class Closed(BaseModel):
    """What every input and output of an agent is: closed, and never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def split(text: str, where: str) -> tuple[dict[str, Any], str]:
    """Return the declaration and the prompt of a file; raises ConfigError where it has not both."""
    before, fence, rest = text.partition(_FENCE + "\n")
    head, end, prompt = rest.partition("\n" + _FENCE + "\n")
    if before or not fence or not end or not prompt.strip():
        raise ConfigError(f"{where}: an agent must be TOML between two lines of {_FENCE}, and then its prompt")
    try:
        return tomllib.loads(head), prompt.strip()
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{where}: {error}") from error


def model_of(name: str, fields: Mapping[str, Any], where: str, *, whole: bool = False) -> type[BaseModel]:
    """Return the model for these fields. `whole`: none may be left out, as in an answer."""
    if not isinstance(fields, Mapping) or not fields:
        raise ConfigError(f"{where}: declare at least one field")
    made: dict[str, Any] = {}
    for field, declared in fields.items():
        at = f"{where}.{field}"
        if not isinstance(declared, Mapping) or set(declared) - _KEYS or not declared.get("about"):
            raise ConfigError(f"{at}: a field has `type` and `about`, and of the rest only {', '.join(sorted(_KEYS))}")
        annotation = _type_of(f"{name}{field.title()}", declared, at, whole)
        optional = bool(declared.get("optional")) and not whole
        default = _EMPTY[str(declared["type"])] if optional else ...
        made[field] = (annotation, Field(default, description=str(declared["about"])))
    return create_model(name, __base__=Closed, **made)


def read_choice_fields(inputs: Json, outputs: Json, where: str) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Return for each field of the answer that chooses among the input: of which field, and what else may stand."""
    found = {}
    for field, declared in outputs.items():
        if source := declared.get("among"):
            if inputs.get(source, {}).get("type") != "texts" or declared["type"] != "text":
                raise ConfigError(f"{where}.{field}: among names a field of the input that holds texts, for a text")
            found[field] = (str(source), tuple(declared.get("choices", ())))
    return found


def find_heard_field(inputs: Json, where: str) -> str:
    """Return the field of the input that others' answers fill, "" where there is none."""
    found = [field for field, declared in inputs.items() if declared.get("heard")]
    if len(found) > 1 or any(inputs[field]["type"] != "list" for field in found):
        raise ConfigError(f"{where}.{found[-1]}: heard marks one field, a list")
    return found[0] if found else ""


def order_of(inputs: Json, where: str) -> str:
    """Return the field of the input that is the agent's order, "" where all of it is material."""
    found = [field for field, declared in inputs.items() if declared.get("order")]
    if len(found) > 1 or any(inputs[field]["type"] != "text" for field in found):
        raise ConfigError(f"{where}.{found[-1]}: order marks one field, a text")
    return found[0] if found else ""


def files_of(inputs: Json) -> frozenset[str]:
    """Return the fields of the input that hold files."""
    return frozenset(field for field, declared in inputs.items() if set(declared.get("item", ())) == FILE)


def _type_of(name: str, declared: Mapping[str, Any], where: str, whole: bool) -> Any:
    match declared.get("type"):
        case "text":
            return _text(declared)
        case "whole":
            return Annotated[int, Field(strict=True, ge=declared.get("min", 0), le=declared.get("max", 10**9))]
        case "flag":
            return bool
        case "texts":
            return Annotated[_many(_text(declared)), _length(declared)]
        case "list":
            item = model_of(name, declared.get("item", {}), f"{where}.item", whole=whole)
            return Annotated[_many(item), _length(declared)]
        case other:
            raise ConfigError(f"{where}.type is {other!r}; use one of {', '.join(sorted(_EMPTY))}")


def _text(declared: Mapping[str, Any]) -> Any:
    if (choices := declared.get("choices")) and not declared.get("among"):
        return Literal[tuple(choices)]
    return Annotated[str, Field(max_length=declared.get("max", 2000))]


def _length(declared: Mapping[str, Any]) -> Any:
    return Field(min_length=declared.get("least"), max_length=declared.get("most", 100))


def _many(item: Any) -> Any:
    return GenericAlias(tuple, (item, ...))
