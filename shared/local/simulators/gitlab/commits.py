"""Trees, files, and commits of many files at once."""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from werkzeug.wrappers import Response

from shared.local.simulators._server import json_response
from shared.local.simulators.gitlab.calls import Call, Refused, not_found, text_of
from shared.local.simulators.gitlab.projects import branch_sha, check_branch_name, must_push_to, who_line

Json = dict[str, Any]
_SHA = re.compile(r"[0-9a-f]{40}")
_EXISTS = "A branch called '{}' already exists. Switch to that branch in order to make changes"
_FIELDS = "branch commit_message actions author_email author_name start_branch start_sha start_project stats force"
_ACTION = frozenset(
    ["action", "file_path", "previous_path", "content", "encoding", "last_commit_id", "execute_filemode"]
)
Tree = dict[str, tuple[str, str]]  # path → mode, blob


def commit_of(call: Call, project: Json, name: str) -> str | None:
    """Find the commit a branch or an id means."""
    sha = branch_sha(project, name) or project["refs"].get(name)
    if sha is None and _SHA.fullmatch(name) and call.git.kind(name) == "commit":
        return name
    return sha


def commit_shape(call: Call, project: Json, sha: str) -> Json:
    """Return a commit in GitLab's words."""
    made = call.sim.bare(project).commit(sha)
    people: dict[str, str] = {}
    for role, line in (("author", made.author), ("committer", made.committer)):
        name, _, rest = line.partition(" <")
        email, _, when = rest.partition("> ")
        moment = datetime.fromtimestamp(int(when.split()[0]), UTC)
        people |= {f"{role}_name": name, f"{role}_email": email}
        people[f"{role}ed_date" if role == "author" else "committed_date"] = moment.isoformat(timespec="milliseconds")
    return {
        "id": sha,
        "short_id": sha[:8],
        "title": made.message.splitlines()[0] if made.message else "",
        "message": made.message,
        "parent_ids": made.parents,
        "created_at": people["committed_date"],
        **people,
        "trailers": {},
        "web_url": f"{call.base}/{project['full']}/-/commit/{sha}",
    }


def get_commit(call: Call) -> Response:
    """Read a commit by its id or a branch."""
    project = call.project
    sha = commit_of(call, project, call.parameters["sha"])
    if sha is None:
        raise not_found("Commit")
    return json_response(commit_shape(call, project, sha))


def list_commits(call: Call) -> Response:
    """List the history of a branch, newest first."""
    project, name = call.project, call.request.args.get("ref_name", "")
    sha = commit_of(call, project, name or project["default_branch"])
    if sha is None:
        raise not_found("Commit") if name else not_found("Repository")
    history = call.git.history(sha, limit=1000, path=call.request.args.get("path", ""))
    return call.page_of([commit_shape(call, project, each) for each in history])


def tree(call: Call) -> Response:
    """List a tree; without a commit there is none. With `pagination=keyset` the Link header leads on."""
    project, args = call.project, call.request.args
    sha = commit_of(call, project, args.get("ref", "") or project["default_branch"])
    if sha is None:
        raise not_found("Tree")
    listed = call.git.entries(sha, recursive=args.get("recursive", "").lower() in ("true", "1"))
    shown = [
        {"id": e.sha, "name": e.path.rpartition("/")[2], "type": e.kind, "path": e.path, "mode": e.mode} for e in listed
    ]
    if args.get("pagination") != "keyset":
        return call.page_of(shown)
    size, start = min(args.get("per_page", 20, type=int), 100), 0
    if args.get("page_token"):
        start = 1 + next((n for n, each in enumerate(shown) if each["id"] + each["path"] == args["page_token"]), -1)
    part = shown[start : start + size]
    headers = {}
    if start + size < len(shown):
        query = urlencode({**args.to_dict(), "page_token": part[-1]["id"] + part[-1]["path"]})
        headers["Link"] = f'<{call.base}{call.request.path}?{query}>; rel="next"'
    return json_response(part, 200, headers)


def get_file(call: Call) -> Response:
    """Read a file with its content and the commit that touched it last."""
    project, path = call.project, call.parameters["path"]
    ref = call.request.args.get("ref")
    if ref is None:
        raise Refused(400, "ref is missing", "error")
    sha = commit_of(call, project, ref)
    if sha is None:
        raise not_found("Commit")
    found = [each for each in call.git.entries(sha, path) if each.kind == "blob"]
    if not found:
        raise not_found("File")
    content = call.git.content(found[0].sha)
    return json_response(
        {
            "file_name": path.rpartition("/")[2],
            "file_path": path,
            "size": len(content),
            "encoding": "base64",
            "content": base64.b64encode(content).decode(),
            "content_sha256": hashlib.sha256(content).hexdigest(),
            "execute_filemode": found[0].mode == "100755",
            "ref": ref,
            "blob_id": found[0].sha,
            "commit_id": sha,
            "last_commit_id": call.git.history(sha, limit=1, path=path)[0],
        }
    )


