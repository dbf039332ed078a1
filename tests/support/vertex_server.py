"""An HTTP endpoint that speaks Gemini on Vertex AI paths: strict about what it is sent, answering from a script."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from tests.support import vertex_answers as answers
from tests.support.http_loopback import Handler, HttpServer
from tests.support.vertex_answers import Answer
from tests.support.vertex_wire import InvalidRequest, check_count, check_generate

_PATH = re.compile(
    r"/(?P<version>v1|v1beta1)/projects/(?P<project>[^/]+)/locations/(?P<location>[a-z0-9-]+)"
    r"/publishers/google/models/(?P<model>[A-Za-z0-9._@-]+):(?P<verb>generateContent|countTokens)"
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request that arrived. `request` has canonical names, and is None when it was refused."""

    method: str
    path: str
    model: str
    verb: str
    headers: Mapping[str, str]
    body: Any
    request: Mapping[str, Any] | None
    status: int


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


Scripted = Answer | Callable[[Mapping[str, Any]], Answer]


class _Failed(Exception):
    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class VertexServer:
    """Give `url` to the SDK as its base URL. A refused request takes nothing from the script."""

    def __init__(
        self, *, token: str | None = None, project: str | None = None, models: Iterable[str] | None = None
    ) -> None:
        self.token, self.project = token, project
        self.models = None if models is None else set(models)
        self.requests: list[Recorded] = []
        self._script: list[Scripted] = []
        self._lock = threading.Lock()
        server = self

        class Endpoint(Handler):
            def do_POST(self) -> None:
                server._serve(self)

            def do_GET(self) -> None:
                server._serve(self)

        self._http = HttpServer(Endpoint)
        self.url = self._http.url

    def __enter__(self) -> VertexServer:
        self._http.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.stop()

    def script(self, lines: Iterable[Scripted]) -> None:
        """Add answers to generateContent, in this order; one may be a function of the request."""
        with self._lock:
            self._script.extend(lines)

    @property
    def unused(self) -> int:
        """Count answers nobody has asked for yet."""
        with self._lock:
            return len(self._script)

    def _serve(self, handler: Handler) -> None:
        raw = handler.body()
        path, _, _ = handler.path.partition("?")
        match = _PATH.fullmatch(path)
        body: Any = None
        request: dict[str, Any] | None = None
        try:
            body = self._admitted(handler, match, raw)
            assert match is not None
            request = self._checked(body, match)
            answer = self._count(request) if match["verb"] == "countTokens" else self._next(request)
        except _Failed as failed:
            answer = failed.answer
        model, verb = (match["model"], match["verb"]) if match else ("", "")
        seen = Recorded(handler.command, handler.path, model, verb, dict(handler.headers), body, request, answer.status)
        with self._lock:
            self.requests.append(seen)
        self._send(handler, answer)

    @staticmethod
    def _send(handler: Handler, answer: Answer) -> None:
        if answer.delay:
            time.sleep(answer.delay)
        if answer.drop:
            handler.close_connection = True
            handler.connection.shutdown(socket.SHUT_RDWR)
            return
        headers = {"Content-Type": "application/json; charset=UTF-8"} | dict(answer.headers)
        handler.reply(answer.status, answer.encoded(), headers)

    def _admitted(self, handler: Handler, match: re.Match[str] | None, raw: bytes) -> Any:
        """Return the JSON body of a request that may come in."""
        if match is None:
            page = b"<!DOCTYPE html><html><title>Error 404 (Not Found)!!1</title></html>"
            raise _Failed(Answer(404, page, {"Content-Type": "text/html; charset=UTF-8"}))
        if handler.command != "POST":
            raise _Failed(answers.error(404, "Method not found."))
        scheme, _, token = (handler.headers.get("Authorization") or "").partition(" ")
        if scheme != "Bearer" or not token or (self.token is not None and token != self.token):
            message = "Request had invalid authentication credentials. Expected OAuth 2 access token."
            raise _Failed(answers.error(401, message))
        if self.project is not None and match["project"] != self.project:
            raise _Failed(answers.forbidden())
        if self.models is not None and match["model"] not in self.models:
            raise _Failed(answers.error(404, f"Publisher Model `{match['model']}` was not found."))
        if not (handler.headers.get("Content-Type") or "").startswith("application/json"):
            raise _Failed(answers.refused("Content-Type must be application/json."))
        try:
            return json.loads(raw, parse_constant=_no_constant)
        except ValueError:
            raise _Failed(answers.refused("Invalid JSON payload received.")) from None

    @staticmethod
    def _checked(body: Any, match: re.Match[str]) -> dict[str, Any]:
        try:
            return check_count(body) if match["verb"] == "countTokens" else check_generate(body, match["model"])
        except InvalidRequest as refusal:
            raise _Failed(answers.refused(str(refusal))) from refusal

    @staticmethod
    def _count(request: Mapping[str, Any]) -> Answer:
        """Count a token per four characters begun, which is near enough and easy to check."""
        messages = [
            *request.get("contents", []),
            *([request["systemInstruction"]] if "systemInstruction" in request else []),
        ]
        characters = sum(len(part.get("text", "")) for message in messages for part in message["parts"])
        tokens = -(-characters // 4)
        details = [{"modality": "TEXT", "tokenCount": tokens}]
        return Answer(
            body={"totalTokens": tokens, "totalBillableCharacters": characters, "promptTokensDetails": details}
        )

    def _next(self, request: Mapping[str, Any]) -> Answer:
        with self._lock:
            line = self._script.pop(0) if self._script else None
        if line is None:
            return answers.error(500, "The script of this server has no answer left.")
        return line if isinstance(line, Answer) else line(request)
