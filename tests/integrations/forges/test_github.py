"""The GitHub client against the simulated GitHub, which keeps real git repositories; `git` is the judge of what it did.

Every request sent here must be one the published description allows, where that is present.
"""

import base64
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.core.errors import Missing, OutcomeUnknown, RateLimited, Rejected, Unauthorized
from shared.http_client import HttpClient
from shared.integrations.forge import EXECUTABLE, Author, Repository
from shared.integrations.github.client import GitHub
from shared.local.simulators.github.simulator import GitHubSimulator
from shared.ports import Secret
from tests.integrations.conftest import Served
from tests.support.descriptions.github_description import of_exchange

AUTHOR = Author("Workwright", "agent@example.test")
DATE = datetime(2026, 11, 21, 10, 0, 0, tzinfo=UTC)
FILES = {"README.md": b"# Hi\n", "app/page.js": "let ż = 1\n".encode(), "logo.bin": b"\x00\xff\x01", "run.sh": b"#!x"}
WORD, OTHER = "gh-word-" + "1", "gh-word-" + "2"
BRANCH = "workwright/task-1"


@dataclass
class GitHubRepository:
    """A repository, our client, and all it asked."""

    sim: Served
    asked: list[dict[str, Any]] = field(default_factory=list)
    folder: Path = Path()
    heard: int = 0

    def client(self, word: str = WORD) -> GitHub:
        http = HttpClient("github", self.sim.url, Secret(word), timeouts=(2, 10), trace=self.asked.append)
        return GitHub(http)

    def raw(self, method: str, path: str, body: Any = None, word: str = OTHER) -> Any:
        """Ask as somebody else would."""
        http = HttpClient("github", self.sim.url, Secret(word), timeouts=(2, 10))
        return http.call(method, path, json=body, headers={"Accept": "application/vnd.github+json"}).json

    def calls(self) -> list[str]:
        """Return method and the last word of each call since this was asked last."""
        new, self.heard = self.asked[self.heard :], len(self.asked)
        return [f"{each['method']} {each['url'].partition('?')[0].rpartition('/')[2]}" for each in new]

    def clone(self, branch: str) -> Path:
        """Clone a branch with git itself."""
        target = self.folder / branch.replace("/", "-")
        pair = base64.b64encode(f"x:{WORD}".encode()).decode()
        header = f"http.extraHeader=Authorization: Basic {pair}"
        asked = ["git", "-c", header, "clone", "-q", "--branch", branch, f"{self.sim.url}/acme/shop.git", str(target)]
        subprocess.run(asked, check=True, capture_output=True)
        return target


def git(folder: Path, *asked: str) -> str:
    return subprocess.run(["git", "-C", str(folder), *asked], check=True, capture_output=True, text=True).stdout


@pytest.fixture
def desk(served: Callable[[Any], Served], tmp_path: Path) -> Iterator[GitHubRepository]:
    started = served(GitHubSimulator(tmp_path / "github"))
    started.control(
        "/_seed", [{"login": "ada", "token": WORD, "org": "acme"}, {"login": "bo", "token": OTHER, "org": "acme"}]
    )
    made = GitHubRepository(started, folder=tmp_path)
    yield made
    assert [problem for exchange in made.asked for problem in of_exchange(exchange)] == []


@pytest.fixture
def github(desk: GitHubRepository) -> GitHub:
    return desk.client()


@pytest.fixture
def repo(github: GitHub) -> Repository:
    return github.ensure_repository("acme", "shop")


def commit(github: GitHub, **changes: Any) -> str:
    asked: dict[str, Any] = {
        "base": github.head("acme", "shop", "main"), "branch": BRANCH, "expected_head": "", "files": FILES,
        "modes": {"run.sh": EXECUTABLE}, "message": "Build the shop", "author": AUTHOR, "date": DATE,
    }  # fmt: skip
    return github.commit("acme", "shop", **(asked | changes))


def test_a_repository_is_made_once(github: GitHub, desk: GitHubRepository) -> None:
    first = github.ensure_repository("acme", "shop")
    second = github.ensure_repository("acme", "shop")
    mine = github.ensure_repository("ada", "notes", private=False)
    assert first == second
    assert (first.private, first.default_branch, mine.private) == (True, "main", False)
    made = [entry["path"] for entry in desk.sim.journal() if entry["status"] == 201]
    assert made == ["/orgs/acme/repos", "/user/repos"]
    with pytest.raises(Missing):
        github.repository("acme", "other")


