"""What a request tells: its spans, and of which run's trace each is."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

Value = str | int | float | bool
RunKey = tuple[str, str]  # tenant, run
MAX_SPANS = 500  # of one request; more would say nothing
MAX_LETTERS = 200  # of an attribute
ATTRIBUTES = frozenset(  # all that a span may say; no name here stands for a text that people or models wrote
    {
        "error.type", "http.request.method", "http.response.status_code", "server.address",
        "gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model", "gen_ai.request.max_tokens",
        "gen_ai.response.model", "gen_ai.response.id", "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens",
        "gen_ai.usage.cache_read.input_tokens", "gen_ai.output.type", "gen_ai.agent.id", "gen_ai.conversation.id",
        "workwright.function", "workwright.tenant", "workwright.run", "workwright.step", "workwright.command",
        "workwright.step.kind", "workwright.step.attempt", "workwright.step.outcome",
        "workwright.run.status", "workwright.run.trigger", "workwright.cost_micros", "workwright.tokens",
        "workwright.task_class", "workwright.route", "workwright.system", "workwright.handed_over",
    }
)  # fmt: skip


@dataclass(slots=True)
class Span:
    """Something that took time. Times in nanoseconds since 1970; `error` is the class of what it failed with."""

    name: str
    kind: str  # "server" | "client" | "internal" | "producer"
    id: str
    parent: str
    began: int
    function: str
    ended: int = 0
    error: str = ""
    home: RunKey | None = None  # the run it belongs to whatever the rest of the request does
    attributes: dict[str, Value] = field(default_factory=dict)

    def seconds(self) -> float:
        """Return how long it took, or has taken so far."""
        return ((self.ended or time.time_ns()) - self.began) / 1e9

    def note(self, attributes: Mapping[str, Value | None]) -> None:
        """Add attributes: names of `ATTRIBUTES`, short values; nothing that is empty."""
        for name, value in attributes.items():
            if name not in ATTRIBUTES:
                raise ValueError(f"{name!r} is not an attribute that we report")
            if value not in (None, ""):
                self.attributes[name] = value[:MAX_LETTERS] if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class Sent:
    """Who handed a task over: the span that did, when it began (nanoseconds), and its function; 0 and "" if unsaid."""

    trace: str
    span: str
    began: int = 0
    function: str = ""


Finished = Sequence[tuple[str, Span]]  # trace, span


class Exporter(Protocol):
    """Where spans go. It bounds its own time, and never fails."""

    def export(self, spans: Finished) -> None:
        """Hand over the spans of one request; also what was counted, when that is due."""

    def finish(self) -> None:
        """Hand over what was counted and not told yet."""


class Scope:
    """One request: its spans so far, and the runs it has touched."""

    def __init__(self, function: str, sent: Sent | None) -> None:
        self.function, self.sent = function, sent
        self.trace = sent.trace if sent else secrets.token_hex(16)
        self.began = time.time_ns()
        self.top = Span(function, "server", secrets.token_hex(8), sent.span if sent else "", self.began, function)
        self.spans: list[Span] = [self.top]
        self.bound: RunKey | None = None  # the run it was asked for
        self.touched: dict[RunKey, None] = {}
        self.step = self.tenant = ""

    @property
    def home(self) -> RunKey | None:
        """Return the run the whole request is about, as far as it is known by now."""
        return self.bound or (next(iter(self.touched)) if len(self.touched) == 1 else None)

    def add(self, span: Span) -> None:
        """Keep a span until the request ends."""
        if len(self.spans) < MAX_SPANS:
            self.spans.append(span)

    def collect_spans(self) -> Finished:
        """Return all spans, each with the trace it belongs to, their parents set right."""
        home, found = self.home, []
        trace = run_trace(*home) if home else self.trace
        homes = {span.id: span.home or home for span in self.spans}
        for span in self.spans:
            if span.parent in homes and homes[span.parent] != homes[span.id] and homes[span.id]:
                span.parent = root_span(*homes[span.id])  # type: ignore[misc]
            own = homes[span.id]
            found.append((run_trace(*own) if own else trace, span))
        if home and (self.sent is None or self.sent.trace != trace):
            self.top.parent = root_span(*home)
            if self.sent is not None and self.sent.began:
                self.top.parent = self.sent.span
                found.append((trace, self._sender(self.sent, root_span(*home))))
        return found

    def _sender(self, sent: Sent, parent: str) -> Span:
        """Return the span of who handed this over, who could not know yet which run it would be about."""
        ended = min(self.began, max(sent.began, self.began))
        span = Span(sent.function, "producer", sent.span, parent, sent.began, sent.function, ended)
        span.note({"workwright.function": sent.function, "workwright.handed_over": True})
        return span


def run_trace(tenant: str, run: str) -> str:
    """Return the trace of a run, 32 hexadecimal digits."""
    return hashlib.sha256(f"workwright run {tenant}/{run}".encode()).hexdigest()[:32]


def root_span(tenant: str, run: str) -> str:
    """Return the span of the run as a whole, which is told when the run has ended; 16 hexadecimal digits."""
    return hashlib.sha256(f"workwright root {tenant}/{run}".encode()).hexdigest()[:16]
