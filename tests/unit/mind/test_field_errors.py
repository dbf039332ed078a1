"""What a checked answer lacks is said with what is allowed and what was given, in no language of programs."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.mind.structured import compact


class Part(BaseModel):
    """A part."""

    model_config = ConfigDict(extra="forbid")

    severity: Literal["low", "high"]
    words: tuple[str, ...] = ()


class Whole(BaseModel):
    """What is asked for."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=5)
    count: int = Field(3, ge=1, le=9)
    parts: list[Part] = []
    set: dict[str, float] = {}
    note: str | None = None


GOOD = {"name": "a"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param({}, "name: is missing; it must be a text of at most 5 characters", id="missing"),
        pytest.param(GOOD | {"size": 3}, "size: unknown field; known: name, count, parts, set, note", id="unknown"),
        pytest.param(GOOD | {"count": "many"}, "count: must be a whole number from 1 to 9; given: 'many'", id="number"),
        pytest.param(GOOD | {"parts": "x"}, "parts: must be a list of objects; given: 'x'", id="list"),
        pytest.param(
            GOOD | {"parts": [{"severity": "grave"}]},
            "parts.0.severity: must be one of: low, high; given: 'grave'",
            id="one of several",
        ),
        pytest.param(
            GOOD | {"parts": [{"severity": "low", "words": "one"}]},
            "parts.0.words: must be a list of texts; given: 'one'",
            id="a list that is a tuple to us",
        ),
        pytest.param(
            GOOD | {"parts": [{"severity": "low", "extra": 1}]},
            "parts.0.extra: unknown field; known: severity, words",
            id="unknown below",
        ),
        pytest.param(GOOD | {"set": {"a": "b"}}, "set.a: must be a number; given: 'b'", id="a value of an object"),
        pytest.param(GOOD | {"note": [1]}, "note: must be a text or nothing; given: a list of 1", id="either"),
        pytest.param({"name": "a" * 99}, "given: a text of 99 characters", id="long"),
    ],
)
def test_a_mistake_is_told_with_what_is_allowed(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Whole.model_validate(given)
    told = compact(refused.value, Whole)
    assert said in told
    assert not any(word in told for word in ("tuple", "dict", "None", "str ", "Input should", "Python"))
