"""Files by their path: read a file or a folder, write or delete one file with a commit of its own."""

from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Response

from shared.local.simulators._git import Entry
from shared.local.simulators._server import json_response
from shared.local.simulators.github import shapes
from shared.local.simulators.github.calls import Call, Refused, not_found, text_field
from shared.local.simulators.github.git.commits import commit_of, person_line
from shared.local.simulators.github.git.objects import decode_base64, encode_base64

Json = dict[str, Any]
MAX_INLINE = 1024 * 1024


def _shape(call: Call, repo: Json, entry: Entry, ref: str) -> Json:
    api, page = shapes.api_url(call, repo), shapes.html_url(call, repo)
    kind = {"blob": "file", "tree": "dir", "commit": "submodule"}[entry.kind]
    kind = "symlink" if entry.mode == "120000" else kind
    url = f"{api}/contents/{entry.path}?ref={ref}"
    html = f"{page}/{'tree' if kind == 'dir' else 'blob'}/{ref}/{entry.path}"
    git_url = f"{api}/git/{entry.kind}s/{entry.sha}"
    return {
        "name": entry.path.rsplit("/", 1)[-1],
        "path": entry.path,
        "sha": entry.sha,
        "size": entry.size or 0,
        "type": kind,
        "url": url,
        "html_url": html,
        "git_url": git_url,
        "download_url": f"{page}/raw/{ref}/{entry.path}" if kind == "file" else None,
        "_links": {"self": url, "git": git_url, "html": html},
    }


def _with_content(call: Call, repo: Json, entry: Entry, ref: str) -> Json:
    shape = _shape(call, repo, entry, ref)
    if entry.mode == "120000":
        return shape | {"target": call.git.content(entry.sha).decode("utf-8", "replace")}
    if entry.kind == "commit":
        return shape | {"submodule_git_url": None}
    if (entry.size or 0) > MAX_INLINE:
        return shape | {"content": "", "encoding": "none"}
    return shape | {"content": encode_base64(call.git.content(entry.sha)), "encoding": "base64"}


def get(call: Call) -> Response:
    """Read a file, or list a folder."""
    repo, path = call.repo, str(call.parameters.get("path", "")).strip("/")
    if not repo["refs"]:
        raise Refused(404, "This repository is empty.")
    ref = call.request.args.get("ref") or repo["default_branch"]
    try:
        sha = commit_of(call, ref)
    except Refused as missing:
        raise Refused(404, f"No commit found for the ref {ref}") from missing
    found = call.git.entries(sha, path) if path else []
    if path and not found:
        raise not_found()
    if not path or found[0].kind == "tree":
        listed = call.git.entries(sha, f"{path}/" if path else "")
        return json_response([_shape(call, repo, entry, ref) for entry in listed])
    if "raw" in call.request.headers.get("Accept", ""):
        return Response(call.git.content(found[0].sha), content_type="application/vnd.github.raw+json; charset=utf-8")
    return json_response(_with_content(call, repo, found[0], ref))


def put(call: Call) -> Response:
    """Write one file with a commit; the only way to begin an empty repository."""
    return _write(call, "message content sha branch committer author", "message content")


def delete(call: Call) -> Response:
    """Delete one file with a commit."""
    return _write(call, "message sha branch committer author", "message sha")


def _write(call: Call, permitted: str, required: str) -> Response:
    repo, path = call.writable(), str(call.parameters["path"]).strip("/")
    body = call.body(permitted, required)
    git = call.git
    branch = text_field(body, "branch", "Content", repo["default_branch"])
    ref = f"refs/heads/{branch}"
    head = repo["refs"].get(ref)
    if head is None and repo["refs"]:
        raise Refused(404, f"Branch {branch} not found")
    if any(part in ("", ".", "..") or part.lower() == ".git" for part in path.split("/")):
        raise Refused(422, "path contains a malformed path component")
    present = git.entries(head, path) if head else []
    _check_expected(path, present, body.get("sha"))
    content = decode_base64(text_field(body, "content", "Content")) if "content" in body else None
    author = person_line(call, body.get("author") or body.get("committer"), "author")
    committer = person_line(call, body.get("committer"), "committer")
    blob = None if content is None else git.blob(content)
    tree = git.write_tree(head, [(present[0].mode if present else "100644", blob, path)])
    message = text_field(body, "message", "Content")
    sha = git.write_commit(tree, [head] if head else [], author, committer, message)
    call.sim.record_object(repo, "commit", sha, message=message.split("\n")[0], by=call.caller.login)
    call.sim.move_ref(repo, ref, sha, call.caller.login)
    written = git.entries(sha, path) if blob else []
    answer = {
        "content": _shape(call, repo, written[0], branch) if written else None,
        "commit": shapes.git_commit(call, repo, git.commit(sha)),
    }
    return json_response(answer, 200 if present else 201)


def _check_expected(path: str, present: list[Entry], sha: Any) -> None:
    if present and present[0].kind != "blob":
        raise Refused(422, f"{path} is a directory")
    if present and sha is None:
        raise Refused(422, 'Invalid request.\n\n"sha" wasn\'t supplied.')
    if sha is not None and not present:
        raise not_found()
    if present and present[0].sha != sha:
        raise Refused(409, f"{path} does not match {sha}")


ROUTES: list[tuple[str, str, Callable[[Call], Response]]] = [
    ("GET", "/repos/<owner>/<repo>/contents", get),
    ("GET", "/repos/<owner>/<repo>/contents/", get),
    ("GET", "/repos/<owner>/<repo>/contents/<path:path>", get),
    ("PUT", "/repos/<owner>/<repo>/contents/<path:path>", put),
    ("DELETE", "/repos/<owner>/<repo>/contents/<path:path>", delete),
]