def test_git_finds_in_a_clone_what_was_committed(github: GitHub, repo: Repository, desk: GitHubRepository) -> None:
    desk.calls()
    sha = commit(github)
    assert desk.calls() == ["GET main", "POST blobs", "POST trees", "POST commits", "POST refs"]  # one blob per binary
    folder = desk.clone(BRANCH)
    assert git(folder, "rev-parse", "HEAD").strip() == sha
    assert (
        git(folder, "log", "-1", "--format=%an %at %s").strip() == f"Workwright {DATE.timestamp():.0f} Build the shop"
    )
    assert {name: (folder / name).read_bytes() for name in FILES} == FILES
    assert (folder / "run.sh").stat().st_mode & 0o111
    assert not (folder / "README.md").stat().st_mode & 0o111


def test_a_second_commit_holds_its_base_and_its_own_files_alone(
    github: GitHub, repo: Repository, desk: GitHubRepository
) -> None:
    base = github.head("acme", "shop", "main")
    first = commit(github)
    commit(
        github, base=base, expected_head=first, files={"new/name.js": b"1\n"}, deleted=["README.md"], message="Again"
    )
    folder = desk.clone(BRANCH)
    assert git(folder, "ls-files").split() == ["new/name.js"]
    assert git(folder, "rev-parse", "HEAD^").strip() == first


def test_the_same_commit_twice_is_one_commit(github: GitHub, repo: Repository) -> None:
    first = commit(github)
    assert commit(github) == first == github.head("acme", "shop", BRANCH)
    second = commit(github, expected_head=first, message="Again")
    assert commit(github, expected_head=first, message="Again") == second == github.head("acme", "shop", BRANCH)
    assert github.message_of("acme", "shop", second).strip() == "Again"


def test_a_repeat_after_a_lost_answer_adopts_what_is_there(
    github: GitHub, repo: Repository, desk: GitHubRepository
) -> None:
    for method, path in (("POST", "*/git/trees"), ("POST", "*/git/commits"), ("POST", "*/git/refs")):
        desk.sim.fault(method=method, path=path, drop=True, when="after")
        with pytest.raises(OutcomeUnknown):
            commit(github)
    assert commit(github) == github.head("acme", "shop", BRANCH)


def test_a_branch_that_somebody_else_has_moved_is_left_alone(
    github: GitHub, repo: Repository, desk: GitHubRepository
) -> None:
    ours = commit(github)
    theirs = commit(desk.client(OTHER), expected_head=ours, message="A person's")
    with pytest.raises(Rejected, match="somebody else has changed it"):
        commit(github, expected_head=ours, message="Repair")
    with pytest.raises(Rejected, match="other work"):
        commit(github, message="From the start")
    assert github.head("acme", "shop", BRANCH) == theirs
    desk.raw("PATCH", "/repos/acme/shop/git/refs/heads/" + BRANCH, {"sha": repo_head(github), "force": True})
    with pytest.raises(
        Rejected, match="somebody else has changed it"
    ):  # back to where it began: ours would fast-forward
        commit(github, expected_head=ours, message="Repair")


def repo_head(github: GitHub) -> str:
    return github.head("acme", "shop", "main")


def test_an_empty_repository_begins_with_one_file(github: GitHub, desk: GitHubRepository) -> None:
    desk.raw("POST", "/orgs/acme/repos", {"name": "empty", "private": True})
    assert github.head("acme", "empty", "main") == ""
    assert github.entries("acme", "empty", "main") == []
    asked: dict[str, Any] = {
        "branch": "main",
        "path": "README.md",
        "content": b"# x\n",
        "message": "Begin",
        "author": AUTHOR,
    }
    first = github.first_commit("acme", "empty", **asked)
    assert github.first_commit("acme", "empty", **asked) == first == github.head("acme", "empty", "main")


def test_a_repository_is_read_file_by_file(github: GitHub, repo: Repository) -> None:
    sha = commit(github)
    entries = {entry.path: entry for entry in github.entries("acme", "shop", sha)}
    assert {path: entry.size for path, entry in entries.items()} == {path: len(data) for path, data in FILES.items()}
    assert entries["run.sh"].mode == EXECUTABLE
    assert {path: github.read_file("acme", "shop", path, BRANCH) for path in FILES} == FILES
    assert github.entries("acme", "shop", BRANCH) == list(entries.values())
    large = commit(github, branch="workwright/large", files={"large.txt": b"x" * 1_100_000})
    assert len(github.read_file("acme", "shop", "large.txt", large)) == 1_100_000
    with pytest.raises(Rejected, match="is not a file"):
        github.read_file("acme", "shop", "app", sha)
    with pytest.raises(Missing):
        github.read_file("acme", "shop", "nowhere", sha)


