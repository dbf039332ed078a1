"""Serve all functions of the house on one port, each loaded by functions-framework as the platform loads it."""

from __future__ import annotations

import errno
import socket
import threading
from collections.abc import Callable, Iterable
from io import BytesIO
from pathlib import Path
from typing import Any

from functions_framework import create_app
from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import BaseWSGIServer

from shared.core.errors import ConfigError
from shared.local.keep_alive import KeptAliveHandler, KeptAliveServer
from shared.settings import FUNCTIONS

ROOT = Path(__file__).resolve().parents[2] / "functions"
_SMALL_BYTES = 1 << 20
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def load_function(name: str) -> Wsgi:
    """Return the function as a WSGI app; its source is `functions/{name}/main.py`."""
    app: Wsgi = create_app(name.replace("-", "_"), str(ROOT / name / "main.py"))  # type: ignore[no-untyped-call]

    def answer_at_root(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ["PATH_INFO"] = environ.get("PATH_INFO") or "/"  # else the framework redirects
        answer: Iterable[bytes] = app(environ, start_response)
        return answer

    return answer_at_root


def house_app() -> Wsgi:
    """Return every function under its name, and `api` also at the root, where people reach it."""
    mounts = {f"/{name}": load_function(name) for name in FUNCTIONS if (ROOT / name / "main.py").exists()}
    fallback: Any = mounts.get("/api", NotFound())
    app: Any = DispatcherMiddleware(fallback, mounts)
    return app  # type: ignore[no-any-return]


class _Handler(KeptAliveHandler):
    """Reads small bodies first: a function may answer without having read what was sent."""

    timeout = 75.0  # a connection on which nobody asks any more takes up a thread

    def make_environ(self) -> dict[str, Any]:
        """Return what the application is told; after a body that it may leave unread, the connection is closed."""
        environ = super().make_environ()
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal() or int(length) > _SMALL_BYTES:
            self.close_connection = True
        else:
            environ["wsgi.input"] = BytesIO(self.rfile.read(int(length)))
        return environ


class _Server(KeptAliveServer):
    cuts_short = False


def listen(app: Wsgi, port: int) -> BaseWSGIServer:
    """Serve on a loopback port in daemon threads; raises ConfigError when the port is taken."""
    try:
        _probe(port)
        server = _Server("127.0.0.1", port, app, _Handler)
    except (OSError, SystemExit) as error:
        if isinstance(error, OSError) and error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        raise ConfigError(f"port {port} is in use; choose another with --port, or 0 for any free one") from error
    threading.Thread(target=server.serve_forever, name="house-http", daemon=True).start()
    return server


def _probe(port: int) -> None:
    """Raise OSError when the port is taken, before the server prints words of its own about it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
