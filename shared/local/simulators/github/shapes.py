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
_REPO_LINKS = {
    "archive_url": "{archive_format}{/ref}",
    "assignees_url": "assignees{/user}",
    "blobs_url": "git/blobs{/sha}",
    "branches_url": "branches{/branch}",
    "collaborators_url": "collaborators{/collaborator}",
    "comments_url": "comments{/number}",
    "commits_url": "commits{/sha}",
    "compare_url": "compare/{base}...{head}",
    "contents_url": "contents/{+path}",
    "contributors_url": "contributors",
    "deployments_url": "deployments",
    "downloads_url": "downloads",
    "events_url": "events",
    "forks_url": "forks",
    "git_commits_url": "git/commits{/sha}",
    "git_refs_url": "git/refs{/sha}",
    "git_tags_url": "git/tags{/sha}",
    "hooks_url": "hooks",
    "issue_comment_url": "issues/comments{/number}",
    "issue_events_url": "issues/events{/number}",
    "issues_url": "issues{/number}",
    "keys_url": "keys{/key_id}",
    "labels_url": "labels{/name}",
    "languages_url": "languages",
    "merges_url": "merges",
    "milestones_url": "milestones{/number}",
    "notifications_url": "notifications{?since,all,participating}",
    "pulls_url": "pulls{/number}",
    "releases_url": "releases{/id}",
    "stargazers_url": "stargazers",
    "statuses_url": "statuses/{sha}",
    "subscribers_url": "subscribers",
    "subscription_url": "subscription",
    "tags_url": "tags",
    "teams_url": "teams",
    "trees_url": "git/trees{/sha}",
}
_NOTHING = (
    "forks",
    "forks_count",
    "stargazers_count",
    "watchers",
    "watchers_count",
    "network_count",
    "subscribers_count",
)


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


def repository(call: Call, repo: Json) -> Json:
    """Return a repository."""
    api, page = api_url(call, repo), html_url(call, repo)
    opened = sum(1 for pull in repo["pulls"] if pull["state"] == "open")
    host = call.base.split("://", 1)[-1]
    writes = call.caller.may_write(repo["owner"], repo["name"], repo["private"])
    return {
        "id": repo["id"],
        "node_id": node_id("Repository", repo["id"]),
        "name": repo["name"],
        "full_name": f"{repo['owner']}/{repo['name']}",
        "owner": user(call, repo["owner"]),
        "private": repo["private"],
        "visibility": "private" if repo["private"] else "public",
        "html_url": page,
        "description": repo["description"],
        "homepage": repo["homepage"],
        "fork": False,
        "url": api,
        **{key: f"{api}/{tail}" for key, tail in _REPO_LINKS.items()},
        "clone_url": f"{page}.git",
        "git_url": f"git://{host}/{repo['owner']}/{repo['name']}.git",
        "ssh_url": f"git@{host}:{repo['owner']}/{repo['name']}.git",
        "svn_url": page,
        "mirror_url": None,
        "language": None,
        "license": None,
        "topics": [],
        "size": 0,
        "default_branch": repo["default_branch"],
        "open_issues": opened,
        "open_issues_count": opened,
        **dict.fromkeys(_NOTHING, 0),
        "is_template": False,
        "has_issues": True,
        "has_projects": True,
        "has_wiki": True,
        "has_pages": False,
        "has_discussions": False,
        "has_downloads": True,
        "archived": repo["archived"],
        "disabled": False,
        "permissions": {"admin": writes, "maintain": writes, "push": writes, "triage": writes, "pull": True},
        "delete_branch_on_merge": repo["delete_branch_on_merge"],
        "created_at": repo["created_at"],
        "updated_at": repo["updated_at"],
        "pushed_at": repo["pushed_at"],
    }


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
