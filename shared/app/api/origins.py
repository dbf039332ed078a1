"""Frontends on other origins: which of them a team lets call, and what a browser is told (the Fetch standard, CORS).

A key alone opens the API, never a cookie: so a page can send nothing that it did not have before, and any page may ask
and read why it was refused. What a team's list keeps out is a page that has come by one of its keys.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from shared.app.api.exchange import ApiReply, ApiRequest
from shared.app.api.route import Route
from shared.app.engine.deps import Deps
from shared.core.errors import Forbidden
from shared.ports.documents import tenant_settings

MAX_ORIGINS = 20
_NAME = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_PORT = "[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]"
_HOST = rf"https://{_NAME}(?:\.{_NAME})*|http://(?:localhost|127\.0\.0\.1|\[::1\])"
ORIGIN = rf"(?:{_HOST})(?::(?:{_PORT}))?"
_ORIGIN = re.compile(ORIGIN)
_SENT = "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match"
_READ = "ETag, Idempotency-Replayed, Retry-After, WWW-Authenticate"
_KEPT_S = 600  # for which a browser keeps what it was told; Chromium keeps it for two hours at most


def read_origin(given: str) -> str:
    """Return what fits ORIGIN as browsers write it (RFC 6454): in small letters, without a port that is usual."""
    origin = given.lower().removesuffix("/")
    return origin.removesuffix(":443" if origin.startswith("https:") else ":80")


def refuse_other_origin(deps: Deps, tenant: str, request: ApiRequest) -> None:
    """Raise Forbidden for a call from a page whose origin is neither ours nor one of the team's list."""
    origin = request.header("origin")
    if not origin or origin == "{0.scheme}://{0.netloc}".format(urlsplit(deps.public_url)):
        return
    if origin not in tenant_settings(deps.store, tenant).origins:
        raise Forbidden(
            f"your team lets no page of the origin {origin[:200]!r} call",
            way_out="An owner can allow it: POST /v1/settings/origins, or workwright origins --allow.",
        )


def answer_preflight(request: ApiRequest, routes: Sequence[Route]) -> ApiReply | None:
    """Return what a browser asks before it sends a call to these routes of one address; None for any other request.

    It comes without a key, so it depends on no team.
    """
    if request.method != "OPTIONS" or not request.header("access-control-request-method"):
        return None
    if not routes or not all(map(_is_for_frontends, routes)) or not _is_origin(request.header("origin")):
        return None
    headers = {
        "Access-Control-Allow-Methods": ", ".join(route.method for route in routes),
        "Access-Control-Allow-Headers": _SENT,
        "Access-Control-Max-Age": str(_KEPT_S),
    }
    return ApiReply(204, headers={**headers, **_readable_by(request)})


def read_headers(request: ApiRequest, route: Route | None) -> dict[str, str]:
    """Return the headers that let the page that called read the answer, empty where it is not for frontends."""
    if route is None or not _is_for_frontends(route):
        return {}
    return _readable_by(request) if _is_origin(request.header("origin")) else {"Vary": "Origin"}


def _readable_by(request: ApiRequest) -> dict[str, str]:
    return {
        "Access-Control-Allow-Origin": request.header("origin"),
        "Access-Control-Expose-Headers": _READ,
        "Vary": "Origin",
    }


def _is_for_frontends(route: Route) -> bool:
    return route.needs_key or (route.permission == "public" and route.answer != "html")


def _is_origin(given: str) -> bool:
    return len(given) <= 300 and _ORIGIN.fullmatch(given) is not None
