"""From a request to its handler: find the route, know the caller, hold the rate, check the input; deny by default."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from shared import log
from shared.app.api.exchange import (
    FORM,
    JSON,
    MAX_BODY,
    MERGE_PATCH,
    ApiReply,
    ApiRequest,
    Call,
    Caller,
    NoSuchMethod,
    WrongMediaType,
    error_headers,
    no_tools,
    problem,
    tag_answer,
)
from shared.app.api.idempotency import answer_once
from shared.app.api.json_shapes import matches, read_fields, read_form, read_json, read_query
from shared.app.api.keys import caller_of
from shared.app.api.origins import answer_preflight, read_headers, refuse_other_origin
from shared.app.api.pages.approval_page import refusal
from shared.app.api.pages.page_html import render_refusal, wants_page
from shared.app.api.rate import Rate
from shared.app.api.route import NEEDS, PARTS, PERMISSIONS, Route
from shared.app.api.routes import ROUTES
from shared.app.engine.deps import Deps
from shared.core.errors import (
    AgentError,
    Busy,
    Conflicting,
    Forbidden,
    NotThere,
    RequestError,
    TooLarge,
    VersionConflict,
)
from shared.core.people.scopes import SCOPES, list_missing
from shared.telemetry import trace

if TYPE_CHECKING:
    from shared.app.engine.tools import Tools


class Api:
    """The API of one process; everything it keeps between requests is its share of each key's rate."""

    def __init__(self, deps: Deps, tools: Callable[[], Tools] = no_tools) -> None:
        self._deps = deps
        self._tools = tools
        self._rate = Rate()

    def answer(self, request: ApiRequest) -> ApiReply:
        """Answer a request; errors we raise on purpose become answers, a bug does not."""
        found: Route | None = None
        try:
            if (preflight := answer_preflight(request, _list_matching(request))) is not None:
                return preflight
            found, parts = _find(request)
            reply = self._handle(found, parts, request)
            reply = tag_answer(reply, request) if found.is_tagged else reply
            return replace(reply, headers={**reply.headers, **read_headers(request, found)})
        except RequestError as error:
            log.record_refusal("api", error, found.id if found else "")
            return _refusal(error, found, request, _allow(request) if isinstance(error, NoSuchMethod) else {})
        except (Busy, VersionConflict) as error:
            log.line("WARNING", "not done yet", function="api", **log.about(error))
            later = Conflicting(f"{error}", way_out="Try again in a few seconds.")
            return _refusal(later, found, request, {"Retry-After": "2"})
        except AgentError as error:
            log.line("ERROR", "request failed", function="api", **log.about(error))
            unwell = _Unwell(
                "this cannot be done right now", way_out="Try again in a moment; GET /v1/health shows what is wrong."
            )
            return _refusal(unwell, found, request, {"Retry-After": "5"})

    def _handle(self, route: Route, parts: dict[str, str], request: ApiRequest) -> ApiReply:
        caller = self._caller(route, request)
        trace.belongs(caller.tenant if caller else "")
        if not all(matches(value, PARTS[name]) for name, value in parts.items()):
            raise NotThere("there is nothing with this id")
        query = read_query(request.query, route.query)
        body = _body(route, request)
        with trace.span(f"use case {route.id}", {"workwright.route": route.id}):
            return answer_once(route, Call(self._deps, request, caller, parts, query, body, self._tools))

    def _caller(self, route: Route, request: ApiRequest) -> Caller | None:
        roles = PERMISSIONS[route.permission]
        if roles is None:
            return None
        caller = caller_of(self._deps, request.header("authorization"))
        self._rate.spend(self._deps, caller.tenant, caller.person or caller.key)
        if caller.role not in roles:
            raise Forbidden(f"the role {caller.role} does not have the permission {route.permission}")
        if missing := list_missing(caller.scopes, sorted(NEEDS[route.permission])):
            raise Forbidden(
                f"this key has not the scope {missing[0]!r}, which is to {SCOPES[missing[0]]}",
                way_out="Use a key with that scope; workwright keys lists what yours have.",
            )
        refuse_other_origin(self._deps, caller.tenant, request)
        return caller


class _Unwell(RequestError):
    status = 503
    code = "unavailable"


def _refusal(error: RequestError, route: Route | None, request: ApiRequest, headers: dict[str, str]) -> ApiReply:
    """Answer with a page where people look, with a problem where programs do."""
    headers = {**headers, **read_headers(request, route)}
    if route is not None and route.permission == "approval link":
        return refusal(error)
    if wants_page(request) or (route is not None and route.answer == "html"):
        shown = render_refusal(error)
        return replace(shown, headers={**shown.headers, **error_headers(error), **headers})
    return problem(error, {**error_headers(error), **headers})


def _find(request: ApiRequest) -> tuple[Route, dict[str, str]]:
    method = "GET" if request.method == "HEAD" else request.method
    known = [(route, parts) for route in ROUTES if (parts := _match(route, request.path)) is not None]
    if not known:
        raise NotThere("there is nothing at this address", way_out="GET /openapi.json lists every address.")
    for route, parts in known:
        if route.method == method:
            return route, parts
    raise NoSuchMethod(f"this address does not answer {request.method[:20]}", way_out=f"Use {_methods(request)}.")


def _match(route: Route, path: str) -> dict[str, str] | None:
    wanted, given = route.path.split("/"), path.split("/")
    if len(wanted) != len(given):
        return None
    parts: dict[str, str] = {}
    for want, have in zip(wanted, given, strict=True):
        if want.startswith("{") and have:
            parts[want[1:-1]] = have
        elif want != have:
            return None
    return parts


def _methods(request: ApiRequest) -> str:
    return ", ".join(route.method for route in _list_matching(request))


def _list_matching(request: ApiRequest) -> list[Route]:
    return [route for route in ROUTES if _match(route, request.path) is not None]


def _allow(request: ApiRequest) -> dict[str, str]:
    return {"Allow": _methods(request)}


def _body(route: Route, request: ApiRequest) -> dict[str, Any]:
    if len(request.body) > MAX_BODY:
        raise TooLarge(f"the body is larger than {MAX_BODY} bytes")
    if route.body is None:
        return {}
    if not request.body and not route.body.get("required"):
        return read_fields({}, route.body)
    if request.media_type not in (route.body_type, JSON if route.body_type == MERGE_PATCH else route.body_type):
        raise WrongMediaType(
            f"the body must be {route.body_type}, got {request.media_type[:80]!r}", way_out=f"Send {route.body_type}."
        )
    return (read_form if route.body_type == FORM else read_json)(request.body, route.body)
