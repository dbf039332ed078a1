"""GitHub: repositories, commits without a checkout, pull requests, checks."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

from shared.core.errors import IntegrationError, Missing, OutcomeUnknown, Rejected
from shared.http_client import Answer, HttpClient, segment, vendor_message

BASE_URL = "https://api.github.com"
API_VERSION = "2026-03-10"
_HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": API_VERSION}

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository as far as we need it."""

    owner: str
    name: str
    default_branch: str
    private: bool
    url: str
    id: int


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request; `head_sha` is the commit it proposes right now."""

    number: int
    url: str
    head_sha: str
    state: str = "open"
    merged: bool = False
    merge_sha: str = ""
    draft: bool = False


@dataclass(frozen=True, slots=True)
class CheckRun:
    """One check of a commit; `conclusion` is empty until `status` is `completed`."""

    name: str
    status: str
    conclusion: str
    url: str


@dataclass(frozen=True, slots=True)
class Author:
    """Who a commit says wrote it."""

    name: str
    email: str


class GitHub:
    """What we ask of GitHub. An empty list of checks means "no CI", never "green"."""

    system: ClassVar[str] = "github"

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    # --- repositories ---

    def repository(self, owner: str, name: str) -> Repository:
        """Return the repository; raises Missing also when it is not shared with us."""
        return _repository(self._call("GET", _repo(owner, name)).json)

    def ensure_repository(self, owner: str, name: str, *, private: bool = True) -> Repository:
        """Return the repository, created with a first commit if need be. Called again it returns the one there."""
        try:
            return self.repository(owner, name)
        except Missing:
            # an installation's token has no user (403); it can make repositories in its organisation only
            me = self._call("GET", "/user", accept=(403,))
        own = me.ok and str(me.json.get("login", "")).lower() == owner.lower()
        path = "/user/repos" if own else f"/orgs/{segment(owner)}/repos"
        body = {"name": name, "private": private, "auto_init": True}
        answer = self._call("POST", path, json=body, accept=(422,))
        return self.repository(owner, name) if answer.status == 422 else _repository(answer.json)

    def head(self, owner: str, name: str, branch: str) -> str:
        """Return the commit a branch points to; raises Missing."""
        sha = self._ref(owner, name, branch).sha
        if not sha:
            raise Missing(self.system, f"branch {branch!r} of {owner}/{name} does not exist")
        return sha

    def delete_branch(self, owner: str, name: str, branch: str) -> None:
        """Delete a branch; one that is gone already counts as deleted."""
        path = f"{_repo(owner, name)}/git/refs/heads/{_path(branch)}"
        answer = self._call("DELETE", path, accept=(404, 422))
        if answer.status == 422 and "does not exist" not in vendor_message(answer):
            raise Rejected(self.system, f"branch {branch!r}: {vendor_message(answer)}")

    # --- commits ---

    def commit_files(
        self,
        owner: str,
        name: str,
        *,
        base: str,
        branch: str,
        files: Mapping[str, str | bytes | None],
        message: str,
        author: Author,
        date: datetime,
    ) -> str:
        """Commit files (None deletes) on top of `base` and let `branch` point to it; return the commit.

        Called again with the same date it finds the same commit, because a commit's name is made of its content, author
        and date. Where `branch` is `base` itself, a tree that is already there is not committed again. A branch with
        somebody else's work raises Rejected and is left alone.
        """
        repo = _repo(owner, name)
        there = self._ref(owner, name, branch)
        parent = there.sha if branch == base else self._ref(owner, name, base).sha
        if there.empty_repository:
            parent = self._first_commit(repo, base, files, message, author, date)
            there = _Ref(parent if branch == base else "")
        if not parent:
            raise Missing(self.system, f"branch {base!r} of {owner}/{name} does not exist")
        if there.sha and branch != base:
            parent = self._parent_of_ours(repo, there.sha, branch, message, date)
        old_tree = str(self._call("GET", f"{repo}/git/commits/{parent}").json["tree"]["sha"])
        tree = self._tree(repo, old_tree, files)
        if tree == old_tree and branch == base:
            return parent
        who = {"name": author.name, "email": author.email, "date": _stamp(date)}
        body = {"message": message, "tree": tree, "parents": [parent], "author": who, "committer": who}
        sha = str(self._call("POST", f"{repo}/git/commits", json=body).json["sha"])
        self._point(repo, branch, sha, there.sha)
        return sha

    def _ref(self, owner: str, name: str, branch: str) -> _Ref:
        answer = self._call("GET", f"{_repo(owner, name)}/git/ref/heads/{_path(branch)}", accept=(404, 409))
        if answer.status == 404:
            self.repository(owner, name)  # tell a missing branch from a missing repository
        return _Ref(str(answer.json["object"]["sha"]) if answer.ok else "", empty_repository=answer.status == 409)

    def _parent_of_ours(self, repo: str, sha: str, branch: str, message: str, date: datetime) -> str:
        """Return the parent our earlier attempt committed on; the base may have moved since."""
        commit = self._call("GET", f"{repo}/git/commits/{sha}").json
        same_date = _instant(commit["author"]["date"]) == date.astimezone(UTC).replace(microsecond=0)
        if commit["message"].strip() != message.strip() or not same_date or len(commit["parents"]) != 1:
            raise Rejected(self.system, f"branch {branch!r} exists with other work")
        return str(commit["parents"][0]["sha"])

    def _tree(self, repo: str, base_tree: str, files: Mapping[str, str | bytes | None]) -> str:
        entries = [self._entry(repo, path, content) for path, content in sorted(files.items())]
        answer = self._call("POST", f"{repo}/git/trees", json={"base_tree": base_tree, "tree": entries})
        return str(answer.json["sha"])

    def _entry(self, repo: str, path: str, content: str | bytes | None) -> Json:
        entry: Json = {"path": path, "mode": "100644", "type": "blob"}
        if content is None:
            return entry | {"sha": None}
        text = _as_text(content)
        if text is not None:
            return entry | {"content": text}
        raw = content.encode() if isinstance(content, str) else content
        body = {"content": base64.b64encode(raw).decode(), "encoding": "base64"}
        return entry | {"sha": self._call("POST", f"{repo}/git/blobs", json=body).json["sha"]}

    def _first_commit(
        self,
        repo: str,
        branch: str,
        files: Mapping[str, str | bytes | None],
        message: str,
        author: Author,
        date: datetime,
    ) -> str:
        """Give an empty repository a branch: the git data calls refuse to work without any commit."""
        written = sorted((path != "README.md", path) for path, content in files.items() if content is not None)
        if not written:
            raise Rejected(self.system, "an empty repository needs a first file")
        path = written[0][1]
        content = files[path] or ""
        raw = content.encode() if isinstance(content, str) else content
        who = {"name": author.name, "email": author.email, "date": _stamp(date)}
        body = {"message": message, "content": base64.b64encode(raw).decode(), "branch": branch}
        answer = self._call("PUT", f"{repo}/contents/{_path(path)}", json=body | {"author": who, "committer": who})
        return str(answer.json["commit"]["sha"])

    def _point(self, repo: str, branch: str, sha: str, before: str) -> None:
        """Let the branch point to the commit, unless it does already."""
        if before == sha:
            return
        if before:
            self._call("PATCH", f"{repo}/git/refs/heads/{_path(branch)}", json={"sha": sha, "force": False})
            return
        body = {"ref": f"refs/heads/{branch}", "sha": sha}
        answer = self._call("POST", f"{repo}/git/refs", json=body, accept=(422,))
        if answer.status != 422:
            return
        there = self._call("GET", f"{repo}/git/ref/heads/{_path(branch)}", accept=(404,))
        if there.status == 404:
            raise Rejected(self.system, f"branch {branch!r}: {vendor_message(answer)}")
        if there.json["object"]["sha"] != sha:
            raise Rejected(self.system, f"branch {branch!r} exists with other work")

    # --- pull requests ---

    def open_pull_request(
        self, owner: str, name: str, *, head: str, base: str, title: str, body: str, draft: bool = False
    ) -> PullRequest:
        """Open a pull request. Called again it returns the open one of that branch."""
        asked = {"title": title, "head": head, "base": base, "body": body, "draft": draft}
        answer = self._call("POST", f"{_repo(owner, name)}/pulls", json=asked, accept=(422,))
        if answer.status == 422 and draft and "draft" in vendor_message(answer).lower():
            answer = self._call("POST", f"{_repo(owner, name)}/pulls", json=asked | {"draft": False}, accept=(422,))
        if answer.ok:
            return _pull_request(answer.json)
        found = self.find_pull_request(owner, name, head)
        if found is None:
            raise Rejected(self.system, f"pull request for {head!r}: {vendor_message(answer)}")
        return found

    def pull_request(self, owner: str, name: str, number: int) -> PullRequest:
        """Return a pull request."""
        return _pull_request(self._call("GET", f"{_repo(owner, name)}/pulls/{number}").json)

    def find_pull_request(self, owner: str, name: str, head: str, *, state: str = "open") -> PullRequest | None:
        """Return the newest pull request of a branch; `state` may be open, closed or all."""
        params = {"head": f"{owner}:{head}", "state": state, "per_page": 10}
        found = self._call("GET", f"{_repo(owner, name)}/pulls", params=params).json
        return _pull_request(found[0]) if found else None

    def close_pull_request(self, owner: str, name: str, number: int) -> PullRequest:
        """Close without merging. The same call again leaves it closed."""
        path = f"{_repo(owner, name)}/pulls/{number}"
        return _pull_request(self._call("PATCH", path, json={"state": "closed"}).json)

    def merge(self, owner: str, name: str, number: int, *, sha: str, method: str = "squash") -> str:
        """Merge exactly the approved head; return the merge commit. Called again it returns the same commit.

        Raises Rejected when the head has moved (the approval was for another commit) or it cannot be merged.
        """
        path = f"{_repo(owner, name)}/pulls/{number}/merge"
        answer = self._call("PUT", path, json={"merge_method": method, "sha": sha}, accept=(405, 409))
        if answer.ok:
            return str(answer.json["sha"])
        now = self.pull_request(owner, name, number)
        if now.merged and now.head_sha == sha:
            return now.merge_sha
        raise Rejected(self.system, f"pull request {number}: {answer.status} {vendor_message(answer)}")

    # --- checks ---

    def combined_status(self, owner: str, name: str, sha: str) -> str:
        """Return success, pending or failure of the commit statuses; `none` when nobody reported any."""
        answer = self._call("GET", f"{_repo(owner, name)}/commits/{segment(sha)}/status").json
        return str(answer["state"]) if answer.get("total_count") or answer.get("statuses") else "none"

    def check_runs(self, owner: str, name: str, sha: str) -> list[CheckRun]:
        """Return the latest run of each check of a commit."""
        found: list[CheckRun] = []
        for page in range(1, 11):
            params = {"filter": "latest", "per_page": 100, "page": page}
            answer = self._call("GET", f"{_repo(owner, name)}/commits/{segment(sha)}/check-runs", params=params).json
            found += [_check_run(each) for each in answer["check_runs"]]
            if len(answer["check_runs"]) < 100:
                break
        return found

    # --- the wire ---

    def _call(
        self, method: str, path: str, *, json: Any = None, params: Any = None, accept: tuple[int, ...] = ()
    ) -> Answer:
        def judge(answer: Answer) -> Answer | IntegrationError | None:
            return answer if answer.status in accept else None

        answer = self._http.call(method, path, json=json, params=params, headers=_HEADERS, judge=judge)
        if answer.ok and answer.status != 204 and not isinstance(answer.json, dict | list):
            raise OutcomeUnknown(self.system, f"{method} {path}: answered without a body")
        return answer


@dataclass(frozen=True, slots=True)
class _Ref:
    """Where a branch points: an empty `sha` when it does not exist."""

    sha: str
    empty_repository: bool = False


def _repo(owner: str, name: str) -> str:
    return f"/repos/{segment(owner)}/{segment(name)}"


def _path(path: str) -> str:
    """Return a branch or file path, whose slashes are meant, as part of an address."""
    return "/".join(segment(part) for part in path.split("/"))


def _as_text(content: str | bytes) -> str | None:
    if isinstance(content, str):
        return content
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def _stamp(date: datetime) -> str:
    return date.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _instant(stamp: str) -> datetime:
    return datetime.fromisoformat(stamp).astimezone(UTC)


def _repository(raw: Json) -> Repository:
    return Repository(
        owner=raw["owner"]["login"],
        name=raw["name"],
        default_branch=raw.get("default_branch") or "main",
        private=bool(raw.get("private")),
        url=raw.get("html_url", ""),
        id=raw["id"],
    )


def _pull_request(raw: Json) -> PullRequest:
    return PullRequest(
        number=raw["number"],
        url=raw.get("html_url", ""),
        head_sha=raw["head"]["sha"],
        state=raw.get("state", "open"),
        merged=bool(raw.get("merged") or raw.get("merged_at")),
        merge_sha=raw.get("merge_commit_sha") or "",
        draft=bool(raw.get("draft")),
    )


def _check_run(raw: Json) -> CheckRun:
    return CheckRun(raw["name"], raw["status"], raw.get("conclusion") or "", raw.get("html_url") or "")
