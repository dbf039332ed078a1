"""Structured lines for people and Cloud Logging: who, which run, how it ended. Never contents, never secrets."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Mapping
from typing import Any, TextIO

from shared.core.errors import (
    BadSignature,
    Busy,
    Forbidden,
    IntegrationError,
    RequestError,
    SandboxUnavailable,
    StoreError,
    Unauthenticated,
)
from shared.telemetry import metrics, trace

_ORDER = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_LABELS = ("function", "tenant", "run", "step")
_OWN_WORDS = (StoreError, Busy, SandboxUnavailable)  # their messages hold ids and our own words
_ERROR_EVENT = "type.googleapis.com/google.devtools.clouderrorreporting.v1beta1.ReportedErrorEvent"
_min_severity = "INFO"
_project = ""


def show_from(severity: str) -> None:
    """Write only lines of this severity or worse; a person watching a terminal does not want all of them."""
    global _min_severity
    _min_severity = severity


def name_project(project: str) -> None:
    """Name the traces of lines as those of this Google Cloud project."""
    global _project
    _project = project


def line(severity: str, message: str, *, to: TextIO | None = None, **fields: Any) -> None:
    """Write one JSON line; `message` is short and in the past tense, ids go into fields.

    Function, tenant, run and step become labels; trace and span are those of the request it is written in.
    """
    if _ORDER.index(severity) < _ORDER.index(_min_severity):
        return
    entry = {"severity": severity, "message": message, **_list_trace_fields(fields)}
    entry |= {name: value for name, value in fields.items() if value not in (None, "") and name not in _LABELS[1:]}
    out = to or sys.stderr
    # One write with its end: between two, another thread's line would come, and the platform reads neither as JSON.
    out.write(json.dumps(entry, ensure_ascii=False, default=str) + "\n")
    out.flush()


def event(name: str, severity: str = "INFO", **fields: Any) -> None:
    """Write that something happened that is counted, and count it; see docs/guides/observability.md for all of them."""
    metrics.hear(name, fields)
    line(severity, name.replace(".", " "), event=name, **fields)


def about(error: BaseException) -> Mapping[str, Any]:
    """Return what may be written of an error: its class, and of its message what holds nothing that people wrote.

    A vendor's message may quote what it was sent, and a path may hold a name that was made of a title: so of a call
    that failed the system and what it answered are told, and the rest is in the run.
    """
    fields = {"error": type(error).__name__}
    if isinstance(error, IntegrationError):
        return {**fields, "system": error.system, "detail": error.answered}
    if isinstance(error, _OWN_WORDS):
        return {**fields, "detail": str(error)[:300]}
    return fields


def record_refusal(function: str, error: RequestError, route: str = "") -> None:
    """Write that a caller was turned away; who could not prove who they are counts as a refusal for safety."""
    line("WARNING", "request refused", function=function, code=error.code, route=route, error=type(error).__name__)
    if isinstance(error, BadSignature):
        event("security.refused", "WARNING", what="signature", function=function)
    elif isinstance(error, (Unauthenticated, Forbidden)):
        event("security.refused", "WARNING", what="caller", function=function)


def crash(error: BaseException) -> None:
    """Write that a bug stopped a request: where it was, not what it said, for that may quote anything."""
    frames = traceback.StackSummary.extract(traceback.walk_tb(error.__traceback__), lookup_lines=True)
    shown = ["Traceback (most recent call last):\n", *frames.format(), type(error).__name__]
    more: dict[str, Any] = {"@type": _ERROR_EVENT, "stack_trace": "".join(shown)}
    line("ERROR", "request crashed", event="request.crashed", error=type(error).__name__, **more)


def _list_trace_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields by which Cloud Logging finds the lines of one function, tenant, run or trace."""
    here, found = trace.place(), dict[str, Any]()
    labels = dict(here.labels) if here is not None else {}
    labels |= {name: str(fields[name]) for name in _LABELS if fields.get(name)}
    if here is not None:
        found["logging.googleapis.com/trace"] = f"projects/{_project}/traces/{here.trace}" if _project else here.trace
        found["logging.googleapis.com/spanId"] = here.span
    shown = {name: value for name, value in labels.items() if value}
    return {**found, "logging.googleapis.com/labels": shown} if shown else found
