"""An HTTP handler for tasks under a test's control."""

from __future__ import annotations

import threading
import time

from tests.support.servers.http_loopback import Handler, HttpServer


class Worker:
    """Answers with what is in `answers`, then with 200, `delay` seconds later; keeps what it was sent."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.delay = 0.0
        self.busy = self.most_busy = 0
        self.lock = threading.Lock()
        worker = self

        class Endpoint(Handler):
            def do_POST(self) -> None:
                worker.serve(self)

            def do_GET(self) -> None:
                worker.serve(self)

        self.http = HttpServer(Endpoint)
        self.url = self.http.url + "/"

    def serve(self, handler: Handler) -> None:
        body = handler.body()
        with self.lock:
            self.bodies.append(body)
            self.headers.append({name.lower(): value for name, value in handler.headers.items()})
            status, headers = self.answers.pop(0) if self.answers else (200, {})
            self.busy += 1
            self.most_busy = max(self.most_busy, self.busy)
        time.sleep(self.delay)
        with self.lock:
            self.busy -= 1
        handler.reply(status, b"", headers)
