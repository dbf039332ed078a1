"""Our records in the words GitHub answers with."""

import base64
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from shared.local.simulators._git import Commit
from shared.local.simulators.github.calls import Call

Json = dict[str, Any]

_USER_LINKS = {
    "followers_url": "followers",
    "following_url": "following{/other_user}",
    "gists_url": "gists{/gist_id}",
    "starred_url": "starred{/owner}{/repo}",
    "subscriptions_url": "subscriptions",
    "organizations_url": "orgs",
    "repos_url": "repos",
    "events_url": "events{/privacy}",
    "received_events_url": "received_events",
}


def node_id(kind: str, number: object) -> str:
    """Return an opaque id of the kind GraphQL uses."""
    return base64.b64encode(f"0:{kind}:{number}".encode()).decode()


def user(call: Call, login: str) -> Json:
    """Return a person, an organisation or an app's bot."""
    known = call.sim.person(login)
    api = f"{call.base}/users/{quote(login)}"
    links = {key: f"{api}/{tail}" for key, tail in _USER_LINKS.items()}
    return {
        "login": known["login"],
        "id": known["id"],
        "node_id": node_id(known["type"], known["id"]),
        "avatar_url": "",
        "gravatar_id": "",
        "url": api,
        "html_url": f"{call.base}/{quote(login)}",
        "type": known["type"],
        "site_admin": False,
        **links,
    }


def api_url(call: Call, repo: Json) -> str:
    """Return a repository's address in the API."""
    return f"{call.base}/repos/{repo['owner']}/{repo['name']}"


def html_url(call: Call, repo: Json) -> str:
    """Return a repository's page."""
    return f"{call.base}/{repo['owner']}/{repo['name']}"


def ref(call: Call, repo: Json, name: str) -> Json:
    """Return a ref and the commit it points at."""
    api, sha = api_url(call, repo), repo["refs"][name]
    return {
        "ref": name,
        "node_id": node_id("Ref", f"{repo['id']}:{name}"),
        "url": f"{api}/git/{name}",
        "object": {"sha": sha, "type": "commit", "url": f"{api}/git/commits/{sha}"},
    }


def signature(line: str) -> Json:
    """Return who and when, from a commit's author or committer line."""
    who, seconds, _ = line.rsplit(" ", 2)
    name, _, email = who.partition(" <")
    when = datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"name": name, "email": email.rstrip(">"), "date": when}


_UNSIGNED = {"verified": False, "reason": "unsigned", "signature": None, "payload": None, "verified_at": None}


def git_commit(call: Call, repo: Json, commit: Commit) -> Json:
    """Return a commit as the git data calls do."""
    api, page = api_url(call, repo), html_url(call, repo)
    parents = [
        {"sha": sha, "url": f"{api}/git/commits/{sha}", "html_url": f"{page}/commit/{sha}"} for sha in commit.parents
    ]
    return {
        "sha": commit.sha,
        "node_id": node_id("Commit", commit.sha),
        "url": f"{api}/git/commits/{commit.sha}",
        "html_url": f"{page}/commit/{commit.sha}",
        "author": signature(commit.author),
        "committer": signature(commit.committer),
        "tree": {"sha": commit.tree, "url": f"{api}/git/trees/{commit.tree}"},
        "message": commit.message,
        "parents": parents,
        "verification": dict(_UNSIGNED),
    }


def commit(call: Call, repo: Json, stored: Commit) -> Json:
    """Return a commit as the commits, branches and pulls calls do."""
    inner = git_commit(call, repo, stored)
    url = f"{api_url(call, repo)}/commits/{stored.sha}"
    parents = inner.pop("parents")
    for key in ("sha", "node_id", "html_url"):
        inner.pop(key)
    return {
        "sha": stored.sha,
        "node_id": node_id("Commit", stored.sha),
        "commit": inner | {"comment_count": 0},
        "url": url,
        "html_url": f"{html_url(call, repo)}/commit/{stored.sha}",
        "comments_url": f"{url}/comments",
        "author": None,
        "committer": None,
        "parents": parents,
    }


def comment(call: Call, repo: Json, record: Json) -> Json:
    """Return a comment in the conversation of a pull request."""
    api = api_url(call, repo)
    return {
        "id": record["id"],
        "node_id": node_id("IssueComment", record["id"]),
        "url": f"{api}/issues/comments/{record['id']}",
        "html_url": f"{html_url(call, repo)}/pull/{record['number']}#issuecomment-{record['id']}",
        "issue_url": f"{api}/issues/{record['number']}",
        "user": user(call, record["user"]),
        "body": record["body"],
        "created_at": record["created_at"],
        "updated_at": record["updated_at"],
        "author_association": "OWNER",
        "performed_via_github_app": None,
    }


