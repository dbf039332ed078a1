"""What is counted: one table of metrics, fed by the events of the log. No id, name or text of anybody is a label."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

COUNTER, HISTOGRAM, GAUGE = "counter", "histogram", "gauge"
BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0)  # seconds
MAX_SERIES = 1000  # of one metric: a label that takes any value must not fill the memory


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: what kind, its labels, and what it counts."""

    name: str
    kind: str
    labels: tuple[str, ...]
    help: str
    unit: str = "1"


METRICS = {
    each.name: each
    for each in (
        Metric("workwright_runs_total", COUNTER, ("status",), "Runs that ended"),
        Metric("workwright_steps_total", COUNTER, ("kind", "outcome"), "Attempts of steps that ended"),
        Metric(
            "workwright_step_seconds",
            HISTOGRAM,
            ("kind", "outcome"),
            "Time from handing out an attempt to its end",
            "s",
        ),
        Metric("workwright_request_seconds", HISTOGRAM, ("function", "status"), "Requests that were answered", "s"),
        Metric("workwright_model_tokens_total", COUNTER, ("model", "direction"), "Tokens of models, input and output"),
        Metric("workwright_cost_micros_total", COUNTER, ("model",), "Cost of models in millionths of a US dollar"),
        Metric("workwright_dead_letters_total", COUNTER, (), "Commands that were put aside"),
        Metric("workwright_security_refusals_total", COUNTER, ("what",), "Requests and writes refused for safety"),
        Metric("workwright_unreached_total", COUNTER, ("topic",), "Messages that reached nobody"),
        Metric("workwright_queue_depth", GAUGE, ("queue",), "Tasks that are waiting or in progress", "{task}"),
        Metric("workwright_oldest_task_seconds", GAUGE, ("queue",), "For how long the oldest task has been due", "s"),
    )
}


@dataclass(slots=True)
class Spread:
    """A histogram's state: how many fell into each bucket (the last: above all), and their sum."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    sum: float = 0.0

    def add(self, value: float) -> None:
        self.counts[bisect_left(BUCKETS, value)] += 1
        self.sum += value


Series = dict[tuple[str, ...], Any]  # values of the labels → number or Spread


class Registry:
    """Everything that was counted in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._series: dict[str, Series] = {}

    def add(self, name: str, labels: Mapping[str, str], by: float = 1) -> None:
        """Count up, or add one value to a histogram."""
        metric = METRICS[name]
        key = tuple(str(labels[each]) for each in metric.labels)
        with self._lock:
            series = self._series.setdefault(name, {})
            if key not in series and len(series) >= MAX_SERIES:
                return
            if metric.kind == HISTOGRAM:
                series.setdefault(key, Spread()).add(by)
            else:
                series[key] = series.get(key, 0) + by

    def set(self, name: str, values: Mapping[str, float]) -> None:
        """Set a gauge with one label to these values, and to nothing else."""
        with self._lock:
            self._series[name] = {(label,): value for label, value in values.items()}

    def snapshot(self) -> dict[str, Series]:
        """Return a copy of everything."""
        with self._lock:
            return {name: {key: _copy(value) for key, value in found.items()} for name, found in self._series.items()}

    def clear(self) -> None:
        """Forget everything; a test begins anew."""
        with self._lock:
            self._series.clear()


REGISTRY = Registry()


def hear(event: str, fields: Mapping[str, Any]) -> None:
    """Count what an event of the log says; an event without a metric is counted nowhere."""
    listen = _LISTENERS.get(event)
    if listen is not None:
        listen(fields)


def _copy(value: Any) -> Any:
    return Spread(list(value.counts), value.sum) if isinstance(value, Spread) else value


def _run_ended(fields: Mapping[str, Any]) -> None:
    REGISTRY.add("workwright_runs_total", {"status": fields["status"]})


def _step_ended(fields: Mapping[str, Any]) -> None:
    labels = {"kind": fields["kind"], "outcome": fields["outcome"]}
    REGISTRY.add("workwright_steps_total", labels)
    REGISTRY.add("workwright_step_seconds", labels, fields["duration_s"])


def _model_called(fields: Mapping[str, Any]) -> None:
    model = fields["model"]
    for direction in ("input", "output"):
        tokens = fields[f"{direction}_tokens"]
        REGISTRY.add("workwright_model_tokens_total", {"model": model, "direction": direction}, tokens)
    REGISTRY.add("workwright_cost_micros_total", {"model": model}, fields["cost_micros"])


def _record_dead_letter(fields: Mapping[str, Any]) -> None:
    REGISTRY.add("workwright_dead_letters_total", {})


def _record_refusal(fields: Mapping[str, Any]) -> None:
    REGISTRY.add("workwright_security_refusals_total", {"what": fields["what"]})


def _record_unreached(fields: Mapping[str, Any]) -> None:
    REGISTRY.add("workwright_unreached_total", {"topic": fields["topic"]})


def _record_request(fields: Mapping[str, Any]) -> None:
    labels = {"function": fields["function"], "status": str(fields["status"])}
    REGISTRY.add("workwright_request_seconds", labels, fields["duration_s"])


_LISTENERS: Mapping[str, Callable[[Mapping[str, Any]], None]] = {
    "run.ended": _run_ended,
    "step.ended": _step_ended,
    "model.called": _model_called,
    "command.buried": _record_dead_letter,
    "security.refused": _record_refusal,
    "people.unreached": _record_unreached,
    "request.served": _record_request,
}
