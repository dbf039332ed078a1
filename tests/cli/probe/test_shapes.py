"""Shapes: what is noticed, and that no more than kinds are told of a value."""

from __future__ import annotations

from typing import Any

import pytest

from shared.cli.probe.calls import Answer, Ask, Call, Expect, Place, Probe
from shared.cli.probe.run import Run, whole_run
from shared.cli.probe.shapes import Either, InOrder, Rows, Says, compare, pick
from shared.cli.probe.value_kinds import Words, describe_value

KNOWN = Words(["list", "page"])


@pytest.mark.parametrize(
    ("shape", "found", "told"),
    [
        ("uuid", "3f7feb18-6836-5ead-aed2-9eeeb4fec9a9", []),
        ("uuid", "Ada Example", [("", "type", "uuid", "text")]),
        ("text|null", None, []),
        ("=list|=page", "page", []),
        ("=Ada|Bo and more", "Ada|Bo and more", []),
        ("=list", "page", [("", "value", "“list”", "“page”")]),
        ("=list", "Ada Example", [("", "value", "“list”", "text")]),
        ("whole", True, [("", "type", "whole", "true")]),
        (1, True, [("", "value", "1", "true")]),
        ("minute", "2026-11-23T09:14:30.000Z", [("", "type", "minute", "time")]),
        ({"a": "whole", "b?": "flag"}, {"a": 1}, []),
        ({"a": "whole"}, {"a": 1, "Ada Example": 1}, [("(a name)", "more", "nothing", "whole")]),
        ({"a": {"*": "whole"}}, {"a": {"Ada": 1, "Bo": "x"}}, [("a.*", "type", "whole", "text")]),
        (["whole"], [1, "x", "y"], [("[]", "type", "whole", "text")]),
        (Rows(2, "whole"), [1], [("", "value", "2 entries", "1 entries")]),
        (InOrder("a", "b"), ["b", "a"], [("", "value", "in this order: “a”, “b”", "list of text")]),
        (Says("not", "found"), "Page Ada was NOT found", []),
        (Says("cursor"), "Ada is not shared", [("", "value", "text with “cursor”", "“… is not shared”")]),
        (Either({"a": "whole"}, None), "x", [("", "type", "object", "text")]),
    ],
)
def test_what_is_noticed_is_told_without_values(shape: Any, found: Any, told: list[Any]) -> None:
    assert [(one.where, one.kind, one.expected, one.found) for one in compare(shape, found, KNOWN)] == told


def test_what_an_earlier_answer_gave_is_told_by_its_name() -> None:
    words = Words()
    words.kept["page"] = "3f7feb18-6836-5ead-aed2-9eeeb4fec9a9"
    assert describe_value("3f7feb18-6836-5ead-aed2-9eeeb4fec9a9", words) == "“{page}”"


def test_a_path_leads_into_lists() -> None:
    body = {"results": [{"text": [{"plain": "a"}]}, {"text": []}]}
    assert pick(body, "results[].text[0].plain") == ["a", None]
    assert pick(body, "results[0].text[0].plain") == "a"
    assert pick([{"id": 1}], "[0].id") == 1
    assert pick(body, "nothing.there") is None


class Slow:
    """Answers later each time, on a clock of its own; what was put off becomes true after a while."""

    def __init__(self, takes: float, ready_at: float) -> None:
        self.at, self.takes, self.ready_at = 0.0, takes, ready_at

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds

    def ask(self, asked: Ask, kept: Any) -> Answer:
        self.at += self.takes
        return Answer(200, {}, {"ready": self.at >= self.ready_at}, self.takes)


def _outcome(asker: Slow, **more: Any) -> Any:
    call = Call("wait", "It becomes ready after a while.", "", Ask("GET", "/"), Expect(body={"ready": True}), **more)
    probe = Probe("x", "X", "", "", "", "", (call,), lambda named: Place("", {}), lambda token: {}, lambda *_: iter(()))
    return next(Run(probe, asker, {}, "mark").outcomes())


def test_what_takes_a_while_is_asked_again_for_so_long_and_no_longer() -> None:
    assert _outcome(Slow(1, ready_at=30), patience=60.0).result == "same"
    late = _outcome(Slow(1, ready_at=90), patience=60.0)
    assert [(one.where, one.kind) for one in late.differences] == [("ready", "value")]


def test_a_list_of_another_shape_at_the_end_costs_no_outcome() -> None:
    looks: list[int] = []

    def find_left(look: Any, kept: Any) -> Any:
        looks.append(1)
        return iter([{}["name"]] if len(looks) > 1 else [])

    call = Call("one", "It is ready.", "", Ask("GET", "/"), Expect(body={"ready": True}))
    probe = Probe("x", "X", "", "", "", "", (call,), lambda named: Place("", {}), lambda token: {}, find_left)
    outcomes, stuck, ended = whole_run(Run(probe, Slow(1, ready_at=0), {}, "mark"), lambda outcome: None)
    assert ([each.result for each in outcomes], ended) == (["same"], "")
    assert stuck == ["what begins with mark (the list of it cannot be read: KeyError)"]


def test_another_class_of_time_is_a_note() -> None:
    slow = _outcome(Slow(25, ready_at=0))
    assert [(one.kind, one.expected, one.found) for one in slow.differences] == [
        ("time", "within 20 seconds", "within 30 seconds")
    ]
    assert slow.notes_only
