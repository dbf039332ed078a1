"""The simulated Vercel: tokens, limits, the state all calls share, and the deployed sites."""

import hashlib
import tempfile
from pathlib import Path
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from shared.local.simulators._routes import routes_of
from shared.local.simulators._server import Simulator, json_response
from shared.local.simulators.vercel import hooks, site, tokens
from shared.local.simulators.vercel.builds import advance, milliseconds
from shared.local.simulators.vercel.checks import Refused
from shared.local.simulators.vercel.live import ROUTES, Calls

Json = dict[str, Any]
LIMIT = 500
SITES = ("/_site/", "/_alias/")


class VercelSimulator(Simulator):
    """Keeps uploaded files by their digest under its data folder; everything else is in the state."""

    name = "vercel"

    def __init__(self, data: Path | None = None) -> None:
        self._scratch = tempfile.TemporaryDirectory() if data is None else None
        self.files = Path(self._scratch.name) if self._scratch else data / "files" if data else Path()
        self.files.mkdir(parents=True, exist_ok=True)
        self.routes = routes_of(tuple(ROUTES))
        self.used: dict[str, tuple[int, int]] = {}
        self.webhooks = hooks.Webhooks(self)
        super().__init__(data)
        fresh = self.fresh_state()
        self.state = fresh | self.state  # what a folder of an earlier version does not know yet
        self.state["config"] = fresh["config"] | self.state["config"]

    def fresh_state(self) -> Json:
        """Return a Vercel without anybody."""
        config = {"build_seconds": 0.8, "alias_seconds": 0.2, "fail_next_builds": 0, "plan": "pro", "build_log": ""}
        # How the next builds end, oldest first: READY, ERROR, BLOCKED, CANCELED, ALIAS_ERROR (READY, and no address).
        config |= {"next_builds": [], "fail_next_switches": 0}
        # Deployment protection: previews ask for a sign-in (401), unless the request has the project's bypass.
        config |= {"protected": False, "bypass": ""}
        # Repositories that its app may see, by "github:number" or "gitlab:number": the folder of each.
        config |= {"repositories": {}}
        state: Json = {"next_id": 1000, "tokens": {}, "projects": {}, "deployments": {}, "files": {}, "config": config}
        return state | {"webhooks": {}, "outbox": [], "sent": []}

    def start(self) -> None:
        """Deliver webhooks in the background."""
        self.webhooks.start()

    def stop(self) -> None:
        """Stop delivering."""
        self.webhooks.stop()

    def catch_up(self) -> None:
        """Let the time that has passed have passed, and save. Call it under the lock."""
        self._advance()
        self._save(None)

    def next_id(self, prefix: str) -> str:
        """Count ids up."""
        self.state["next_id"] += 1
        self.touch()
        return f"{prefix}_{'sim'}{self.state['next_id']:021d}"

    def milliseconds(self) -> int:
        """Return the simulator's time as Vercel writes it."""
        return milliseconds(self.now())

    def store(self, content: bytes) -> str:
        """Keep the bytes of a file once; return their digest."""
        digest = hashlib.sha1(content).hexdigest()
        if digest not in self.state["files"]:
            temporary = self.files / f"{digest}.new"
            temporary.write_bytes(content)
            temporary.replace(self.files / digest)
            self.state["files"][digest] = len(content)
            self.effect("file.upload", sha=digest, size=len(content))
        return digest

    def beside(self, request: Request) -> Response | None:
        """Serve the deployed sites; a fault ordered for their path hits them too."""
        if not request.path.startswith(SITES):
            return None
        fault = self._matching_fault(request)
        if fault is not None and "status" in fault:
            return Response(str(fault.get("html", "ordered fault")), int(fault["status"]), content_type="text/html")
        kind, _, rest = request.path[2:].partition("/")
        key, slash, path = rest.partition("/")
        if not slash:
            return Response(status=308, headers={"Location": f"{request.path}/"})
        with self.lock:
            self._advance()
            self._save(None)
            if kind == "alias":
                owner = next((project for project in self.state["projects"].values() if project["name"] == key), None)
                key = (owner or {}).get("production") or ""
            found = self.state["deployments"].get(key)
            deployment = dict(found) if found else None
            refused = kind == "site" and self._is_closed_to(request)
        number = f"iad1::sim-{self.milliseconds()}"
        if refused:
            return Response("Authentication Required", 401, headers={"x-vercel-id": number}, content_type="text/html")
        return site.answer(request, deployment, path, lambda sha: (self.files / sha).read_bytes(), number)

    def _is_closed_to(self, request: Request) -> bool:
        config = self.state["config"]
        given = request.headers.get("x-vercel-protection-bypass", "")
        return bool(config["protected"]) and not (config["bypass"] and given == config["bypass"])

    def _advance(self) -> None:
        if advance(self.state, self.milliseconds()):
            self.touch()

    def answer(self, request: Request) -> Response:
        """Check who calls, let time have passed, and find the call."""
        self._advance()
        token = ""
        try:
            token, caller = tokens.find_caller(self, request)
            response = self._call(request, caller)
        except Refused as refused:
            response = json_response({"error": refused.error}, refused.status)
        hour = int(self.now().timestamp()) // 3600
        used = self.used.get(token, (0, 0))
        self.used[token] = (hour, used[1] + 1 if used[0] == hour else 1)
        response.headers["X-RateLimit-Limit"] = str(LIMIT)
        response.headers["X-RateLimit-Remaining"] = str(max(LIMIT - self.used[token][1], 0))
        response.headers["X-RateLimit-Reset"] = str((hour + 1) * 3600)
        return response

    def refuse(self, status: int, headers: dict[str, str], body: Any) -> Response:
        """Shape an ordered fault."""
        code = {401: "unauthorized", 403: "forbidden", 404: "not_found", 429: "rate_limited"}.get(
            status, "internal_server_error"
        )
        given = dict(headers)
        if status == 429 and not {key.lower() for key in given} & {"retry-after", "x-ratelimit-reset"}:
            given["X-RateLimit-Reset"] = str(int(self.now().timestamp()) + 60)
            given["X-RateLimit-Remaining"] = "0"
        return json_response(
            body if body is not None else {"error": {"code": code, "message": "Ordered."}}, status, given
        )

    def _call(self, request: Request, caller: Json) -> Response:
        try:
            handler, parameters = self.routes.bind("vercel").match(request.path, request.method)
        except HTTPException as missing:
            raise Refused(404, "not_found", "The requested resource could not be found") from missing
        host = (self.base_url or request.host_url.rstrip("/")).split("://", 1)[-1]
        answered: Response = handler(Calls(self, request, caller, host, dict(parameters)))
        return answered

    def control(self, request: Request) -> Response | None:
        """`POST /_seed` makes a token; `POST /_config` says how long builds take and how many of the next fail."""
        if request.method != "POST":
            return None
        if request.path in ("/_deliver", "/_redeliver"):
            again = request.path == "/_redeliver"
            return json_response({"delivered": self.webhooks.again() if again else self.webhooks.deliver()})
        order = request.get_json()
        if request.path == "/_seed":
            tokens.seed(self, order)
            return self.configure({})
        return self.configure(order) if request.path == "/_config" else None
