"""The git data calls about commits: made, read, listed, and compared with each other."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from werkzeug.wrappers import Response

from shared.local.simulators._server import json_response
from shared.local.simulators.github import shapes
from shared.local.simulators.github.calls import Call, Refused, not_found, text_field

Json = dict[str, Any]
SHA = re.compile(r"[0-9a-f]{40}")


def not_empty(repo: Json) -> None:
    if not repo["refs"]:
        raise Refused(409, "Git Repository is empty.")


def commit_of(call: Call, name: str) -> str:
    """Find the commit a branch name, a ref or a commit id means."""
    repo = call.repo
    for ref in (f"refs/heads/{name}", f"refs/tags/{name}", f"refs/{name}", name):
        if ref in repo["refs"]:
            return str(repo["refs"][ref])
    if SHA.fullmatch(name) and call.git.kind(name) == "commit":
        return name
    raise Refused(422, f"No commit found for SHA: {name}")


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
    not_empty(repo)
    git = call.git
    tree, parents = text_field(body, "tree", "Commit"), body.get("parents") or []
    if not SHA.fullmatch(tree) or git.kind(tree) != "tree":
        raise Refused(422, "Tree SHA does not exist")
    if not isinstance(parents, list):
        raise Refused(422, "Invalid request.\n\nparents is not an array")
    for parent in parents:
        if not isinstance(parent, str) or not SHA.fullmatch(parent) or git.kind(parent) != "commit":
            raise Refused(422, "Parent SHA does not exist or is not a commit object")
    author = person_line(call, body.get("author"), "author")
    committer = person_line(call, body.get("committer") or body.get("author"), "committer")
    message = text_field(body, "message", "Commit")
    sha = git.write_commit(tree, parents, author, committer, message)
    call.sim.record_object(repo, "commit", sha, message=message.split("\n")[0], by=call.caller.login)
    return json_response(shapes.git_commit(call, repo, git.commit(sha)), 201)


def get_git_commit(call: Call) -> Response:
    """Read a commit by its id, as the git data calls do."""
    repo, sha = call.repo, call.parameters["sha"]
    not_empty(repo)
    if not SHA.fullmatch(sha) or call.git.kind(sha) != "commit":
        raise not_found()
    return json_response(shapes.git_commit(call, repo, call.git.commit(sha)))


def get_commit(call: Call) -> Response:
    """Read a commit by its id or a branch."""
    repo = call.repo
    not_empty(repo)
    return json_response(shapes.commit(call, repo, call.git.commit(commit_of(call, call.parameters["ref"]))))


def list_commits(call: Call) -> Response:
    """List the history of a branch or commit, newest first."""
    repo = call.repo
    not_empty(repo)
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
    ("POST", "/repos/<owner>/<repo>/git/commits", create_commit),
    ("GET", "/repos/<owner>/<repo>/git/commits/<sha>", get_git_commit),
    ("GET", "/repos/<owner>/<repo>/commits", list_commits),
    ("GET", "/repos/<owner>/<repo>/commits/<path:ref>", get_commit),
    ("GET", "/repos/<owner>/<repo>/compare/<path:basehead>", compare),
]
