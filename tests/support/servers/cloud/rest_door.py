"""The REST interface of a server that speaks gRPC, by the HTTP rules of the vendor's own client."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

import grpc

from tests.support.servers.http_loopback import Handler, HttpServer

if TYPE_CHECKING:
    from tests.support.servers.cloud.grpc_loopback import GrpcServer, Rpc

# https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto: "HTTP Mapping" beside each code.
_HTTP = {
    "CANCELLED": 499,
    "UNKNOWN": 500,
    "INVALID_ARGUMENT": 400,
    "DEADLINE_EXCEEDED": 504,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "PERMISSION_DENIED": 403,
    "UNAUTHENTICATED": 401,
    "RESOURCE_EXHAUSTED": 429,
    "FAILED_PRECONDITION": 400,
    "ABORTED": 409,
    "OUT_OF_RANGE": 400,
    "UNIMPLEMENTED": 501,
    "INTERNAL": 500,
    "UNAVAILABLE": 503,
    "DATA_LOSS": 500,
}
_VARIABLE = re.compile(r"\{([a-z_.]+)(?:=([^}]*))?\}")


@dataclass(frozen=True, slots=True)
class _Route:
    verb: str
    path: re.Pattern[str]
    body: str  # "*": the whole message; else the name of a field, or ""
    method: str


def _routes(rules: Any, methods: Mapping[str, Rpc]) -> list[_Route]:
    return [
        _Route(each["method"].upper(), _pattern(each["uri"]), each.get("body", ""), name)
        for name in methods
        for each in getattr(rules, f"_Base{name}")._get_http_options()
    ]


def _pattern(template: str) -> re.Pattern[str]:
    text, at = "", 0
    for variable in _VARIABLE.finditer(template):
        inner = re.escape(variable[2] or "*").replace(r"\*\*", ".+").replace(r"\*", "[^/:]+")
        text += re.escape(template[at : variable.start()]) + f"(?P<{variable[1].replace('.', '__')}>{inner})"
        at = variable.end()
    return re.compile(text + re.escape(template[at:]))


class RestDoor:
    """Answers REST with what the server answers to the same call over gRPC; failures ordered there count here."""

    def __init__(self, server: GrpcServer) -> None:
        self._server = server
        self._routes = _routes(server.rest, server.methods)
        door = self

        class Answer(Handler):
            def _any(self) -> None:
                status, body = door.answer(self.command, self.path, self.body(), dict(self.headers.items()))
                self.reply(status, body, {"Content-Type": "application/json; charset=UTF-8"})

            do_GET = do_POST = do_PATCH = do_DELETE = _any  # noqa: N815 — the names the standard library calls

        self.http = HttpServer(Answer)

    def answer(self, verb: str, target: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """Return status and body of the answer."""
        parts = urlsplit(target)
        path = unquote(parts.path)
        for route in self._routes:
            match = route.path.fullmatch(path) if route.verb == verb else None
            if match is None:
                continue
            rpc = self._server.methods[route.method]
            asked = dict(parse_qsl(parts.query)) | {k: v for k, v in match.groupdict().items() if "__" not in k}
            if route.body:
                told = json.loads(body)
                asked |= told if route.body == "*" else {route.body: told}
            try:
                request = rpc.request.from_json(json.dumps(asked))
            except Exception as error:  # whatever the vendor's own parser refuses
                return _refusal("INVALID_ARGUMENT", f"Invalid JSON payload received. {error}")
            return self._call(route.method, rpc, request, headers)
        return _refusal("NOT_FOUND", f"no method at {verb} {path}")

    def _call(self, method: str, rpc: Rpc, request: Any, headers: Mapping[str, str]) -> tuple[int, bytes]:
        try:
            response = self._server.respond(method, request, headers)
        except Refused as error:
            return _refusal(error.code.name, error.message)
        text = "{}" if rpc.response is None else rpc.response.to_json(response, use_integers_for_enums=False)
        return 200, text.encode()


class Refused(Exception):
    """A request the server answers with a status."""

    def __init__(self, code: grpc.StatusCode, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def _refusal(code: str, message: str) -> tuple[int, bytes]:
    status = _HTTP[code]
    return status, json.dumps({"error": {"code": status, "message": message, "status": code}}).encode()
