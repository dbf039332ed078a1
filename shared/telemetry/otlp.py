"""Spans and metrics to any OpenTelemetry collector, by OTLP over HTTP, before the request's answer leaves.

A function is frozen between two requests, so nothing waits for a thread: the spans of a request go in one call that is
bounded in time, metrics with it when they are due. What cannot be sent is dropped, and for a while nothing is tried.
The vendor's library is loaded with the first request that ends, and only where an address is set.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import unquote, urlsplit

from shared.core.errors import run_guarded
from shared.telemetry.metrics import REGISTRY
from shared.telemetry.spans import Finished

TIMEOUT_S = 2.0
PAUSE_S = 30.0  # after a failure: nobody waits for a collector that is down
METRICS_EVERY_S = 15.0
GOOGLE = "telemetry.googleapis.com"


@dataclass(frozen=True, slots=True)
class Target:
    """Where telemetry goes. `headers` is asked for once, at the first export: it may come out of a safe."""

    endpoint: str  # without /v1/traces
    headers: Callable[[], Mapping[str, str]] = dict
    project: str = ""  # of Google Cloud
    version: str = ""
    instance: str = ""  # tells the counters of one process from those of another
    traces: bool = True
    metrics: bool = True
    timeout_s: float = TIMEOUT_S


class OtlpExporter:
    """Exports what a process tells. It never fails, and holds a request for at most `timeout_s` in each of two calls.

    That counts for all of a call: the collector's name, the headers out of the safe, a token, and a slow answer.
    """

    def __init__(self, target: Target, trouble: Callable[[str, str], None]) -> None:
        self._target = target
        self._trouble = trouble  # hears what could not be sent, and the class of the error
        self._lock = threading.Lock()
        self._spans_to: Any = None
        self._metrics_to: Any = None
        self._resources: dict[str, Any] = {}
        self._began = time.time_ns()
        self._metrics_at = 0.0
        self._not_before: dict[str, float] = {}

    def export(self, spans: Finished) -> None:
        """Send the spans of one request, and the metrics when that is due."""
        if self._target.traces and spans:
            self._try_send("spans", lambda: self._send_in_time(lambda: self._send_spans(spans)))
        if self._target.metrics and time.monotonic() - self._metrics_at >= METRICS_EVERY_S:
            self._metrics_at = time.monotonic()
            self._try_send("metrics", lambda: self._send_in_time(self._send_metrics))

    def finish(self) -> None:
        """Send what was counted since the last time; for the end of the process, and of a house."""
        if self._target.metrics:
            self._try_send("metrics", lambda: _failure(self._send_metrics))  # a process that ends starts no threads

    def _send_in_time(self, send: Callable[[], bool]) -> str:
        """Send in a thread that is left behind when it takes too long; return what went wrong, "" for nothing."""
        failures: list[str] = []
        thread = threading.Thread(target=lambda: failures.append(_failure(send)), daemon=True, name="telemetry")
        thread.start()
        thread.join(self._target.timeout_s)
        return failures[0] if failures else "NotInTime"

    def _try_send(self, what: str, send: Callable[[], str]) -> None:
        if time.monotonic() < self._not_before.get(what, 0.0):
            return

        def load_and_send() -> str:
            _load_wire()  # takes time of ours alone, and only once
            return send()

        failed = run_guarded(load_and_send, _name_class)  # whatever it is, the request has its answer
        if failed:
            self._not_before[what] = time.monotonic() + PAUSE_S
            self._trouble(what, failed)

    def _send_spans(self, spans: Finished) -> bool:
        wire = _load_wire()
        with self._lock:
            if self._spans_to is None:
                self._spans_to = wire.OTLPSpanExporter(**self._name_target("/v1/traces"))
        ready = [wire.make_span(trace, span, self._resource(span.function)) for trace, span in spans]
        return bool(self._spans_to.export(ready) == wire.SpanExportResult.SUCCESS)

    def _send_metrics(self) -> bool:
        times = (self._began, time.time_ns())
        counted = {name: series for name, series in REGISTRY.snapshot().items() if series}
        if not counted:
            return True  # as in the process that only starts others: it opens no safe
        wire = _load_wire()
        with self._lock:
            if self._metrics_to is None:
                self._metrics_to = wire.OTLPMetricExporter(**self._name_target("/v1/metrics"))
        data = wire.make_metrics(counted, times, self._resource("workwright"))
        return bool(self._metrics_to.export(data) == wire.MetricExportResult.SUCCESS)

    def _name_target(self, path: str) -> dict[str, Any]:
        """Return what both exporters are made with. Google's own collector wants a token of the service account."""
        headers = dict(self._target.headers())
        found = {
            "endpoint": self._target.endpoint.rstrip("/") + path,
            "headers": headers,
            "timeout": self._target.timeout_s,
        }
        if urlsplit(self._target.endpoint).hostname == GOOGLE:
            import google.auth
            from google.auth.transport.requests import AuthorizedSession

            identity, _ = google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])
            return {**found, "session": AuthorizedSession(identity)}  # type: ignore[no-untyped-call]
        return found

    def _resource(self, function: str) -> Any:
        """Return who tells: one service per function, also where one process plays all of them."""
        if function not in self._resources:
            attributes = {
                "service.namespace": "workwright",
                "service.name": function,
                "service.version": self._target.version,
                "service.instance.id": self._target.instance,
                "gcp.project_id": self._target.project,
            }
            known = {name: value for name, value in attributes.items() if value}
            self._resources[function] = _load_wire().Resource(known)
        return self._resources[function]


def _failure(send: Callable[[], bool]) -> str:
    return run_guarded(lambda: "" if send() else "NotTaken", _name_class)  # what watches the work must not stop it


def _name_class(error: Exception) -> str:
    return type(error).__name__


@cache
def _load_wire() -> Any:
    """Load the vendor's library, and let it write no lines of its own: they quote headers, and what was answered."""
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL + 1)
    from shared.telemetry import otlp_wire

    return otlp_wire


def parse_headers(text: str) -> dict[str, str]:
    """Return headers written as `name=value,name=value`, values percent-encoded, as OpenTelemetry has them."""
    pairs = (each.partition("=") for each in text.strip().split(",") if "=" in each)
    return {name.strip().lower(): unquote(value.strip()) for name, _, value in pairs}
