"""GitLab on the wire: paths, what refusals say, and its objects in the words all forges share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from shared.core.errors import IntegrationError, NotAllowed, OutcomeUnknown, Rejected
from shared.http_answers import Answer
from shared.http_client import HttpClient, segment
from shared.integrations.forge import MOVED, Change, Check, Repository, refuse_moved_repository

SYSTEM = "gitlab"
API = "/api/v4"
PER_PAGE = 100  # the most GitLab gives on a page
MAX_PAGES = 100

Json = dict[str, Any]

_WIDER = (
    "In GitLab open Edit profile › Access › Personal access tokens, make another with “api”, and give it with "
    "`workwright account gitlab`"
)
# `detailed_merge_status` while GitLab still looks; everything else that is not "mergeable" is a no.
_LOOKING = frozenset({"checking", "unchecked", "preparing", "approvals_syncing"})
# A pipeline or job that waits for a person, or that was left out, has checked nothing (integrations §4).
STATES = {
    "success": "success",
    "failed": "failure",
    "canceled": "cancelled",
    "canceling": "cancelled",
    "skipped": "neutral",
    "manual": "action_required",
}


class Wire:
    """Calls of the API with one token; personal, project and OAuth tokens are all sent as a bearer's."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    def call(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        params: Any = None,
        accept: tuple[int, ...] = (),
        text: bool = False,
    ) -> Answer:
        """Ask once. A refusal among `accept` is returned; of the others GitLab's own words are in the error."""

        def judge(answer: Answer) -> Answer | IntegrationError | None:
            if answer.status in accept:
                return answer
            if answer.status in MOVED:
                return refuse_moved_repository(SYSTEM)
            if answer.status == 403 and read_error_code(answer) == "insufficient_scope":
                return NotAllowed(SYSTEM, f"{method} {path}: 403 {read_error_message(answer)}", way_out=_WIDER)
            if answer.status in (400, 403, 405, 409, 413, 422) and "Retry-After" not in answer.headers:
                return Rejected(SYSTEM, f"{method} {path}: {answer.status} {read_error_message(answer)}")
            return None

        answer = self._http.call(method, API + path, json=json, params=params, text=text, judge=judge)
        if answer.ok and not text and answer.status != 204 and not isinstance(answer.json, dict | list):
            raise OutcomeUnknown(SYSTEM, f"{method} {path}: answered without a body")
        return answer

    def pages(self, path: str, params: Json | None = None) -> Iterator[Json]:
        """Yield everything of a list, following its `Link` header; raises Rejected for a list without end."""
        asked: Json | None = {**(params or {}), "per_page": PER_PAGE}
        for _ in range(MAX_PAGES):
            answer = self.call("GET", path, params=asked)
            yield from answer.json
            asked = _read_next_query(answer)
            if asked is None:
                return
        raise Rejected(SYSTEM, f"GET {path}: more than {MAX_PAGES * PER_PAGE} entries")


def project(owner: str, name: str) -> str:
    """Return a project's path; an owner may be a group within groups, whose slashes are part of the one segment."""
    parts = [segment(part) for part in (*owner.split("/"), name)]
    return "/projects/" + "%2F".join(parts)


def encode_path(path: str) -> str:
    """Return a branch or the path of a file as one segment of an address."""
    return "%2F".join(segment(part) for part in path.split("/"))


def read_error_code(answer: Answer) -> str:
    """Return the code of an OAuth error, which any GitLab of any language sends alike; "" where there is none."""
    return str(answer.json.get("error", "")) if isinstance(answer.json, dict) else ""


def read_error_message(answer: Answer) -> str:
    """Return GitLab's own words: `message` may be a text, a list, or lists by field; OAuth says `error`."""
    body = answer.json if isinstance(answer.json, dict) else {}
    message = body.get("message", body.get("error_description", body.get("error", "")))
    if isinstance(message, dict):
        message = [f"{name} {each}" for name, problems in message.items() for each in _list(problems)]
    return " ".join(" ".join(str(each).split()) for each in _list(message))[:300]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _read_next_query(answer: Answer) -> Json | None:
    """Return the query of the next page; its address may name another host, behind a proxy, and is not followed."""
    for link in answer.headers.get("Link", "").split(","):
        address, _, kind = link.partition(";")
        if 'rel="next"' in kind:
            return dict(parse_qsl(urlsplit(address.strip().strip("<>")).query))
    return None


def repository_of(raw: Json) -> Repository:
    owner, _, name = str(raw["path_with_namespace"]).rpartition("/")
    return Repository(
        owner=owner,
        name=name,
        default_branch=raw.get("default_branch") or "main",
        private=raw.get("visibility") != "public",
        url=raw.get("web_url", ""),
        id=raw["id"],
    )


def change_of(raw: Json) -> Change:
    """Return a merge request; where it went is the merge commit, the squashed one, or its head (fast-forward)."""
    merged, status = raw["state"] == "merged", str(raw.get("detailed_merge_status") or "")
    landed = raw.get("merge_commit_sha") or raw.get("squash_commit_sha") or raw.get("sha")
    can = "yes" if status == "mergeable" else "unknown" if status in _LOOKING or not status else "no"
    return Change(
        number=raw["iid"],
        url=raw.get("web_url", ""),
        head_sha=raw.get("sha") or "",
        state="open" if raw["state"] in ("opened", "locked") else "closed",
        merged=merged,
        merge_sha=str(landed or "") if merged else "",
        draft=bool(raw.get("draft")),
        mergeable=can,
        blocked=status.replace("_", " ") if can == "no" else "",
        author=str((raw.get("author") or {}).get("username", "")),
        branch=raw.get("source_branch", ""),
        base=raw.get("target_branch", ""),
    )


def check_of(raw: Json, name: str, *, ref: str = "") -> Check:
    """Return a pipeline or job as a check; a job that may fail is of no consequence when it does."""
    status = str(raw.get("status", ""))
    state = STATES.get(status, "pending")
    if raw.get("allow_failure") and state in ("failure", "cancelled", "action_required"):
        state = "neutral"
    detail = status + (f": {raw['failure_reason']}" if raw.get("failure_reason") else "")
    return Check(name, state, raw.get("web_url") or "", detail, ref)
