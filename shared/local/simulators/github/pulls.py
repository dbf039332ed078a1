"""Pull requests: open, list, read, change, their files and commits, merge."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Response

from shared.local.simulators._server import json_response
from shared.local.simulators.github import hooks, shapes
from shared.local.simulators.github.calls import Call, Refused, invalid, not_found, text_field
from shared.local.simulators.github.git.commits import file_changes
from shared.local.simulators.github.merging import merge
from shared.local.simulators.github.pull_shapes import commits_of, one, shape, start_of

if TYPE_CHECKING:
    from shared.local.simulators.github.simulator import GitHubSimulator

Json = dict[str, Any]
MAX_BODY = 65_536


def follow(sim: "GitHubSimulator", repo: Json, ref: str, sha: str | None, by: str) -> None:
    """Let open pull requests follow their branches: new commits join in, a deleted branch closes."""
    for pull in repo["pulls"]:
        if pull["state"] != "open":
            continue
        name = f"{repo['owner']}/{repo['name']}"
        if ref == f"refs/heads/{pull['head']}":
            if sha is None:
                pull["state"], pull["closed_at"] = "closed", sim.stamp()
                sim.effect("pull.close", repo=name, number=pull["number"], by="deleted branch")
                hooks.announce_pull_request(sim, repo, pull, "closed", by)
                continue
            pull["head_sha"] = sha
            _point(sim, repo, pull)
            hooks.announce_pull_request(sim, repo, pull, "synchronize", by)
        elif ref == f"refs/heads/{pull['base']}" and sha is not None:
            pull["base_sha"] = sha


def _point(sim: "GitHubSimulator", repo: Json, pull: Json) -> None:
    """Keep refs/pull/N/head, by which anybody can fetch a pull request."""
    ref = f"refs/pull/{pull['number']}/head"
    repo["refs"][ref] = pull["head_sha"]
    sim.bare(repo).set_ref(ref, pull["head_sha"])


def create(call: Call) -> Response:
    """Open a pull request from one branch of the repository to another."""
    repo = call.writable("pull_requests")
    body = call.body("title head head_repo base body maintainer_can_modify draft issue", "head base title")
    pull = _build_pull(call, repo, body)
    repo["next_number"] += 1
    repo["pulls"].append(pull)
    _point(call.sim, repo, pull)
    call.sim.effect(
        "pull.create",
        repo=f"{repo['owner']}/{repo['name']}",
        number=pull["number"],
        id=pull["id"],
        head=pull["head"],
        base=pull["base"],
        sha=pull["head_sha"],
        title=pull["title"],
        by=call.caller.login,
    )
    hooks.announce_pull_request(call.sim, repo, pull, "opened", call.caller.login)
    return json_response(shape(call, repo, pull), 201)


def _build_pull(call: Call, repo: Json, body: Json) -> Json:
    """Return the new pull request, if GitHub would take it."""
    owner, _, branch = text_field(body, "head", "PullRequest").rpartition(":")
    base, title = text_field(body, "base", "PullRequest"), text_field(body, "title", "PullRequest")
    text = text_field(body, "body", "PullRequest")
    head_sha, base_sha = repo["refs"].get(f"refs/heads/{branch}"), repo["refs"].get(f"refs/heads/{base}")
    if head_sha is None or (owner and owner.lower() != repo["owner"].lower()):
        raise invalid("PullRequest", "head", "invalid")
    if base_sha is None:
        raise invalid("PullRequest", "base", "invalid")
    _refuse_contents(title, text)
    _refuse_pair(call, repo, (branch, head_sha), (base, base_sha))
    now = call.sim.stamp()
    return {
        "id": call.sim.next_id(),
        "number": repo["next_number"],
        "title": title,
        "body": body.get("body"),
        "draft": bool(body.get("draft", False)),
        "state": "open",
        "head": branch,
        "base": base,
        "head_sha": head_sha,
        "base_sha": base_sha,
        "user": call.caller.login,
        "created_at": now,
        "updated_at": now,
        "closed_at": None,
        "merged_at": None,
        "merged_by": None,
        "merge_commit_sha": None,
    }


def _refuse_contents(title: str, text: str) -> None:
    if not title.strip():
        raise Refused(422, "Validation Failed", [{"resource": "Issue", "code": "missing_field", "field": "title"}])
    if len(text) > MAX_BODY:
        raise invalid("Issue", "body", "custom", "body is too long (maximum is 65536 characters)")


def _refuse_pair(call: Call, repo: Json, head: tuple[str, str], base: tuple[str, str]) -> None:
    """Refuse two branches that have a pull request already, or nothing between them."""
    if any(p["state"] == "open" and (p["head"], p["base"]) == (head[0], base[0]) for p in repo["pulls"]):
        message = f"A pull request already exists for {repo['owner']}:{head[0]}."
        raise Refused(422, "Validation Failed", [{"resource": "PullRequest", "code": "custom", "message": message}])
    if not call.git.history(head[1], f"^{base[1]}", limit=1):
        message = f"No commits between {base[0]} and {head[0]}"
        raise Refused(422, "Validation Failed", [{"resource": "PullRequest", "code": "custom", "message": message}])


def list_pulls(call: Call) -> Response:
    """List pull requests by state, head (`owner:branch`) and base."""
    repo, args = call.repo, call.request.args
    state, sort = args.get("state", "open"), args.get("sort", "created")
    if state not in ("open", "closed", "all"):
        raise invalid("PullRequest", "state", "invalid")
    owner, colon, branch = args.get("head", "").partition(":")
    found = [
        pull
        for pull in repo["pulls"]
        if state in ("all", pull["state"])
        and ("base" not in args or pull["base"] == args["base"])
        # Without `owner:` GitHub ignores the filter.
        and (not colon or (owner.lower() == repo["owner"].lower() and pull["head"] == branch))
    ]
    newest_first = args.get("direction", "desc" if sort == "created" else "asc") == "desc"
    found.sort(key=lambda pull: (pull["updated_at"] if sort == "updated" else "", pull["number"]), reverse=newest_first)
    return call.page_of([shape(call, repo, pull, whole=False) for pull in found])


def get(call: Call) -> Response:
    """Read one pull request; as a diff when asked for that media type."""
    pull = one(call)
    if "diff" in call.request.headers.get("Accept", ""):
        text = call.git.diff(start_of(call, pull), pull["head_sha"])
        return Response(text, content_type="application/vnd.github.diff; charset=utf-8")
    return json_response(shape(call, call.repo, pull))


def update(call: Call) -> Response:
    """Change title, text, base, or close and open again."""
    repo, pull = call.writable("pull_requests"), one(call)
    body = call.body("title body state base maintainer_can_modify")
    for key in ("title", "body", "state", "base"):
        text_field(body, key, "PullRequest")
    if body.get("state", "open") not in ("open", "closed"):
        raise invalid("PullRequest", "state", "invalid")
    if "base" in body and f"refs/heads/{body['base']}" not in repo["refs"]:
        raise invalid("PullRequest", "base", "invalid")
    gone = pull["merged_at"] or f"refs/heads/{pull['head']}" not in repo["refs"]
    if body.get("state") == "open" and pull["state"] == "closed" and gone:
        raise invalid("PullRequest", "state", "custom", "state cannot be changed.")
    wanted = {key: body[key] for key in ("title", "body", "state", "base") if key in body}
    changed: Json = {key: value for key, value in wanted.items() if pull[key] != value}
    if changed:
        kind = {"closed": "pull.close", "open": "pull.reopen"}.get(changed.get("state", ""), "pull.update")
        pull.update(changed, updated_at=call.sim.stamp())
        pull["closed_at"] = call.sim.stamp() if pull["state"] == "closed" else None
        if pull["state"] == "open":
            pull["base_sha"] = repo["refs"][f"refs/heads/{pull['base']}"]
            pull["head_sha"] = repo["refs"][f"refs/heads/{pull['head']}"]
        call.sim.effect(
            kind,
            repo=f"{repo['owner']}/{repo['name']}",
            number=pull["number"],
            fields=sorted(changed),
            by=call.caller.login,
        )
        action = {"pull.close": "closed", "pull.reopen": "reopened"}.get(kind, "edited")
        hooks.announce_pull_request(call.sim, repo, pull, action, call.caller.login)
    return json_response(shape(call, repo, pull))


def files(call: Call) -> Response:
    """List the files a pull request changes."""
    pull = one(call)
    return call.page_of(file_changes(call, call.repo, start_of(call, pull), pull["head_sha"]))


def commits(call: Call) -> Response:
    """List the commits of a pull request, oldest first."""
    repo, pull = call.repo, one(call)
    return call.page_of([shapes.commit(call, repo, call.git.commit(sha)) for sha in commits_of(call, pull)])


def is_merged(call: Call) -> Response:
    """Answer 204 when merged and 404 when not."""
    if one(call)["merged_at"] is None:
        raise not_found()
    return Response(status=204)


_PULL = "/repos/<owner>/<repo>/pulls/<int:number>"
ROUTES: list[tuple[str, str, Callable[[Call], Response]]] = [
    ("POST", "/repos/<owner>/<repo>/pulls", create),
    ("GET", "/repos/<owner>/<repo>/pulls", list_pulls),
    ("GET", _PULL, get),
    ("PATCH", _PULL, update),
    ("GET", f"{_PULL}/files", files),
    ("GET", f"{_PULL}/commits", commits),
    ("GET", f"{_PULL}/merge", is_merged),
    ("PUT", f"{_PULL}/merge", merge),
]
