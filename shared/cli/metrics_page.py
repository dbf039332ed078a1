"""`/metrics` of a house: what was counted, and what waits in the queue, for a Prometheus on the same machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from shared.backends.local.dispatcher import Dispatcher
from shared.cli.serve import Wsgi
from shared.telemetry.metrics import REGISTRY

PATH = "/metrics"


def with_metrics(app: Wsgi, dispatcher: Callable[[], Dispatcher]) -> Wsgi:
    """Return the app with that page beside it; what renders it is loaded when somebody asks."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("PATH_INFO") != PATH:
            return app(environ, start_response)
        from shared.telemetry.prometheus import CONTENT_TYPE, exposition

        depth, oldest = dispatcher().waiting()
        REGISTRY.set("workwright_queue_depth", depth)
        REGISTRY.set("workwright_oldest_task_seconds", oldest)
        page = exposition()
        start_response("200 OK", [("Content-Type", CONTENT_TYPE), ("Content-Length", str(len(page)))])
        return [page]

    return answer
