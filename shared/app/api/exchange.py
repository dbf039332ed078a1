"""What the API is asked and what it answers, free of any web framework."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from shared.app.engine.deps import Deps
from shared.core.errors import ConfigError, RequestError, TooMany
from shared.core.people.actor import Acting, Actor, ActorKind
from shared.core.people.scopes import ALL_SCOPES
from shared.core.text.sentence import make_sentence

if TYPE_CHECKING:
    from shared.app.engine.tools import Tools

MAX_BODY = 64 * 1024
BODILESS = (204, 304)
_MAX_FORWARDED = 200  # the last of them are those that the proxies nearest to us have added
JSON, MERGE_PATCH, PROBLEM, HTML, FORM = (
    "application/json",
    "application/merge-patch+json",
    "application/problem+json",
    "text/html; charset=utf-8",
    "application/x-www-form-urlencoded",
)


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """One request. Header names are in lower case; `body` holds at most one byte more than MAX_BODY."""

    method: str
    path: str
    query: Mapping[str, Sequence[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    remote: str = ""

    def header(self, name: str) -> str:
        """Return a header's value, or ""."""
        return self.headers.get(name.lower(), "")

    @property
    def media_type(self) -> str:
        """Return the body's type without its parameters."""
        return self.header("content-type").partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class ApiReply:
    """One answer: a JSON body, or a page of HTML."""

    status: int = 200
    body: Mapping[str, Any] | None = None
    html: str = ""
    stream: Iterable[bytes] | None = None  # instead of a body: sent as it comes
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """Return what goes over the wire."""
        if self.status in BODILESS:
            return ""
        return self.html or json.dumps(self.body, ensure_ascii=True)

    @property
    def all_headers(self) -> dict[str, str]:
        """Return the headers with those every answer has."""
        kind = HTML if self.html else JSON
        return {"Content-Type": kind, **_ALWAYS, **self.headers}


_ALWAYS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",  # browsers ignore it over plain HTTP
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose key was shown: one tenant's, with one role; `person` is "" for a program's, `account` names its account."""

    tenant: str
    role: str
    key: str
    name: str
    person: str = ""
    account: str = ""
    scopes: tuple[str, ...] = ALL_SCOPES
    operator: bool = False  # the folder's own key, or that of who runs the cloud: nobody's, and no program's

    @property
    def actor(self) -> Actor:
        """Return who acts with this key."""
        if self.person:
            return Actor(ActorKind.PERSON, self.person, self.name)
        kind = ActorKind.OPERATOR if self.operator else ActorKind.SERVICE
        return Actor(kind, self.account or self.key, self.name)


def no_tools() -> Tools:
    """Raise: where nobody gave any, only what needs none is answered."""
    raise ConfigError("this API was started without tools; start it through functions/api")


@dataclass(frozen=True, slots=True)
class Call:
    """One request on its way to its handler: checked, and with its parts by name."""

    deps: Deps
    request: ApiRequest
    caller: Caller | None = None
    parts: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)
    tools: Callable[[], Tools] = no_tools  # loaded when it is called: most requests need none

    @property
    def who(self) -> Caller:
        """Return the caller of a route that needs a key."""
        assert self.caller is not None  # the router lets nobody else in
        return self.caller

    @property
    def tenant(self) -> str:
        """Return the only tenant this call may name."""
        return self.who.tenant

    @property
    def acting(self) -> Acting:
        """Return who acts by this call, from where and with which key, for the audit."""
        return Acting(self.who.actor, {"key": self.who.key, **name_origin(self.request)})


def name_origin(request: ApiRequest) -> Mapping[str, str]:
    """Return from where a call came; what is forwarded is as trustworthy as who forwards it."""
    forwarded = request.header("x-forwarded-for")[-_MAX_FORWARDED:]
    found = {"address": request.remote, "forwarded": forwarded}
    return {name: value for name, value in found.items() if value}


class NoSuchMethod(RequestError):
    """The path is right, the method is not."""

    status = 405
    code = "method_not_allowed"


class WrongMediaType(RequestError):
    """The body is not of the type this route takes."""

    status = 415
    code = "unsupported_media_type"


class ChangedSince(RequestError):
    """It is not any more what the caller's `If-Match` says that it is."""

    status = 412
    code = "changed_since"


def tag_answer(reply: ApiReply, request: ApiRequest) -> ApiReply:
    """Return a good answer with its ETag; 304 without a body, where who asks says that they have just that (RFC 9110).

    The tag is of the body alone, unless the answer brings one: it is the same in every process.
    """
    if reply.status != 200 or reply.stream is not None:
        return reply
    tag = reply.headers.get("ETag") or compute_tag(reply)
    if knows_tag(request, tag):
        return ApiReply(304, headers={**reply.headers, "ETag": tag})
    return replace(reply, headers={**reply.headers, "ETag": tag})


def compute_tag(reply: ApiReply) -> str:
    """Return the ETag of an answer's body."""
    return f'"{hashlib.sha256(reply.text.encode()).hexdigest()[:32]}"'


def refuse_changed(request: ApiRequest, now: ApiReply) -> None:
    """Raise ChangedSince for a call whose `If-Match` is not about what there is `now` (RFC 9110, 13.1.1)."""
    wanted = request.header("if-match")
    if wanted and not {compute_tag(now), "*"} & {each.strip() for each in wanted.split(",")}:
        raise ChangedSince("somebody has changed it since you looked")


def knows_tag(request: ApiRequest, tag: str) -> bool:
    """Say whether who asks has what this tag is of."""
    known = [each.strip().removeprefix("W/") for each in request.header("if-none-match").split(",")]
    return tag in known or "*" in known


def problem(error: RequestError, headers: Mapping[str, str] | None = None) -> ApiReply:
    """Return the problem+json answer (RFC 9457) to an error; it always says what to do."""
    body = {
        "type": f"urn:workwright:{error.code}",
        "title": error.code.replace("_", " ").capitalize(),
        "status": error.status,
        "detail": make_sentence(str(error)),
        "not_lost": error.not_lost,
        "way_out": way_out(error),
    }
    return ApiReply(error.status, body, headers={**(headers or {}), "Content-Type": PROBLEM})


def error_headers(error: RequestError) -> dict[str, str]:
    """Return the headers that belong to an error, however it is shown."""
    if isinstance(error, TooMany):
        return {"Retry-After": str(max(1, round(error.retry_after.total_seconds())))}
    return {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}


def way_out(error: RequestError) -> str:
    """Return what whoever met this error can do."""
    return error.way_out or _WAYS_OUT.get(error.status, "Look at /openapi.json for what this address takes.")


_WAYS_OUT = {
    401: (
        "Send the header “Authorization: Bearer” with a key of your tenant; an owner can create one with POST /v1/keys."
    ),
    403: "Ask an owner or admin of your tenant for a key whose role allows this.",
    404: "Check the id; GET /v1/runs lists the runs of your tenant.",
    409: "Read it again with GET, then decide.",
    412: "Read it again with GET, look at what has changed, and send your change with the new ETag.",
    413: "Send a smaller request.",
    503: "Try again in a moment.",
}
