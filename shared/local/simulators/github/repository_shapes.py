"""A repository in the words GitHub answers with."""

from typing import Any

from shared.local.simulators.github.calls import Call
from shared.local.simulators.github.shapes import api_url, html_url, node_id, user

Json = dict[str, Any]
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
_FEATURES = {
    "is_template": False,
    "has_issues": True,
    "has_projects": True,
    "has_wiki": True,
    "has_pages": False,
    "has_discussions": False,
    "has_downloads": True,
}


def _clone_urls(call: Call, repo: Json, page: str) -> Json:
    host, path = call.base.split("://", 1)[-1], f"{repo['owner']}/{repo['name']}.git"
    ways = {"git_url": f"git://{host}/{path}", "ssh_url": f"git@{host}:{path}"}
    return {"clone_url": f"{page}.git", **ways, "svn_url": page}


def repository(call: Call, repo: Json) -> Json:
    """Return a repository."""
    api, page = api_url(call, repo), html_url(call, repo)
    opened = sum(1 for pull in repo["pulls"] if pull["state"] == "open")
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
        **_clone_urls(call, repo, page),
        "mirror_url": None,
        "language": None,
        "license": None,
        "topics": [],
        "size": 0,
        "default_branch": repo["default_branch"],
        "open_issues": opened,
        "open_issues_count": opened,
        **dict.fromkeys(_NOTHING, 0),
        **_FEATURES,
        "archived": repo["archived"],
        "disabled": False,
        "permissions": {"admin": writes, "maintain": writes, "push": writes, "triage": writes, "pull": True},
        "delete_branch_on_merge": repo["delete_branch_on_merge"],
        "created_at": repo["created_at"],
        "updated_at": repo["updated_at"],
        "pushed_at": repo["pushed_at"],
    }
