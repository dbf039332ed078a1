"""A simulator's server sleeps until somebody comes, and still ends at once."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

import pytest
import requests
from werkzeug.wrappers import Response

from shared.local.keep_alive import KeptAliveServer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def test_who_waits_for_a_connection_ends_when_it_is_told_to() -> None:
    server = KeptAliveServer("127.0.0.1", 0, Response("here"))
    waiting = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 3600.0}, daemon=True)
    waiting.start()
    socket.create_connection(("127.0.0.1", server.server_port), timeout=10).close()  # it is at work
    told = threading.Thread(target=server.shutdown, daemon=True)
    told.start()
    for thread in (told, waiting):
        thread.join(20)
        assert not thread.is_alive()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.server_port), timeout=10)
    server.server_close()


def test_a_bug_of_the_application_is_answered_and_the_next_request_served(capfd: pytest.CaptureFixture[str]) -> None:
    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/broken":
            raise LookupError("no such house")
        return Response("here")(environ, start_response)

    server = KeptAliveServer("127.0.0.1", 0, app)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    with requests.Session() as session:
        assert [session.get(f"{url}/{path}", timeout=10).status_code for path in ("broken", "whole")] == [500, 200]
    assert "LookupError: no such house" in capfd.readouterr().err
    server.shutdown()
    server.server_close()
