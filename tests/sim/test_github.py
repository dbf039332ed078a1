"""The simulated GitHub, judged by git itself and by the field lists of the published API description."""

import base64
import hashlib
import json
import time
from pathlib import Path

import pytest
import requests

from shared.local.simulators._server import serve
from shared.local.simulators.github.simulator import GitHubSimulator
from tests.support.simulators.github_caller import TOKEN, GitHubCaller, Json, complete, effects, git

pytestmark = pytest.mark.slow


def test_git_itself_clones_what_the_calls_wrote(github: GitHubCaller, tmp_path: Path) -> None:
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


def test_a_push_is_refused(github: GitHubCaller, tmp_path: Path) -> None:
    repo = github.repo()
    git("clone", "--quiet", f"{github.sim.base_url}/{repo}.git", str(tmp_path / "c"))
    assert "403" in git("push", "origin", "HEAD:other", cwd=tmp_path / "c", check=False)
    assert [b["name"] for b in github("GET", f"/repos/{repo}/branches", 200)] == ["main"]


def test_a_private_repository_needs_a_token_to_clone_and_is_missing_for_strangers(
    github: GitHubCaller, tmp_path: Path
) -> None:
    repo = github.repo("hidden", private=True)
    address = f"{github.sim.base_url}/{repo}.git"
    assert "Authentication failed" in git(
        "clone", address, str(tmp_path / "a"), check=False
    ) or "terminal prompts" in git("clone", address, str(tmp_path / "a"), check=False)
    git("clone", "--quiet", address.replace("://", f"://x-access-token:{TOKEN}@"), str(tmp_path / "b"))
    assert (tmp_path / "b" / "README.md").read_text() == "# hidden"
    requests.post(f"{github.sim.base_url}/_seed", json={"token": "other-one", "login": "eve"}, timeout=10)
    GitHubCaller(github.sim, "other-one")("GET", f"/repos/{repo}", 404)


def test_the_same_commit_has_the_same_id_computed_by_hand_and_is_one_effect(github: GitHubCaller) -> None:
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


def test_trees_add_change_and_delete_over_a_base(github: GitHubCaller) -> None:
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
def test_a_wrong_tree_entry_is_refused(github: GitHubCaller, entry: Json, message: str) -> None:
    repo = github.repo()
    answer = github("POST", f"/repos/{repo}/git/trees", 422, {"base_tree": github.head(repo), "tree": [entry]})
    assert answer["message"] == message


def test_refs_are_made_once_and_move_only_forward(github: GitHubCaller) -> None:
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
def test_an_odd_path_is_not_found(github: GitHubCaller, path: str) -> None:
    repo = github.repo()
    github("GET", f"/repos/{repo}/{path}", 404)


def test_an_empty_repository_begins_with_one_file(github: GitHubCaller) -> None:
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
def test_a_request_without_what_github_asks_for_is_refused(github: GitHubCaller, headers: Json, status: int) -> None:
    answer = github.session.get(f"{github.sim.base_url}/user", headers=headers, timeout=10)
    assert answer.status_code == status
    assert answer.json()["message"]


def test_a_field_github_does_not_know_and_a_missing_one_are_refused(github: GitHubCaller) -> None:
    assert github("POST", "/user/repos", 422, {"name": "x", "colour": 1})["message"].endswith("is not a permitted key.")
    assert "wasn't supplied" in github("POST", "/user/repos", 422, {"private": True})["message"]
    broken = github.session.post(f"{github.sim.base_url}/user/repos", data=b"{", timeout=10)
    assert (broken.status_code, broken.json()["message"]) == (400, "Problems parsing JSON")
    github.repo("x")
    assert github("POST", "/user/repos", 422, {"name": "x"})["message"] == "Repository creation failed."


def test_limits_are_counted_and_both_kinds_can_be_ordered(github: GitHubCaller) -> None:
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


def test_an_unchanged_answer_is_304(github: GitHubCaller) -> None:
    repo = github.repo()
    first = github.session.get(f"{github.sim.base_url}/repos/{repo}", timeout=10)
    github("GET", f"/repos/{repo}", 304, **{"If-None-Match": first.headers["ETag"]})


def test_long_lists_come_in_pages(github: GitHubCaller) -> None:
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


def test_an_installation_token_reaches_only_its_repositories_and_ends_after_an_hour(github: GitHubCaller) -> None:
    for name in ("one", "two"):
        github("POST", "/orgs/workshop/repos", 201, {"name": name, "auto_init": True})
    seed = {"installation_id": 7, "app_id": 42, "org": "workshop"}
    requests.post(f"{github.sim.base_url}/_seed", json=seed, timeout=10)
    where = "/app/installations/7/access_tokens"
    GitHubCaller(github.sim, _claim("41", 300))("POST", where, 404, {})
    GitHubCaller(github.sim, _claim("42", 3600))("POST", where, 401, {})
    token = GitHubCaller(github.sim, _claim("42", 300))("POST", where, 201, {"repositories": ["one"]})["token"]
    app = GitHubCaller(github.sim, token)
    app.branch("workshop/one", "topic", {"a": "1"})
    app("POST", "/repos/workshop/two/git/refs", 403, {"ref": "refs/heads/x", "sha": "1" * 40})
    requests.post(f"{github.sim.base_url}/_clock", json={"offset_s": 3700}, timeout=10)
    app("GET", "/repos/workshop/one", 401)


def test_pages_escape_what_they_show_and_ask_nothing_of_others(github: GitHubCaller) -> None:
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


def test_everything_is_there_after_a_restart_even_when_git_had_run_ahead(github: GitHubCaller, tmp_path: Path) -> None:
    repo = github.repo()
    sha = github.branch(repo, "topic", {"a": "1"})
    github.pull(repo, "topic")
    bare = tmp_path / "github" / "repositories" / "ada" / "site.git"
    # As if killed after git had moved a ref and before the state was saved.
    git(f"--git-dir={bare}", "update-ref", "refs/heads/unsaved", sha)
    git(f"--git-dir={bare}", "update-ref", "-d", "refs/heads/topic")
    again = GitHubSimulator(tmp_path / "github")
    serve(again)
    client = GitHubCaller(again)
    assert client.head(repo, "topic") == sha
    assert client("GET", f"/repos/{repo}/pulls/1", 200)["head"]["sha"] == sha
    assert [e["kind"] for e in effects(client, "pull.")] == ["pull.create"]
    listed = git("ls-remote", "--heads", f"{again.base_url}/{repo}.git")
    assert sorted(line.split("/", 2)[2] for line in listed.splitlines()) == ["main", "topic"]
