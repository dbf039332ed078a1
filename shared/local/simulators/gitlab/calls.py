"""One call of the REST API as a handler sees it, and the ways GitLab refuses."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from werkzeug.wrappers import Request, Response

from shared.local.simulators._git import BareRepository
from shared.local.simulators._server import json_response

if TYPE_CHECKING:
    from shared.local.simulators.gitlab.simulator import GitLabSimulator

Json = dict[str, Any]
DEVELOPER, MAINTAINER, OWNER = 30, 40, 50


class Refused(Exception):
    """An answer other than success, ready to send; GitLab says `message` itself, and `error` of a wrong parameter."""

    def __init__(self, status: int, message: Any, field: str = "message", **more: str) -> None:
        super().__init__(str(message))
        self.status = status
        self.body: Json = {field: message, **more}


def not_found(what: str) -> Refused:
    """Return GitLab's answer for what is missing and for what the caller may not see."""
    return Refused(404, f"404 {what} Not Found")


def insufficient_scope() -> Refused:
    """Return GitLab's answer to a token that is too narrow."""
    words = "The request requires higher privileges than provided by the access token."
    return Refused(403, "insufficient_scope", "error", error_description=words, scope="api")


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose token it is, and whether it may write."""

    username: str
    id: int
    writes: bool = True


class Call:
    """The request, who makes it, and the project it is about."""

    def __init__(self, sim: "GitLabSimulator", request: Request, caller: Caller, parameters: dict[str, str]) -> None:
        self.sim = sim
        self.request = request
        self.caller = caller
        self.parameters = parameters
        self.base = sim.base_url or request.host_url.rstrip("/")

    @property
    def project(self) -> Json:
        """Return the project named in the path, by number or by path, if the caller may see it."""
        found = self.sim.project_named(self.parameters["project"])
        if found is None or (found["visibility"] == "private" and self.sim.access(found, self.caller) == 0):
            raise not_found("Project")
        return found

    @property
    def git(self) -> BareRepository:
        """Return the same project's objects."""
        return self.sim.bare(self.project)

    def writable(self, min_access: int = DEVELOPER) -> Json:
        """Return the project if the caller's role in it is at least that."""
        project = self.project
        if not self.caller.writes:
            raise insufficient_scope()
        if self.sim.access(project, self.caller) < min_access:
            raise Refused(403, "403 Forbidden")
        if project.get("archived") and min_access < OWNER:  # its owner may still delete it, or archive it again
            raise Refused(403, "403 Forbidden")
        return project

    def body(self, permitted: str, required: str = "") -> Json:
        """Return the JSON body; names are space-separated. GitLab ignores what it does not know; here it is refused."""
        raw = self.request.get_data()
        try:
            body = json.loads(raw) if raw.strip() else {}
        except ValueError as broken:
            raise Refused(400, "400 Bad Request") from broken
        if not isinstance(body, dict):
            raise Refused(400, "400 Bad Request")
        for name in body:
            if name not in permitted.split():
                raise Refused(400, f"{name} is not known to the simulated GitLab", "error")
        missing = [name for name in required.split() if name not in body]
        if missing:
            raise Refused(400, ", ".join(f"{name} is missing" for name in missing), "error")
        return body

    def page_of(self, items: Sequence[Any]) -> Response:
        """Answer with one page of a list; a Link header and X-Next-Page say where the others are."""
        size = min(max(self.request.args.get("per_page", 20, type=int), 1), 100)
        page = max(self.request.args.get("page", 1, type=int), 1)
        last = max((len(items) + size - 1) // size, 1)
        links = []
        for name, number in (("prev", page - 1), ("next", page + 1), ("first", 1), ("last", last)):
            if 1 <= number <= last:
                query = {**self.request.args.to_dict(), "per_page": size, "page": number}
                links.append(f'<{self.base}{self.request.path}?{urlencode(query)}>; rel="{name}"')
        headers = {"Link": ", ".join(links), "X-Total": str(len(items)), "X-Page": str(page), "X-Per-Page": str(size)}
        headers["X-Next-Page"] = str(page + 1) if page < last else ""
        return json_response(list(items[(page - 1) * size : page * size]), 200, headers)


def text_of(body: Json, name: str, default: str = "") -> str:
    """Return a field that must be text when it is given."""
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, str):
        raise Refused(400, f"{name} is invalid", "error")
    return value


def number_of(call: Call, name: str) -> int:
    """Return a number of the path."""
    text = call.parameters[name]
    if not text.isdecimal():
        raise Refused(400, f"{name} is invalid", "error")
    return int(text)
