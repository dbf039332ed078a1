"""The simulated GitHub: routes, tokens, rate limits, and the state all handlers share."""

import hashlib
import re
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from shared.local.simulators._git import BareRepository, GitFailed
from shared.local.simulators._routes import routes_of
from shared.local.simulators._server import Simulator, json_response
from shared.local.simulators.github import (
    apps,
    checks,
    contents,
    conversation,
    git_http,
    hooks,
    pages,
    pulls,
    repo_hooks,
    repos,
    reviews,
    rules,
    tokens,
)
from shared.local.simulators.github.calls import DOCS, Call, Caller, Refused, not_found
from shared.local.simulators.github.git import commits, objects, refs

Json = dict[str, Any]
Handler = Callable[[Call], Response]

VERSIONS = ("2022-11-28", "2026-03-10")
LIMIT = 5000
_ACCEPTED = re.compile(r"application/(vnd\.github[\w.+-]*|json)|\*/\*")
_ROUTES: tuple[tuple[str, str, Handler], ...] = (
    *apps.ROUTES,
    *repos.ROUTES,
    *refs.ROUTES,
    *objects.ROUTES,
    *commits.ROUTES,
    *contents.ROUTES,
    *pulls.ROUTES,
    *conversation.ROUTES,
    *reviews.ROUTES,
    *checks.ROUTES,
    *repo_hooks.ROUTES,
)


