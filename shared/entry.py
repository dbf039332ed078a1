"""The edge of every function: who may call, errors to HTTP, one log line per request."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Request, Response

from shared import log
from shared.core.deliveries import Tries
from shared.core.errors import (
    AgentError,
    Busy,
    MalformedRequest,
    NotThere,
    RequestError,
    TooLarge,
    TooMany,
    VersionConflict,
    describe_not_lost,
    run_guarded,
)
from shared.core.notify.attention import warning
from shared.core.run.commands import Command, command_from_data
from shared.core.text.sentence import make_sentence
from shared.ports import CallerCheck, Queue
from shared.telemetry import sentry, spans, trace

MAX_TASK_BYTES = 64 * 1024
_CRASHED = {"X-Google-Status": "crash"}  # what the framework answers with a crash of its own
HEALTH = "/health"  # each function answers here without reading, counting or checking anything: for probes from outside


@dataclass(frozen=True, slots=True)
class Reply:
    """What a function answers."""

    status: int = 200
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def endpoint(function: Callable[[Request], Reply | Response]) -> Callable[[Request], Response]:
    """Turn replies and our errors into HTTP. A bug reaches the log, and the queue as 500, which delivers again.

    It does not reach the framework, which would write down what it says, and the path: there a link has its token.
    """

    name = function.__name__.replace("_", "-")

    @functools.wraps(function)
    def answer(request: Request) -> Response:
        if request.path == HEALTH:
            return Response("ok\n", content_type="text/plain")
        with trace.request(name, request.headers) as span:
            response = run_guarded(lambda: _answer_request(name, function, request), lambda error: _crash(error, name))
            _record_served(name, request, response.status_code, span)
            return response

    return answer


def _crash(error: Exception, name: str) -> Response:
    """Tell a fault of ours with its trace, and answer it so that the request comes again."""
    log.crash(error)
    sentry.capture(error, name)
    return Response("a bug stopped this request\n", 500, _CRASHED, content_type="text/plain")


def _answer_request(name: str, function: Callable[[Request], Reply | Response], request: Request) -> Response:
    try:
        reply = function(request)
    except RequestError as error:
        return _problem(name, error)
    except (Busy, VersionConflict) as error:
        return _later(name, error, 409)
    except AgentError as error:
        # 500, not 429 or 503: those slow the whole queue down, for every tenant.
        return _later(name, error, 500)
    return reply if isinstance(reply, Response) else _response(reply)


def _record_served(name: str, request: Request, status: int, span: spans.Span) -> None:
    """Tell that a request was answered, in the form that Cloud Logging shows as one."""
    span.note({"http.request.method": request.method, "http.response.status_code": status})
    span.error = str(status) if status >= 500 else ""
    took = round(span.seconds(), 4)
    shown = {"requestMethod": request.method, "status": status, "latency": f"{took}s"}
    log.event("request.served", function=name, status=status, duration_s=took, httpRequest=shown)


def command_from(request: Request, function: str, check: CallerCheck, audience: str) -> Command:
    """Return the command a queue delivered, after checking who delivered it and to which tenant.

    Raises Unauthenticated, Forbidden, MalformedRequest, and NotThere when path and payload name different tenants.
    """
    check(request.headers.get("Authorization", ""), audience)
    raw = request.get_data(cache=True)
    if len(raw) > MAX_TASK_BYTES:
        raise TooLarge(f"a task has at most {MAX_TASK_BYTES} bytes")
    try:
        command = command_from_data(json.loads(raw))
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise MalformedRequest(f"the task cannot be read: {error}") from error
    if command.function != function:
        raise MalformedRequest(f"this is {function}; the task is for {command.function}")
    named = request.path.rstrip("/").rpartition("/t/")[2]
    if named != command.tenant:
        log.event("security.refused", "WARNING", what="tenant")
        raise NotThere("the tenant in the path and the tenant in the payload differ")
    trace.belongs(command.tenant, command.run, command.step, command.name)
    return command


def body_of(request: Request, limit: int) -> bytes:
    """Return the raw body; raises TooLarge without reading more than the limit."""
    if (request.content_length or 0) > limit:
        raise TooLarge(f"the body is larger than {limit} bytes")
    raw = request.stream.read(limit + 1) if request.content_length is None else request.get_data(cache=True)
    if len(raw) > limit:
        raise TooLarge(f"the body is larger than {limit} bytes")
    return raw


def redirect(url: str) -> Response:
    """Send the browser elsewhere; the answer is kept nowhere."""
    return Response(status=303, headers={"Location": url, "Cache-Control": "no-store"})


def _cookie_name(url: str) -> str:
    """Return the cookie's name: bound to the host where the address is secure, plain on one machine."""
    return "__Host-workwright-oauth" if url.startswith("https://") else "workwright-oauth"


def add_cookie(response: Response, value: str, url: str) -> Response:
    """Add the cookie that ties an OAuth answer to this browser."""
    secure = url.startswith("https://")
    response.set_cookie(_cookie_name(url), value, max_age=600, path="/", secure=secure, httponly=True, samesite="Lax")
    return response


def cookie_of(request: Request, url: str) -> str:
    """Return that cookie's value, or ""."""
    return request.cookies.get(_cookie_name(url), "")


def bury_exhausted(request: Request, command: Command, queue: Queue) -> bool:
    """Put a command aside that came too often; Cloud Tasks counts, and has no dead letters of its own.

    `TaskRetryCount` is of all deliveries before this one, `TaskExecutionCount` of those that were answered: what a
    dying worker left unanswered is not the command's own failure.
    """
    tries = _tries(request)
    if not tries.given_up():
        if (notice := warning(command, tries)) is not None:
            queue.enqueue([notice])
        return False
    queue.bury(command, tries.explain(f"delivered {tries.all} times without success"), tries.all)
    log.event("command.buried", "ERROR", command=command.name, deliveries=tries.all)
    return True


def _tries(request: Request) -> Tries:
    counts = (request.headers.get(f"X-CloudTasks-Task{what}Count", "") for what in ("Retry", "Execution"))
    retries, answered = (int(count) if count.isdigit() else None for count in counts)
    if retries is None:
        return Tries()
    failed = retries if answered is None else min(answered, retries)
    return Tries(failed, retries - failed)


def problem(
    status: int, code: str, detail: str, way_out: str = "", headers: Mapping[str, str] | None = None
) -> Response:
    """Return an application/problem+json answer (RFC 9457) that says what to do."""
    title = code.replace("_", " ").capitalize()
    body = {"type": f"urn:workwright:{code}", "title": title, "status": status, "detail": detail}
    body["not_lost"] = describe_not_lost(status)
    if way_out:
        body["way_out"] = way_out
    return Response(
        json.dumps(body, ensure_ascii=False), status, dict(headers or {}), content_type="application/problem+json"
    )


def _problem(function: str, error: RequestError) -> Response:
    log.record_refusal(function, error)
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
    if isinstance(error, TooMany):
        headers["Retry-After"] = str(max(1, round(error.retry_after.total_seconds())))
    return problem(error.status, error.code, make_sentence(str(error)), error.way_out, headers)


def _later(function: str, error: AgentError, status: int) -> Response:
    severity = "DEBUG" if isinstance(error, Busy) else "WARNING"
    log.line(severity, "not done yet", function=function, **log.about(error))
    return problem(status, "not_done", type(error).__name__)


def _response(reply: Reply) -> Response:
    if reply.body is None:
        return Response(status=reply.status, headers=dict(reply.headers))
    text = json.dumps(reply.body, ensure_ascii=False)
    return Response(text, reply.status, dict(reply.headers), content_type="application/json")
