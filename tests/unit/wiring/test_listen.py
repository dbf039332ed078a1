"""Where a house is listened for: connections are kept, and each request is answered as if it had one of its own."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from werkzeug.wrappers import Request, Response

from shared.local.serve import listen

SMALL, LARGE = b"x" * 1000, b"x" * 3_000_000


def _app(environ: dict[str, Any], start_response: Any) -> Any:
    request = Request(environ)
    read = len(request.get_data()) if request.path == "/reads" else -1
    return Response(f"{request.method} {request.path} {read} {threading.get_ident()}")(environ, start_response)


@contextmanager
def listening(app: Any = _app) -> Iterator[http.client.HTTPConnection]:
    server = listen(app, 0)
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)
    try:
        yield connection
    finally:
        connection.close()
        server.shutdown()
        server.server_close()


def ask(connection: http.client.HTTPConnection, path: str, body: bytes = b"", **headers: str) -> tuple[str, str]:
    """Return what is answered, and in which thread."""
    connection.request("POST", path, body, headers)
    said, _, thread = connection.getresponse().read().decode().rpartition(" ")
    return said, thread


def test_the_next_request_comes_on_the_same_connection() -> None:
    with listening() as connection:
        first, thread = ask(connection, "/reads", SMALL)
        kept = connection.sock
        second, again = ask(connection, "/reads", b"abc")
        assert (first, second) == ("POST /reads 1000", "POST /reads 3")
        assert (connection.sock, again) == (kept, thread)
        assert kept is not None


def test_what_was_sent_and_not_read_is_no_next_request() -> None:
    with listening() as connection:
        for body in (b"GET /evil HTTP/1.1\r\nHost: here\r\n\r\n", SMALL, b""):
            assert ask(connection, "/leaves", body)[0] == "POST /leaves -1"


@pytest.mark.parametrize("chunked", [False, True])
def test_after_a_body_that_may_be_left_unread_the_connection_is_closed(chunked: bool) -> None:
    with listening() as connection:
        body = iter([SMALL]) if chunked else LARGE
        connection.request("POST", "/reads", body, encode_chunked=chunked,
                           headers={"Transfer-Encoding": "chunked"} if chunked else {})  # fmt: skip
        answer = connection.getresponse()
        assert answer.read().decode().startswith(f"POST /reads {1000 if chunked else len(LARGE)} ")
        assert answer.getheader("Connection") == "close"
        assert ask(connection, "/reads", b"abc")[0] == "POST /reads 3"


def test_who_is_being_answered_gets_the_answer_although_it_shuts_down() -> None:
    came, goes_on = threading.Event(), threading.Event()

    def app(environ: dict[str, Any], start_response: Any) -> Any:
        came.set()
        assert goes_on.wait(20)
        return Response("whole")(environ, start_response)

    server = listen(app, 0)
    idle = socket.create_connection(("127.0.0.1", server.server_port), timeout=20)
    asking = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)
    asking.request("GET", "/")
    assert came.wait(20)
    server.shutdown()
    assert idle.recv(1) == b""  # who asks nothing is sent away at once
    goes_on.set()
    answer = asking.getresponse()
    assert (answer.read(), answer.getheader("Connection")) == (b"whole", None)
    assert asking.sock is None or asking.sock.recv(1) == b""
    server.server_close()
    idle.close()
    asking.close()


def test_an_application_that_fails_is_answered_for() -> None:
    def app(environ: dict[str, Any], start_response: Any) -> Any:
        raise RuntimeError("of its own")

    with listening(app) as connection:
        connection.request("GET", "/")
        assert connection.getresponse().status == 500
