"""The git data calls and what is built on them: refs, trees, blobs, commits, file contents."""

import base64
import binascii
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from werkzeug.wrappers import Response

from shared.local.simulators._git import Entry
from shared.local.simulators._server import json_response
from shared.local.simulators.github import shapes
from shared.local.simulators.github.calls import Call, Refused, not_found, text_field

Json = dict[str, Any]

MAX_TREE_ENTRIES = 100_000
MAX_BLOB = 40 * 1024 * 1024
_SHA = re.compile(r"[0-9a-f]{40}")
_REF = re.compile(
    r"refs/(?!.*(\.\.|//|@\{|\\|\.lock(/|$)|/\.))[^\x00-\x20\x7f~^:?*\[]+/[^\x00-\x20\x7f~^:?*\[]*[^\x00-\x20\x7f~^:?*\[./]"
)
_MODES = {"100644": "blob", "100755": "blob", "040000": "tree", "160000": "commit", "120000": "blob"}


def _not_empty(repo: Json) -> None:
    if not repo["refs"]:
        raise Refused(409, "Git Repository is empty.")


def commit_of(call: Call, name: str) -> str:
    """Find the commit a branch name, a ref or a commit id means."""
    repo = call.repo
    for ref in (f"refs/heads/{name}", f"refs/tags/{name}", f"refs/{name}", name):
        if ref in repo["refs"]:
            return str(repo["refs"][ref])
    if _SHA.fullmatch(name) and call.git.kind(name) == "commit":
        return name
    raise Refused(422, f"No commit found for SHA: {name}")


# --- refs -----------------------------------------------------------------------------------------------------------


def get_ref(call: Call) -> Response:
    """Read exactly this ref."""
    repo = call.repo
    _not_empty(repo)
    name = f"refs/{call.parameters['ref']}"
    if name not in repo["refs"]:
        raise not_found()
    return json_response(shapes.ref(call, repo, name))


def matching_refs(call: Call) -> Response:
    """List refs that begin like this."""
    repo = call.repo
    start = f"refs/{call.parameters.get('ref', '')}"
    return call.page_of([shapes.ref(call, repo, name) for name in sorted(repo["refs"]) if name.startswith(start)])


def create_ref(call: Call) -> Response:
    """Make a new branch or tag."""
    repo = call.writable()
    body = call.body("ref sha", "ref sha")
    _not_empty(repo)
    name, sha = text_field(body, "ref", "Reference"), text_field(body, "sha", "Reference")
    if not _REF.fullmatch(name) or name.startswith("refs/pull/"):
        raise Refused(422, f"{name} is not a valid ref name.")
    _must_be_commit(call, sha)
    if name in repo["refs"]:
        raise Refused(422, "Reference already exists")
    if any(other.startswith(f"{name}/") or name.startswith(f"{other}/") for other in repo["refs"]):
        raise Refused(422, "Reference update failed")
    call.sim.move_ref(repo, name, sha, call.caller.login)
    return json_response(shapes.ref(call, repo, name), 201)


def _must_be_commit(call: Call, sha: str) -> None:
    if not _SHA.fullmatch(sha):
        raise Refused(422, "The sha parameter must be exactly 40 characters and contain only [0-9a-f].")
    if call.git.kind(sha) != "commit":
        raise Refused(422, "Object does not exist")


def update_ref(call: Call) -> Response:
    """Move a ref; only forward unless forced."""
    repo = call.writable()
    body = call.body("sha force", "sha")
    name, sha = f"refs/{call.parameters['ref']}", text_field(body, "sha", "Reference")
    if name not in repo["refs"]:
        raise Refused(422, "Reference does not exist")
    _must_be_commit(call, sha)
    if body.get("force") is not True and not call.git.is_ancestor(repo["refs"][name], sha):
        raise Refused(422, "Update is not a fast forward")
    call.sim.move_ref(repo, name, sha, call.caller.login)
    return json_response(shapes.ref(call, repo, name))


def delete_ref(call: Call) -> Response:
    """Delete a branch or tag."""
    repo = call.writable()
    name = f"refs/{call.parameters['ref']}"
    if name not in repo["refs"]:
        raise Refused(422, "Reference does not exist")
    if name == f"refs/heads/{repo['default_branch']}":
        raise Refused(422, "Cannot delete the default branch")
    call.sim.move_ref(repo, name, None, call.caller.login)
    return Response(status=204)


# --- blobs and trees ------------------------------------------------------------------------------------------------


