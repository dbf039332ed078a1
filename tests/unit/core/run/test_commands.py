"""Commands as tasks carry them: they come back whole, and anything malformed is refused by the field's name."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.run.commands import NAMES, Command, command_from_data, command_to_data

GOOD: dict[str, Any] = {"id": "run-1.2.0", "name": "attempt", "function": "plan", "tenant": "t-1", "run": "run-1"}


ALL = "attempt, change, consider, deliver, erase, look, mirror, notify, plan_day, publish, reconcile, replay, reply, "
ALL += "routine, sign_in, undo"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        *((({name: value}, f"field '{name}' must be")) for name in ("id", "function", "tenant") for value in ("", 3)),
        *(
            (({name: value}, f"field '{name}' must be"))
            for name in ("run", "step", "topic", "ref")
            for value in (3, [])
        ),
        ({"name": ""}, "field 'name' must be a non-empty string"),
        ({"name": "destroy"}, f"field 'name' must be one of {ALL}"),
        ({"name": ["attempt"]}, "field 'name' must be a non-empty string"),
        ({"attempt": "1"}, "field 'attempt' must be a whole number"),
        ({"attempt": 1.0}, "field 'attempt' must be a whole number"),
        ({"attempt": True}, "field 'attempt' must be a whole number"),
        ({"attempt": None}, "field 'attempt' must be a whole number"),
        ({"attempt": -1}, "field 'attempt' must be a whole number, 0 or more"),
        ({"wake": "x"}, "field 'wake' must be a whole number"),
        ({"wake": -3}, "field 'wake' must be a whole number, 0 or more"),
        ({"not_before": "tomorrow"}, "field 'not_before' must be an ISO 8601 time"),
        ({"not_before": 1_790_000_000}, "field 'not_before' must be an ISO 8601 time"),
        ({"not_before": "2026-11-21T09:00:00"}, "field 'not_before' must be an ISO 8601 time with its zone"),
        ({"payload": {}}, "unknown field 'payload'"),
    ],
)
def test_a_malformed_field_is_refused_by_its_name(change: dict[str, Any], said: str) -> None:
    assert command_from_data(GOOD).id == "run-1.2.0"
    with pytest.raises(ValueError) as refused:
        command_from_data({**GOOD, **change})
    assert said in str(refused.value)


@pytest.mark.parametrize("name", ["id", "name", "function", "tenant"])
def test_a_field_that_must_be_there_is_missed_by_its_name(name: str) -> None:
    with pytest.raises(ValueError, match=f"field '{name}' must be a non-empty string"):
        command_from_data({k: v for k, v in GOOD.items() if k != name})


@pytest.mark.parametrize("data", [None, [], "attempt", 7, [GOOD]])
def test_what_is_no_object_is_no_command(data: Any) -> None:
    with pytest.raises(ValueError, match="a command must be an object"):
        command_from_data(data)


WORDS = st.text(min_size=1, max_size=10)
COMMANDS = st.builds(
    Command,
    **dict.fromkeys(("id", "function", "tenant"), WORDS),
    **dict.fromkeys(("run", "step", "topic", "ref"), st.text(max_size=10)),
    name=st.sampled_from(sorted(NAMES)),
    attempt=st.integers(0, 2**31),
    wake=st.integers(0, 2**31),
    not_before=st.none() | st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
)


@given(COMMANDS)
def test_every_command_comes_back_from_json_as_it_was(command: Command) -> None:
    data = json.loads(json.dumps(command_to_data(command)))
    assert command_from_data(data) == command
    assert set(data) <= {f.name for f in dataclasses.fields(Command)}
