"""What all simulators share: durable state, a journal, ordered faults, a clock that can be moved, and an HTTP server.

A simulator subclasses `Simulator` and implements `answer`. Control endpoints, the same for all, without authentication:
`GET /_health`, `GET /_journal[?effects=1]`, `POST /_faults` (one order or a list), `DELETE /_faults`, `POST /_clock`
(`{"offset_s": 3600}`), `GET /_state`.
"""

import fnmatch
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from werkzeug.serving import BaseWSGIServer
from werkzeug.wrappers import Request, Response

from shared.local.keep_alive import KeptAliveServer
from shared.local.simulators._change_log import ChangeLog, Table, append_line, whole_lines

Json = dict[str, Any]


def json_response(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Answer with a JSON body."""
    return Response(
        json.dumps(body, ensure_ascii=False), status=status, headers=headers, content_type="application/json"
    )


class Simulator:
    """One external system over WSGI. State is a JSON-able dict; what changed in it is saved after each request."""

    name = "simulator"
    stands_in = False  # for another, so that it is there only where it is asked for

    def __init__(self, data: Path | None = None) -> None:
        self.lock = threading.RLock()
        self.data = data
        self.state: Json = self.fresh_state()
        self.journal: list[Json] = []
        self.faults: list[Json] = []
        self.offset = timedelta(0)
        self.base_url = ""  # set when served; simulators that hand out links need it
        self._current = threading.local()
        self._dirty = False
        self._changes: ChangeLog | None = ChangeLog(data) if data is not None else None
        self._bytes: dict[str, bytes] = {}  # what `keep_bytes` took when there is no data folder
        if data is not None:
            data.mkdir(parents=True, exist_ok=True)
            self._restore()

    def fresh_state(self) -> Json:
        """Return the state of a new simulator; everything in it must be JSON-able. What grows belongs in a `Table`."""
        return {}

    def answer(self, request: Request) -> Response:
        """Answer one request of the vendor's API. Called under the lock."""
        raise NotImplementedError

    def beside(self, request: Request) -> Response | None:
        """Answer what is no call of the vendor's API (pages for people, served files), or None.

        Called first, without the lock, and not journaled: it may wait for somebody who calls this simulator back.
        """
        return None

    def refuse(self, status: int, headers: dict[str, str], body: Any) -> Response:
        """Shape an ordered fault as the vendor would; `body` is what the order gave, or None."""
        return json_response(body if body is not None else {"error": f"ordered fault {status}"}, status, headers)

    def effect(self, kind: str, **detail: Any) -> None:
        """Note that the current request changed the simulated world; the journal shows it as an effect."""
        self._dirty = True
        entry = getattr(self._current, "effects", None)
        if entry is not None:
            entry.append({"kind": kind, **detail})

    def touch(self) -> None:
        """Save state after this request although nothing a customer sees has changed."""
        self._dirty = True

    def keep_bytes(self, key: str, content: bytes) -> None:
        """Keep what is too large for the state, under a name that is safe as a file's; before the request ends."""
        if self.data is None:
            self._bytes[key] = content
            return
        folder = self.data / "bytes"
        folder.mkdir(exist_ok=True)
        temporary = folder / f"{key}.new"
        temporary.write_bytes(content)
        os.replace(temporary, folder / key)

    def read_bytes(self, key: str) -> bytes:
        """Return what was kept."""
        return self._bytes[key] if self.data is None else (self.data / "bytes" / key).read_bytes()

    def save_now(self) -> None:
        """Save what changed without a request, as after a delivery or put-off work. Call it under the lock."""
        self.touch()
        self._save(None)

    def configure(self, order: Json) -> Response:
        """Turn knobs that the state's `config` has; refuse the others."""
        config: Json = self.state["config"]
        unknown = set(order) - set(config)
        if unknown:
            return json_response({"error": f"unknown: {sorted(unknown)}"}, 400)
        config.update(order)
        self.touch()
        return json_response({"ok": True, "config": config})

    def clock_moved(self) -> None:
        """Do what is due now that the clock was moved. Called under the lock."""

    def now(self) -> datetime:
        """Return the simulator's own time, which tests can move."""
        return datetime.now(UTC) + self.offset

    def __call__(self, environ: Json, start_response: Callable[..., Any]) -> Iterable[bytes]:
        request = Request(environ)
        request.get_data(cache=True)  # read the body always: a kept-alive connection must not hold a rest of it
        self._current.effects = None
        beside = self.beside(request)
        if beside is not None:
            return beside(environ, start_response)
        if request.path.startswith("/_"):
            return self._control(request)(environ, start_response)
        return self._respond_and_journal(request, environ)(environ, start_response)

    def _respond_and_journal(self, request: Request, environ: Json) -> Response:
        started = time.monotonic()
        effects: list[Json] = []
        self._current.effects = effects
        fault = self._matching_fault(request)
        if fault and fault.get("delay_s"):
            time.sleep(min(float(fault["delay_s"]), 30.0))
        with self.lock:  # held until both are saved: no other request may save this one's change without its entry
            response = self._respond(request, fault)
            entry: Json = {
                "method": request.method,
                "path": request.path,
                "query": request.query_string.decode("latin-1"),
                "status": response.status_code,
                "effects": effects,
                "ms": round((time.monotonic() - started) * 1000, 1),
            }
            if fault:
                entry["fault"] = {key: value for key, value in fault.items() if key != "body"}
            self.write_down(entry)
        if fault and fault.get("drop"):
            self._drop_connection(environ)
        return response

    def write_down(self, entry: Json) -> None:
        """Put an entry into the journal and save it with the state it led to. Call it under the lock."""
        entry = {"at": self.now().isoformat(), "seq": len(self.journal) + 1, **entry}
        self.journal.append(entry)
        self._save(entry)

    def _respond(self, request: Request, fault: Json | None) -> Response:
        if fault is None or fault.get("when") == "after" or ("status" not in fault and not fault.get("drop")):
            response = self.answer(request)
            if fault is None or ("status" not in fault and not fault.get("drop")):
                return response
        if fault is not None and "html" in fault:
            return Response(fault["html"], status=int(fault.get("status", 502)), content_type="text/html")
        assert fault is not None
        headers = {str(key): str(value) for key, value in (fault.get("headers") or {}).items()}
        return self.refuse(int(fault.get("status", 500)), headers, fault.get("body"))

    def _matching_fault(self, request: Request) -> Json | None:
        with self.lock:
            for fault in self.faults:
                if fault.get("method", request.method) != request.method:
                    continue
                pattern = fault.get("path", "*")
                if not fnmatch.fnmatchcase(request.path, pattern):
                    continue
                if request.path.startswith("/_") and not pattern.startswith("/_"):
                    continue  # an order for the API does not hit what is served beside it
                if fault.get("skip", 0) > 0:
                    fault["skip"] -= 1
                    continue
                fault["times"] = fault.get("times", 1) - 1
                if fault["times"] <= 0:
                    self.faults.remove(fault)
                return dict(fault)
        return None

    @staticmethod
    def _drop_connection(environ: Json) -> None:
        connection = environ.get("werkzeug.socket")
        if connection is None:
            raise ConnectionResetError("ordered fault: connection dropped")
        connection.shutdown(socket.SHUT_RDWR)

    def _control(self, request: Request) -> Response:
        with self.lock:
            match request.method, request.path:
                case "GET", "/_health":
                    return json_response({"ok": True, "simulator": self.name})
                case "GET", "/_journal":
                    entries = [e for e in self.journal if e["effects"]] if request.args.get("effects") else self.journal
                    return json_response(entries)
                case "GET", "/_state":
                    return json_response(self.state)
                case "POST", "/_faults":
                    orders = request.get_json()
                    self.faults += orders if isinstance(orders, list) else [orders]
                    return json_response({"faults": self.faults})
                case "DELETE", "/_faults":
                    self.faults.clear()
                    return json_response({"faults": []})
                case "POST", "/_clock":
                    self.offset = timedelta(seconds=float(request.get_json()["offset_s"]))
                    self.clock_moved()
                    return json_response({"now": self.now().isoformat()})
                case _:
                    extra = self.control(request)
                    if self._dirty:
                        self._save(None)
                    return extra or json_response({"error": f"no such control endpoint: {request.path}"}, 404)

    def control(self, request: Request) -> Response | None:
        """Answer a control endpoint (`/_…`) of this simulator's own, or None."""
        return None

    def _save(self, entry: Json | None) -> None:
        if self._dirty and self._changes is not None:
            self._changes.save(self.state, entry)
        for part in self.state.values():
            if isinstance(part, Table):
                part.settle()
        self._dirty = False
        if entry is not None and self.data is not None:
            append_line(self.data / "journal.jsonl", json.dumps(entry, ensure_ascii=False))

    def _restore(self) -> None:
        assert self.data is not None
        assert self._changes is not None
        self.journal = [json.loads(line) for line in whole_lines(self.data / "journal.jsonl")]
        entry = self._changes.restore(self.state)
        if entry is not None and entry["seq"] > len(self.journal):
            # Killed between the two files: the change was saved with its entry, the journal did not get it any more.
            self.journal.append(entry)
            append_line(self.data / "journal.jsonl", json.dumps(entry, ensure_ascii=False))


def serve(simulator: Simulator, port: int = 0, host: str = "127.0.0.1") -> BaseWSGIServer:
    """Serve on a loopback port in daemon threads; the returned server has `server_port` and `shutdown()`."""
    server = KeptAliveServer(host, port, simulator)
    simulator.base_url = f"http://{host}:{server.server_port}"
    # It waits for connections and does not look around: seven that did took a hundredth of a processor for nothing.
    threading.Thread(target=server.serve_forever, name=f"sim-{simulator.name}", daemon=True).start()
    return server
