"""What is exported to a collector that is well, that refuses, and that is not there; and who it is told that asks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from shared.backends.local.keys.local_secrets import LocalSecrets
from shared.ports import Secret
from shared.settings import Settings
from shared.telemetry import metrics, trace
from shared.telemetry.otlp import OtlpExporter, Target, parse_headers
from shared.wiring.telemetry import start_telemetry
from tests.support.servers.collector import Collector


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with Collector() as found:
        yield found


@pytest.fixture(autouse=True)
def anew(collector: Collector) -> Iterator[None]:
    collector.status = 200
    collector.journal.requests.clear()
    metrics.REGISTRY.clear()
    yield
    trace.export_to(None)
    metrics.REGISTRY.clear()


def served(times: int = 1) -> None:
    for _ in range(times):
        with trace.request("plan", {}):
            pass


def test_spans_arrive_before_the_request_has_ended_and_metrics_with_the_first(collector: Collector) -> None:
    metrics.hear("request.served", {"function": "plan", "status": 204, "duration_s": 0.3})
    target = Target(collector.url, version="plan-00007", project="our-project", instance="one")
    trace.export_to(OtlpExporter(target, lambda what, error: pytest.fail(f"{what}: {error}")))
    served()
    (span,) = collector.spans()
    assert (span.service, span.name, span.kind, span.parent, span.failed) == ("plan", "plan", 2, "", False)
    labels = (("function", "plan"), ("status", "204"))
    assert collector.metrics() == {("workwright_request_seconds", labels): 1}
    served()
    assert len(collector.journal.of("/v1/traces")) == 2
    assert len(collector.journal.of("/v1/metrics")) == 1  # the next ones are due later
    trace.finish()
    assert len(collector.journal.of("/v1/metrics")) == 2
    for told in (b"our-project", b"plan-00007"):
        assert told in collector.journal.of("/v1/traces")[0].body


def test_buckets_are_counted_as_the_protocol_has_them(collector: Collector) -> None:
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

    for duration in (0.01, 0.011, 700):
        metrics.hear("request.served", {"function": "api", "status": 200, "duration_s": duration})
    trace.export_to(OtlpExporter(Target(collector.url, traces=False), lambda what, error: None))
    served()
    (sent,) = collector.journal.of("/v1/metrics")
    found = ExportMetricsServiceRequest.FromString(sent.body).resource_metrics[0].scope_metrics[0].metrics[0]
    (point,) = found.histogram.data_points
    assert found.histogram.aggregation_temporality == 2  # cumulative
    assert (point.count, point.sum) == (3, pytest.approx(700.021))
    by_bound = dict(zip([*point.explicit_bounds, float("inf")], point.bucket_counts, strict=True))
    assert {bound: count for bound, count in by_bound.items() if count} == {0.01: 1, 0.025: 1, float("inf"): 1}
    assert collector.journal.of("/v1/traces") == []


@pytest.mark.parametrize("state", ["refuses", "is gone"])
def test_a_collector_that_is_not_well_fails_no_request_and_is_left_alone_for_a_while(
    collector: Collector, state: str
) -> None:
    if state == "refuses":
        collector.status, url = 400, collector.url
    else:
        with Collector() as gone:
            url = gone.url
    troubles: list[tuple[str, str]] = []
    target = Target(url, timeout_s=0.2)
    trace.export_to(OtlpExporter(target, lambda what, error: troubles.append((what, error))))
    served(3)
    assert troubles == [("spans", "NotTaken")]  # of metrics there were none
    assert len(collector.journal.requests) == (1 if state == "refuses" else 0)


def test_a_safe_that_does_not_answer_holds_no_request(collector: Collector) -> None:
    answered = threading.Event()

    def headers() -> dict[str, str]:
        answered.wait(10)
        raise OSError

    troubles: list[tuple[str, str]] = []
    target = Target(collector.url, headers=headers, metrics=False, timeout_s=0.1)
    trace.export_to(OtlpExporter(target, lambda what, error: troubles.append((what, error))))
    served(2)
    assert troubles == [("spans", "NotInTime")]
    assert collector.journal.requests == []
    answered.set()


def test_where_nothing_was_counted_nobody_opens_the_safe_at_the_end(collector: Collector) -> None:
    asked: list[str] = []

    def headers() -> dict[str, str]:
        asked.append("headers")
        return {}

    trace.export_to(OtlpExporter(Target(collector.url, headers=headers), lambda what, error: None))
    trace.finish()
    assert asked == []
    metrics.hear("request.served", {"function": "plan", "status": 204, "duration_s": 0.3})
    trace.export_to(OtlpExporter(Target(collector.url, headers=headers), lambda what, error: None))
    trace.finish()
    assert (asked, len(collector.journal.of("/v1/metrics"))) == (["headers"], 1)


def test_what_cannot_be_sent_is_told_by_its_class_alone(collector: Collector, caplog: pytest.LogCaptureFixture) -> None:
    secret = "glc-" + "made-up"
    troubles: list[tuple[str, str]] = []
    target = Target(collector.url, headers=lambda: {"authorization": f"Bearer {secret}\nx"})
    trace.export_to(OtlpExporter(target, lambda what, error: troubles.append((what, error))))
    metrics.hear("request.served", {"function": "plan", "status": 204, "duration_s": 0.3})
    served()
    assert troubles == [("spans", "NotTaken"), ("metrics", "NotTaken")]
    assert collector.journal.requests == []
    assert secret not in caplog.text


def test_headers_come_from_the_environment_or_from_the_operators_secret(collector: Collector, tmp_path: Path) -> None:
    secrets = LocalSecrets(tmp_path)
    secrets.set("otlp-headers", Secret("Authorization=Basic%20c2FmZQ%3D%3D,x-ingestion=4"))
    settings = Settings.from_env({"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_METRICS_EXPORTER": "none"})
    start_telemetry(settings, secrets)
    served()
    (sent,) = collector.journal.requests
    assert (sent.path, sent.headers["authorization"], sent.headers["x-ingestion"]) == (
        "/v1/traces", "Basic c2FmZQ==", "4",
    )  # fmt: skip
    given = replace(settings, watching=replace(settings.watching, headers=Secret("authorization=Bearer given")))
    start_telemetry(given, secrets)
    served()
    assert collector.journal.requests[-1].headers["authorization"] == "Bearer given"
    assert "given" not in repr(given)


def test_without_an_address_nothing_is_exported(tmp_path: Path) -> None:
    start_telemetry(Settings.from_env({}), LocalSecrets(tmp_path))
    assert not trace.exporting()


def test_headers_are_read_as_opentelemetry_writes_them() -> None:
    assert parse_headers("") == {}
    assert parse_headers(" API-Key = a%2Cb=c , b=2,junk") == {"api-key": "a,b=c", "b": "2"}
