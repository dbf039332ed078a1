"""The GitHub client against the simulated GitHub, which keeps real git repositories."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.core.errors import Missing, OutcomeUnknown, RateLimited, Rejected, Unauthorized
from shared.integrations.github import Author, GitHub
from shared.sim.github.simulator import GitHubSimulator
from tests.integrations.conftest import Served

AUTHOR = Author("Workwright", "agent@example.test")
DATE = datetime(2026, 11, 21, 10, 0, 0, tzinfo=UTC)
FILES: dict[str, str | bytes | None] = {
    "README.md": "# Hi\n",
    "app/page.js": "let ż = 1\n",
    "logo.bin": b"\x00\xff\x01",
}
WORD = "gh-word-" + "1"


@pytest.fixture
def sim(served: Callable[[Any], Served], tmp_path: Path) -> Served:
    started = served(GitHubSimulator(tmp_path))
    started.control("/_seed", {"login": "ada", "token": WORD, "org": "acme"})
    return started


@pytest.fixture
def github(sim: Served) -> GitHub:
    return GitHub(sim.http("github", WORD))


@pytest.fixture
def repo(github: GitHub) -> tuple[str, str]:
    made = github.ensure_repository("acme", "shop")
    return made.owner, made.name


def commit(github: GitHub, repo: tuple[str, str], **changes: Any) -> str:
    asked: dict[str, Any] = {
        "base": "main", "branch": "agent/task-1", "files": FILES, "message": "Build the shop", "author": AUTHOR,
        "date": DATE,
    }  # fmt: skip
    return github.commit_files(*repo, **(asked | changes))


def test_a_repository_is_made_once(github: GitHub, sim: Served) -> None:
    first = github.ensure_repository("acme", "shop")
    second = github.ensure_repository("acme", "shop")
    mine = github.ensure_repository("ada", "notes", private=False)
    assert first == second
    assert (first.private, first.default_branch, mine.private) == (True, "main", False)
    assert [entry["path"] for entry in sim.journal() if entry["status"] == 201] == ["/orgs/acme/repos", "/user/repos"]
    with pytest.raises(Missing):
        github.repository("acme", "other")


def test_the_same_commit_twice_is_one_commit(github: GitHub, repo: tuple[str, str], sim: Served) -> None:
    first = commit(github, repo)
    assert commit(github, repo) == first
    assert github.head(*repo, "agent/task-1") == first
    raw = github._call("GET", f"/repos/acme/shop/git/commits/{first}").json
    assert (raw["message"], raw["author"]["date"], len(raw["parents"])) == ("Build the shop", "2026-11-21T10:00:00Z", 1)
    tree = github._call("GET", f"/repos/acme/shop/git/trees/{first}", params={"recursive": "1"}).json["tree"]
    assert {each["path"] for each in tree if each["type"] == "blob"} == set(FILES)


def test_a_repeat_finds_the_commit_although_the_base_has_moved(github: GitHub, repo: tuple[str, str]) -> None:
    first = commit(github, repo)
    commit(github, repo, branch="main", files={"other.txt": "x"}, message="Meanwhile")
    assert commit(github, repo) == first


def test_a_repeat_after_a_lost_answer_adopts_what_is_there(github: GitHub, repo: tuple[str, str], sim: Served) -> None:
    for method, path in (("POST", "*/git/trees"), ("POST", "*/git/commits"), ("POST", "*/git/refs")):
        sim.fault(method=method, path=path, drop=True, when="after")
        with pytest.raises(OutcomeUnknown):
            commit(github, repo)
    assert commit(github, repo) == github.head(*repo, "agent/task-1")


def test_somebody_elses_branch_is_left_alone(github: GitHub, repo: tuple[str, str]) -> None:
    theirs = commit(github, repo, message="Not yours", files={"a": "b"})
    with pytest.raises(Rejected, match="other work"):
        commit(github, repo)
    with pytest.raises(Rejected, match="other work"):
        commit(github, repo, message="Not yours", date=DATE + timedelta(seconds=1))
    assert github.head(*repo, "agent/task-1") == theirs


def test_a_branch_can_be_continued_and_the_same_again_adds_nothing(github: GitHub, repo: tuple[str, str]) -> None:
    first = commit(github, repo)
    more: dict[str, Any] = {"base": "agent/task-1", "files": {"logo.bin": None, "fix.js": "ok\n"}, "message": "Repair"}
    second = commit(github, repo, **more | {"date": DATE + timedelta(minutes=5)})
    assert second != first
    again = commit(github, repo, **more | {"files": {"fix.js": "ok\n"}})
    assert again == second == github.head(*repo, "agent/task-1")


def test_an_empty_repository_gets_its_first_commit(github: GitHub, sim: Served) -> None:
    github._call("POST", "/orgs/acme/repos", json={"name": "empty", "private": True})
    sha = commit(github, ("acme", "empty"))
    assert github.head("acme", "empty", "agent/task-1") == sha
    assert github.head("acme", "empty", "main") != sha
    assert commit(github, ("acme", "empty")) == sha


def test_a_missing_base_is_missing(github: GitHub, repo: tuple[str, str]) -> None:
    with pytest.raises(Missing):
        commit(github, repo, base="nowhere")
    with pytest.raises(Missing):
        github.head("acme", "no-such-repository", "main")
    with pytest.raises(Rejected):
        github.head("acme", "shop", "a/../b")


def test_a_pull_request_from_opening_to_merging(github: GitHub, repo: tuple[str, str], sim: Served) -> None:
    sha = commit(github, repo)
    asked: dict[str, Any] = {"head": "agent/task-1", "base": "main", "title": "Shop", "body": "Text"}
    opened = github.open_pull_request(*repo, **asked)
    assert (opened.head_sha, opened.state, opened.merged) == (sha, "open", False)
    assert github.open_pull_request(*repo, **asked).number == opened.number
    found = github.find_pull_request(*repo, "agent/task-1")
    assert found is not None
    assert found.number == opened.number
    assert github.find_pull_request(*repo, "agent/other") is None
    with pytest.raises(Rejected):
        github.merge(*repo, opened.number, sha="0" * 40)
    merged = github.merge(*repo, opened.number, sha=sha)
    assert github.merge(*repo, opened.number, sha=sha) == merged == github.head(*repo, "main")
    assert github.pull_request(*repo, opened.number).merged


def test_undoing_a_pull_request_twice_is_fine(github: GitHub, repo: tuple[str, str]) -> None:
    commit(github, repo)
    opened = github.open_pull_request(*repo, head="agent/task-1", base="main", title="t", body="", draft=True)
    for _ in range(2):
        assert github.close_pull_request(*repo, opened.number).state == "closed"
        github.delete_branch(*repo, "agent/task-1")
    with pytest.raises(Missing):
        github.head(*repo, "agent/task-1")
    with pytest.raises(Rejected):
        github.delete_branch(*repo, "main")


def test_no_checks_is_not_green(github: GitHub, repo: tuple[str, str], sim: Served) -> None:
    sha = commit(github, repo)
    assert github.combined_status(*repo, sha) == "none"
    assert github.check_runs(*repo, sha) == []
    sim.control(
        "/_check", {"repo": "acme/shop", "head_sha": sha, "name": "ci", "status": "completed", "conclusion": "failure"}
    )
    (run,) = github.check_runs(*repo, sha)
    assert (run.name, run.status, run.conclusion) == ("ci", "completed", "failure")


def test_limits_and_dead_tokens(github: GitHub, repo: tuple[str, str], sim: Served) -> None:
    sim.fault(status=403, headers={"retry-after": "60"})
    with pytest.raises(RateLimited) as caught:
        github.head(*repo, "main")
    assert caught.value.retry_after == timedelta(seconds=60)
    with pytest.raises(Unauthorized):
        GitHub(sim.http("github", "wrong")).repository("acme", "shop")
