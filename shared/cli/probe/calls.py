"""What a probe is made of: calls as data, each with what it asks, what it assumes and where that is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any

from shared.cli.probe.shapes import Rows
from shared.ports import Secret

Json = Any
Kept = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Ask:
    """One request. `{name}` in its texts stands for what an earlier answer gave; a header None leaves one out."""

    method: str
    path: str
    body: Json = None
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str | None] = field(default_factory=dict)
    raw: bytes | None = None  # in place of JSON
    trusted: bool = True  # with the credential; without, with one that nobody gave out


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: Json
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Expect:
    """What the vendor's documentation says will come back."""

    status: int | tuple[int, ...] = 200
    body: Any = "any"
    headers: Mapping[str, Any] = field(default_factory=dict)
    holds: Mapping[str, Any] = field(default_factory=dict)  # path in the body → shape: orders, counts, equal values


@dataclass(frozen=True, slots=True)
class Call:
    """One small call. It is left out when a name that it needs was never kept."""

    name: str
    assumes: str  # a sentence
    page: str  # of the vendor's documentation
    ask: Ask
    expect: Expect
    keep: Mapping[str, str] = field(default_factory=dict)  # name → path in the body
    within: float = 20.0  # seconds; slower is another class of time
    patience: float = 0.0  # seconds in which the answer may still become what is expected
    every: float = 2.0
    when: str = ""  # only in a place that has this name


@dataclass(frozen=True, slots=True)
class Left:
    """Something that a probe made and that is still there."""

    what: str
    remove: Ask
    also: tuple[int, ...] = (404, 410)  # statuses that say that it is gone already
    worked: Callable[[Answer], bool] = lambda answer: answer.status < 300


_NAMED = r"\{([a-z_0-9]+)\}"
Look = Callable[[Ask], Answer]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a probe may write: what the person named, taken apart for the calls."""

    label: str
    kept: Kept


@dataclass(frozen=True, slots=True)
class Probe:
    """Everything about one system."""

    system: str
    title: str
    address: str  # of the real system
    asks_for: str  # what a person names as the place
    rights: str  # what the credential needs
    makes: str  # what will stand in the place for a while, told before anything is asked
    calls: tuple[Call, ...]
    read_place: Callable[[str], Place]
    credential: Callable[[Secret], Mapping[str, str]]  # headers
    find_left: Callable[[Look, Kept], Iterator[Left]] = lambda look, kept: iter(())  # nothing that could be found again
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)  # of every call; what is empty is left out
    credential_name: str = "Token"  # what a person is asked for; " and " parts the lines of a credential
    grant: str = ""  # the connected system whose token serves, or else
    secrets: tuple[str, ...] = ()  # the operator's secrets that do
    below: str = ""  # what follows the address
    make: Callable[[Any, Secret, Kept], Any] | None = (
        None  # settings, secret, place → what asks, where plain HTTP does not
    )
    known: Callable[[Any], Kept] = lambda settings: {}  # of the settings, for the calls
    pace: float = 0.0  # seconds from one call to the next
    code_at: str = ""  # path of the vendor's code in a refusal
    limited: Expect | None = None  # what a refusal for too many calls looks like, if one comes
    no_harm: tuple[tuple[str, str], ...] = ()  # what is relied on and cannot be asked without harm, and why

    def calls_in(self, place: Kept) -> tuple[Call, ...]:
        """Return the calls that are made in this place."""
        return tuple(call for call in self.calls if not call.when or call.when in place)


def fill(value: Any, kept: Kept) -> Any:
    """Return a shape or a request with what earlier answers gave in place of `{name}`; raises KeyError."""
    if isinstance(value, str):
        if whole := re.fullmatch(_NAMED, value):
            return kept[whole[1]]  # a number stays one
        return re.sub(_NAMED, lambda found: str(kept[found[1]]), value)
    if isinstance(value, Mapping):
        return {fill(name, kept): fill(inner, kept) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(fill(each, kept) for each in value)
    if isinstance(value, Rows):
        return replace(value, each=fill(value.each, kept))
    if is_dataclass(value) and not isinstance(value, type):
        first = fields(value)[0].name
        return type(value)(*fill(getattr(value, first), kept))
    return value
