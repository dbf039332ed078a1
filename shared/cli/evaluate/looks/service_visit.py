"""`look = "service"`: a service is started in the sandbox and called; what it answers is compared out here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.cli.evaluate.fields import Fields
from shared.cli.evaluate.looks.page_outcome import Check, Finding, Made, build_finding
from shared.cli.evaluate.looks.programs import NotRun, command_of, find_start_command, run_program

Json = dict[str, Any]
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True, slots=True)
class Call:
    """One call and what is expected of its answer."""

    name: str
    method: str
    path: str
    send: Json | None
    status: tuple[int, ...]
    shows: Json  # fields of the answer
    has: tuple[str, ...]  # fields that are there and not empty
    match: Mapping[str, str]  # fields that follow a regular expression
    header: Json
    keep: Mapping[str, str]  # name for later paths → field
    items: list[Json] | None  # the answer is a list of exactly these, each at least with these fields
    any_order: bool

    def problems(self, answer: Mapping[str, Any]) -> Iterator[str]:
        """Yield what is not as expected."""
        if answer["status"] not in self.status:
            wanted = " or ".join(map(str, self.status))
            yield f"answers {answer['status']}, not {wanted}: {answer['text'][:80]}"
            return
        for name, value in self.header.items():
            if answer["headers"].get(name.lower()) != value:
                yield f"its header {name} is {answer['headers'].get(name.lower())!r}, not {value!r}"
        if not (self.shows or self.has or self.match or self.items is not None):
            return
        try:
            body = json.loads(answer["text"])
        except ValueError:
            yield f"answers no JSON: {answer['text'][:80]}"
            return
        yield from self._fields(body if isinstance(body, dict) else {})
        if self.items is not None:
            yield from self._check_list(body)

    def _fields(self, body: Json) -> Iterator[str]:
        for name, value in self.shows.items():
            if not is_same_value(body.get(name), value):
                yield f"{name} is {body.get(name)!r}, not {value!r}"
        yield from (f"{name} is not there" for name in self.has if not body.get(name))
        for name, pattern in self.match.items():
            if not re.fullmatch(pattern, str(body.get(name, ""))):
                yield f"{name} is {body.get(name)!r}, which is not {pattern}"

    def _check_list(self, body: Any) -> Iterator[str]:
        lists = [each for each in body.values() if isinstance(each, list)] if isinstance(body, dict) else [body]
        if len(lists) != 1 or not isinstance(lists[0], list):
            yield "answers no list"
            return
        listed, wanted = list(lists[0]), list(self.items or ())
        if len(listed) != len(wanted):
            yield f"lists {len(listed)}, not {len(wanted)}"
            return
        for number, each in enumerate(wanted):
            at = next((n for n, record in enumerate(listed) if _has(record, each)), None)
            if at is None or (not self.any_order and at != 0):
                yield f"number {number + 1} of the list is not {each}"
                return
            del listed[at]


@dataclass(frozen=True, slots=True)
class Service:
    """Calls, made one after the other on a service that was just started."""

    name: str
    start: str
    calls: tuple[Call, ...]

    def look(self, made: Made) -> Finding:
        """Start it, call it, compare."""
        start, other = command_of(made.files, self.start) if self.start else (list(find_start_command(made.files)), "")
        if not start and made.files:
            return Finding(self.name, False, "nothing says how it is started")
        asked = [{"method": c.method, "path": c.path, "send": c.send, "keep": dict(c.keep)} for c in self.calls]
        try:
            seen = run_program(made, {"start": start, "calls": asked})
        except NotRun as error:
            return Finding(self.name, None if error.aside else False, str(error))
        if not seen["port"]:
            output = seen["said"][-200:].strip() or "it says nothing"
            return build_finding(self.name, [*filter(None, [other]), f"it does not listen: {output}"], "")
        problems = [*filter(None, [other])]
        problems += [
            f"{call.name}: {problem}"
            for call, answer in zip(self.calls, seen["answers"], strict=True)
            for problem in call.problems(answer)
        ]
        return build_finding(self.name, problems, f"{len(self.calls)} calls are answered as they should")


def is_same_value(answered: Any, wanted: Any) -> bool:
    """Say whether a value is the one that is wanted; a whole number may be told as one with a point."""
    if isinstance(wanted, bool) or isinstance(answered, bool):
        return answered is wanted
    return bool(answered == wanted)


def _has(record: Any, wanted: Json) -> bool:
    return isinstance(record, dict) and all(is_same_value(record.get(name), value) for name, value in wanted.items())


def read(name: str, fields: Fields) -> Check:
    start = fields.text("start", "-").removeprefix("-")
    return Service(name, start, tuple(_call(each) for each in fields.parts("calls", required=True)))


def _call(fields: Fields) -> Call:
    asked = fields.text("ask")
    method, _, path = asked.partition(" ")
    if method not in _METHODS or not path.startswith("/"):
        raise fields.wrong("ask", f"is {asked!r}; it has to be one of {', '.join(_METHODS)} and a path")
    call = Call(
        fields.text("name", asked), method, path,
        fields.table("send") if "send" in fields else None,
        fields.wholes("status", required=True), fields.table("shows"), fields.texts("has"), fields.patterns("match"),
        fields.table("header"), {key: str(value) for key, value in fields.table("keep").items()},
        _items(fields), fields.flag("any_order"),
    )  # fmt: skip
    fields.end()
    return call


def _items(fields: Fields) -> list[Json] | None:
    given: Sequence[Json] = fields.tables("items")
    return list(given) if "items" in fields else None
