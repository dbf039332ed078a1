"""Where we are: the request, its spans, and the run they belong to. One run is one trace, however it is delivered.

The trace of a run follows from its id, so that whoever works on it joins without being told. Parents travel with the
tasks, in the headers of W3C Trace Context. Of a request that learns only on its way which run it is about, all spans
go to that run's trace when it ends; so does the one that handed it over, as far as its headers tell.

Nothing is imported here that a cold start would feel, and where nobody listens no span is made.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import ParamSpec, Protocol, TypeVar

from shared.telemetry.spans import Exporter, RunKey, Scope, Sent, Span, Value, root_span, run_trace

P = ParamSpec("P")
R = TypeVar("R")

PARENT, STATE = "traceparent", "tracestate"
_PARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
_OURS = re.compile(r"(?:^|,)\s*workwright=([0-9a-f]{16})(?:-([0-9a-f]{1,16})-([a-z-]{1,40}))?\s*(?:,|$)")


class Headers(Protocol):
    """The headers of a request, by names whose case does not count."""

    def get(self, key: str, default: str, /) -> str:
        """Return the value of one."""


_at: ContextVar[tuple[Scope, Span] | None] = ContextVar("workwright_span", default=None)
_exporter: Exporter | None = None


def export_to(exporter: Exporter | None) -> None:
    """Hand the spans of every request that ends from now on to this exporter; None: to nobody."""
    global _exporter
    _exporter = exporter


def finish() -> None:
    """Tell what has not been told yet, and nothing after that: for the end of a process, and of a house."""
    global _exporter
    if _exporter is not None:
        _exporter.finish()
    _exporter = None


def exporting() -> bool:
    """Say whether anybody listens."""
    return _exporter is not None


@contextmanager
def request(function: str, headers: Headers) -> Iterator[Span]:
    """Open the request's span; when it ends, everything it has told is exported. Header names must ignore case."""
    scope = Scope(function, _parse_sender(headers))
    token = _at.set((scope, scope.top))
    try:
        yield scope.top
    finally:
        _at.reset(token)
        scope.top.ended = time.time_ns()
        if _exporter is not None:
            scope.top.note({"workwright.function": function, "workwright.tenant": scope.tenant})
            if scope.home:
                scope.top.note({"workwright.run": scope.home[1], "gen_ai.conversation.id": scope.home[1]})
            _exporter.export(scope.collect_spans())


def belongs(tenant: str, run: str = "", step: str = "", command: str = "") -> None:
    """Say whom the present request is about, as soon as it is known for sure."""
    here = _at.get()
    if here is None:
        return
    scope = here[0]
    scope.tenant, scope.step = tenant, step
    if run:
        scope.bound = (tenant, run)
    scope.top.note({"workwright.step": step, "workwright.command": command})


@contextmanager
def span(name: str, attributes: Mapping[str, Value | None] | None = None, *, kind: str = "internal") -> Iterator[Span]:
    """Measure what happens inside; an exception that leaves it is told by its class alone."""
    with _Opened(name, kind, None) as opened:
        opened.note(attributes or {})
        yield opened


@contextmanager
def measure_in_run(tenant: str, run: str, name: str) -> Iterator[Span]:
    """Measure what changes a run: that belongs to the run's trace, whatever the request is about beside it."""
    here = _at.get()
    if here is not None:
        here[0].touched[tenant, run] = None
    with _Opened(name, "internal", (tenant, run)) as opened:
        yield opened


class _Opened:
    """A span that is the present one until the block ends, and has the class of what leaves it as its error."""

    def __init__(self, name: str, kind: str, home: RunKey | None) -> None:
        self._here = _at.get()
        began = time.time_ns()
        if self._here is None:
            self._span = Span(name, kind, "", "", began, "")
            return
        scope, above = self._here
        self._span = Span(name, kind, secrets.token_hex(8), above.id, began, scope.function, home=home or above.home)

    def __enter__(self) -> Span:
        if self._here is not None:
            self._token = _at.set((self._here[0], self._span))
        return self._span

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._here is None:
            return
        if kind is not None:
            self._span.error = self._span.error or kind.__name__
        _at.reset(self._token)
        self._span.ended = time.time_ns()
        if _exporter is not None:
            self._here[0].add(self._span)


def use_case(function: Callable[P, R]) -> Callable[P, R]:
    """Give a use case a span of its own."""
    name = f"use case {function.__name__}"

    @wraps(function)
    def run_measured(*args: P.args, **kwargs: P.kwargs) -> R:
        with span(name):
            return function(*args, **kwargs)

    return run_measured


def run_ended(tenant: str, run: str, began: datetime, ended: datetime, attributes: Mapping[str, Value | None]) -> None:
    """Tell of the run as a whole: the span that all requests without another parent hang on."""
    here = _at.get()
    if here is None or _exporter is None:
        return
    times = [round(each.timestamp() * 1_000_000) * 1000 for each in (began, ended)]
    whole = Span("run", "internal", root_span(tenant, run), "", times[0], "run", times[1], home=(tenant, run))
    whole.note({"workwright.tenant": tenant, "workwright.run": run, "gen_ai.conversation.id": run, **attributes})
    if whole.attributes.get("workwright.run.status") == "failed":
        whole.error = "RunFailed"
    here[0].add(whole)


def build_headers(tenant: str, run: str) -> Mapping[str, str]:
    """Return the headers with which a task for this run ("": for none yet) goes on; empty outside of a request."""
    here = _at.get()
    if here is None:
        if not run:
            return {}
        return {PARENT: f"00-{run_trace(tenant, run)}-{root_span(tenant, run)}-01"}
    scope, now = here
    home = now.home or scope.home
    if run:
        own = home == (tenant, run) and exporting()
        parent = now.id if own else root_span(tenant, run)
        return {PARENT: f"00-{run_trace(tenant, run)}-{parent}-01", STATE: f"workwright={parent}"}
    trace = run_trace(*home) if home else scope.trace
    state = f"{scope.top.id}-{scope.top.began:x}-{scope.function}"
    return {PARENT: f"00-{trace}-{scope.top.id}-01", STATE: f"workwright={state}"}


def stamp(tenant: str, run: str) -> str:
    """Return those headers as one line, for a queue that keeps them beside the task."""
    return " ".join(build_headers(tenant, run).values())


def read_stamp(line: str) -> Mapping[str, str]:
    """Return the headers of such a line."""
    return dict(zip((PARENT, STATE), line.split(" "), strict=False)) if line else {}


def _parse_sender(headers: Headers) -> Sent | None:
    """Return who handed the request over. What stands in `tracestate` is ours; a platform puts itself in between."""
    found = _PARENT.fullmatch(headers.get(PARENT, "").strip())
    if found is None:
        return None
    trace, parent = found.groups()
    ours = _OURS.search(headers.get(STATE, ""))
    if ours is None:
        return Sent(trace, parent)
    return Sent(trace, ours[1], int(ours[2] or "0", 16), ours[3] or "")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a line of the log is written: which trace and span, in which function, about whom."""

    trace: str
    span: str
    labels: Mapping[str, str]


def place() -> Place | None:
    """Return where we are; None outside of a request."""
    here = _at.get()
    if here is None:
        return None
    scope, now = here
    home = now.home or scope.home
    tenant, run = home or (scope.tenant, "")
    labels = {"function": scope.function, "tenant": tenant, "run": run, "step": scope.step}
    return Place(run_trace(*home) if home else scope.trace, now.id, labels)
