"""The simulated GitHub, judged by git itself and by the field lists of the published API description."""

import base64
import hashlib
import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from shared.local.simulators._server import serve
from shared.local.simulators.github.simulator import GitHubSimulator

pytestmark = pytest.mark.slow

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


class Client:
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


def started(data: Path) -> Client:
    sim = GitHubSimulator(data)
    serve(sim)
    requests.post(f"{sim.base_url}/_seed", json={"token": TOKEN, "login": "ada", "org": "workshop"}, timeout=10)
    return Client(sim)


@pytest.fixture
def github(tmp_path: Path) -> Iterator[Client]:
    client = started(tmp_path / "github")
    yield client
    client.session.close()


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


def effects(github: Client, kind: str = "") -> list[Json]:
    return [e for entry in github.sim.journal for e in entry["effects"] if e["kind"].startswith(kind)]


def test_git_itself_clones_what_the_calls_wrote(github: Client, tmp_path: Path) -> None:
    repo = github.repo()
    sha = github.branch(
        repo, "agent/task-1", {"app/page.tsx": "export default 1\n", "ü.txt": "ä\n"}, "Add the page\n\nWhy"
    )
    pull = github.pull(repo, "agent/task-1")
    clone = tmp_path / "clone"
    git("clone", "--quiet", f"{github.sim.base_url}/{repo}.git", str(clone))
    assert git("log", "-1", "--format=%s|%an|%ae|%aI", "origin/agent/task-1", cwd=clone) == (
        "Add the page|Ada Workshop|ada@example.com|2026-01-02T03:04:05+00:00"
    )
    assert git("rev-parse", "origin/agent/task-1", cwd=clone) == sha == pull["head"]["sha"]
    assert git("show", "origin/agent/task-1:app/page.tsx", cwd=clone) == "export default 1"
    git("fetch", "--quiet", "origin", f"refs/pull/{pull['number']}/head", cwd=clone)
    assert git("rev-parse", "FETCH_HEAD", cwd=clone) == sha
    git("fsck", "--strict", cwd=clone)


def test_a_push_is_refused(github: Client, tmp_path: Path) -> None:
    repo = github.repo()
    git("clone", "--quiet", f"{github.sim.base_url}/{repo}.git", str(tmp_path / "c"))
    assert "403" in git("push", "origin", "HEAD:other", cwd=tmp_path / "c", check=False)
    assert [b["name"] for b in github("GET", f"/repos/{repo}/branches", 200)] == ["main"]


def test_a_private_repository_needs_a_token_to_clone_and_is_missing_for_strangers(
    github: Client, tmp_path: Path
) -> None:
    repo = github.repo("hidden", private=True)
    address = f"{github.sim.base_url}/{repo}.git"
    assert "Authentication failed" in git(
        "clone", address, str(tmp_path / "a"), check=False
    ) or "terminal prompts" in git("clone", address, str(tmp_path / "a"), check=False)
    git("clone", "--quiet", address.replace("://", f"://x-access-token:{TOKEN}@"), str(tmp_path / "b"))
    assert (tmp_path / "b" / "README.md").read_text() == "# hidden"
    requests.post(f"{github.sim.base_url}/_seed", json={"token": "other-one", "login": "eve"}, timeout=10)
    Client(github.sim, "other-one")("GET", f"/repos/{repo}", 404)


def test_the_same_commit_has_the_same_id_computed_by_hand_and_is_one_effect(github: Client) -> None:
    repo = github.repo()
    parent = github.head(repo)
    first = github.commit(repo, {"a.txt": "a\n"}, "Say a", parent)
    before = len(effects(github))
    second = github.commit(repo, {"a.txt": "a\n"}, "Say a", parent)
    tree = github("GET", f"/repos/{repo}/git/commits/{first}", 200)["tree"]["sha"]
    line = "Ada Workshop <ada@example.com> 1767323045 +0000"
    body = f"tree {tree}\nparent {parent}\nauthor {line}\ncommitter {line}\n\nSay a".encode()
    assert first == second == hashlib.sha1(b"commit %d\0" % len(body) + body).hexdigest()
    assert len(effects(github)) == before
    assert len([e for e in effects(github, "commit.create") if e["sha"] == first]) == 1


