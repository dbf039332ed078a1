"""A pull request by its number, and in the words GitHub answers with: its ends, its counts, its commits."""

from typing import Any

from shared.local.simulators.github import repository_shapes, rules, shapes
from shared.local.simulators.github.calls import Call, not_found

Json = dict[str, Any]
_KEPT = (
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


def shape(call: Call, repo: Json, pull: Json, whole: bool = True) -> Json:
    api, page, number = shapes.api_url(call, repo), shapes.html_url(call, repo), pull["number"]
    url, html = f"{api}/pulls/{number}", f"{page}/pull/{number}"
    links = _links(api, url, html, pull)
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
        **{key: pull[key] for key in _KEPT},
    }
    return shape | (_counts(call, repo, pull) if whole else {})


def _links(api: str, url: str, html: str, pull: Json) -> dict[str, str]:
    return {
        "self": url,
        "html": html,
        "issue": f"{api}/issues/{pull['number']}",
        "comments": f"{api}/issues/{pull['number']}/comments",
        "review_comments": f"{url}/comments",
        "review_comment": f"{api}/pulls/comments{{/number}}",
        "commits": f"{url}/commits",
        "statuses": f"{api}/statuses/{pull['head_sha']}",
    }


def _end(call: Call, repo: Json, branch: str, sha: str) -> Json:
    return {
        "label": f"{repo['owner']}:{branch}",
        "ref": branch,
        "sha": sha,
        "user": shapes.user(call, repo["owner"]),
        "repo": repository_shapes.repository(call, repo),
    }


def _counts(call: Call, repo: Json, pull: Json) -> Json:
    git = call.git
    changes = git.changes(start_of(call, pull), pull["head_sha"])
    mergeable = None if pull["state"] == "closed" else git.merge_trees(pull["base_sha"], pull["head_sha"]) is not None
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
        "commits": len(commits_of(call, pull)),
        "additions": sum(int(change["additions"]) for change in changes),
        "deletions": sum(int(change["deletions"]) for change in changes),
        "changed_files": len(changes),
    }


def start_of(call: Call, pull: Json) -> str:
    """Return where the branch left its base: what a pull request is compared with."""
    return call.git.merge_base(pull["base_sha"], pull["head_sha"]) or str(pull["base_sha"])


def commits_of(call: Call, pull: Json) -> list[str]:
    return call.git.history(pull["head_sha"], f"^{pull['base_sha']}")[::-1]


def one(call: Call) -> Json:
    """Find the pull request named in the path."""
    for pull in call.repo["pulls"]:
        if pull["number"] == call.parameters["number"]:
            found: Json = pull
            return found
    raise not_found()
