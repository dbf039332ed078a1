"""One call of GitHub's REST API, and how its addresses are written."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from shared.core.errors import IntegrationError, NotAllowed, OutcomeUnknown, Rejected
from shared.http_answers import Answer, retry_after, vendor_message
from shared.http_client import HttpClient, segment
from shared.integrations.forge import MOVED, refuse_moved_repository

SYSTEM = "github"
_TOKENS = "On GitHub open Settings › Developer settings › Personal access tokens"


def kept_out(asked: str, answer: Answer) -> NotAllowed | None:
    """Return our error for a token that may not do what was asked, None for every other refusal.

    Sources: docs.github.com, "Troubleshooting the REST API" (X-Accepted-GitHub-Permissions), "Authenticating with SAML
    single sign-on" (X-GitHub-SSO).
    """
    if answer.status != 403:
        return None
    message = vendor_message(answer)
    if answer.headers.get("X-GitHub-SSO", "").startswith("required"):
        way_out = f"{_TOKENS}; beside the token choose Configure SSO, and authorise the organisation"
    elif "not accessible by personal access token" in message:
        wanted = answer.headers.get("X-Accepted-GitHub-Permissions", "")
        right = f" ({wanted.replace('_', ' ').replace('=', ': ')})" if wanted else ""
        way_out = f"{_TOKENS} › Fine-grained tokens, open the token, and give it the right{right} and the repository"
    elif "forbids access via" in message:
        way_out = f"{_TOKENS}, make one as the organisation asks, and give it with `workwright account github`"
    else:
        return None
    return NotAllowed(SYSTEM, f"{asked}: 403 {message}", way_out=way_out)


API_VERSION = "2026-03-10"
HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": API_VERSION}
MAX_PAGES = 100
_STORES = (".blob.core.windows.net", ".githubusercontent.com")  # where logs lie

Json = dict[str, Any]


class Wire:
    """Calls with the headers GitHub wants; statuses named in `accept` are answers, no errors."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    def call(
        self, method: str, path: str, *, json: Any = None, params: Any = None, accept: tuple[int, ...] = ()
    ) -> Answer:
        """Ask once; raises the errors of HttpClient, and OutcomeUnknown for a success that says nothing."""

        def judge(answer: Answer) -> Answer | IntegrationError | None:
            limited = answer.status == 403 and retry_after(answer) is not None
            if answer.status in accept and not limited:
                return answer
            if answer.status in MOVED:
                return refuse_moved_repository(self._http.system)
            return None if limited else kept_out(f"{method} {path}", answer)

        answer = self._http.call(method, path, json=json, params=params, headers=HEADERS, judge=judge)
        if answer.ok and answer.status != 204 and not isinstance(answer.json, dict | list):
            raise OutcomeUnknown(self._http.system, f"{method} {path}: answered without a body")
        return answer

    def text_at(self, address: str) -> str:
        """Return the text at a signed address that GitHub has handed out, "" for one that is not a store of GitHub's.

        Our token stays here.
        """
        parts = urlsplit(address)
        origin = f"{parts.scheme}://{parts.netloc}"
        stored = parts.scheme == "https" and (parts.hostname or "").endswith(_STORES)
        if not stored and origin != self._http.base_url:
            return ""
        store = HttpClient(self._http.system, origin, None)
        return store.call("GET", parts.path, params=parse_qsl(parts.query), auth="none", text=True).text

    def list_all(self, path: str, *, inside: str = "", **params: Any) -> list[Json]:
        """Return the items of all pages; `inside` is the field of the answer that holds them, "" when it is a list.

        Raises Rejected for a list without end: half a list must not be taken for the whole.
        """
        found: list[Json] = []
        for page in range(1, MAX_PAGES + 1):
            answer = self.call("GET", path, params={**params, "per_page": 100, "page": page}).json
            items = answer[inside] if inside else answer
            found += items
            if len(items) < 100:
                return found
        raise Rejected(self._http.system, f"GET {path}: more than {MAX_PAGES * 100} entries")


def repo_path(owner: str, name: str) -> str:
    """Return a repository's address."""
    return f"/repos/{segment(owner)}/{segment(name)}"


def quote_path(path: str) -> str:
    """Return a branch or file path, whose slashes are meant, as part of an address."""
    return "/".join(segment(part) for part in path.split("/"))


def stamp(date: datetime) -> str:
    """Return a moment as GitHub writes it."""
    return date.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
