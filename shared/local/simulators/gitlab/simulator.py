"""The simulated GitLab: routes, tokens, rate limits, and the state all handlers share."""

import json
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request, Response

from shared.local.simulators._git import BareRepository, GitFailed
from shared.local.simulators._server import Simulator, json_response
from shared.local.simulators.gitlab import (
    commits,
    git_http,
    hooks,
    merge_requests,
    oauth,
    pages,
    pipelines,
    projects,
    reviews,
    tokens,
)
from shared.local.simulators.gitlab.calls import Call, Caller, Refused

Json = dict[str, Any]
Handler = Callable[[Call], Response]

API = "/api/v4"
LIMIT = 2000  # authenticated calls of one user in a minute
NOTES = 60  # notes of one user in a minute
_ROUTES = [
    (method, tuple(path.strip("/").split("/")), handler)
    for method, path, handler in (
        *projects.ROUTES,
        *commits.ROUTES,
        *merge_requests.ROUTES,
        *reviews.ROUTES,
        *pipelines.ROUTES,
        *hooks.ROUTES,
        *tokens.ROUTES,
    )
]


class GitLabSimulator(Simulator):
    """Keeps real repositories under its data folder; branches are in the state and mirrored to git."""

    name = "gitlab"

    def __init__(self, data: Path | None = None) -> None:
        self._scratch = tempfile.TemporaryDirectory() if data is None else None
        self.root = Path(self._scratch.name) if self._scratch else data / "repositories" if data else Path()
        self.used: dict[tuple[str, str], tuple[int, int]] = {}  # user and limit -> (minute, calls)
        self.webhooks = hooks.Webhooks(self)
        super().__init__(data)
        for project in self.state["projects"].values():
            self.bare(project).mirror(project["refs"])

    def fresh_state(self) -> Json:
        """Return a GitLab without anybody."""
        return {
            "next_id": 1000,
            "users": {},
            "spaces": {},
            "tokens": {},
            "apps": {},
            "codes": {},
            "projects": {},
            "outbox": [],
            "config": {"ci": None, "copies": 1, "reorder": False, "lose": 0},
        }

    def start(self) -> None:
        """Deliver webhooks in the background."""
        self.webhooks.start()

    def stop(self) -> None:
        """Stop delivering."""
        self.webhooks.stop()

    def next_id(self) -> int:
        """Count ids up."""
        self.state["next_id"] += 1
        self.touch()
        return int(self.state["next_id"])

    def stamp(self, moment: datetime | None = None) -> str:
        """Write a time as GitLab does."""
        at = moment or self.now()
        return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"

    def stamp_of(self, seconds: float) -> str:
        """Write a moment that is kept as seconds."""
        return self.stamp(datetime.fromtimestamp(seconds, UTC))

    def person(self, username: str) -> Json:
        """Return an account, making it and its namespace when it is new."""
        if username not in self.state["users"]:
            self.state["users"][username] = {"id": self.next_id(), "username": username, "name": username.title()}
            self.space(username, "user", username)
        found: Json = self.state["users"][username]
        return found

    def space(self, path: str, kind: str, owner: str) -> Json:
        """Return a namespace, a person's or a group's, making it when it is new."""
        made = {"id": self.next_id(), "path": path, "kind": kind, "owners": []}
        found: Json = self.state["spaces"].setdefault(path.lower(), made)
        if owner not in found["owners"]:
            found["owners"].append(owner)
        return found

    def project_named(self, name: str) -> Json | None:
        """Return a project by its number or its path."""
        if name.isdecimal():
            found: Json | None = self.state["projects"].get(name)
            return found
        return next((p for p in self.state["projects"].values() if p["full"].lower() == name.lower()), None)

    def access(self, project: Json, caller: Caller) -> int:
        """Return the caller's role in a project as a number, 0 for none."""
        inherited = tokens.role_in(self.state["spaces"][project["space"].lower()], caller.username)
        return max(inherited, int(project["members"].get(caller.username, 0)))

    def bare(self, project: Json) -> BareRepository:
        """Return the objects of a project."""
        return BareRepository(self.root / f"{project['id']}.git")

    def move_ref(self, project: Json, ref: str, sha: str | None, by: str) -> None:
        """Create, move or delete a branch; merge requests follow, webhooks tell, pipelines begin."""
        before = project["refs"].get(ref)
        if before == sha:
            return
        if sha is None:
            del project["refs"][ref]
        else:
            project["refs"][ref] = sha
        self.bare(project).set_ref(ref, sha)
        kind = "ref.create" if before is None else "ref.delete" if sha is None else "ref.update"
        self.effect(kind, repo=project["full"], ref=ref, sha=sha, before=before, by=by)
        hooks.announce_push(self, project, ref, before, sha, by)
        merge_requests.follow(self, project, ref, sha, by)
        if sha is not None:
            pipelines.run_configured(self, project, ref, sha, by)

    def beside(self, request: Request) -> Response | None:
        """Serve clones and the pages for people."""
        return git_http.answer(self, request) or pages.answer(self, request)

    def answer(self, request: Request) -> Response:
        """Check the request as GitLab does, find the handler, and add the headers every answer carries."""
        if request.path.startswith("/oauth/"):
            return oauth.answer(self, request)
        caller = None
        try:
            caller = tokens.find_caller(self, request)
            response = self._limit_rate(request, caller) or self.handle(request, caller)
        except Refused as refused:
            response = json_response(refused.body, refused.status)
        except GitFailed as failed:
            response = json_response({"message": str(failed)}, 400)
        if caller is not None:
            for key, value in self._headers(caller).items():
                response.headers[key] = value
        return response

    def handle(self, request: Request, caller: Caller) -> Response:
        """Find the handler; a project's path and a file's are one segment each, with their slashes encoded."""
        raw = str(request.environ.get("REQUEST_URI") or request.path).partition("?")[0]
        parts = raw.removeprefix(API).strip("/").split("/") if raw.startswith(f"{API}/") else []
        for method, pattern, handler in _ROUTES:
            if method != request.method or len(pattern) != len(parts):
                continue
            if all(want.startswith("<") or want == part for want, part in zip(pattern, parts, strict=True)):
                names = {w.strip("<>"): unquote(p) for w, p in zip(pattern, parts, strict=True) if w.startswith("<")}
                return handler(Call(self, request, caller, names))
        raise Refused(404, "404 Not Found", "error")

    def _limit_rate(self, request: Request, caller: Caller) -> Response | None:
        asks = [("all", LIMIT)]
        if request.method == "POST" and request.path.endswith("/notes"):
            asks.append(("notes", NOTES))
        for kind, limit in asks:
            minute, calls = self.used.get((caller.username, kind), (0, 0))
            now = int(self.now().timestamp()) // 60
            calls = calls + 1 if minute == now else 1
            self.used[caller.username, kind] = (now, calls)
            if calls > limit:
                left = 60 - int(self.now().timestamp()) % 60
                return self.refuse(429, {"Retry-After": str(left)}, None)
        return None

    def _headers(self, caller: Caller) -> dict[str, str]:
        minute, calls = self.used.get((caller.username, "all"), (0, 0))
        shown = {"Limit": LIMIT, "Observed": calls, "Remaining": max(LIMIT - calls, 0), "Reset": (minute + 1) * 60}
        return {
            **{f"RateLimit-{name}": str(value) for name, value in shown.items()},
            "RateLimit-Name": "throttle_authenticated_api",
        }

    def refuse(self, status: int, headers: dict[str, str], body: Any) -> Response:
        """Shape an ordered fault: a limit is answered as plain text, an error as a message."""
        if status == 429 and body is None:
            return Response("Retry later\n", 429, {"Retry-After": "60", **headers}, content_type="text/plain")
        if status >= 500 and body is None:
            return Response("<html><body>GitLab is not responding</body></html>", status, headers, mimetype="text/html")
        return json_response(body if body is not None else {"message": f"{status} ordered"}, status, headers)

    def control(self, request: Request) -> Response | None:
        """`POST /_seed` makes people, tokens, groups, projects and OAuth applications; `/_as_person` acts for somebody;
        `/_pipeline` runs one; `/_deliver` sends the webhooks that wait; `/_config` turns knobs.
        """
        if request.method != "POST":
            return None
        asked = request.get_json(silent=True) or {}
        if request.path == "/_seed":
            for order in asked if isinstance(asked, list) else [asked]:
                tokens.seed(self, order)
            return json_response({"ok": True})
        if request.path == "/_config":
            self.state["config"].update(asked)
            self.touch()
            return json_response(self.state["config"])
        if request.path == "/_as_person":
            return self._as_person(asked)
        if request.path == "/_pipeline":
            return pipelines.report(self, asked)
        if request.path == "/_deliver":
            return json_response({"delivered": self.webhooks.deliver()})
        return None

    def _as_person(self, asked: Json) -> Response:
        person = self.person(asked["user"])
        raw = json.dumps(asked.get("body")).encode() if asked.get("body") is not None else b""
        path = API + asked["path"]
        environ = EnvironBuilder(path=unquote(path.partition("?")[0]), method=asked["method"]).get_environ()
        environ |= {"REQUEST_URI": path, "QUERY_STRING": path.partition("?")[2]}
        environ |= {"wsgi.input": BytesIO(raw), "CONTENT_LENGTH": str(len(raw)), "CONTENT_TYPE": "application/json"}
        try:
            return self.handle(Request(environ), Caller(person["username"], person["id"]))
        except Refused as refused:
            return json_response(refused.body, refused.status)