def test_trees_add_change_and_delete_over_a_base(github: Client) -> None:
    repo = github.repo()
    first = github.commit(repo, {"docs/a.md": "a", "docs/b.md": "b", "c.md": "c"})
    second = github.commit(repo, {"docs/a.md": "A", "c.md": None}, parent=first)
    tree = complete("tree", github("GET", f"/repos/{repo}/git/trees/{second}?recursive=1", 200))
    assert {e["path"]: e["type"] for e in tree["tree"]} == {
        "README.md": "blob",
        "docs": "tree",
        "docs/a.md": "blob",
        "docs/b.md": "blob",
    }
    blob = complete("blob", github("GET", f"/repos/{repo}/git/blobs/{tree['tree'][2]['sha']}", 200))
    assert base64.b64decode(blob["content"]) == b"A"
    assert blob["sha"] == hashlib.sha1(b"blob 1\0A").hexdigest()


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"path": "x", "mode": "100644", "type": "blob"}, "Must supply either tree.sha or tree.content"),
        (
            {"path": "../x", "mode": "100644", "type": "blob", "content": ""},
            "tree.path contains a malformed path component",
        ),
        (
            {"path": ".git/x", "mode": "100644", "type": "blob", "content": ""},
            "tree.path contains a malformed path component",
        ),
        ({"path": "x", "mode": "100600", "type": "blob", "content": ""}, "Must supply a valid tree.mode"),
        ({"path": "gone", "mode": "100644", "type": "blob", "sha": None}, "GitRPC::BadObjectState"),
        (
            {"path": "x", "mode": "100644", "type": "blob", "sha": "1" * 40},
            "tree.sha " + "1" * 40 + " is not a valid blob",
        ),
    ],
)
def test_a_wrong_tree_entry_is_refused(github: Client, entry: Json, message: str) -> None:
    repo = github.repo()
    answer = github("POST", f"/repos/{repo}/git/trees", 422, {"base_tree": github.head(repo), "tree": [entry]})
    assert answer["message"] == message


def test_refs_are_made_once_and_move_only_forward(github: Client) -> None:
    repo = github.repo()
    one = github.branch(repo, "topic", {"a": "1"})
    complete("ref", github("GET", f"/repos/{repo}/git/ref/heads/topic", 200))
    again = github("POST", f"/repos/{repo}/git/refs", 422, {"ref": "refs/heads/topic", "sha": one})
    assert again["message"] == "Reference already exists"
    two = github.commit(repo, {"a": "2"}, parent=one)
    side = github.commit(repo, {"a": "3"})
    assert github("PATCH", f"/repos/{repo}/git/refs/heads/topic", 200, {"sha": two})["object"]["sha"] == two
    refused = github("PATCH", f"/repos/{repo}/git/refs/heads/topic", 422, {"sha": side, "force": False})
    assert refused["message"] == "Update is not a fast forward"
    github("PATCH", f"/repos/{repo}/git/refs/heads/topic", 200, {"sha": side, "force": True})
    github("PATCH", f"/repos/{repo}/git/refs/heads/none", 422, {"sha": side})
    github("POST", f"/repos/{repo}/git/refs", 422, {"ref": "refs/heads/new", "sha": "1" * 40})
    github("DELETE", f"/repos/{repo}/git/refs/heads/topic", 204)
    github("GET", f"/repos/{repo}/git/ref/heads/topic", 404)
    kinds = [e["kind"] for e in effects(github, "ref.") if e["ref"] == "refs/heads/topic"]
    assert kinds == ["ref.create", "ref.update", "ref.update", "ref.delete"]


@pytest.mark.parametrize("path", ["contents/%00", "contents/..%2f..%2fetc", "contents/:(top)x", "contents/-x"])
def test_an_odd_path_is_not_found(github: Client, path: str) -> None:
    repo = github.repo()
    github("GET", f"/repos/{repo}/{path}", 404)


def test_an_empty_repository_begins_with_one_file(github: Client) -> None:
    complete("repository", github("POST", "/orgs/workshop/repos", 201, {"name": "bare", "private": True}))
    repo = "workshop/bare"
    assert github("GET", f"/repos/{repo}/git/ref/heads/main", 409)["message"] == "Git Repository is empty."
    tree = [{"path": "a", "mode": "100644", "type": "blob", "content": "a"}]
    github("POST", f"/repos/{repo}/git/trees", 409, {"tree": tree})
    assert github("GET", f"/repos/{repo}/branches", 200) == []
    file = {"message": "Begin", "content": base64.b64encode(b"hello\n").decode()}
    made = github("PUT", f"/repos/{repo}/contents/docs/a.md", 201, file)
    read = complete("content", github("GET", f"/repos/{repo}/contents/docs/a.md?ref=main", 200))
    assert (base64.b64decode(read["content"]), read["sha"]) == (b"hello\n", made["content"]["sha"])
    assert [e["name"] for e in github("GET", f"/repos/{repo}/contents/docs", 200)] == ["a.md"]
    assert "wasn't supplied" in github("PUT", f"/repos/{repo}/contents/docs/a.md", 422, file)["message"]
    github("PUT", f"/repos/{repo}/contents/docs/a.md", 409, {**file, "sha": "2" * 40})
    github("PUT", f"/repos/{repo}/contents/docs/a.md", 200, {**file, "message": "On", "sha": read["sha"]})
    complete("branch", github("GET", f"/repos/{repo}/branches/main", 200))
    listed = [complete("commit", c) for c in github("GET", f"/repos/{repo}/commits", 200)]
    assert [c["commit"]["message"] for c in listed] == ["On", "Begin"]