class GitHubSimulator(Simulator):
    """Keeps real repositories under its data folder; branches are in the state and mirrored to git."""

    name = "github"

    def __init__(self, data: Path | None = None) -> None:
        self._scratch = tempfile.TemporaryDirectory() if data is None else None
        self.root = Path(self._scratch.name) if self._scratch else data / "repositories" if data else Path()
        self.routes = routes_of(_ROUTES)
        self.used: dict[str, tuple[int, int]] = {}  # token -> (hour, calls)
        self.webhooks = hooks.Webhooks(self)
        super().__init__(data)
        for repo in self.state["repos"].values():
            self.bare(repo).mirror(repo["refs"])

    def fresh_state(self) -> Json:
        """Return a GitHub without anybody."""
        return {"next_id": 1000, "users": {}, "tokens": {}, "installations": {}, "repos": {}}

    def start(self) -> None:
        """Deliver webhooks in the background."""
        self.webhooks.start()

    def stop(self) -> None:
        """Stop delivering."""
        self.webhooks.stop()

    def clock_moved(self) -> None:
        """End the checks whose time has come."""
        checks.settle(self)

    def next_id(self) -> int:
        """Count ids up."""
        self.state["next_id"] += 1
        self.touch()
        return int(self.state["next_id"])

    def stamp(self, moment: datetime | None = None) -> str:
        """Write a time as GitHub does."""
        return (moment or self.now()).strftime("%Y-%m-%dT%H:%M:%SZ")

    def person(self, login: str, kind: str = "User") -> Json:
        """Return an account, making it when it is new."""
        key = login.lower()
        if key not in self.state["users"]:
            self.state["users"][key] = {"login": login, "id": self.next_id(), "type": kind}
        found: Json = self.state["users"][key]
        return found

    def bare(self, repo: Json) -> BareRepository:
        """Return the objects of a repository."""
        return BareRepository(self.root / repo["owner"].lower() / f"{repo['name'].lower()}.git")

    def record_object(self, repo: Json, kind: str, sha: str, **detail: Any) -> None:
        """Note an effect the first time an object appears; the same object again is no change."""
        if sha not in repo["objects"]:
            repo["objects"][sha] = kind
            self.effect(f"{kind}.create", repo=f"{repo['owner']}/{repo['name']}", sha=sha, **detail)

    def move_ref(self, repo: Json, ref: str, sha: str | None, by: str) -> None:
        """Create, move or delete a ref; pull requests follow, webhooks tell, checks begin."""
        before = repo["refs"].get(ref)
        if before == sha:
            return
        git = self.bare(repo)
        if sha is None:
            del repo["refs"][ref]
        else:
            repo["refs"][ref] = sha
        git.set_ref(ref, sha)
        kind = "ref.create" if before is None else "ref.delete" if sha is None else "ref.update"
        self.effect(kind, repo=f"{repo['owner']}/{repo['name']}", ref=ref, sha=sha, before=before, by=by)
        repo["pushed_at"] = repo["updated_at"] = self.stamp()
        hooks.announce_push(self, repo, ref, before, sha, by)
        pulls.follow(self, repo, ref, sha, by)
        checks.begin_checks(self, repo, ref, sha)

    def beside(self, request: Request) -> Response | None:
        """Serve clones and the pages for people."""
        return git_http.answer(self, request) or checks.serve_log(self, request) or pages.answer(self, request)

    def answer(self, request: Request) -> Response:
        """Check the request as GitHub does, find the handler, and add the headers every answer carries."""
        token = ""
        try:
            token = self._check_headers(request)
            checks.settle(self)
            handler, parameters = self._route(request)
            if handler in apps.WITH_JWT:
                caller = Caller("app", 0, "Bot")
            else:
                caller = tokens.find_caller(self, token)
                if self._calls(token) >= LIMIT:
                    raise Refused(
                        403, "API rate limit exceeded for user. If you reach out for help, include the request ID."
                    )
                self.used[token] = (self._hour(), self._calls(token) + 1)
            response = handler(Call(self, request, caller, parameters))
        except Refused as refused:
            response = json_response(refused.body, refused.status, refused.headers)
        except GitFailed as failed:
            response = json_response({"message": str(failed), "documentation_url": DOCS, "status": "422"}, 422)
        for key, value in {**self.limits(token), **tokens.headers_of(self, token)}.items():
            response.headers[key] = value
        response.headers["x-github-request-id"] = f"SIM:{len(self.journal) + 1:X}"
        response.headers["x-github-media-type"] = "github.v3; format=json"
        return self._conditional(request, response)

    def refuse(self, status: int, headers: dict[str, str], body: Any) -> Response:
        """Shape an ordered fault: a limit is primary when `x-ratelimit-remaining: 0` is ordered, else secondary."""
        given = {key.lower(): value for key, value in headers.items()}
        primary = given.get("x-ratelimit-remaining") == "0"
        message = {401: "Bad credentials", 404: "Not Found"}.get(status, "Server Error")
        if primary:
            message = "API rate limit exceeded for user ID 1001. If you reach out for help, include the request ID."
            given.setdefault("x-ratelimit-reset", str(int(self.now().timestamp()) + 60))
            given.setdefault("x-ratelimit-limit", str(LIMIT))
            given.setdefault("x-ratelimit-resource", "core")
        elif status == 429 or (status == 403 and "retry-after" in given):
            message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
            given.setdefault("retry-after", "60")
        elif status == 403:
            message = "Resource not accessible by personal access token"
        wanted = body if body is not None else {"message": message, "documentation_url": DOCS, "status": str(status)}
        return json_response(wanted, status, given)

    def _route(self, request: Request) -> tuple[Handler, Json]:
        try:
            handler, parameters = self.routes.bind("github").match(request.path, request.method)
        except HTTPException as missing:
            raise not_found() from missing
        return handler, dict(parameters)

    @staticmethod
    def _check_headers(request: Request) -> str:
        if not request.headers.get("User-Agent", "").strip():
            raise Refused(
                403,
                "Request forbidden by administrative rules. Please make sure your request has a "
                "User-Agent header (https://docs.github.com/en/rest/overview/resources-in-the-rest-api)",
            )
        if not _ACCEPTED.search(request.headers.get("Accept", "")):
            raise Refused(415, "Unsupported 'Accept' header. Must accept 'application/json'.")
        version = request.headers.get("X-GitHub-Api-Version")
        if version is not None and version not in VERSIONS:
            raise Refused(400, f'API version "{version}" is not supported. Use one of: {", ".join(VERSIONS)}.')
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if not token:
            raise Refused(401, "Requires authentication")
        if scheme.lower() not in ("bearer", "token"):
            raise Refused(401, "Bad credentials")
        return token.strip()

    def _hour(self) -> int:
        return int(self.now().timestamp()) // 3600

    def _calls(self, token: str) -> int:
        hour, calls = self.used.get(token, (0, 0))
        return calls if hour == self._hour() else 0

    def limits(self, token: str) -> dict[str, str]:
        """Return the rate limit headers for a token."""
        used = self._calls(token)
        return {
            "x-ratelimit-limit": str(LIMIT),
            "x-ratelimit-remaining": str(LIMIT - used),
            "x-ratelimit-used": str(used),
            "x-ratelimit-reset": str((self._hour() + 1) * 3600),
            "x-ratelimit-resource": "core",
        }

    @staticmethod
    def _conditional(request: Request, response: Response) -> Response:
        if request.method != "GET" or response.status_code != 200:
            return response
        tag = f'"{hashlib.sha256(response.get_data()).hexdigest()}"'
        response.headers["ETag"] = tag
        if request.headers.get("If-None-Match", "").removeprefix("W/") == tag:
            response.set_data(b"")
            response.status_code = 304
        return response

    def control(self, request: Request) -> Response | None:
        """`POST /_seed` makes tokens and app installations; see checks, hooks and rules for the others."""
        if request.method != "POST":
            return None
        asked = request.get_json(silent=True) or {}
        match request.path:
            case "/_seed":
                for order in asked if isinstance(asked, list) else [asked]:
                    tokens.seed(self, order)
                return json_response({"ok": True})
            case "/_check":
                return checks.report_check(self, asked)
            case "/_ci":
                return checks.set_up(self, asked)
            case "/_rules":
                self.touch()
                return rules.set_up(self.state, asked)
            case "/_hooks":
                self.state["hook"] = asked
                self.touch()
                return json_response({"ok": True})
            case "/_deliver":
                return json_response({"delivered": self.webhooks.deliver()})
            case "/_redeliver":
                return json_response({"delivered": self.webhooks.again()})
        return None
