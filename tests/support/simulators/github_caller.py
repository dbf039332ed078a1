"""Calls to the simulated GitHub, whose answers have to have every field that the published description requires."""

import os
import subprocess
from pathlib import Path
from typing import Any

import requests

from shared.local.simulators._server import serve
from shared.local.simulators.github.simulator import GitHubSimulator

Json = dict[str, Any]
TOKEN = "-".join(["test", "token"])
AUTHOR = {"name": "Ada Workshop", "email": "ada@example.com", "date": "2026-01-02T03:04:05Z"}

# What the published description calls required, call by call.
REQUIRED = {
    "repository": "archive_url assignees_url blobs_url branches_url collaborators_url comments_url commits_url "
    "compare_url contents_url contributors_url deployments_url description downloads_url events_url "
    "fork forks_url full_name git_commits_url git_refs_url git_tags_url hooks_url html_url id "
    "node_id issue_comment_url issue_events_url issues_url keys_url labels_url languages_url "
    "merges_url milestones_url name notifications_url owner private pulls_url releases_url "
    "stargazers_url statuses_url subscribers_url subscription_url tags_url teams_url trees_url url "
    "clone_url default_branch forks forks_count git_url has_issues has_projects has_wiki has_pages "
    "has_discussions homepage language archived disabled mirror_url open_issues open_issues_count "
    "license pushed_at size ssh_url stargazers_count svn_url watchers watchers_count created_at "
    "updated_at network_count subscribers_count",
    "user": "avatar_url events_url followers_url following_url gists_url gravatar_id html_url id node_id "
    "login organizations_url received_events_url repos_url site_admin starred_url subscriptions_url "
    "type url",
    "ref": "ref node_id url object",
    "tree": "sha tree truncated",
    "blob": "sha url node_id size content encoding",
    "git_commit": "sha node_id url html_url author committer tree message parents verification",
    "content": "_links git_url html_url download_url name path sha size type url content encoding",
    "branch": "name commit _links protection protected protection_url",
    "commit": "url sha node_id html_url comments_url commit author committer parents",
    "pull": "_links assignee labels base body closed_at comments_url commits_url created_at diff_url head "
    "html_url id node_id issue_url merge_commit_sha merged_at milestone number patch_url "
    "review_comment_url review_comments_url statuses_url state locked title updated_at url user "
    "author_association auto_merge additions changed_files comments commits deletions mergeable "
    "mergeable_state merged maintainer_can_modify merged_by review_comments",
    "pull_file": "additions blob_url changes contents_url deletions filename raw_url sha status",
    "comment": "id node_id html_url issue_url user url created_at updated_at",
    "status": "url avatar_url id node_id state description target_url context created_at updated_at creator",
    "combined": "state sha total_count statuses repository commit_url url",
    "check_run": "id node_id head_sha name url html_url details_url status conclusion started_at completed_at "
    "external_id check_suite output app pull_requests",
    "comparison": "url html_url permalink_url diff_url patch_url base_commit merge_base_commit status ahead_by "
    "behind_by total_commits commits",
}


def complete(kind: str, answer: Any) -> Json:
    missing = set(REQUIRED[kind].split()) - set(answer)
    assert not missing, f"{kind} lacks {sorted(missing)}"
    return dict(answer)


class GitHubCaller:
    def __init__(self, sim: GitHubSimulator, token: str = TOKEN) -> None:
        self.sim = sim
        self.session = requests.Session()
        self.session.headers.update(
            {
                "Authorization": f"Bearer {token}",
                "Accept": "application/vnd.github+json",
                "X-GitHub-Api-Version": "2026-03-10",
                "User-Agent": "judge",
            }
        )

    def __call__(self, method: str, path: str, status: int, body: Any = None, **headers: str) -> Any:
        answer = self.session.request(method, self.sim.base_url + path, json=body, headers=headers, timeout=10)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def repo(self, name: str = "site", **more: Any) -> str:
        made = self("POST", "/user/repos", 201, {"name": name, "auto_init": True, **more})
        return str(made["full_name"])

    def head(self, repo: str, branch: str = "main") -> str:
        return str(self("GET", f"/repos/{repo}/git/ref/heads/{branch}", 200)["object"]["sha"])

    def commit(self, repo: str, files: dict[str, str | None], message: str = "Change", parent: str = "") -> str:
        parent = parent or self.head(repo)
        tree = [
            {"path": path, "mode": "100644", "type": "blob", **({"sha": None} if text is None else {"content": text})}
            for path, text in files.items()
        ]
        sha = self("POST", f"/repos/{repo}/git/trees", 201, {"base_tree": parent, "tree": tree})["sha"]
        body = {"message": message, "tree": sha, "parents": [parent], "author": AUTHOR}
        return str(self("POST", f"/repos/{repo}/git/commits", 201, body)["sha"])

    def branch(self, repo: str, name: str, files: dict[str, str | None], message: str = "Change") -> str:
        sha = self.commit(repo, files, message)
        self("POST", f"/repos/{repo}/git/refs", 201, {"ref": f"refs/heads/{name}", "sha": sha})
        return sha

    def pull(self, repo: str, head: str, **more: Any) -> Json:
        body = {"title": "Do it", "head": head, "base": "main", "body": "Because <b>why</b>", **more}
        return complete("pull", self("POST", f"/repos/{repo}/pulls", 201, body))


def start_github(data: Path) -> GitHubCaller:
    sim = GitHubSimulator(data)
    serve(sim)
    requests.post(f"{sim.base_url}/_seed", json={"token": TOKEN, "login": "ada", "org": "workshop"}, timeout=10)
    return GitHubCaller(sim)


def git(*arguments: str, cwd: Path | None = None, check: bool = True) -> str:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
    }
    done = subprocess.run(["git", *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0 or not check, done.stderr
    return (done.stdout if done.returncode == 0 else done.stderr).strip()


def effects(github: GitHubCaller, kind: str = "") -> list[Json]:
    return [e for entry in github.sim.journal for e in entry["effects"] if e["kind"].startswith(kind)]