def test_a_pull_request_is_opened_once_found_read_and_closed(github: Client) -> None:
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


def test_a_merge_happens_only_for_the_commit_that_was_looked_at(github: Client, tmp_path: Path) -> None:
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


def test_a_conflict_is_dirty_and_cannot_be_merged(github: Client) -> None:
    repo = github.repo()
    github.branch(repo, "topic", {"README.md": "mine\n"})
    other = github.commit(repo, {"README.md": "theirs\n"})
    github("PATCH", f"/repos/{repo}/git/refs/heads/main", 200, {"sha": other})
    pull = github.pull(repo, "topic")
    assert (pull["mergeable"], pull["mergeable_state"]) == (False, "dirty")
    github("PUT", f"/repos/{repo}/pulls/1/merge", 405, {})


def test_comments_are_listed_in_order(github: Client) -> None:
    repo = github.repo()
    github.branch(repo, "topic", {"a": "1"})
    github.pull(repo, "topic")
    for text in ("first", "second"):
        complete("comment", github("POST", f"/repos/{repo}/issues/1/comments", 201, {"body": text}))
    assert [c["body"] for c in github("GET", f"/repos/{repo}/issues/1/comments", 200)] == ["first", "second"]
    github("POST", f"/repos/{repo}/issues/1/comments", 422, {"body": " "})
    github("POST", f"/repos/{repo}/issues/9/comments", 404, {"body": "x"})
    assert len(effects(github, "comment.create")) == 2


def test_a_commit_without_statuses_is_pending_and_the_newest_of_each_context_counts(github: Client) -> None:
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


def test_compare_counts_commits_between(github: Client) -> None:
    repo = github.repo()
    github.branch(repo, "topic", {"a": "1"})
    answer = complete("comparison", github("GET", f"/repos/{repo}/compare/main...topic", 200))
    assert (answer["status"], answer["ahead_by"], answer["behind_by"]) == ("ahead", 1, 0)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({"Authorization": None}, 401, id="no token"),
        pytest.param({"Authorization": "Bearer nobody"}, 401, id="unknown token"),
        pytest.param({"User-Agent": ""}, 403, id="no user agent"),
        pytest.param({"Accept": "text/html"}, 415, id="asks for HTML"),
        pytest.param({"X-GitHub-Api-Version": "2020-01-01"}, 400, id="unknown version"),
    ],
)
def test_a_request_without_what_github_asks_for_is_refused(github: Client, headers: Json, status: int) -> None:
    answer = github.session.get(f"{github.sim.base_url}/user", headers=headers, timeout=10)
    assert answer.status_code == status
    assert answer.json()["message"]


def test_a_field_github_does_not_know_and_a_missing_one_are_refused(github: Client) -> None:
    assert github("POST", "/user/repos", 422, {"name": "x", "colour": 1})["message"].endswith("is not a permitted key.")
    assert "wasn't supplied" in github("POST", "/user/repos", 422, {"private": True})["message"]
    broken = github.session.post(f"{github.sim.base_url}/user/repos", data=b"{", timeout=10)
    assert (broken.status_code, broken.json()["message"]) == (400, "Problems parsing JSON")
    github.repo("x")
    assert github("POST", "/user/repos", 422, {"name": "x"})["message"] == "Repository creation failed."


def test_limits_are_counted_and_both_kinds_can_be_ordered(github: Client) -> None:
    url = f"{github.sim.base_url}/user"
    before, after = (int(github.session.get(url, timeout=10).headers["x-ratelimit-remaining"]) for _ in range(2))
    assert after == before - 1
    orders = [
        {"status": 403, "headers": {"x-ratelimit-remaining": "0"}, "path": "/user"},
        {"status": 429, "headers": {"retry-after": "7"}, "path": "/user"},
    ]
    requests.post(f"{github.sim.base_url}/_faults", json=orders, timeout=10)
    primary, secondary = github.session.get(url, timeout=10), github.session.get(url, timeout=10)
    assert (primary.status_code, primary.headers["x-ratelimit-remaining"]) == (403, "0")
    assert int(primary.headers["x-ratelimit-reset"]) > time.time()
    assert (secondary.status_code, secondary.headers["retry-after"]) == (429, "7")
    assert "secondary rate limit" in secondary.json()["message"]
    github("GET", "/user", 200)


