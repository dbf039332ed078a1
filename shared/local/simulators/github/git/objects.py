"""The git data calls about what a commit holds: blobs and trees."""

import base64
import binascii
from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Response

from shared.local.simulators._git import Entry
from shared.local.simulators._server import json_response
from shared.local.simulators.github import shapes
from shared.local.simulators.github.calls import Call, Refused, not_found, text_field
from shared.local.simulators.github.git.commits import SHA, commit_of, not_empty

Json = dict[str, Any]

MAX_TREE_ENTRIES = 100_000
MAX_BLOB = 40 * 1024 * 1024
_MODES = {"100644": "blob", "100755": "blob", "040000": "tree", "160000": "commit", "120000": "blob"}


def create_blob(call: Call) -> Response:
    """Store the content of a file."""
    repo = call.writable()
    body = call.body("content encoding", "content")
    not_empty(repo)
    text, encoding = text_field(body, "content", "Blob"), text_field(body, "encoding", "Blob", "utf-8")
    if encoding not in ("utf-8", "base64"):
        raise Refused(422, "Invalid encoding")
    content = decode_base64(text) if encoding == "base64" else text.encode()
    if len(content) > MAX_BLOB:
        raise Refused(422, "Sorry, your input was too large to process. Consider creating the blob in a local clone.")
    sha = call.git.blob(content)
    call.sim.record_object(repo, "blob", sha)
    return json_response({"sha": sha, "url": f"{shapes.api_url(call, repo)}/git/blobs/{sha}"}, 201)


def decode_base64(text: str) -> bytes:
    """Decode base64 as GitHub sends and takes it, with line breaks."""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as broken:
        raise Refused(422, "content is not valid Base64.") from broken


def encode_base64(content: bytes) -> str:
    """Encode base64 in lines of sixty, as GitHub does."""
    text = base64.b64encode(content).decode()
    return "".join(f"{text[start : start + 60]}\n" for start in range(0, len(text), 60))


def get_blob(call: Call) -> Response:
    """Read the content of a file by its id."""
    repo, sha = call.repo, call.parameters["sha"]
    not_empty(repo)
    if not SHA.fullmatch(sha) or call.git.kind(sha) != "blob":
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
            "content": encode_base64(content),
            "encoding": "base64",
        }
    )


def create_tree(call: Call) -> Response:
    """Write a tree: entries over a base tree, content inline, a null sha deletes."""
    repo = call.writable()
    body = call.body("tree base_tree", "tree")
    not_empty(repo)
    git = call.git
    entries, base = body["tree"], body.get("base_tree")
    if not isinstance(entries, list) or not entries or len(entries) > MAX_TREE_ENTRIES:
        raise Refused(422, "Invalid tree info")
    if base is not None and not (SHA.fullmatch(str(base)) and git.kind(base) in ("commit", "tree")):
        raise Refused(422, "base_tree is not a valid tree oid")
    checked = [_check_entry(entry) for entry in entries]
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
    call.sim.record_object(repo, "tree", tree)
    return json_response(_tree(call, repo, tree, git.entries(tree)), 201)


def _check_entry(entry: Any) -> Json:
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
    if isinstance(entry.get("sha"), str) and not SHA.fullmatch(entry["sha"]):
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
    not_empty(repo)
    git = call.git
    kind = git.kind(name) if SHA.fullmatch(name) else None
    try:
        sha = name if kind == "tree" else git.commit(commit_of(call, name)).tree
    except Refused as missing:
        raise not_found() from missing
    return json_response(_tree(call, repo, sha, git.entries(sha, recursive="recursive" in call.request.args)))


ROUTES: list[tuple[str, str, Callable[[Call], Response]]] = [
    ("POST", "/repos/<owner>/<repo>/git/blobs", create_blob),
    ("GET", "/repos/<owner>/<repo>/git/blobs/<sha>", get_blob),
    ("POST", "/repos/<owner>/<repo>/git/trees", create_tree),
    ("GET", "/repos/<owner>/<repo>/git/trees/<path:name>", get_tree),
]
