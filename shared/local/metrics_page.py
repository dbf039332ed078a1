"""`/metrics` of a house: what was counted, and what waits in the queue, for a Prometheus on the same machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from shared.backends.local.delivery.dispatcher import Dispatcher
from shared.local.serve import Wsgi
from shared.telemetry.metrics import REGISTRY

PATH = "/metrics"
QUEUES = ("plan", "execute-step", "deploy", "notify", "sync")  # a queue with nothing in it has a depth too


def serve_metrics(app: Wsgi, dispatcher: Callable[[], Dispatcher]) -> Wsgi:
    """Return the app with that page beside it; what renders it is loaded when somebody asks."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("PATH_INFO") != PATH:
            return app(environ, start_response)
        from shared.telemetry.prometheus import CONTENT_TYPE, exposition

        _set_gauges(dispatcher())
        page = exposition()
        start_response("200 OK", [("Content-Type", CONTENT_TYPE), ("Content-Length", str(len(page)))])
        return [page]

    return answer


def _set_gauges(dispatcher: Dispatcher) -> None:
    depth = dict.fromkeys(QUEUES, 0.0)
    oldest = dict.fromkeys(QUEUES, 0.0)
    for queue, due in dispatcher.waiting():
        depth[queue] = depth.get(queue, 0.0) + 1
        oldest[queue] = max(oldest.get(queue, 0.0), due)
    REGISTRY.set("workwright_queue_depth", depth)
    REGISTRY.set("workwright_oldest_task_seconds", oldest)
