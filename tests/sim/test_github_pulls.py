"""Pull requests of the simulated GitHub: opened, merged, commented and checked, with the published fields."""

from pathlib import Path

import pytest
import requests

from tests.support.simulators.github_caller import GitHubCaller, complete, effects, git

pytestmark = pytest.mark.slow


def test_a_pull_request_is_opened_once_found_read_and_closed(github: GitHubCaller) -> None:
    repo = github.repo()
    body = {"title": "Do it", "head": "topic", "base": "main"}
    github("POST", f"/repos/{repo}/pulls", 422, body)
    github("POST", f"/repos/{repo}/git/refs", 201, {"ref": "refs/heads/topic", "sha": github.head(repo)})
    nothing = github("POST", f"/repos/{repo}/pulls", 422, body)
    assert nothing["errors"][0]["message"] == "No commits between main and topic"
    sha = github.commit(repo, {"a.py": "one\ntwo\n", "README.md": None})
    github("PATCH", f"/repos/{repo}/git/refs/heads/topic", 200, {"sha": sha})
    pull = github.pull(repo, "topic", draft=True)
    assert (pull["additions"], pull["deletions"], pull["changed_files"], pull["commits"]) == (2, 1, 2, 1)
    assert (pull["mergeable_state"], pull["draft"]) == ("draft", True)
    again = github("POST", f"/repos/{repo}/pulls", 422, body)
    assert again["errors"][0]["message"] == "A pull request already exists for ada:topic."
    files = [complete("pull_file", f) for f in github("GET", f"/repos/{repo}/pulls/1/files", 200)]
    assert {f["filename"]: f["status"] for f in files} == {"README.md": "removed", "a.py": "added"}
    assert files[1]["patch"] == "@@ -0,0 +1,2 @@\n+one\n+two"
    for query, numbers in (
        ("head=ada:topic&state=open", [1]),
        ("head=ada:other", []),
        ("base=main", [1]),
        ("state=closed", []),
    ):
        assert [p["number"] for p in github("GET", f"/repos/{repo}/pulls?{query}", 200)] == numbers
    assert github("PATCH", f"/repos/{repo}/pulls/1", 200, {"state": "closed"})["state"] == "closed"
    assert [e["kind"] for e in effects(github, "pull.")] == ["pull.create", "pull.close"]


def test_a_merge_happens_only_for_the_commit_that_was_looked_at(github: GitHubCaller, tmp_path: Path) -> None:
    repo = github.repo()
    sha = github.branch(repo, "topic", {"a.py": "1\n"}, "One")
    github.pull(repo, "topic")
    moved = github.commit(repo, {"a.py": "2\n"}, "Two", sha)
    github("PATCH", f"/repos/{repo}/git/refs/heads/topic", 200, {"sha": moved})
    github("PUT", f"/repos/{repo}/pulls/1/merge", 409, {"sha": sha, "merge_method": "squash"})
    merged = github("PUT", f"/repos/{repo}/pulls/1/merge", 200, {"sha": moved, "merge_method": "squash"})
    assert merged["merged"] is True
    assert github.head(repo) == merged["sha"]
    after = complete("pull", github("GET", f"/repos/{repo}/pulls/1", 200))
    assert (after["state"], after["merged"], after["merge_commit_sha"]) == ("closed", True, merged["sha"])
    github("PUT", f"/repos/{repo}/pulls/1/merge", 405, {"sha": moved})
    git("clone", "--quiet", f"{github.sim.base_url}/{repo}.git", str(tmp_path / "c"))
    assert git("log", "--format=%s", cwd=tmp_path / "c") == "Do it (#1)\nInitial commit"
    assert (tmp_path / "c" / "a.py").read_text() == "2\n"
    assert len(effects(github, "pull.merge")) == 1


def test_a_conflict_is_dirty_and_cannot_be_merged(github: GitHubCaller) -> None:
    repo = github.repo()
    github.branch(repo, "topic", {"README.md": "mine\n"})
    other = github.commit(repo, {"README.md": "theirs\n"})
    github("PATCH", f"/repos/{repo}/git/refs/heads/main", 200, {"sha": other})
    pull = github.pull(repo, "topic")
    assert (pull["mergeable"], pull["mergeable_state"]) == (False, "dirty")
    github("PUT", f"/repos/{repo}/pulls/1/merge", 405, {})


def test_comments_are_listed_in_order(github: GitHubCaller) -> None:
    repo = github.repo()
    github.branch(repo, "topic", {"a": "1"})
    github.pull(repo, "topic")
    for text in ("first", "second"):
        complete("comment", github("POST", f"/repos/{repo}/issues/1/comments", 201, {"body": text}))
    assert [c["body"] for c in github("GET", f"/repos/{repo}/issues/1/comments", 200)] == ["first", "second"]
    github("POST", f"/repos/{repo}/issues/1/comments", 422, {"body": " "})
    github("POST", f"/repos/{repo}/issues/9/comments", 404, {"body": "x"})
    assert len(effects(github, "comment.create")) == 2


def test_a_commit_without_statuses_is_pending_and_the_newest_of_each_context_counts(github: GitHubCaller) -> None:
    repo = github.repo()
    sha = github.head(repo)
    where = f"/repos/{repo}/commits/{sha}/status"
    combined = complete("combined", github("GET", where, 200))
    assert (combined["state"], combined["total_count"]) == ("pending", 0)
    for context, state, expected in (
        ("ci", "failure", "failure"),
        ("ci", "success", "success"),
        ("b", "pending", "pending"),
    ):
        body = {"state": state, "context": context}
        complete("status", github("POST", f"/repos/{repo}/statuses/{sha}", 201, body))
        assert github("GET", where, 200)["state"] == expected
    github("POST", f"/repos/{repo}/statuses/{sha}", 422, {"state": "fine"})
    github("POST", f"/repos/{repo}/check-runs", 403, {"name": "ci", "head_sha": sha})
    check = {"repo": repo, "head_sha": sha, "name": "ci", "status": "completed", "conclusion": "success"}
    requests.post(f"{github.sim.base_url}/_check", json=check, timeout=10)
    runs = github("GET", f"/repos/{repo}/commits/{sha}/check-runs?filter=latest", 200)
    assert runs["total_count"] == 1
    assert complete("check_run", runs["check_runs"][0])["conclusion"] == "success"


def test_compare_counts_commits_between(github: GitHubCaller) -> None:
    repo = github.repo()
    github.branch(repo, "topic", {"a": "1"})
    answer = complete("comparison", github("GET", f"/repos/{repo}/compare/main...topic", 200))
    assert (answer["status"], answer["ahead_by"], answer["behind_by"]) == ("ahead", 1, 0)
