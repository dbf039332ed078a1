"""GitLab, its own cloud or a self-managed one: projects, commits without a checkout, merge requests, pipelines."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from shared.core.errors import Missing, Rejected
from shared.http_answers import Answer
from shared.http_client import HttpClient
from shared.integrations.forge import EXECUTABLE, FILE, FOLDER, SYMLINK, Author, Entry, Repository
from shared.integrations.gitlab.changes import MergeRequests
from shared.integrations.gitlab.hooks import Hooks
from shared.integrations.gitlab.wire import SYSTEM, Json, Wire, encode_path, project, read_error_message, repository_of

BASE_URL = "https://gitlab.com"


class GitLab(MergeRequests, Hooks):
    """What we ask of GitLab; see `Forge` for what each promises.

    GitLab chooses the date of a commit itself, and has no "only if the branch is still there" for all of a branch: a
    new branch is made by `start_sha` and refused where it exists; on one that exists the head is read first, and
    whoever pushes in that moment is found out by the parent of what was made. Nothing of theirs is lost either way.
    """

    system: ClassVar[str] = SYSTEM

    def __init__(self, http: HttpClient) -> None:
        super().__init__(Wire(http))

    def repository(self, owner: str, name: str) -> Repository:
        """Return the project; raises Missing also when it is not shared with us."""
        return repository_of(self._wire.call("GET", project(owner, name)).json)

    def ensure_repository(self, owner: str, name: str, *, private: bool = True) -> Repository:
        """Return the project, created with a first commit if need be. Called again it returns the one there."""
        try:
            return self.repository(owner, name)
        except Missing:
            space = self._wire.call("GET", f"/namespaces/{encode_path(owner)}").json
        body: Json = {"name": name, "path": name, "namespace_id": space["id"], "initialize_with_readme": True}
        asked = body | {"visibility": "private" if private else "public"}
        answer = self._wire.call("POST", "/projects", json=asked, accept=(400, 409))
        return repository_of(answer.json) if answer.ok else self._find_existing(owner, name, read_error_message(answer))

    def _find_existing(self, owner: str, name: str, why: str) -> Repository:
        """Return the project that was made in the meantime; raises Rejected when that was not why."""
        try:
            return self.repository(owner, name)
        except Missing:
            raise Rejected(self.system, f"project {owner}/{name}: {why}") from None

    def head(self, owner: str, name: str, branch: str) -> str:
        """Return the commit a branch points to; "" when there is no such branch, or no commit at all."""
        path = f"{project(owner, name)}/repository/branches/{encode_path(branch)}"
        answer = self._wire.call("GET", path, accept=(404,))
        if answer.ok:
            return str(answer.json["commit"]["id"])
        self.repository(owner, name)  # tell a missing branch from a missing project
        return ""

    def message_of(self, owner: str, name: str, sha: str) -> str:
        return str(self._commit_of(owner, name, sha)["message"])

    def _commit_of(self, owner: str, name: str, sha: str) -> Json:
        found: Json = self._wire.call("GET", f"{project(owner, name)}/repository/commits/{encode_path(sha)}").json
        return found

    def entries(self, owner: str, name: str, ref: str) -> list[Entry]:
        """Return all files of a commit or branch; GitLab does not tell their sizes. [] without any commit."""
        path = f"{project(owner, name)}/repository/tree"
        try:
            listed = list(self._wire.pages(path, {"ref": ref, "recursive": "true", "pagination": "keyset"}))
        except Missing:
            if self.repository(owner, name) and self.head(owner, name, ref):
                raise
            return []
        return [Entry(each["path"], -1, each["id"], each["mode"]) for each in listed if each["mode"] != FOLDER]

    def read_file(self, owner: str, name: str, path: str, ref: str) -> bytes:
        """Return the content of a file; raises Missing."""
        at = f"{project(owner, name)}/repository/files/{encode_path(path)}"
        raw = self._wire.call("GET", at, params={"ref": ref}).json
        try:
            return base64.b64decode(raw["content"], validate=True)
        except (binascii.Error, ValueError, KeyError):
            raise Rejected(self.system, f"{path}: its content cannot be read") from None

    def archive(self, owner: str, name: str) -> None:
        """Let the project be read and nothing be written any more; its owner can undo that. The same end each time."""
        self._wire.call("POST", f"{project(owner, name)}/archive")

    def delete_branch(self, owner: str, name: str, branch: str) -> None:
        """Delete a branch; one that is gone counts as deleted."""
        self._wire.call(
            "DELETE", f"{project(owner, name)}/repository/branches/{encode_path(branch)}", accept=(404,), text=True
        )

    def first_commit(
        self, owner: str, name: str, *, branch: str, path: str, content: bytes, message: str, author: Author
    ) -> str:
        """Give a project without any commit its first, on this branch; return the commit."""
        actions = _actions({path: content}, (), {}, {})
        body = _commit(branch, message, author, actions)
        return str(self._wire.call("POST", f"{project(owner, name)}/repository/commits", json=body).json["id"])

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
        """Put all files into one commit on the branch, which is made where it has to be; see `Forge`.

        `date` is GitLab's own choice; the same call again is known by message, parent and content instead.
        """
        start, wanted, modes = expected_head or base, dict(files), dict(modes or {})
        head_now = self.head(owner, name, branch) if expected_head else ""
        old = {each.path: each for each in self.entries(owner, name, start)}
        if start != base:
            deleted = self._back_to_base(owner, name, base, old, wanted, deleted, modes)
        if head_now != expected_head:
            return self._ours(owner, name, branch, head_now, start, message, wanted, deleted)
        actions = _actions(wanted, deleted, modes, old)
        body = _commit(branch, message, author, actions)
        if not expected_head:
            body["start_sha"] = start
        if not actions:
            return head_now or self._branch(owner, name, branch, start)
        path = f"{project(owner, name)}/repository/commits"
        answer = self._wire.call("POST", path, json=body, accept=(400, 409))
        if answer.ok:
            return self._start_on_top(start, branch, answer)
        head_now = self.head(owner, name, branch)
        if head_now in ("", expected_head):
            raise Rejected(self.system, f"commit to {branch!r}: {read_error_message(answer)}")
        return self._ours(owner, name, branch, head_now, start, message, wanted, deleted)

    def _start_on_top(self, start: str, branch: str, answer: Answer) -> str:
        """Return the commit that was made; raises Rejected where another one has come in between."""
        if answer.json.get("parent_ids", [start]) != [start]:
            raise Rejected(
                self.system,
                f"somebody pushed to {branch!r} meanwhile; our commit {answer.json['id'][:8]} is on top of theirs",
            )
        return str(answer.json["id"])

    def _back_to_base(
        self,
        owner: str,
        name: str,
        base: str,
        old: Mapping[str, Entry],
        wanted: dict[str, bytes],
        deleted: Sequence[str],
        modes: dict[str, str],
    ) -> list[str]:
        """Add to `wanted` and `modes` what the branch has changed since its base; return what has to be deleted."""
        was = {each.path: each for each in self.entries(owner, name, base)}
        for path in deleted:
            if was.pop(path, None) is None:
                raise Missing(SYSTEM, f"{path!r} cannot be deleted: it does not exist")
        for path in sorted(set(was) - set(wanted)):
            if path not in old or (old[path].sha, old[path].mode) != (was[path].sha, was[path].mode):
                wanted[path], modes[path] = self.read_file(owner, name, path, base), was[path].mode
        return sorted(set(old) - set(was) - set(wanted))

    def _branch(self, owner: str, name: str, branch: str, start: str) -> str:
        body = {"branch": branch, "ref": start}
        path = f"{project(owner, name)}/repository/branches"
        answer = self._wire.call("POST", path, json=body, accept=(400, 409))
        head_now = start if answer.ok else self.head(owner, name, branch)
        if head_now != start:
            raise Rejected(self.system, f"branch {branch!r}: {read_error_message(answer)}")
        return head_now

    def _ours(
        self,
        owner: str,
        name: str,
        branch: str,
        head_now: str,
        start: str,
        message: str,
        files: Mapping[str, bytes],
        deleted: Sequence[str],
    ) -> str:
        """Return where the branch stands if this very call has put it there; raises Rejected when it has not."""
        if not head_now:
            raise Rejected(self.system, f"branch {branch!r} is gone")
        found = self._commit_of(owner, name, head_now)
        same = found.get("parent_ids") == [start] and str(found.get("message", "")).strip() == message.strip()
        if same:
            now = {each.path: each.sha for each in self.entries(owner, name, head_now)}
            same = all(now.get(path) == blob_id(content) for path, content in files.items())
            same = same and not any(path in now for path in deleted)
        if not same:
            raise Rejected(self.system, f"branch {branch!r} has other work: it is at {head_now[:8]}")
        return head_now


def blob_id(content: bytes) -> str:
    """Return git's own name for a file's content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _commit(branch: str, message: str, author: Author, actions: Sequence[Json]) -> Json:
    who = {"author_name": author.name, "author_email": author.email}
    return {"branch": branch, "commit_message": message, "actions": list(actions), **who}