def create(call: Call) -> Response:
    """Commit actions to a branch, which is made where a start is named. All of them, or none."""
    project = call.writable()
    body = call.body(_FIELDS, "branch commit_message actions")
    branch, message = text_of(body, "branch"), text_of(body, "commit_message")
    start = _start(call, project, body, branch)
    must_push_to(call, project, branch)
    if not isinstance(body["actions"], list) or not message.strip():
        raise Refused(400, "actions is invalid" if message.strip() else "commit_message is empty", "error")
    git = call.sim.bare(project)
    files: Tree = {}
    if start:
        files = {e.path: (e.mode, e.sha) for e in git.entries(start, recursive=True) if e.kind != "tree"}
    before = dict(files)
    for action in body["actions"]:
        _apply(call, project, files, action, branch if branch_sha(project, branch) else start or "")
    gone: list[tuple[str, str | None, str]] = [("100644", None, path) for path in before if path not in files]
    new: list[tuple[str, str | None, str]] = [(m, s, p) for p, (m, s) in files.items() if before.get(p) != (m, s)]
    made = git.write_tree(start, gone + new)
    line = who_line(call, body.get("author_name"), body.get("author_email"))
    sha = git.write_commit(made, [start] if start else [], line, who_line(call, None, None), message)
    call.sim.effect("commit.create", repo=project["full"], sha=sha, message=message.split("\n")[0], branch=branch)
    call.sim.move_ref(project, f"refs/heads/{branch}", sha, call.caller.username)
    return json_response(commit_shape(call, project, sha), 201)


def _start(call: Call, project: Json, body: Json, branch: str) -> str | None:
    """Return the commit to build on, None in an empty project."""
    head = branch_sha(project, branch)
    named, sha = text_of(body, "start_branch"), text_of(body, "start_sha")
    if named and sha:
        raise Refused(400, "You can't pass both start_branch and start_sha")
    if not named and not sha:
        if head is None and project["refs"]:
            raise Refused(400, "You can only create or edit files when you are on a branch")
        if head is None:
            check_branch_name(branch)
        return head
    start = branch_sha(project, named) if named else sha if _SHA.fullmatch(sha) else None
    if sha and start is None:
        raise Refused(400, f"Invalid start_sha '{sha}'")
    if start is None or call.git.kind(start) != "commit":
        raise Refused(400, f"Cannot find start_sha '{sha}'" if sha else f"Invalid reference name: {named}")
    if head is not None and named != branch and body.get("force") is not True:
        raise Refused(400, _EXISTS.format(branch))
    check_branch_name(branch)
    return start


def _apply(call: Call, project: Json, files: Tree, action: Any, on: str) -> None:
    if not isinstance(action, dict) or set(action) - _ACTION:
        raise Refused(400, "actions is invalid", "error")
    path, kind = action.get("file_path"), action.get("action")
    if not isinstance(path, str) or any(part in ("", ".", "..", ".git") for part in path.split("/")):
        raise Refused(400, "actions[file_path] is invalid", "error")
    if kind not in ("create", "update", "move", "delete", "chmod"):
        raise Refused(400, "actions[action] does not have a valid value", "error")
    source = action.get("previous_path", path) if kind == "move" else path
    if kind == "create" and path in files:
        raise Refused(400, "A file with this name already exists")
    if kind != "create" and source not in files:
        raise Refused(400, "A file with this name doesn't exist")
    if kind in ("create", "move") and (
        any(path.startswith(f"{other}/") for other in files) or any(other.startswith(f"{path}/") for other in files)
    ):
        raise Refused(400, "A directory with this name already exists")
    expected, head = action.get("last_commit_id"), commit_of(call, project, on) if on else None
    if expected and head and kind in ("update", "move", "delete"):
        last = call.sim.bare(project).history(head, limit=1, path=source)
        if last and last[0] != expected:
            raise Refused(400, "The file has changed since you started editing it")
    mode, blob = files.pop(source, ("100644", ""))
    if kind == "delete":
        return
    if kind == "chmod":
        if not isinstance(action.get("execute_filemode"), bool):
            raise Refused(400, "actions[execute_filemode] is missing", "error")
        mode = "100755" if action["execute_filemode"] else "100644"
    elif "content" in action or kind != "move":
        blob = call.sim.bare(project).blob(_content(action))
    files[path] = (mode, blob)


def _content(action: Json) -> bytes:
    content = action.get("content")
    if not isinstance(content, str):
        raise Refused(400, "actions[content] is missing", "error")
    if action.get("encoding", "text") == "text":
        return content.encode()
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError) as broken:
        raise Refused(400, "actions[content] is not valid Base64", "error") from broken


_R = "/projects/<project>/repository"
ROUTES: list[tuple[str, str, Callable[[Call], Response]]] = [
    ("GET", f"{_R}/tree", tree),
    ("GET", f"{_R}/files/<path>", get_file),
    ("GET", f"{_R}/commits", list_commits),
    ("POST", f"{_R}/commits", create),
    ("GET", f"{_R}/commits/<sha>", get_commit),
]
