"""A simulator's server sleeps until somebody comes, and still ends at once."""

from __future__ import annotations

import socket
import threading

import pytest
from werkzeug.wrappers import Response

from shared.local.kept_alive import KeptAliveServer


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