def test_what_is_missing_is_told_from_what_is_empty(github: GitHub, repo: Repository) -> None:
    assert github.head("acme", "shop", "nowhere") == ""
    with pytest.raises(Missing):
        github.head("acme", "no-such-repository", "main")
    with pytest.raises(Rejected):
        github.head("acme", "shop", "a/../b")


def test_a_pull_request_from_opening_to_merging(github: GitHub, repo: Repository) -> None:
    sha = commit(github)
    asked: dict[str, Any] = {"branch": BRANCH, "base": "main", "title": "Shop", "body": "Text"}
    opened = github.open_change("acme", "shop", **asked)
    assert (opened.head_sha, opened.state, opened.merged, opened.author) == (sha, "open", False, "ada")
    assert github.open_change("acme", "shop", **asked).number == opened.number
    found = github.find_change("acme", "shop", BRANCH)
    assert found is not None
    assert found.number == opened.number
    assert github.find_change("acme", "shop", "agent/other") is None
    assert github.change("acme", "shop", opened.number).mergeable == "yes"
    with pytest.raises(Rejected, match="409"):
        github.merge("acme", "shop", opened.number, sha="0" * 40)
    merged = github.merge("acme", "shop", opened.number, sha=sha)
    assert github.merge("acme", "shop", opened.number, sha=sha) == merged == github.head("acme", "shop", "main")
    assert github.change("acme", "shop", opened.number).merged


def test_a_check_beyond_the_first_page_counts(github: GitHub, repo: Repository, desk: GitHubRepository) -> None:
    sha = github.head("acme", "shop", "main")
    record = {"id": 1, "sha": sha, "state": "success", "description": "", "target_url": None, "creator": "bo"}
    stamps = {"created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"}
    kept = desk.sim.simulator.state["repos"]["acme/shop"]["statuses"]
    kept += [{**record, **stamps, "context": f"c-{number}"} for number in range(100)]
    assert github.checks("acme", "shop", sha).state == "success"
    kept.append({**record, **stamps, "context": "last", "state": "failure"})
    assert github.checks("acme", "shop", sha).state == "failure"


def test_a_branch_that_a_rule_protects_is_not_told_as_moved(
    github: GitHub, repo: Repository, desk: GitHubRepository
) -> None:
    first = commit(github)
    desk.sim.fault(method="PATCH", status=422, body={"message": "Repository rule violations found"})
    with pytest.raises(Rejected, match="rule violations"):
        commit(github, expected_head=first, files={"a.txt": b"b"})
    assert github.head("acme", "shop", BRANCH) == first


def test_undoing_a_pull_request_twice_is_fine(github: GitHub, repo: Repository) -> None:
    commit(github)
    opened = github.open_change("acme", "shop", branch=BRANCH, base="main", title="t", body="", draft=True)
    assert opened.draft
    for _ in range(2):
        assert github.close_change("acme", "shop", opened.number).state == "closed"
        github.delete_branch("acme", "shop", BRANCH)
    assert github.head("acme", "shop", BRANCH) == ""
    with pytest.raises(Rejected):
        github.delete_branch("acme", "shop", "main")


def test_limits_and_dead_tokens(github: GitHub, repo: Repository, desk: GitHubRepository) -> None:
    desk.sim.fault(status=403, headers={"retry-after": "60"})
    with pytest.raises(RateLimited) as caught:
        github.head("acme", "shop", "main")
    assert caught.value.retry_after == timedelta(seconds=60)
    with pytest.raises(Unauthorized):
        desk.client("wrong").repository("acme", "shop")
    desk.sim.fault(status=403, headers={"retry-after": "60"})
    with pytest.raises(RateLimited):  # where a refusal is an answer too
        github.update_change("acme", "shop", 1, labels=["big"])


def test_a_renamed_repository_is_told_as_one(github: GitHub, repo: Repository, desk: GitHubRepository) -> None:
    desk.sim.fault(status=301)
    with pytest.raises(Rejected, match=r"renamed or moved.*ship\.code\.repository"):
        github.ensure_repository("acme", "shop")
    assert len(desk.sim.simulator.state["repos"]) == 1
