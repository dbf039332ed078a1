"""One call of the REST API as a handler sees it, and the ways GitHub refuses."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from shared.local.simulators._git import BareRepository
from shared.local.simulators._server import json_response

if TYPE_CHECKING:
    from shared.local.simulators.github.simulator import GitHubSimulator

Json = dict[str, Any]
DOCS = "https://docs.github.com/rest"


class Refused(Exception):
    """An answer other than success, ready to send."""

    def __init__(
        self, status: int, message: str, errors: list[Any] | None = None, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}
        self.body: Json = {"message": message, "documentation_url": DOCS, "status": str(status)}
        if errors is not None:
            self.body["errors"] = errors


def not_found() -> Refused:
    """Return GitHub's answer for what is missing and for what the caller may not see."""
    return Refused(404, "Not Found")


def invalid(resource: str, field: str, code: str, message: str | None = None) -> Refused:
    """Return a failed validation of one field."""
    error = {"resource": resource, "field": field, "code": code}
    if message is not None:
        error["message"] = message
    return Refused(422, "Validation Failed", [error])


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose token it is, and what it reaches."""

    login: str
    id: int
    kind: str = "User"
    owners: frozenset[str] = frozenset()
    only: frozenset[str] | None = None  # an installation token narrowed to these repositories
    permissions: Mapping[str, str] | None = None  # of an installation's or a fine-grained token; others may do all
    scopes: frozenset[str] | None = None  # of a classic token; None is all
    closed: Mapping[str, str] = field(default_factory=dict)  # organisations that keep it out, with why

    def may_write(self, owner: str, name: str, private: bool = True) -> bool:
        """Say whether this token may change a repository."""
        if not self.has_scope("repo", *(() if private else ("public_repo",))):
            return False
        return owner.lower() in self.owners and (self.only is None or name.lower() in self.only)

    def has_scope(self, *scopes: str) -> bool:
        """Say whether a classic token has one of these scopes; other kinds have none that could be missing."""
        return self.scopes is None or not self.scopes.isdisjoint(scopes)

    def must(self, permission: str, level: str) -> None:
        """Refuse what an installation's or a fine-grained token was not given; `write` includes `read`."""
        if self.permissions is None:
            return
        given = self.permissions.get(permission, "")
        if given not in ("write", "admin") and not (level == "read" and given == "read"):
            if self.kind == "Bot":
                raise Refused(403, "Resource not accessible by integration")
            wanted = {"X-Accepted-GitHub-Permissions": f"{permission}={level}"}
            raise Refused(403, "Resource not accessible by personal access token", headers=wanted)

    def must_change_workflows(self) -> None:
        """Refuse who may change files, and not those of GitHub Actions."""
        self.must("workflows", "write")
        if not self.has_scope("workflow"):
            raise not_found()

    def must_be_let_in(self, org: str) -> None:
        """Refuse a token that the organisation keeps out."""
        why = self.closed.get(org.lower(), "")
        if why == "sso":
            asked = {"X-GitHub-SSO": f"required; url=https://github.com/orgs/{org}/sso?authorization_request=A1"}
            words = "You must grant your Personal Access token access to this organization."
            raise Refused(403, f"Resource protected by organization SAML enforcement. {words}", headers=asked)
        if why == "classic":
            words = "Please use a GitHub App, OAuth App, or a personal access token with fine-grained permissions."
            raise Refused(403, f"`{org}` forbids access via a personal access token (classic). {words}")


class Call:
    """The request, who makes it, and the repository it is about."""

    def __init__(self, sim: "GitHubSimulator", request: Request, caller: Caller, parameters: Json) -> None:
        self.sim = sim
        self.request = request
        self.caller = caller
        self.parameters = parameters
        self.base = sim.base_url or request.host_url.rstrip("/")

    @property
    def repo(self) -> Json:
        """Return the repository named in the path, if the caller may see it."""
        owner, name = self.parameters["owner"], self.parameters["repo"]
        found: Json | None = self.sim.state["repos"].get(f"{owner}/{name}".lower())
        if found is not None:
            self.caller.must_be_let_in(found["owner"])
        if found is None or (found["private"] and not self.caller.may_write(found["owner"], found["name"])):
            raise not_found()
        return found

    @property
    def git(self) -> BareRepository:
        """Return the same repository's objects."""
        return self.sim.bare(self.repo)

    def readable(self, permission: str) -> Json:
        """Return the repository if the caller may read such things of it."""
        self.caller.must(permission, "read")
        return self.repo

    def writable(self, permission: str = "contents") -> Json:
        """Return the repository if the caller may change such things of it."""
        self.own(permission)
        return self.talkable(permission)

    def own(self, permission: str) -> Json:
        """Return the repository if the caller has the right, whether it is archived or not."""
        repo = self.repo
        self.caller.must(permission, "write")
        if not self.caller.may_write(repo["owner"], repo["name"], repo["private"]):
            raise Refused(403, "Resource not accessible by personal access token")
        return repo

    def talkable(self, permission: str) -> Json:
        """Return the repository if the caller may say something about it: about a public one everybody may."""
        repo = self.repo
        self.caller.must(permission, "write")
        if repo["archived"]:
            raise Refused(403, "Repository was archived so is read-only.")
        return repo

    def body(self, permitted: str, required: str = "", optional_body: bool = False) -> Json:
        """Return the JSON body; names are space-separated. An unknown or missing field is refused."""
        raw = self.request.get_data()
        if not raw.strip() and optional_body:
            return {}
        try:
            body = json.loads(raw)
        except ValueError as broken:
            raise Refused(400, "Problems parsing JSON") from broken
        if not isinstance(body, dict):
            raise Refused(400, "Body should be a JSON object")
        for key in body:
            if key not in permitted.split():
                raise Refused(422, f'Invalid request.\n\n"{key}" is not a permitted key.')
        missing = [key for key in required.split() if body.get(key) is None]
        if missing:
            words = ", ".join(f'"{key}"' for key in missing)
            raise Refused(
                422,
                f"Invalid request.\n\n{words} wasn't supplied."
                if len(missing) == 1
                else f"Invalid request.\n\n{words} weren't supplied.",
            )
        return body

    def page(self, items: Sequence[Any]) -> tuple[list[Any], dict[str, str]]:
        """Cut one page out of a list and say in a Link header where the others are."""
        size = min(max(self.request.args.get("per_page", 30, type=int), 1), 100)
        page = max(self.request.args.get("page", 1, type=int), 1)
        last = max((len(items) + size - 1) // size, 1)
        links = []
        for name, number in (("prev", page - 1), ("next", page + 1), ("last", last), ("first", 1)):
            if 1 <= number <= last and number != page and not (name == "first" and page == 1):
                query = {**self.request.args.to_dict(), "per_page": size, "page": number}
                text = "&".join(f"{key}={value}" for key, value in query.items())
                links.append(f'<{self.base}{self.request.path}?{text}>; rel="{name}"')
        return list(items[(page - 1) * size : page * size]), {"Link": ", ".join(links)} if links else {}

    def page_of(self, items: Sequence[Any]) -> Response:
        """Answer with one page of a list."""
        part, headers = self.page(items)
        return json_response(part, 200, headers)


def text_field(body: Json, key: str, resource: str, default: str = "") -> str:
    """Return a field that must be text when it is given."""
    value = body.get(key)
    if value is None:
        return default
    if not isinstance(value, str):
        raise invalid(resource, key, "invalid", f"{key} is not a string")
    return value
