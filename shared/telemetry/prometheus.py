"""What was counted, as Prometheus reads it; for the one machine, where somebody may come and ask."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector, CollectorRegistry

from shared.telemetry.metrics import BUCKETS, COUNTER, HISTOGRAM, METRICS, REGISTRY, Spread

CONTENT_TYPE = CONTENT_TYPE_LATEST


class _Counted(Collector):
    """Every metric there is, also those of which nothing was counted yet: so a dashboard finds its names."""

    def collect(self) -> Iterator[Metric]:
        series = REGISTRY.snapshot()
        for name, metric in METRICS.items():
            found = series.get(name, {})
            if metric.kind == HISTOGRAM:
                family = HistogramMetricFamily(name, metric.help, labels=metric.labels)
                for key, spread in found.items():
                    family.add_metric(key, _buckets(spread), spread.sum)
                yield family
                continue
            made = CounterMetricFamily if metric.kind == COUNTER else GaugeMetricFamily
            plain = made(name, metric.help, labels=metric.labels)
            for key, value in found.items():
                plain.add_metric(key, value)
            yield plain


def _buckets(spread: Spread) -> list[tuple[str, float]]:
    total, found = 0, []
    for bound, count in zip((*BUCKETS, float("inf")), spread.counts, strict=True):
        total += count
        found.append(("+Inf" if bound == float("inf") else str(bound), float(total)))
    return found


def exposition() -> bytes:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Counted())
    return generate_latest(registry)
