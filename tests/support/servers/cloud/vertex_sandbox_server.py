"""Vertex AI's managed sandbox on this machine: its wire format over HTTP, and the given code really run, in bubblewrap.

The paths, the base64 of bytes and the names of fields are those that Google's SDK sends and reads (gcp.md, section
1.4). An execution gets the files it brings in its working folder, keeps nothing of the host, and returns what it
printed as one JSON chunk and every file it has left as a chunk of its own.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from shared.backends.sandbox.bubblewrap import BubblewrapSandbox
from shared.ports.sandbox import SandboxLimits, SandboxRequest
from tests.support.servers.http_loopback import Handler, HttpServer

_LIMITS = SandboxLimits(wall_s=60, memory_bytes=1 << 30, processes=256, result_files=1_000, result_bytes=70_000_000)
_PATH = re.compile(r"/v1beta1/projects/p/locations/us-central1/(.+?)(?:\?.*)?\Z")


@dataclass
class VertexEndpoint:
    """Where it answers, what was asked of it, and what stands."""

    url: str
    asked: list[str] = field(default_factory=list)
    runtimes: list[str] = field(default_factory=list)
    sandboxes: dict[str, dict[str, Any]] = field(default_factory=dict)
    made: list[dict[str, Any]] = field(default_factory=list)
    fail: dict[str, int] = field(default_factory=dict)  # "METHOD kind" → status to answer once
    outputs: list[dict[str, Any]] | None = None  # what an execution answers instead of running anything
    inside: BubblewrapSandbox = field(default_factory=BubblewrapSandbox)

    def answer(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Return status and body of the answer to one request."""
        match = _PATH.match(path)
        if match is None:
            return 404, _error(404, "no such method")
        rest = match[1]
        kind = re.sub(r"\d+", "N", rest)
        self.asked.append(f"{method} {kind}")
        if status := self.fail.pop(f"{method} {kind}", 0):
            return status, _error(status, "told to fail")
        if kind == "reasoningEngines":
            return self._runtimes(method, body)
        if kind == "reasoningEngines/N/sandboxEnvironments" and method == "POST":
            return self._make(rest, body)
        if kind.endswith("operations/N"):
            return 200, self._operation(rest)
        if kind.endswith("sandboxEnvironments/N/:execute"):
            return self._execute(rest.removesuffix("/:execute"), body)
        name = _full(rest)
        if name not in self.sandboxes and name not in self.runtimes:
            return 404, _error(404, "not there")
        if method == "DELETE":
            del self.sandboxes[name]
            return 200, {"name": f"{name}/operations/9", "done": True, "response": {}}
        return 200, self.sandboxes.get(name) or {"name": name}

    def _runtimes(self, method: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if method == "GET":
            return 200, {"reasoningEngines": [{"name": name} for name in self.runtimes]}
        name = _full(f"reasoningEngines/{len(self.runtimes) + 1}")
        self.runtimes.append(name)
        self.made.append(body)
        return 200, {"name": f"{name}/operations/1", "done": True, "response": {"name": name}}

    def _make(self, rest: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        name = _full(f"{rest}/{len(self.made) + 1}")
        self.made.append(body)
        self.sandboxes[name] = {"name": name, "state": "STATE_RUNNING", **body}
        return 200, {"name": f"{name}/operations/7", "done": False}

    def _operation(self, rest: str) -> dict[str, Any]:
        name = _full(rest.partition("/operations/")[0])
        return {"name": _full(rest), "done": True, "response": {"name": name}}

    def _execute(self, rest: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if _full(rest) not in self.sandboxes:
            return 404, _error(404, "no such sandbox")
        if self.outputs is not None:
            return 200, {"outputs": self.outputs}
        files: dict[str, bytes] = {}
        code = ""
        for chunk in body["inputs"]:
            data = _bytes(chunk["data"])
            named = chunk.get("metadata", {}).get("attributes", {}).get("file_name")
            if named is None:
                code = json.loads(data)["code"]
            else:
                files[f"room/{_bytes(named).decode()}"] = data
        request = SandboxRequest(
            {**files, "room/.main.py": code.encode()},
            ("/bin/sh", "-c", "cd room && exec python3 .main.py"),
            "anybody",
            ("room/",),
            limits=_LIMITS,
        )
        result = self.inside.run(request)
        said = json.dumps({"msg_out": result.stdout, "msg_err": result.stderr}).encode()
        outputs = [{"mimeType": "application/json", "data": base64.b64encode(said).decode()}]
        for name, data in result.files.items():
            if request.files.get(name) != data:
                outputs.append(file_chunk(name.removeprefix("room/"), data))
        return 200, {"outputs": outputs}


def file_chunk(name: str, data: bytes) -> dict[str, Any]:
    """Return a file as a chunk of an answer."""
    attributes = {"file_name": base64.b64encode(name.encode()).decode()}
    return {"data": base64.b64encode(data).decode(), "metadata": {"attributes": attributes}}


def _full(rest: str) -> str:
    return f"projects/p/locations/us-central1/{rest}"


def _bytes(text: str) -> bytes:
    return base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4))


def _error(status: int, message: str) -> dict[str, Any]:
    return {"error": {"code": status, "message": message, "status": "UNKNOWN"}}


@contextmanager
def vertex_endpoint() -> Iterator[VertexEndpoint]:
    """Serve it on loopback while it is entered, for project p in us-central1."""

    class Vertex(Handler):
        def _serve(self) -> None:
            raw = self.body()
            status, body = endpoint.answer(self.command, self.path, json.loads(raw) if raw else {})
            self.reply(status, json.dumps(body).encode(), {"Content-Type": "application/json"})

        do_GET = do_POST = do_DELETE = _serve  # noqa: N815 - the library looks for these names

    with HttpServer(Vertex) as server:
        endpoint = VertexEndpoint(server.url)
        yield endpoint