def test_an_unchanged_answer_is_304(github: Client) -> None:
    repo = github.repo()
    first = github.session.get(f"{github.sim.base_url}/repos/{repo}", timeout=10)
    github("GET", f"/repos/{repo}", 304, **{"If-None-Match": first.headers["ETag"]})


def test_long_lists_come_in_pages(github: Client) -> None:
    for number in range(3):
        github.repo(f"r{number}")
    answer = github.session.get(f"{github.sim.base_url}/user/repos?per_page=2", timeout=10)
    assert len(answer.json()) == 2
    assert [r["name"] for r in github.session.get(answer.links["next"]["url"], timeout=10).json()] == ["r2"]


def _claim(issuer: str, seconds: int) -> str:
    now = int(time.time())
    parts = [{"alg": "RS256", "typ": "JWT"}, {"iat": now - 60, "exp": now + seconds, "iss": issuer}]
    texts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join([*texts, "s" * 342])


def test_an_installation_token_reaches_only_its_repositories_and_ends_after_an_hour(github: Client) -> None:
    for name in ("one", "two"):
        github("POST", "/orgs/workshop/repos", 201, {"name": name, "auto_init": True})
    seed = {"installation_id": 7, "app_id": 42, "org": "workshop"}
    requests.post(f"{github.sim.base_url}/_seed", json=seed, timeout=10)
    where = "/app/installations/7/access_tokens"
    Client(github.sim, _claim("41", 300))("POST", where, 404, {})
    Client(github.sim, _claim("42", 3600))("POST", where, 401, {})
    token = Client(github.sim, _claim("42", 300))("POST", where, 201, {"repositories": ["one"]})["token"]
    app = Client(github.sim, token)
    app.branch("workshop/one", "topic", {"a": "1"})
    app("POST", "/repos/workshop/two/git/refs", 403, {"ref": "refs/heads/x", "sha": "1" * 40})
    requests.post(f"{github.sim.base_url}/_clock", json={"offset_s": 3700}, timeout=10)
    app("GET", "/repos/workshop/one", 401)


def test_pages_escape_what_they_show_and_ask_nothing_of_others(github: Client) -> None:
    repo = github.repo(description="<i>x</i>")
    github.branch(repo, "topic", {"a.html": "<script>alert(1)</script>\n"})
    pull = github.pull(repo, "topic", title="<script>t</script>")
    before = len(github.sim.journal)
    for address, expected in (
        (f"{github.sim.base_url}/{repo}", "README.md"),
        (pull["html_url"], "&lt;script&gt;alert(1)&lt;/script&gt;"),
        (f"{github.sim.base_url}/{repo}/blob/topic/a.html", "&lt;script&gt;alert(1)&lt;/script&gt;"),
    ):
        answer = requests.get(address, timeout=10)
        assert answer.status_code == 200
        assert expected in answer.text
        assert "<script" not in answer.text
        assert "http:" not in answer.text
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    raw = requests.get(f"{github.sim.base_url}/{repo}/raw/topic/a.html", timeout=10)
    assert raw.headers["Content-Type"].startswith("text/plain")
    assert len(github.sim.journal) == before


def test_everything_is_there_after_a_restart_even_when_git_had_run_ahead(github: Client, tmp_path: Path) -> None:
    repo = github.repo()
    sha = github.branch(repo, "topic", {"a": "1"})
    github.pull(repo, "topic")
    bare = tmp_path / "github" / "repositories" / "ada" / "site.git"
    # As if killed after git had moved a ref and before the state was saved.
    git(f"--git-dir={bare}", "update-ref", "refs/heads/unsaved", sha)
    git(f"--git-dir={bare}", "update-ref", "-d", "refs/heads/topic")
    again = GitHubSimulator(tmp_path / "github")
    serve(again)
    client = Client(again)
    assert client.head(repo, "topic") == sha
    assert client("GET", f"/repos/{repo}/pulls/1", 200)["head"]["sha"] == sha
    assert [e["kind"] for e in effects(client, "pull.")] == ["pull.create"]
    listed = git("ls-remote", "--heads", f"{again.base_url}/{repo}.git")
    assert sorted(line.split("/", 2)[2] for line in listed.splitlines()) == ["main", "topic"]