def create_blob(call: Call) -> Response:
    """Store the content of a file."""
    repo = call.writable()
    body = call.body("content encoding", "content")
    _not_empty(repo)
    text, encoding = text_field(body, "content", "Blob"), text_field(body, "encoding", "Blob", "utf-8")
    if encoding not in ("utf-8", "base64"):
        raise Refused(422, "Invalid encoding")
    content = decoded(text) if encoding == "base64" else text.encode()
    if len(content) > MAX_BLOB:
        raise Refused(422, "Sorry, your input was too large to process. Consider creating the blob in a local clone.")
    sha = call.git.blob(content)
    call.sim.created_object(repo, "blob", sha)
    return json_response({"sha": sha, "url": f"{shapes.api_url(call, repo)}/git/blobs/{sha}"}, 201)


def decoded(text: str) -> bytes:
    """Decode base64 as GitHub sends and takes it, with line breaks."""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as broken:
        raise Refused(422, "content is not valid Base64.") from broken


def encoded(content: bytes) -> str:
    """Encode base64 in lines of sixty, as GitHub does."""
    text = base64.b64encode(content).decode()
    return "".join(f"{text[start : start + 60]}\n" for start in range(0, len(text), 60))


def get_blob(call: Call) -> Response:
    """Read the content of a file by its id."""
    repo, sha = call.repo, call.parameters["sha"]
    _not_empty(repo)
    if not _SHA.fullmatch(sha) or call.git.kind(sha) != "blob":
        raise not_found()
    content = call.git.content(sha)
    if "raw" in call.request.headers.get("Accept", ""):
        return Response(content, content_type="application/vnd.github.raw; charset=utf-8")
    return json_response(
        {
            "sha": sha,
            "node_id": shapes.node_id("Blob", sha),
            "size": len(content),
            "url": f"{shapes.api_url(call, repo)}/git/blobs/{sha}",
            "content": encoded(content),
            "encoding": "base64",
        }
    )


def create_tree(call: Call) -> Response:
    """Write a tree: entries over a base tree, content inline, a null sha deletes."""
    repo = call.writable()
    body = call.body("tree base_tree", "tree")
    _not_empty(repo)
    git = call.git
    entries, base = body["tree"], body.get("base_tree")
    if not isinstance(entries, list) or not entries or len(entries) > MAX_TREE_ENTRIES:
        raise Refused(422, "Invalid tree info")
    if base is not None and not (_SHA.fullmatch(str(base)) and git.kind(base) in ("commit", "tree")):
        raise Refused(422, "base_tree is not a valid tree oid")
    checked = [_checked_entry(entry) for entry in entries]
    if any(entry["path"].startswith(".github/workflows/") for entry in checked):
        call.caller.must_change_workflows()
    present = {entry.path for entry in git.entries(base, recursive=True)} if base else set()
    inline = iter(git.blobs([entry["content"].encode() for entry in checked if entry.get("content") is not None]))
    lines: list[tuple[str, str | None, str]] = []
    for entry in checked:
        sha = next(inline) if entry.get("content") is not None else entry["sha"]
        if sha is None and entry["path"] not in present:
            raise Refused(422, "GitRPC::BadObjectState")
        if sha is not None and entry["type"] != "commit" and git.kind(sha) != entry["type"]:
            raise Refused(422, f"tree.sha {sha} is not a valid {entry['type']}")
        lines.append((entry["mode"], sha, entry["path"]))
    tree = git.write_tree(base, lines)
    call.sim.created_object(repo, "tree", tree)
    return json_response(_tree(call, repo, tree, git.entries(tree)), 201)


def _checked_entry(entry: Any) -> Json:
    if not isinstance(entry, dict) or set(entry) - {"path", "mode", "type", "sha", "content"}:
        raise Refused(422, "Invalid tree info")
    path, mode = entry.get("path"), entry.get("mode")
    if not isinstance(path, str) or not isinstance(mode, str) or mode not in _MODES:
        raise Refused(422, "Must supply a valid tree.mode" if isinstance(path, str) else "Must supply a tree.path")
    parts = path.split("/")
    if any(part in ("", ".", "..") or part.lower() == ".git" or "\0" in part for part in parts):
        raise Refused(422, "tree.path contains a malformed path component")
    if entry.get("type", _MODES[mode]) != _MODES[mode]:
        raise Refused(422, "Must supply a valid tree.type")
    if ("sha" in entry) == (entry.get("content") is not None):
        raise Refused(
            422,
            "Must supply either tree.sha or tree.content"
            if "sha" not in entry
            else "Cannot specify both tree.sha and tree.content",
        )
    given = entry.get("content", entry.get("sha"))
    if given is not None and not isinstance(given, str):
        raise Refused(422, "Invalid tree info")
    if isinstance(entry.get("sha"), str) and not _SHA.fullmatch(entry["sha"]):
        raise Refused(422, "tree.sha is not a valid oid")
    return {**entry, "type": _MODES[mode]}


