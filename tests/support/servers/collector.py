"""What listens to telemetry: an OTLP collector over HTTP, and an endpoint that takes Sentry's envelopes.

Bodies are read by OpenTelemetry's own protobuf messages and by the format Sentry publishes; nothing of ours reads them.
"""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.support.servers.http_loopback import Handler, HttpServer


@dataclass(frozen=True)
class Seen:
    """A span as it arrived."""

    service: str
    trace: str
    id: str
    parent: str
    name: str
    kind: int  # 1 internal, 2 server, 3 client, 4 producer
    began: int
    ended: int
    failed: bool
    attributes: Mapping[str, Any]


@dataclass
class Received:
    """One request: where to, its headers, and its body unpacked."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Journal:
    """Everything that arrived."""

    requests: list[Received] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, path: str) -> list[Received]:
        """Return what came to that path."""
        with self.lock:
            return [each for each in self.requests if each.path == path]


class Collector(HttpServer):
    """Takes OTLP and Sentry's envelopes; answers with `status`."""

    def __init__(self) -> None:
        self.journal = journal = Journal()
        self.status = 200
        collector = self

        class Taking(Handler):
            def do_POST(self) -> None:
                body = self.body()
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                with journal.lock:
                    journal.requests.append(Received(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                self.reply(collector.status, b"", {"Content-Type": "application/x-protobuf"})

        super().__init__(Taking)

    @property
    def sentry_dsn(self) -> str:
        """Return the address for Sentry's client."""
        return self.url.replace("http://", "http://" + "0" * 32 + "@") + "/1"

    def spans(self) -> list[Seen]:
        """Return all spans, in the order in which they came."""
        found = []
        for request in self.journal.of("/v1/traces"):
            for resource in ExportTraceServiceRequest.FromString(request.body).resource_spans:
                service = _values(resource.resource.attributes).get("service.name", "")
                found += [_seen(service, span) for scope in resource.scope_spans for span in scope.spans]
        return found

    def metrics(self) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
        """Return the last value of each counter and gauge, and the count of each histogram, by name and labels."""
        found: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}
        for request in self.journal.of("/v1/metrics"):
            for resource in ExportMetricsServiceRequest.FromString(request.body).resource_metrics:
                for metric in (metric for scope in resource.scope_metrics for metric in scope.metrics):
                    data = getattr(metric, metric.WhichOneof("data"))
                    for point in data.data_points:
                        labels = tuple(sorted(_values(point.attributes).items()))
                        histogram = metric.WhichOneof("data") == "histogram"
                        value = point.count if histogram else getattr(point, point.WhichOneof("value"))
                        found[metric.name, labels] = float(value)
        return found

    def crashes(self) -> list[dict[str, Any]]:
        """Return the events of all envelopes."""
        found = []
        for request in self.journal.of("/api/1/envelope/"):
            lines = request.body.split(b"\n")
            items = zip(lines[1::2], lines[2::2], strict=False)
            found += [json.loads(body) for head, body in items if head and json.loads(head).get("type") == "event"]
        return found

    def list_all(self) -> bytes:
        """Return every byte that arrived, headers too."""
        with self.journal.lock:
            return b"\n".join(str(each.headers).encode() + each.body for each in self.journal.requests)


def _seen(service: str, span: Any) -> Seen:
    return Seen(
        service,
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        span.name,
        span.kind,
        span.start_time_unix_nano,
        span.end_time_unix_nano,
        span.status.code == 2,
        _values(span.attributes),
    )


def _values(attributes: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}