def _actions(
    files: Mapping[str, bytes], deleted: Sequence[str], modes: Mapping[str, str], old: Mapping[str, Entry]
) -> list[Json]:
    """Return what turns the old tree into the wanted one: GitLab takes no `create` over a file.

    Raises Missing for a path to delete that is not there, Rejected for what GitLab's commits cannot make.
    """
    found: list[Json] = []
    for path in sorted(set(deleted) - set(files)):
        if path not in old:
            raise Missing(SYSTEM, f"{path!r} cannot be deleted: it does not exist")
        found.append({"action": "delete", "file_path": path})
    for path, content in sorted(files.items()):
        was, mode = old.get(path), modes.get(path, "")
        if mode not in ("", FILE, EXECUTABLE) or (was is not None and was.mode == SYMLINK):
            raise Rejected(SYSTEM, f"{path!r}: a commit through GitLab's API can hold only plain files")
        if was is None or was.sha != blob_id(content):
            found.append({"action": "update" if was else "create", "file_path": path, **_content(content)})
        runs, ran = mode == EXECUTABLE, was is not None and was.mode == EXECUTABLE
        if runs != ran and (mode or not was):
            found.append({"action": "chmod", "file_path": path, "execute_filemode": runs})
    return found


def _content(content: bytes) -> dict[str, Any]:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text or "\r" in text:  # what JSON would carry, but not every proxy leaves alone
        return {"content": base64.b64encode(content).decode(), "encoding": "base64"}
    return {"content": text}