def _tree(call: Call, repo: Json, sha: str, entries: list[Entry]) -> Json:
    api = shapes.api_url(call, repo)
    lines = []
    for entry in entries:
        line: Json = {"path": entry.path, "mode": entry.mode, "type": entry.kind, "sha": entry.sha}
        if entry.size is not None:
            line["size"] = entry.size
        lines.append(line | {"url": f"{api}/git/{entry.kind}s/{entry.sha}"})
    return {"sha": sha, "url": f"{api}/git/trees/{sha}", "tree": lines, "truncated": False}


def get_tree(call: Call) -> Response:
    """Read a tree by its id, a commit's id or a branch; `recursive` with any value goes into folders."""
    repo, name = call.repo, call.parameters["name"]
    _not_empty(repo)
    git = call.git
    kind = git.kind(name) if _SHA.fullmatch(name) else None
    try:
        sha = name if kind == "tree" else git.commit(commit_of(call, name)).tree
    except Refused as missing:
        raise not_found() from missing
    return json_response(_tree(call, repo, sha, git.entries(sha, recursive="recursive" in call.request.args)))


# --- commits --------------------------------------------------------------------------------------------------------


def person_line(call: Call, person: Any, field: str) -> str:
    """Write a commit's author or committer line from the request, or from the caller and the clock."""
    if person is None:
        login, number = call.caller.login, call.caller.id
        person = {"name": login, "email": f"{number}+{login}@users.noreply.github.com"}
    if not isinstance(person, dict) or set(person) - {"name", "email", "date"}:
        raise Refused(422, f"Invalid request.\n\n{field} is not valid")
    name, email = person.get("name"), person.get("email")
    if not isinstance(name, str) or not isinstance(email, str) or not name.strip() or not email.strip():
        raise Refused(422, f'Invalid request.\n\n"name" and "email" are required in {field}')
    if re.search(r"[<>\n\0]", name + email):
        raise Refused(422, f"Invalid request.\n\n{field} holds characters a commit cannot")
    given = person.get("date")
    try:
        moment = datetime.fromisoformat(given) if given is not None else call.sim.now()
        shift = moment.strftime("%z")[:5]
    except (TypeError, ValueError) as broken:
        raise Refused(422, f"Invalid request.\n\n{field}.date is not a date") from broken
    if not shift:
        raise Refused(422, f"Invalid request.\n\n{field}.date needs a time zone")
    return f"{name.strip()} <{email.strip()}> {int(moment.timestamp())} {shift}"


def create_commit(call: Call) -> Response:
    """Store a commit; the id follows from tree, parents, message, people and dates alone."""
    repo = call.writable()
    body = call.body("message tree parents author committer signature", "message tree")
    _not_empty(repo)
    git = call.git
    tree, parents = text_field(body, "tree", "Commit"), body.get("parents") or []
    if not _SHA.fullmatch(tree) or git.kind(tree) != "tree":
        raise Refused(422, "Tree SHA does not exist")
    if not isinstance(parents, list):
        raise Refused(422, "Invalid request.\n\nparents is not an array")
    for parent in parents:
        if not isinstance(parent, str) or not _SHA.fullmatch(parent) or git.kind(parent) != "commit":
            raise Refused(422, "Parent SHA does not exist or is not a commit object")
    author = person_line(call, body.get("author"), "author")
    committer = person_line(call, body.get("committer") or body.get("author"), "committer")
    message = text_field(body, "message", "Commit")
    sha = git.write_commit(tree, parents, author, committer, message)
    call.sim.created_object(repo, "commit", sha, message=message.split("\n")[0], by=call.caller.login)
    return json_response(shapes.git_commit(call, repo, git.commit(sha)), 201)


def get_git_commit(call: Call) -> Response:
    """Read a commit by its id, as the git data calls do."""
    repo, sha = call.repo, call.parameters["sha"]
    _not_empty(repo)
    if not _SHA.fullmatch(sha) or call.git.kind(sha) != "commit":
        raise not_found()
    return json_response(shapes.git_commit(call, repo, call.git.commit(sha)))


