"""Crashes to Sentry, or to what speaks its envelopes: the class and the place, never what an error said."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from shared.core.errors import run_guarded
from shared.telemetry import trace

FLUSH_S = 2.0
_KEPT = ("event_id", "timestamp", "platform", "level", "release", "environment", "sdk", "contexts", "tags")
_FRAME = ("filename", "abs_path", "module", "function", "lineno", "in_app")
_lock = threading.Lock()
_dsn = ""
_options: Mapping[str, str] = {}
_client: Any = None


def send_to(dsn: str, *, environment: str = "", release: str = "") -> None:
    """Send crashes there from now on; "": nowhere. The library is loaded with the first crash."""
    global _dsn, _options, _client
    with _lock:
        if _client is not None:
            _client.close(timeout=FLUSH_S)
        _dsn, _options, _client = dsn, {"environment": environment, "release": release}, None


def capture(error: BaseException, function: str) -> None:
    """Send a crash, within `FLUSH_S`; the request has failed already, so nothing that goes wrong here may add to it."""
    if not _dsn:
        return
    run_guarded(lambda: _send(error, function), lambda _: None)  # what tells of a crash must not hide it


def _send(error: BaseException, function: str) -> None:
    client = _load_client()
    from sentry_sdk.utils import event_from_exception

    event, _ = event_from_exception(error, client_options=client.options)
    here = trace.place()
    labels = {name: value for name, value in (here.labels if here else {}).items() if value}
    event["tags"] = {**labels, "function": function}
    if here is not None:
        event["contexts"] = {"trace": {"trace_id": here.trace, "span_id": here.span}}
    client.capture_event(event)
    client.flush(timeout=FLUSH_S)


def _load_client() -> Any:
    global _client
    with _lock:
        if _client is None:
            from sentry_sdk import Client

            _client = Client(
                dsn=_dsn,
                environment=_options["environment"] or None,
                release=_options["release"] or "unknown",  # else it asks git
                default_integrations=False,
                auto_enabling_integrations=False,
                include_local_variables=False,
                include_source_context=False,
                max_breadcrumbs=0,
                server_name="workwright",
                auto_session_tracking=False,
                send_client_reports=False,
                before_send=_scrub_event,
            )
        return _client


def _scrub_event(event: Any, hint: Any) -> Any:
    """Keep what names the bug and its place, whatever else the library has gathered."""
    kept = {name: event[name] for name in _KEPT if name in event}
    kept["contexts"] = {"trace": kept.get("contexts", {}).get("trace", {})}
    values = (event.get("exception") or {}).get("values") or []
    kept["exception"] = {"values": [_exception(each) for each in values]}
    return kept


def _exception(value: Mapping[str, Any]) -> dict[str, Any]:
    frames = ((value.get("stacktrace") or {}).get("frames")) or []
    kept = [{name: frame[name] for name in _FRAME if name in frame} for frame in frames]
    named = {name: value[name] for name in ("type", "module") if value.get(name)}
    return {**named, "value": "", "stacktrace": {"frames": kept}}
