"""GitHub as a forge: repositories, commits without a checkout, pull requests, checks, reviews."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar
from urllib.parse import quote

from shared.core.errors import Missing, NotAllowed, Rejected
from shared.http_answers import Answer, vendor_message
from shared.http_client import HttpClient, segment
from shared.integrations.forge import FOLDER, Author, Change, Check, Checks, Entry, Repository, Review, sum_up
from shared.integrations.github import checks, commits
from shared.integrations.github.hooks import Hooks
from shared.integrations.github.wire import Json, Wire, quote_path, repo_path

BASE_URL = "https://api.github.com"
_METHODS = ("squash", "merge", "rebase")
_VERDICTS = {"APPROVED": "approved", "CHANGES_REQUESTED": "changes_requested", "DISMISSED": "dismissed"}
_MERGEABLE = {"clean": "yes", "unstable": "yes", "has_hooks": "yes"}
_BLOCKED = {
    "blocked": "a rule of the repository prevents it (it requires reviews or checks)",
    "behind": "its branch is behind the base",
    "dirty": "it conflicts with the base",
    "draft": "it is a draft",
}


class GitHub(Hooks):
    """What we ask of GitHub; see Forge."""

    system: ClassVar[str] = "github"

    def __init__(self, http: HttpClient) -> None:
        self._wire = Wire(http)

    def repository(self, owner: str, name: str) -> Repository:
        """Return the repository; raises Missing also when it is not shared with us."""
        return _repository(self._wire.call("GET", repo_path(owner, name)).json)

    def ensure_repository(self, owner: str, name: str, *, private: bool = True) -> Repository:
        """Return the repository, created with a first commit if need be; a token of an app cannot create one."""
        try:
            return self.repository(owner, name)
        except Missing:
            me = self._wire.call("GET", "/user", accept=(403,))
        if not me.ok:
            raise NotAllowed(
                self.system,
                f"{owner}/{name} does not exist or is not shared with the app, and an app's token cannot create it",
                way_out="Create it and add it to the app's installation, or name another one in ship.code.repository.",
            )
        own = str(me.json.get("login", "")).lower() == owner.lower()
        path = "/user/repos" if own else f"/orgs/{segment(owner)}/repos"
        body = {"name": name, "private": private, "auto_init": True}
        answer = self._wire.call("POST", path, json=body, accept=(422,))
        return self.repository(owner, name) if answer.status == 422 else _repository(answer.json)

    def head(self, owner: str, name: str, branch: str) -> str:
        """Return the commit a branch points to, "" when there is none."""
        return commits.head_of(self._wire, owner, name, branch)

    def message_of(self, owner: str, name: str, sha: str) -> str:
        path = f"{repo_path(owner, name)}/git/commits/{segment(sha)}"
        return str(self._wire.call("GET", path).json["message"])

    def entries(self, owner: str, name: str, ref: str) -> list[Entry]:
        """Return all files of a commit or branch; raises Rejected when GitHub cuts the list short."""
        path = f"{repo_path(owner, name)}/git/trees/{quote(ref, safe='')}"
        answer = self._wire.call("GET", path, params={"recursive": "1"}, accept=(409,))
        if not answer.ok:
            return []
        if answer.json["truncated"]:
            raise Rejected(self.system, f"{owner}/{name} has more files than GitHub lists at once")
        found = [each for each in answer.json["tree"] if each["mode"] != FOLDER]
        return [Entry(each["path"], each.get("size", -1), each["sha"], each["mode"]) for each in found]

    def read_file(self, owner: str, name: str, path: str, ref: str) -> bytes:
        """Return the content of a file; one above a megabyte takes a second call."""
        address = f"{repo_path(owner, name)}/contents/{quote_path(path)}"
        raw = self._wire.call("GET", address, params={"ref": ref}).json
        if not isinstance(raw, dict) or raw.get("type") != "file":
            raise Rejected(self.system, f"{path!r} of {owner}/{name} is not a file")
        if raw.get("encoding") == "none":
            raw = self._wire.call("GET", f"{repo_path(owner, name)}/git/blobs/{segment(raw['sha'])}").json
        return base64.b64decode(raw["content"])

    def archive(self, owner: str, name: str) -> None:
        """Let the repository be read and nothing be written any more; its owner can undo that."""
        if not self._wire.call("GET", repo_path(owner, name)).json["archived"]:
            self._wire.call("PATCH", repo_path(owner, name), json={"archived": True})

    def delete_branch(self, owner: str, name: str, branch: str) -> None:
        """Delete a branch; one that is gone already counts as deleted."""
        path = f"{repo_path(owner, name)}/git/refs/heads/{quote_path(branch)}"
        answer = self._wire.call("DELETE", path, accept=(404, 422))
        if answer.status == 422 and self.head(owner, name, branch):
            raise Rejected(self.system, f"branch {branch!r}: {vendor_message(answer)}")

    def first_commit(
        self, owner: str, name: str, *, branch: str, path: str, content: bytes, message: str, author: Author
    ) -> str:
        """Give a repository without any commit its first; one that has got one meanwhile keeps it."""
        return commits.first_commit(
            self._wire, owner, name, branch=branch, path=path, content=content, message=message, author=author
        )

    def commit(
        self,
        owner: str,
        name: str,
        *,
        base: str,
        branch: str,
        expected_head: str,
        files: Mapping[str, bytes],
        deleted: Sequence[str] = (),
        modes: Mapping[str, str] | None = None,
        message: str,
        author: Author,
        date: datetime,
    ) -> str:
        """Put all files into one commit on `branch`; see Forge. Called again it finds the same commit."""
        parent = expected_head or base
        repo = repo_path(owner, name)
        sha = commits.write_commit(self._wire, repo, base, parent, files, deleted, modes or {}, message, author, date)
        if expected_head:
            commits.move_branch(self._wire, owner, name, branch, sha, expected_head)
        else:
            commits.make_branch(self._wire, owner, name, branch, sha)
        return sha

    def open_change(
        self, owner: str, name: str, *, branch: str, base: str, title: str, body: str, draft: bool = False
    ) -> Change:
        """Open a pull request, as a draft where the account's plan has drafts; called again it returns the open one."""
        asked = {"title": title, "head": branch, "base": base, "body": body, "draft": draft}
        path = f"{repo_path(owner, name)}/pulls"
        answer = self._wire.call("POST", path, json=asked, accept=(422,))
        if answer.ok:
            return _change(answer.json)
        if found := self.find_change(owner, name, branch):
            return found
        if draft:  # GitHub gives no code for an account without drafts; whatever else is wrong it says once more
            answer = self._wire.call("POST", path, json=asked | {"draft": False}, accept=(422,))
        if answer.ok:
            return _change(answer.json)
        raise Rejected(self.system, f"pull request for {branch!r}: {vendor_message(answer)}")

    def find_change(self, owner: str, name: str, branch: str, *, state: str = "open") -> Change | None:
        """Return the newest pull request of a branch; `state` may be open, closed or all."""
        params = {"head": f"{owner}:{branch}", "state": state, "per_page": 10}
        found = self._wire.call("GET", f"{repo_path(owner, name)}/pulls", params=params).json
        return _change(found[0]) if found else None

    def change(self, owner: str, name: str, number: int) -> Change:
        return _change(self._wire.call("GET", f"{repo_path(owner, name)}/pulls/{number}").json)

    def update_change(
        self,
        owner: str,
        name: str,
        number: int,
        *,
        title: str | None = None,
        body: str | None = None,
        labels: Sequence[str] | None = None,
        reviewers: Sequence[str] | None = None,
    ) -> list[str]:
        """Set what is given; return what GitHub did not take."""
        repo = repo_path(owner, name)
        left: list[str] = []
        words = {key: value for key, value in (("title", title), ("body", body)) if value is not None}
        if words:
            self._wire.call("PATCH", f"{repo}/pulls/{number}", json=words)
        if labels:
            path, asked = f"{repo}/issues/{number}/labels", {"labels": list(labels)}
            left += _list_refusals("labels", self._wire.call("POST", path, json=asked, accept=(403, 404, 422)))
        if reviewers:
            path, asked = f"{repo}/pulls/{number}/requested_reviewers", {"reviewers": list(reviewers)}
            left += _list_refusals("reviewers", self._wire.call("POST", path, json=asked, accept=(403, 404, 422)))
        return left

    def close_change(self, owner: str, name: str, number: int) -> Change:
        """Close without merging. The same call again leaves it closed."""
        path = f"{repo_path(owner, name)}/pulls/{number}"
        return _change(self._wire.call("PATCH", path, json={"state": "closed"}).json)

    def comment(self, owner: str, name: str, number: int, text: str) -> str:
        """Say something in the conversation of a pull request and return the comment's id."""
        path = f"{repo_path(owner, name)}/issues/{number}/comments"
        return str(self._wire.call("POST", path, json={"body": text}).json["id"])

    def reviews(self, owner: str, name: str, number: int) -> list[Review]:
        """Return verdicts and comments on lines, oldest first."""
        path = f"{repo_path(owner, name)}/pulls/{number}"
        found = [(str(raw.get("submitted_at") or ""), _verdict(raw)) for raw in self._wire.list_all(f"{path}/reviews")]
        found += [(str(raw["created_at"]), _line_comment(raw)) for raw in self._wire.list_all(f"{path}/comments")]
        return [review for _, review in sorted(found, key=lambda each: each[0])]

    def may_write(self, owner: str, name: str, who: str) -> bool:
        """Say whether a person may write here; their `author_association` hides who is a member in private."""
        path = f"{repo_path(owner, name)}/collaborators/{segment(who)}/permission"
        answer = self._wire.call("GET", path, accept=(403, 404)) if who else None
        return answer is not None and answer.ok and answer.json["permission"] in ("admin", "write")

    def merge(self, owner: str, name: str, number: int, *, sha: str) -> str:
        """Merge exactly the approved head; return the merge commit. Called again it returns the same commit.

        As one commit, or by the next method that the repository allows. Raises Rejected when the head has
        moved (the approval was for another commit) or it cannot be merged.
        """
        path = f"{repo_path(owner, name)}/pulls/{number}/merge"
        for each in _METHODS:
            answer = self._wire.call("PUT", path, json={"merge_method": each, "sha": sha}, accept=(405, 409))
            if answer.ok:
                return str(answer.json["sha"])
            if "not allowed on this repository" not in vendor_message(answer):
                break
        now = self.change(owner, name, number)
        if now.merged and now.head_sha == sha:
            return now.merge_sha
        raise Rejected(self.system, f"pull request {number}: {answer.status} {vendor_message(answer)}")

    def checks(self, owner: str, name: str, sha: str) -> Checks:
        """Return check runs and commit statuses together: green needs both systems."""
        return sum_up(checks.checks_of(self._wire, repo_path(owner, name), sha))

    def check_log(self, owner: str, name: str, check: Check) -> str:
        """Return what a check wrote about itself."""
        return checks.log_of(self._wire, repo_path(owner, name), check)


