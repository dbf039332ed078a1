"""Pull requests: open, list, read, change, their files and commits, merge."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Response

from shared.local.simulators._server import json_response
from shared.local.simulators.github import hooks, rules, shapes
from shared.local.simulators.github.calls import Call, Refused, invalid, not_found, text_field
from shared.local.simulators.github.git_data import file_changes, person_line

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
                hooks.requested(sim, repo, pull, "closed", by)
                continue
            pull["head_sha"] = sha
            _point(sim, repo, pull)
            hooks.requested(sim, repo, pull, "synchronize", by)
        elif ref == f"refs/heads/{pull['base']}" and sha is not None:
            pull["base_sha"] = sha


def _point(sim: "GitHubSimulator", repo: Json, pull: Json) -> None:
    """Keep refs/pull/N/head, by which anybody can fetch a pull request."""
    ref = f"refs/pull/{pull['number']}/head"
    repo["refs"][ref] = pull["head_sha"]
    sim.bare(repo).set_ref(ref, pull["head_sha"])


def shape(call: Call, repo: Json, pull: Json, whole: bool = True) -> Json:
    api, page, number = shapes.api_url(call, repo), shapes.html_url(call, repo), pull["number"]
    url, html = f"{api}/pulls/{number}", f"{page}/pull/{number}"
    links = {
        "self": url,
        "html": html,
        "issue": f"{api}/issues/{number}",
        "comments": f"{api}/issues/{number}/comments",
        "review_comments": f"{url}/comments",
        "review_comment": f"{api}/pulls/comments{{/number}}",
        "commits": f"{url}/commits",
        "statuses": f"{api}/statuses/{pull['head_sha']}",
    }
    shape: Json = {
        "url": url,
        "id": pull["id"],
        "node_id": shapes.node_id("PullRequest", pull["id"]),
        "html_url": html,
        "diff_url": f"{html}.diff",
        "patch_url": f"{html}.patch",
        "issue_url": links["issue"],
        "commits_url": links["commits"],
        "review_comments_url": links["review_comments"],
        "review_comment_url": links["review_comment"],
        "comments_url": links["comments"],
        "statuses_url": links["statuses"],
        "number": number,
        "locked": False,
        "milestone": None,
        "assignee": None,
        "assignees": [],
        "requested_reviewers": [shapes.user(call, login) for login in pull.get("reviewers", [])],
        "requested_teams": [],
        "labels": [shapes.label(call, repo, name) for name in pull.get("labels", [])],
        "auto_merge": None,
        "active_lock_reason": None,
        "author_association": "OWNER",
        "user": shapes.user(call, pull["user"]),
        "_links": {key: {"href": value} for key, value in links.items()},
        "head": _end(call, repo, pull["head"], pull["head_sha"]),
        "base": _end(call, repo, pull["base"], pull["base_sha"]),
        **{
            key: pull[key]
            for key in (
                "state",
                "title",
                "body",
                "draft",
                "created_at",
                "updated_at",
                "closed_at",
                "merged_at",
                "merge_commit_sha",
            )
        },
    }
    return shape | (_counts(call, repo, pull) if whole else {})


def _end(call: Call, repo: Json, branch: str, sha: str) -> Json:
    return {
        "label": f"{repo['owner']}:{branch}",
        "ref": branch,
        "sha": sha,
        "user": shapes.user(call, repo["owner"]),
        "repo": shapes.repository(call, repo),
    }


def _counts(call: Call, repo: Json, pull: Json) -> Json:
    git = call.git
    changes = git.changes(_start(call, pull), pull["head_sha"])
    mergeable = None if pull["state"] == "closed" else git.merged_tree(pull["base_sha"], pull["head_sha"]) is not None
    state = "unknown" if mergeable is None else "dirty" if not mergeable else "draft" if pull["draft"] else "clean"
    state = "blocked" if state == "clean" and rules.refusal(repo, pull) else state
    return {
        "merged": pull["merged_at"] is not None,
        "mergeable": mergeable,
        "rebaseable": mergeable,
        "mergeable_state": state,
        "merged_by": shapes.user(call, pull["merged_by"]) if pull["merged_by"] else None,
        "comments": sum(1 for comment in repo["comments"] if comment["number"] == pull["number"]),
        "review_comments": sum(1 for each in repo.get("line_comments", []) if each["number"] == pull["number"]),
        "maintainer_can_modify": False,
        "commits": len(_commits(call, pull)),
        "additions": sum(int(change["additions"]) for change in changes),
        "deletions": sum(int(change["deletions"]) for change in changes),
        "changed_files": len(changes),
    }


def _start(call: Call, pull: Json) -> str:
    """Return where the branch left its base: what a pull request is compared with."""
    return call.git.merge_base(pull["base_sha"], pull["head_sha"]) or str(pull["base_sha"])


def _commits(call: Call, pull: Json) -> list[str]:
    return call.git.history(pull["head_sha"], f"^{pull['base_sha']}")[::-1]


def one(call: Call) -> Json:
    """Find the pull request named in the path."""
    for pull in call.repo["pulls"]:
        if pull["number"] == call.parameters["number"]:
            found: Json = pull
            return found
    raise not_found()


def create(call: Call) -> Response:
    """Open a pull request from one branch of the repository to another."""
    repo = call.writable("pull_requests")
    body = call.body("title head head_repo base body maintainer_can_modify draft issue", "head base title")
    owner, _, branch = text_field(body, "head", "PullRequest").rpartition(":")
    base = text_field(body, "base", "PullRequest")
    title, text = text_field(body, "title", "PullRequest"), text_field(body, "body", "PullRequest")
    head_sha, base_sha = repo["refs"].get(f"refs/heads/{branch}"), repo["refs"].get(f"refs/heads/{base}")
    if head_sha is None or (owner and owner.lower() != repo["owner"].lower()):
        raise invalid("PullRequest", "head", "invalid")
    if base_sha is None:
        raise invalid("PullRequest", "base", "invalid")
    if not title.strip():
        raise Refused(422, "Validation Failed", [{"resource": "Issue", "code": "missing_field", "field": "title"}])
    if len(text) > MAX_BODY:
        raise invalid("Issue", "body", "custom", "body is too long (maximum is 65536 characters)")
    if any(p["state"] == "open" and (p["head"], p["base"]) == (branch, base) for p in repo["pulls"]):
        message = f"A pull request already exists for {repo['owner']}:{branch}."
        raise Refused(422, "Validation Failed", [{"resource": "PullRequest", "code": "custom", "message": message}])
    if not call.git.history(head_sha, f"^{base_sha}", limit=1):
        message = f"No commits between {base} and {branch}"
        raise Refused(422, "Validation Failed", [{"resource": "PullRequest", "code": "custom", "message": message}])
    now = call.sim.stamp()
    pull = {
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
    repo["next_number"] += 1
    repo["pulls"].append(pull)
    _point(call.sim, repo, pull)
    call.sim.effect(
        "pull.create",
        repo=f"{repo['owner']}/{repo['name']}",
        number=pull["number"],
        id=pull["id"],
        head=branch,
        base=base,
        sha=head_sha,
        title=title,
        by=call.caller.login,
    )
    hooks.requested(call.sim, repo, pull, "opened", call.caller.login)
    return json_response(shape(call, repo, pull), 201)


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
        text = call.git.diff(_start(call, pull), pull["head_sha"])
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
        hooks.requested(call.sim, repo, pull, action, call.caller.login)
    return json_response(shape(call, repo, pull))


def files(call: Call) -> Response:
    """List the files a pull request changes."""
    pull = one(call)
    return call.page_of(file_changes(call, call.repo, _start(call, pull), pull["head_sha"]))


def commits(call: Call) -> Response:
    """List the commits of a pull request, oldest first."""
    repo, pull = call.repo, one(call)
    return call.page_of([shapes.commit(call, repo, call.git.commit(sha)) for sha in _commits(call, pull)])


def is_merged(call: Call) -> Response:
    """Answer 204 when merged and 404 when not."""
    if one(call)["merged_at"] is None:
        raise not_found()
    return Response(status=204)


def merge(call: Call) -> Response:
    """Merge, if the head is still the one the caller looked at."""
    repo, pull = call.writable(), one(call)
    body = call.body("commit_title commit_message sha merge_method", optional_body=True)
    method = body.get("merge_method", "merge")
    if method not in ("merge", "squash", "rebase"):
        raise invalid("PullRequest", "merge_method", "invalid")
    if pull["state"] != "open":
        raise Refused(405, "Pull Request is not mergeable")
    if pull["draft"]:
        raise Refused(405, "Pull Request is still a draft")
    if body.get("sha") not in (None, pull["head_sha"]):
        raise Refused(409, "Head branch was modified. Review and try the merge again.")
    if why := rules.refusal(repo, pull, method):
        raise Refused(405, why)
    tree = call.git.merged_tree(pull["base_sha"], pull["head_sha"])
    if tree is None:
        raise Refused(405, "Pull Request has merge conflicts")
    sha = _merge_commit(call, repo, pull, method, tree, body)
    pull.update(state="closed", merged_by=call.caller.login, merge_commit_sha=sha)
    pull["merged_at"] = pull["closed_at"] = pull["updated_at"] = call.sim.stamp()
    call.sim.created_object(repo, "commit", sha, message="merge", by=call.caller.login)
    call.sim.effect(
        "pull.merge",
        repo=f"{repo['owner']}/{repo['name']}",
        number=pull["number"],
        sha=sha,
        head_sha=pull["head_sha"],
        method=method,
        by=call.caller.login,
    )
    hooks.requested(call.sim, repo, pull, "closed", call.caller.login)
    call.sim.move_ref(repo, f"refs/heads/{pull['base']}", sha, call.caller.login)
    if repo["delete_branch_on_merge"]:
        call.sim.move_ref(repo, f"refs/heads/{pull['head']}", None, call.caller.login)
    return json_response({"sha": sha, "merged": True, "message": "Pull Request successfully merged"})


def _merge_commit(call: Call, repo: Json, pull: Json, method: str, tree: str, body: Json) -> str:
    git, me = call.git, person_line(call, None, "committer")
    if method == "rebase":
        if git.merge_base(pull["base_sha"], pull["head_sha"]) != pull["base_sha"]:
            raise Refused(405, "This branch can't be rebased")  # only a branch on top of its base is simulated
        tip = str(pull["base_sha"])
        for sha in _commits(call, pull):
            old = git.commit(sha)
            tip = git.write_commit(old.tree, [tip], old.author, me, old.message)
        return tip
    title = f"Merge pull request #{pull['number']} from {repo['owner']}/{pull['head']}"
    text, parents = pull["title"], [pull["base_sha"], pull["head_sha"]]
    if method == "squash":
        title, parents = f"{pull['title']} (#{pull['number']})", [pull["base_sha"]]
        listed = [git.commit(sha).message.strip() for sha in _commits(call, pull)]
        text = listed[0].partition("\n")[2].strip() if len(listed) == 1 else "\n\n".join(f"* {m}" for m in listed)
    title, text = body.get("commit_title") or title, body.get("commit_message", text)
    return git.write_commit(tree, parents, me, me, f"{title}\n\n{text}".strip())


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
