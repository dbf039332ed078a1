"""The door to OpenTelemetry's library: what it exports with, and our spans and counts in its shapes.

It takes a sixth of a second to load; `shared.telemetry.otlp` loads it with the first export.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter as OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as OTLPSpanExporter
from opentelemetry.sdk.metrics import export as sdk
from opentelemetry.sdk.metrics.export import MetricExportResult as MetricExportResult
from opentelemetry.sdk.resources import Resource as Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult as SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, TraceFlags
from opentelemetry.trace.status import Status, StatusCode

from shared.telemetry.metrics import BUCKETS, COUNTER, HISTOGRAM, METRICS, Series
from shared.telemetry.spans import Span

SCOPE = InstrumentationScope("workwright")


def make_span(trace_id: str, span: Span, resource: Resource) -> ReadableSpan:
    """Return a span as the exporter sends it."""

    def context(id: str) -> Any:
        return SpanContext(int(trace_id, 16), int(id, 16), is_remote=False, trace_flags=TraceFlags(1))

    attributes = {**span.attributes, **({"error.type": span.error} if span.error else {})}
    return ReadableSpan(
        span.name,
        context(span.id),
        context(span.parent) if span.parent else None,
        resource,
        attributes,
        kind=SpanKind[span.kind.upper()],
        status=Status(StatusCode.ERROR) if span.error else Status(StatusCode.UNSET),
        start_time=span.began,
        end_time=max(span.began, span.ended),
        instrumentation_scope=SCOPE,
    )


def make_metrics(counted: Mapping[str, Series], times: tuple[int, int], resource: Resource) -> sdk.MetricsData:
    """Return what was counted between two times, in nanoseconds, as the exporter sends it."""
    found = [_metric(name, series, times) for name, series in counted.items()]
    return sdk.MetricsData([sdk.ResourceMetrics(resource, [sdk.ScopeMetrics(SCOPE, found, "")], "")])


def _metric(name: str, series: Series, times: tuple[int, int]) -> Any:
    described, points = METRICS[name], list[Any]()
    for key, value in series.items():
        labels = dict(zip(described.labels, key, strict=True))
        if described.kind == HISTOGRAM:
            count = sum(value.counts)
            more: dict[str, Any] = {"min": None, "max": None}  # of the whole life of a process: they would say nothing
            points.append(
                sdk.HistogramDataPoint(labels, *times, count, value.sum, tuple(value.counts), BUCKETS, **more)
            )
        else:
            points.append(sdk.NumberDataPoint(labels, *times, value))
    cumulative = sdk.AggregationTemporality.CUMULATIVE
    data: Any = sdk.Gauge(points)
    if described.kind == HISTOGRAM:
        data = sdk.Histogram(points, cumulative)
    elif described.kind == COUNTER:
        data = sdk.Sum(points, cumulative, True)
    return sdk.Metric(name, described.help, described.unit, data)