def status(call: Call, repo: Json, record: Json) -> Json:
    """Return a commit status."""
    return {
        "url": f"{api_url(call, repo)}/statuses/{record['sha']}",
        "avatar_url": "",
        "id": record["id"],
        "node_id": node_id("StatusContext", record["id"]),
        "state": record["state"],
        "description": record["description"],
        "target_url": record["target_url"],
        "context": record["context"],
        "created_at": record["created_at"],
        "updated_at": record["created_at"],
        "creator": user(call, record["creator"]),
    }


def check_run(call: Call, repo: Json, record: Json) -> Json:
    """Return a check run."""
    api = api_url(call, repo)
    output = {"title": None, "summary": None, "text": None} | record["output"]
    return {
        **{
            key: record[key] for key in ("id", "name", "head_sha", "status", "conclusion", "started_at", "completed_at")
        },
        "node_id": node_id("CheckRun", record["id"]),
        "external_id": record["external_id"],
        "url": f"{api}/check-runs/{record['id']}",
        "html_url": f"{html_url(call, repo)}/runs/{record['id']}",
        "details_url": record["details_url"],
        "output": output
        | {
            "annotations_count": len(record.get("annotations", [])),
            "annotations_url": f"{api}/check-runs/{record['id']}/annotations",
        },
        "check_suite": {"id": record["id"]},
        "app": {"id": 15368, "slug": "github-actions"} if record.get("log") is not None else None,
        "pull_requests": [],
    }


def check_suite(call: Call, repo: Json, record: Json) -> Json:
    """Return the suite of a check run."""
    api = api_url(call, repo)
    return {
        "id": record["id"],
        "node_id": node_id("CheckSuite", record["id"]),
        "head_branch": None,
        "head_sha": record["head_sha"],
        "status": record["status"],
        "conclusion": record["conclusion"],
        "url": f"{api}/check-suites/{record['id']}",
        "before": None,
        "after": None,
        "pull_requests": [],
        "app": {"id": 1, "slug": "ci", "name": record["name"]},
        "created_at": record["started_at"],
        "updated_at": record["completed_at"] or record["started_at"],
        "latest_check_runs_count": 0 if record.get("suite_only") else 1,
        "check_runs_url": f"{api}/check-suites/{record['id']}/check-runs",
        "head_commit": commit(call, repo, call.git.commit(record["head_sha"]))["commit"],
    }


def label(call: Call, repo: Json, name: str) -> Json:
    """Return a label."""
    shown = {"id": sum(map(ord, name)), "node_id": node_id("Label", name), "name": name, "color": "ededed"}
    return shown | {"url": f"{api_url(call, repo)}/labels/{quote(name)}", "description": None, "default": False}


def review(call: Call, repo: Json, record: Json) -> Json:
    """Return a review of a pull request."""
    page = f"{html_url(call, repo)}/pull/{record['number']}"
    api = f"{api_url(call, repo)}/pulls/{record['number']}"
    return {
        "id": record["id"],
        "node_id": node_id("PullRequestReview", record["id"]),
        "user": user(call, record["user"]),
        "body": record["body"],
        "state": record["state"],
        "html_url": f"{page}#pullrequestreview-{record['id']}",
        "pull_request_url": api,
        "author_association": "MEMBER",
        "_links": {"html": {"href": page}, "pull_request": {"href": api}},
        "submitted_at": record["submitted_at"],
        "commit_id": record["commit_id"],
    }


def line_comment(call: Call, repo: Json, record: Json) -> Json:
    """Return a comment on a line of a pull request."""
    api = api_url(call, repo)
    return {
        "id": record["id"],
        "node_id": node_id("PullRequestReviewComment", record["id"]),
        "pull_request_review_id": record["review"],
        "path": record["path"],
        "line": record["line"],
        "original_line": record["line"],
        "side": "RIGHT",
        "body": record["body"],
        "user": user(call, record["user"]),
        "commit_id": record["commit_id"],
        "original_commit_id": record["commit_id"],
        "diff_hunk": "",
        "url": f"{api}/pulls/comments/{record['id']}",
        "html_url": f"{html_url(call, repo)}/pull/{record['number']}#discussion_r{record['id']}",
        "pull_request_url": f"{api}/pulls/{record['number']}",
        "author_association": "MEMBER",
        "created_at": record["created_at"],
        "updated_at": record["created_at"],
        "_links": {},
    }
