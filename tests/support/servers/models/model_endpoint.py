"""What the local endpoints of model vendors share: answers from a script, a journal, and ways to fail on the line."""

from __future__ import annotations

import dataclasses
import json
import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from typing import Any, NoReturn, Self

from tests.support.servers.http_loopback import Handler, HttpServer


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: `body` is sent as JSON, or as it is when it is bytes. `drop` closes without an answer."""

    status: int = 200
    body: Any = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    drop: bool = False

    def encoded(self) -> bytes:
        """Return the body as it is sent."""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body, ensure_ascii=False).encode()


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


Scripted = Answer | Callable[[Mapping[str, Any]], Answer]


class Refusal(Exception):
    """The request goes no further; this is the answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def bad_gateway() -> Answer:
    """Answer 502 with a page for people, as a proxy does."""
    page = b"<!DOCTYPE html><html><head><title>Error 502 (Server Error)!!1</title></head><body></body></html>"
    return Answer(502, page, {"Content-Type": "text/html; charset=UTF-8"})


def not_json(body: bytes = b"<html>200</html>") -> Answer:
    """Answer 200 with something else than JSON."""
    return Answer(200, body)


def garbage() -> Answer:
    """Answer 200 with a stream of what no client asked for."""
    return Answer(200, bytes(range(256)) * 64, {"Content-Type": "text/event-stream"})


def slow(answer: Answer, seconds: float) -> Answer:
    """Answer so much later."""
    return dataclasses.replace(answer, delay=seconds)


def dropped() -> Answer:
    """Close the connection without an answer."""
    return Answer(drop=True)


def json_of(raw: bytes) -> Any:
    """Return the JSON of a body; raises ValueError for what is none, NaN among it."""
    return json.loads(raw, parse_constant=_no_constant)


class ModelEndpoint:
    """Give `url` to a client as its base URL. A refused request takes nothing from the script."""

    def __init__(self, key: str | None = None) -> None:
        self.key = key  # that admits; None admits whoever comes, or has one
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

    def __enter__(self) -> Self:
        self._http.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.stop()

    def script(self, lines: Iterable[Scripted]) -> None:
        """Add answers, in this order; one may be a function of the request."""
        with self._lock:
            self._script.extend(lines)

    @property
    def unused(self) -> int:
        """Count answers nobody has asked for yet."""
        with self._lock:
            return len(self._script)

    def forget(self) -> None:
        """Drop what is left of the script, and the journal."""
        with self._lock:
            self._script.clear()
            self.requests.clear()

    # --- what a vendor's endpoint says

    def listed(self, path: str, headers: Message) -> Answer:
        """Return the answer to a GET: the vendor's models, for those who may come in."""
        raise NotImplementedError

    def named(self, path: str) -> tuple[str, str]:
        """Return the model and the verb that a path names."""
        return "", ""

    def admitted(self, method: str, path: str, headers: Message, raw: bytes) -> Any:
        """Return the JSON body of a request that may come in; raises Refusal."""
        raise NotImplementedError

    def checked(self, path: str, body: Any) -> Mapping[str, Any]:
        """Return the request with canonical names; raises Refusal for one the vendor would refuse."""
        raise NotImplementedError

    def counted(self, path: str, request: Mapping[str, Any]) -> Answer | None:
        """Return the answer to a request that only counts, None for any other."""
        return None

    def answered(self, request: Mapping[str, Any], answer: Answer) -> Answer:
        """Return the scripted answer as it goes out."""
        return answer

    def unscripted(self) -> Answer:
        """Answer when the script is at its end."""
        raise NotImplementedError

    def _serve(self, handler: Handler) -> None:
        raw = handler.body()
        path, _, _ = handler.path.partition("?")
        body: Any = None
        request: Mapping[str, Any] | None = None
        try:
            if handler.command == "GET":
                raise Refusal(self.listed(path, handler.headers))
            body = self.admitted(handler.command, path, handler.headers, raw)
            request = self.checked(path, body)
            answer = self.counted(path, request) or self._next(request)
        except Refusal as refusal:
            answer = refusal.answer
        model, verb = self.named(path)
        seen = Recorded(handler.command, handler.path, model, verb, dict(handler.headers), body, request, answer.status)
        with self._lock:
            self.requests.append(seen)
        _send(handler, answer)

    def _next(self, request: Mapping[str, Any]) -> Answer:
        with self._lock:
            line = self._script.pop(0) if self._script else None
        if line is None:
            return self.unscripted()
        return self.answered(request, line if isinstance(line, Answer) else line(request))


def _send(handler: Handler, answer: Answer) -> None:
    if answer.delay:
        time.sleep(answer.delay)
    if answer.drop:
        handler.close_connection = True
        handler.connection.shutdown(socket.SHUT_RDWR)
        return
    headers = {"Content-Type": "application/json; charset=UTF-8"} | dict(answer.headers)
    handler.reply(answer.status, answer.encoded(), headers)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
