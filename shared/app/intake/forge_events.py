"""What a forge or a host tells: of which change or deployment it is news, in words they share. Nothing of its text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

REVIEWED, CHECKED, MERGED, CLOSED, PUSHED, DEPLOYED = "reviewed", "checked", "merged", "closed", "pushed", "deployed"
OUR_BRANCHES = "workwright/"
META_RUN = "workwright-run"  # what a deployment of ours says in its `meta`

_NAME = re.compile(r"[\w.-]+(?:/[\w.-]+)+", re.ASCII)
_LOGIN = re.compile(r"[\w.\[\]-]{1,60}", re.ASCII)
_BRANCH = re.compile(r"workwright/[A-Za-z0-9._-]{1,100}")
_RUN = re.compile(r"[A-Za-z0-9_-]{1,80}")
_FINISHED = frozenset({"success", "failed", "canceled", "skipped", "manual"})  # of a GitLab pipeline

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class News:
    """What happened, to which change: by its number, or by its branch. Of a deployment only the run is known."""

    what: str
    repository: str = ""  # owner/name
    number: int = 0
    branch: str = ""
    by: str = ""  # who did it, as the system calls them
    run: str = ""

    @property
    def place(self) -> str:
        """Return the change as a command names it."""
        return f"{self.repository}#{self.number}" if self.number else f"{self.repository}@{self.branch}"


def news_of(system: str, headers: Mapping[str, str], body: Any) -> list[News]:
    """Return what a delivery tells, nothing where it is of no interest to us; what does not fit is taken for nothing.

    The body is a stranger's text inside a genuine envelope: only names and numbers of the expected shape are read.
    """
    if not isinstance(body, dict):
        return []
    found = _READERS[system](headers.get("x-github-event", ""), body)
    return [each for each in found if each.what == DEPLOYED or _whole(each)]


def _whole(news: News) -> bool:
    named = news.number > 0 or _BRANCH.fullmatch(news.branch) is not None
    return named and _NAME.fullmatch(news.repository) is not None and len(news.repository) <= 300


def _at(body: Any, *path: str) -> Any:
    for name in path:
        body = body.get(name) if isinstance(body, dict) else None
    return body


def _text(body: Any, *path: str) -> str:
    value = _at(body, *path)
    return value if isinstance(value, str) else ""


def _number(body: Any, *path: str) -> int:
    value = _at(body, *path)
    return value if type(value) is int and 0 < value < 2**31 else 0


def _login(body: Any, *path: str) -> str:
    value = _text(body, *path)
    return value if _LOGIN.fullmatch(value) else ""


def _github(event: str, body: Json) -> list[News]:
    repository, by, action = _text(body, "repository", "full_name"), _login(body, "sender", "login"), body.get("action")
    number = _number(body, "pull_request", "number")

    def news(what: str, number: int = 0, branch: str = "") -> News:
        return News(what, repository, number, branch, by)

    match event, action:
        case "pull_request_review" | "pull_request_review_comment", "submitted" | "created" | "edited" | "dismissed":
            return [news(REVIEWED, number)]
        case "issue_comment", "created" | "edited" if isinstance(_at(body, "issue", "pull_request"), dict):
            return [news(REVIEWED, _number(body, "issue", "number"))]
        case "pull_request", "closed":
            return [news(MERGED if _at(body, "pull_request", "merged") is True else CLOSED, number)]
        case "pull_request", "synchronize":
            return [news(PUSHED, number)]
        case "check_suite", "completed":  # once for all its runs; those of Actions are in one as well
            return [news(CHECKED, branch=_text(body, "check_suite", "head_branch"))]
        case "status", _:
            listed = _at(body, "branches")
            return [news(CHECKED, branch=_text(each, "name")) for each in (listed if isinstance(listed, list) else [])]
        case "push", _:
            return [news(PUSHED, branch=_text(body, "ref").removeprefix("refs/heads/"))]
    return []


def _gitlab(event: str, body: Json) -> list[News]:
    repository, about = _text(body, "project", "path_with_namespace"), _at(body, "object_attributes")
    by = _login(body, "user", "username") or _login(body, "user_username")

    def news(what: str, number: int = 0, branch: str = "") -> News:
        return News(what, repository, number, branch, by)

    match body.get("object_kind"), _text(about, "action"):
        case "note", _ if _text(about, "noteable_type") == "MergeRequest":
            return [news(REVIEWED, _number(body, "merge_request", "iid"))]
        case "merge_request", "approved" | "approval" | "unapproved" | "unapproval":
            return [news(REVIEWED, _number(about, "iid"))]
        case "merge_request", "close":
            return [news(CLOSED, _number(about, "iid"))]
        case "merge_request", "merge":
            return [news(MERGED, _number(about, "iid"))]
        case "merge_request", "update" if _text(about, "oldrev"):
            return [news(PUSHED, _number(about, "iid"))]
        case "pipeline", _ if _text(about, "status") in _FINISHED:
            number = _number(body, "merge_request", "iid")
            return [news(CHECKED, number, "" if number else _text(about, "ref"))]
        case "push", _:
            return [news(PUSHED, branch=_text(body, "ref").removeprefix("refs/heads/"))]
    return []


def _vercel(event: str, body: Json) -> list[News]:
    run = _text(body, "payload", "deployment", "meta", META_RUN)
    if not _text(body, "type").startswith("deployment.") or not _RUN.fullmatch(run):
        return []
    return [News(DEPLOYED, run=run)]


_READERS: Mapping[str, Callable[[str, Json], list[News]]] = {"github": _github, "gitlab": _gitlab, "vercel": _vercel}
