"""Commits without a checkout: all files in one tree, one commit, one branch that is moved forward only.

Three calls for any number of text files: tree, commit, branch (a fourth reads a branch that is to be moved on).
GraphQL's createCommitOnBranch would be one, but it sets neither modes nor dates: a repeat after a lost answer would be
a second commit, and an edited script would lose its executable bit. (integrations, section 5)
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime

from shared.core.errors import Missing, Rejected
from shared.http_answers import vendor_message
from shared.integrations.forge import FILE, SUBMODULE, Author
from shared.integrations.github.wire import Json, Wire, quote_path, repo_path, stamp

SYSTEM = "github"


def head_of(wire: Wire, owner: str, name: str, branch: str) -> str:
    """Return the commit a branch points to, "" for none; 404 is a missing branch or repository, 409 an empty one."""
    answer = wire.call("GET", f"{repo_path(owner, name)}/git/ref/heads/{quote_path(branch)}", accept=(404, 409))
    if answer.status == 404:
        wire.call("GET", repo_path(owner, name))  # raises Missing for a repository that is not there
    return str(answer.json["object"]["sha"]) if answer.ok else ""


def first_commit(
    wire: Wire, owner: str, name: str, *, branch: str, path: str, content: bytes, message: str, author: Author
) -> str:
    """Write one file into a repository without commits: the git data calls refuse to begin one."""
    who = {"name": author.name, "email": author.email}
    body = {"message": message, "content": base64.b64encode(content).decode(), "branch": branch}
    asked = body | {"author": who, "committer": who}
    address = f"{repo_path(owner, name)}/contents/{quote_path(path)}"
    answer = wire.call("PUT", address, json=asked, accept=(409, 422))
    if answer.ok:
        return str(answer.json["commit"]["sha"])
    head = head_of(wire, owner, name, branch)
    if not head:
        raise Rejected(SYSTEM, f"first commit of {owner}/{name}: {vendor_message(answer)}")
    return head


def write_commit(
    wire: Wire,
    repo: str,
    base: str,
    parent: str,
    files: Mapping[str, bytes],
    deleted: Sequence[str],
    modes: Mapping[str, str],
    message: str,
    author: Author,
    date: datetime,
) -> str:
    """Store tree and commit, pointed to by nothing yet; the same content, parent and date are the same commit.

    The tree is that of the commit `base` with the files laid over it, whatever the parent holds.
    """
    entries = [_entry(wire, repo, path, files[path], modes.get(path, FILE)) for path in sorted(files)]
    entries += [{"path": path, "mode": FILE, "type": "blob", "sha": None} for path in sorted(set(deleted) - set(files))]
    if not entries:
        raise Rejected(SYSTEM, "nothing to commit: no file is written or deleted")
    tree = wire.call("POST", f"{repo}/git/trees", json={"base_tree": base, "tree": entries}).json["sha"]
    who = {"name": author.name, "email": author.email, "date": stamp(date)}
    body = {"message": message, "tree": tree, "parents": [parent], "author": who, "committer": who}
    return str(wire.call("POST", f"{repo}/git/commits", json=body).json["sha"])


def _entry(wire: Wire, repo: str, path: str, content: bytes, mode: str) -> Json:
    if mode == SUBMODULE:
        raise Rejected(SYSTEM, f"{path!r} is another repository inside this one; it cannot be written as a file")
    entry: Json = {"path": path, "mode": mode, "type": "blob"}
    text = _decode_text(content)
    if text is not None:
        return entry | {"content": text}
    body = {"content": base64.b64encode(content).decode(), "encoding": "base64"}
    return entry | {"sha": wire.call("POST", f"{repo}/git/blobs", json=body).json["sha"]}


def _decode_text(content: bytes) -> str | None:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def make_branch(wire: Wire, owner: str, name: str, branch: str, sha: str) -> None:
    """Let a new branch begin at the commit; one that is there already must point to it."""
    repo = repo_path(owner, name)
    answer = wire.call("POST", f"{repo}/git/refs", json={"ref": f"refs/heads/{branch}", "sha": sha}, accept=(422,))
    if answer.ok:
        return
    branch_now = wire.call("GET", f"{repo}/git/ref/heads/{quote_path(branch)}", accept=(404,))
    if branch_now.status == 404:
        raise Rejected(SYSTEM, f"branch {branch!r}: {vendor_message(answer)}")
    if branch_now.json["object"]["sha"] != sha:
        raise Rejected(SYSTEM, f"branch {branch!r} already exists with other work, so it is left alone")


def move_branch(wire: Wire, owner: str, name: str, branch: str, sha: str, expected: str) -> None:
    """Move a branch from the expected commit to the next one; from anywhere else it is left alone."""
    head = head_of(wire, owner, name, branch)
    if head == sha:
        return
    if not head:
        raise Missing(SYSTEM, f"branch {branch!r} of {owner}/{name} is gone")
    if head != expected:
        raise refuse_moved_branch(branch, head, expected)
    path = f"{repo_path(owner, name)}/git/refs/heads/{quote_path(branch)}"
    answer = wire.call("PATCH", path, json={"sha": sha, "force": False}, accept=(422,))
    if answer.ok:
        return
    head = head_of(wire, owner, name, branch)
    if head == expected:
        raise Rejected(SYSTEM, f"branch {branch!r}: {vendor_message(answer)}")
    raise refuse_moved_branch(branch, head, expected)  # between our look and our write


def refuse_moved_branch(branch: str, head: str, expected: str) -> Rejected:
    """Return the error for a branch that somebody else has moved."""
    stands = f"stands at {head[:10]}" if head else "is gone"
    words = f"branch {branch!r} {stands}, not at {expected[:10]} where we left it: somebody else has changed it"
    return Rejected(SYSTEM, f"{words}; it is left alone")
