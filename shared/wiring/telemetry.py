"""Where what we tell of our work goes: chosen by the environment, and nowhere by default."""

from __future__ import annotations

import atexit
import secrets as random_source
from collections.abc import Mapping

from shared import log
from shared.ports import Secrets
from shared.settings import Settings, Watching
from shared.telemetry import sentry, trace

HEADERS_SECRET = "otlp-headers"


def start_telemetry(settings: Settings, secrets: Secrets) -> None:
    """Begin to tell; where no address is set nothing is loaded and no span is made."""
    watching = settings.watching
    log.name_project(settings.project)
    sentry.send_to(watching.sentry_dsn, environment=watching.environment, release=watching.release)
    if not watching.endpoint or not (watching.traces or watching.metrics):
        trace.export_to(None)
        return
    from shared.telemetry.otlp import OtlpExporter, Target

    target = Target(
        watching.endpoint,
        lambda: _headers(watching, secrets),
        project=settings.project,
        version=watching.release,
        instance=random_source.token_hex(8),
        traces=watching.traces,
        metrics=watching.metrics,
    )
    exporter = OtlpExporter(target, lambda what, error: log.line("WARNING", f"{what} not exported", error=error))
    trace.export_to(exporter)
    atexit.unregister(trace.finish)  # a process may be wired more than once
    atexit.register(trace.finish)


def _headers(watching: Watching, secrets: Secrets) -> Mapping[str, str]:
    """Return what proves to the collector who we are: of the environment, else the operator's secret."""
    from shared.telemetry.otlp import parse_headers

    if watching.headers:
        return parse_headers(watching.headers.reveal())
    try:
        return parse_headers(secrets.get(HEADERS_SECRET).reveal())
    except KeyError:
        return {}