def _list_refusals(what: str, answer: Answer) -> list[str]:
    return [] if answer.ok else [f"{what}: {vendor_message(answer)}"]


def _repository(raw: Json) -> Repository:
    return Repository(
        owner=raw["owner"]["login"],
        name=raw["name"],
        default_branch=raw.get("default_branch") or "main",
        private=bool(raw.get("private")),
        url=raw.get("html_url", ""),
        id=raw["id"],
    )


def _change(raw: Json) -> Change:
    state = str(raw.get("mergeable_state") or "")
    return Change(
        number=raw["number"],
        url=raw.get("html_url", ""),
        head_sha=raw["head"]["sha"],
        state=raw.get("state", "open"),
        merged=bool(raw.get("merged") or raw.get("merged_at")),
        merge_sha=raw.get("merge_commit_sha") or "",
        draft=bool(raw.get("draft")),
        mergeable="no" if state in _BLOCKED else _MERGEABLE.get(state, "unknown"),
        blocked=_BLOCKED.get(state, ""),
        author=str((raw.get("user") or {}).get("login") or ""),
        branch=raw["head"]["ref"],
        base=raw["base"]["ref"],
    )


def _verdict(raw: Json) -> Review:
    state = _VERDICTS.get(raw["state"], "commented")
    author = str((raw.get("user") or {}).get("login") or "")
    return Review(str(raw["id"]), author, state, raw.get("body") or "", sha=raw.get("commit_id") or "")


def _line_comment(raw: Json) -> Review:
    author, line = str((raw.get("user") or {}).get("login") or ""), raw.get("line") or raw.get("original_line") or 0
    sha = str(raw.get("commit_id") or "")
    return Review(f"c{raw['id']}", author, "commented", raw.get("body") or "", str(raw.get("path") or ""), line, sha)
