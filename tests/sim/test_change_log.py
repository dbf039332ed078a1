"""A simulator's state on disk: any history of changes comes back, also when a kill cut the last line off."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.local.simulators._change_log import ChangeLog, Table

KEYS = st.sampled_from("abc")
STEP = st.one_of(
    st.tuples(st.just("set"), KEYS, st.text(max_size=3)),
    st.tuples(st.just("change"), KEYS, st.text("x\u2028\u0085\n\ud83c", max_size=3)),
    st.tuples(st.just("delete"), KEYS, st.just("")),
    st.tuples(st.just("again"), KEYS, st.just("")),
    st.tuples(st.just("all"), KEYS, st.text(max_size=2)),
    st.tuples(st.just("rest"), KEYS, st.text(max_size=2)),
)


def _fresh() -> dict[str, Any]:
    return {"count": 0, "table": Table()}


def _do(state: dict[str, Any], what: str, key: str, text: str) -> None:
    table = state["table"]
    if what == "set":
        table[key] = {"deep": {"text": text}}
    elif what == "rest":
        state["count"] += 1
    elif key in table and what == "change":
        table[key]["deep"]["text"] = text
    elif key in table and what == "delete":
        del table[key]
    elif key in table and what == "again":
        table[key] = table.pop(key)
    elif what == "all":
        for record in table.values():
            record["deep"]["text"] = text


def _seen(state: dict[str, Any]) -> str:
    return json.dumps({"count": state["count"], "table": list(state["table"].whole().items())})


@pytest.mark.slow
@given(st.lists(st.lists(STEP, max_size=4), max_size=8), st.sampled_from([1, 400, 10**6]))
@settings(max_examples=80, deadline=None)
def test_what_was_saved_comes_back_in_its_order(history, longest):
    with TemporaryDirectory() as folder:
        log, state = ChangeLog(Path(folder), longest), _fresh()
        for number, steps in enumerate(history):
            for step in steps:
                _do(state, *step)
            log.save(state, {"seq": number})
            again = _fresh()
            assert ChangeLog(Path(folder), longest).restore(again) == {"seq": number}
            assert _seen(again) == _seen(state)


def test_a_record_made_anew_outlives_two_restarts(tmp_path):
    log, state = ChangeLog(tmp_path), _fresh()
    for steps in ([("set", "a", "1")], [("delete", "a", ""), ("set", "a", "2"), ("set", "b", "")]):
        for step in steps:
            _do(state, *step)
        log.save(state, None)
    for text in ("first", "second"):
        log, state = ChangeLog(tmp_path), _fresh()
        log.restore(state)
        assert list(state["table"].whole()) == ["a", "b"]
        assert state["table"].whole()["a"] == {"deep": {"text": "2"}}
        _do(state, "set", "b", text)
        log.save(state, None)


@given(st.lists(st.lists(STEP, min_size=1, max_size=3), min_size=1, max_size=4), st.data())
@settings(max_examples=50, deadline=None)
def test_a_line_cut_off_by_a_kill_never_happened(history, data):
    with TemporaryDirectory() as folder:
        log, state = ChangeLog(Path(folder)), _fresh()
        file, ends, seen = Path(folder) / "changes.0.jsonl", [0], [_seen(state)]
        for number, steps in enumerate(history):
            for step in steps:
                _do(state, *step)
            log.save(state, {"seq": number})
            ends.append(file.stat().st_size)
            seen.append(_seen(state))
        cut = data.draw(st.integers(0, ends[-1]))
        file.write_bytes(file.read_bytes()[:cut])
        again, restored = _fresh(), ChangeLog(Path(folder))
        restored.restore(again)
        whole = sum(end <= cut for end in ends) - 1
        assert _seen(again) == seen[whole]
        _do(again, "set", "a", "after")
        restored.save(again, {"seq": 99})
        final = _fresh()
        assert ChangeLog(Path(folder)).restore(final) == {"seq": 99}
        assert _seen(final) == _seen(again)
