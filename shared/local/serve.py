"""Serve all functions of the house on one port, each loaded by functions-framework as the platform loads it."""

from __future__ import annotations

import errno
import socket
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from functions_framework import create_app
from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from shared.core.errors import ConfigError
from shared.settings import FUNCTIONS

ROOT = Path(__file__).resolve().parents[2] / "functions"
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def load_function(name: str) -> Wsgi:
    """Return the function as a WSGI app; its source is `functions/{name}/main.py`."""
    app: Wsgi = create_app(name.replace("-", "_"), str(ROOT / name / "main.py"))  # type: ignore[no-untyped-call]

    def at_root(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ["PATH_INFO"] = environ.get("PATH_INFO") or "/"  # else the framework redirects
        answer: Iterable[bytes] = app(environ, start_response)
        return answer

    return at_root


def house_app() -> Wsgi:
    """Return every function under its name, and `api` also at the root, where people reach it."""
    mounts = {f"/{name}": load_function(name) for name in FUNCTIONS if (ROOT / name / "main.py").exists()}
    fallback: Any = mounts.get("/api", NotFound())
    app: Any = DispatcherMiddleware(fallback, mounts)
    return app  # type: ignore[no-any-return]


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # a delayed ACK costs 40 ms per kept-alive call otherwise

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Stay silent: each function logs its own line where there is something to say."""


def listen(app: Wsgi, port: int) -> BaseWSGIServer:
    """Serve on a loopback port in daemon threads; raises ConfigError when the port is taken."""
    try:
        _probe(port)
        server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Handler)
    except (OSError, SystemExit) as error:
        if isinstance(error, OSError) and error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        raise ConfigError(f"port {port} is in use; choose another with --port, or 0 for any free one") from error
    run = {"poll_interval": 0.05}  # how long `shutdown()` takes
    threading.Thread(target=server.serve_forever, kwargs=run, name="house-http", daemon=True).start()
    return server


def _probe(port: int) -> None:
    """Raise OSError when the port is taken, before the server prints words of its own about it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