def get_commit(call: Call) -> Response:
    """Read a commit by its id or a branch."""
    repo = call.repo
    _not_empty(repo)
    return json_response(shapes.commit(call, repo, call.git.commit(commit_of(call, call.parameters["ref"]))))


def list_commits(call: Call) -> Response:
    """List the history of a branch or commit, newest first."""
    repo = call.repo
    _not_empty(repo)
    try:
        start = commit_of(call, call.request.args.get("sha") or repo["default_branch"])
    except Refused as missing:
        raise not_found() from missing
    shas, headers = call.page(call.git.history(start, limit=10_000, path=call.request.args.get("path", "")))
    return json_response([shapes.commit(call, repo, call.git.commit(sha)) for sha in shas], 200, headers)


def compare(call: Call) -> Response:
    """Say how far two commits are apart."""
    repo, git = call.repo, call.git
    base_name, dots, head_name = call.parameters["basehead"].partition("...")
    try:
        base, head = commit_of(call, base_name), commit_of(call, head_name.rpartition(":")[2])
    except Refused as missing:
        raise not_found() from missing
    middle = git.merge_base(base, head)
    if not dots or middle is None:
        raise not_found()
    ahead, behind = git.history(head, f"^{base}"), git.history(base, f"^{head}")
    state = "identical" if base == head else "diverged" if ahead and behind else "ahead" if ahead else "behind"
    page = f"{shapes.html_url(call, repo)}/compare/{call.parameters['basehead']}"
    return json_response(
        {
            "url": f"{shapes.api_url(call, repo)}/compare/{call.parameters['basehead']}",
            "html_url": page,
            "permalink_url": page,
            "diff_url": f"{page}.diff",
            "patch_url": f"{page}.patch",
            "base_commit": shapes.commit(call, repo, git.commit(base)),
            "merge_base_commit": shapes.commit(call, repo, git.commit(middle)),
            "status": state,
            "ahead_by": len(ahead),
            "behind_by": len(behind),
            "total_commits": len(ahead),
            "commits": [shapes.commit(call, repo, git.commit(sha)) for sha in reversed(ahead)],
            "files": file_changes(call, repo, middle, head),
        }
    )


_STATUS = {"A": "added", "D": "removed", "M": "modified", "R": "renamed", "C": "copied", "T": "changed"}


def file_changes(call: Call, repo: Json, old: str, new: str) -> list[Json]:
    """List the files that differ, as pull requests and comparisons show them."""
    page, api = shapes.html_url(call, repo), shapes.api_url(call, repo)
    found = []
    for change in call.git.changes(old, new):
        name = change["filename"]
        found.append(
            {
                **change,
                "status": _STATUS[str(change["status"])],
                "changes": int(change["additions"]) + int(change["deletions"]),
                "blob_url": f"{page}/blob/{new}/{name}",
                "raw_url": f"{page}/raw/{new}/{name}",
                "contents_url": f"{api}/contents/{name}?ref={new}",
            }
        )
    return found


ROUTES: list[tuple[str, str, Callable[[Call], Response]]] = [
    ("GET", "/repos/<owner>/<repo>/git/ref/<path:ref>", get_ref),
    ("GET", "/repos/<owner>/<repo>/git/matching-refs/<path:ref>", matching_refs),
    ("POST", "/repos/<owner>/<repo>/git/refs", create_ref),
    ("PATCH", "/repos/<owner>/<repo>/git/refs/<path:ref>", update_ref),
    ("DELETE", "/repos/<owner>/<repo>/git/refs/<path:ref>", delete_ref),
    ("POST", "/repos/<owner>/<repo>/git/blobs", create_blob),
    ("GET", "/repos/<owner>/<repo>/git/blobs/<sha>", get_blob),
    ("POST", "/repos/<owner>/<repo>/git/trees", create_tree),
    ("GET", "/repos/<owner>/<repo>/git/trees/<path:name>", get_tree),
    ("POST", "/repos/<owner>/<repo>/git/commits", create_commit),
    ("GET", "/repos/<owner>/<repo>/git/commits/<sha>", get_git_commit),
    ("GET", "/repos/<owner>/<repo>/commits", list_commits),
    ("GET", "/repos/<owner>/<repo>/commits/<path:ref>", get_commit),
    ("GET", "/repos/<owner>/<repo>/compare/<path:basehead>", compare),
]
