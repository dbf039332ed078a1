"""The GitLab client against the simulated GitLab, which keeps real git repositories; git itself is the judge."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.core.errors import Missing, NotAllowed, OutcomeUnknown, RateLimited, Rejected, Unauthorized
from shared.http_client import HttpClient
from shared.integrations.forge import EXECUTABLE, SYMLINK, Author, Forge
from shared.integrations.gitlab.client import GitLab
from shared.local.simulators.gitlab.simulator import GitLabSimulator
from shared.ports import Secret
from tests.integrations.conftest import Served
from tests.support.descriptions.gitlab_description import of_exchange

AUTHOR = Author("Workwright", "agent@example.test")
DATE = datetime(2026, 11, 21, 10, 0, 0, tzinfo=UTC)
FILES = {"app/page.js": "let ż = 1\n".encode(), "logo.bin": b"\x00\xff\x01", "win.txt": b"one\r\ntwo\r\n"}
WORD, OTHER = "gl-word-" + "1", "gl-word-" + "2"
BRANCH = "workwright/shop-1"


@dataclass
class Desk:
    """A simulated GitLab, our client of it, and all that the client asked."""

    sim: Served
    gitlab: GitLab
    asked: list[dict[str, Any]] = field(default_factory=list)

    def client(self, token: str) -> GitLab:
        return GitLab(HttpClient("gitlab", self.sim.url, Secret(token), timeouts=(2, 10), trace=self.asked.append))

    def person(self, who: str, method: str, path: str, body: Any = None) -> Any:
        return self.sim.control("/_as_person", {"user": who, "method": method, "path": path, "body": body})

    def commit(self, **changes: Any) -> str:
        asked: dict[str, Any] = {
            "base": self.gitlab.head("acme", "shop", "main"), "branch": BRANCH, "expected_head": "", "files": FILES,
            "message": "Build the shop", "author": AUTHOR, "date": DATE,
        }  # fmt: skip
        return self.gitlab.commit("acme", "shop", **(asked | changes))

    def writes(self) -> list[str]:
        return [f"{e['method']} {e['path']}" for e in self.sim.journal() if e["method"] != "GET" and e["status"] < 300]

    def git(self, *arguments: str) -> str:
        found = self.sim.simulator.project_named("acme/shop")
        place = self.sim.simulator.bare(found).path
        done = subprocess.run(["git", f"--git-dir={place}", *arguments], capture_output=True, check=True)
        return done.stdout.decode("utf-8", "replace")


@pytest.fixture
def desk(served: Callable[[Any], Served], tmp_path: Path) -> Iterator[Desk]:
    sim = served(GitLabSimulator(tmp_path))
    sim.control("/_seed", [{"username": "ada", "token": WORD, "group": "acme"}, {"username": "bo", "token": OTHER}])
    made = Desk(sim, None)  # type: ignore[arg-type]
    made.gitlab = made.client(WORD)
    forge: Forge = made.gitlab
    forge.ensure_repository("acme", "shop")
    yield made
    assert [problem for exchange in made.asked for problem in of_exchange(exchange)] == []


def test_a_project_is_made_once_and_only_where_we_belong(desk: Desk) -> None:
    first = desk.gitlab.ensure_repository("acme", "shop")
    mine = desk.gitlab.ensure_repository("ada", "notes", private=False)
    assert (first.owner, first.name, first.private, first.default_branch) == ("acme", "shop", True, "main")
    assert (mine.owner, mine.private) == ("ada", False)
    assert desk.writes() == ["POST /api/v4/projects"] * 2
    with pytest.raises(Missing):
        desk.gitlab.repository("acme", "other")
    with pytest.raises(Missing):
        desk.client(OTHER).ensure_repository("acme", "shop")
    with pytest.raises(Rejected, match="path can contain only"):
        desk.gitlab.ensure_repository("acme", "-shop")


def test_an_archived_project_is_read_and_takes_nothing_more_and_archiving_again_is_the_same(desk: Desk) -> None:
    for _ in range(2):
        desk.gitlab.archive("acme", "shop")
    assert desk.gitlab.repository("acme", "shop").name == "shop"
    with pytest.raises(Rejected):
        desk.commit()
    assert desk.person("ada", "GET", "/projects/acme%2Fshop")["archived"] is True


def test_all_files_are_one_commit_that_git_itself_finds_right(desk: Desk) -> None:
    before = len(desk.writes())
    sha = desk.commit(modes={"app/run.sh": EXECUTABLE}, files={**FILES, "app/run.sh": b"#!/bin/sh\n"})
    opened = desk.gitlab.open_change("acme", "shop", branch=BRANCH, base="main", title="Shop", body="For you")
    assert len(desk.writes()) - before == 2  # a commit with its branch, and the merge request
    assert desk.git("rev-parse", BRANCH).strip() == sha == opened.head_sha
    assert desk.git("rev-list", "--count", f"main..{BRANCH}").strip() == "1"
    listed = desk.git("ls-tree", "-r", "--format=%(objectmode) %(path)", BRANCH).splitlines()
    assert listed == [
        "100644 README.md",
        "100644 app/page.js",
        "100755 app/run.sh",
        "100644 logo.bin",
        "100644 win.txt",
    ]
    assert desk.git("show", f"{BRANCH}:win.txt") == "one\r\ntwo\r\n"
    assert (
        desk.git("log", "-1", "--format=%an <%ae> %s", BRANCH).strip()
        == "Workwright <agent@example.test> Build the shop"
    )
    desk.git("fsck", "--strict")
    assert desk.gitlab.read_file("acme", "shop", "logo.bin", BRANCH) == FILES["logo.bin"]
    with pytest.raises(Missing):
        desk.gitlab.read_file("acme", "shop", "none", BRANCH)


def test_the_same_commit_twice_is_one_commit_also_after_a_lost_answer(desk: Desk) -> None:
    desk.sim.fault(method="POST", path="*/repository/commits", drop=True, when="after")
    with pytest.raises(OutcomeUnknown):
        desk.commit()
    first = desk.commit()
    assert desk.commit() == first
    assert desk.git("rev-list", "--count", f"main..{BRANCH}").strip() == "1"
    assert desk.gitlab.message_of("acme", "shop", first) == "Build the shop"
    second = desk.commit(expected_head=first, files={"a.txt": b"a"}, message="More")
    assert desk.commit(expected_head=first, files={"a.txt": b"a"}, message="More") == second
    assert desk.commit(expected_head=second, files={"a.txt": b"a"}, message="Same") == second  # nothing to commit
    assert desk.git("rev-list", "--count", f"main..{BRANCH}").strip() == "2"


def test_a_branch_with_other_work_is_left_alone(desk: Desk) -> None:
    ours = desk.commit()
    action = {"action": "create", "file_path": "theirs.txt", "content": "mine\n"}
    body = {"branch": BRANCH, "commit_message": "A fix of mine", "actions": [action]}
    theirs = desk.person("ada", "POST", "/projects/acme%2Fshop/repository/commits", body)["id"]
    for wrong in ({"expected_head": ours, "files": {"b.txt": b"b"}, "message": "Again"}, {"files": {"b.txt": b"b"}}):
        with pytest.raises(Rejected, match="has other work"):
            desk.commit(**wrong)
    assert desk.git("rev-parse", BRANCH).strip() == theirs
    on_top = {"base": theirs, "expected_head": theirs, "files": {"b.txt": b"b"}, "message": "On top"}
    assert desk.commit(**on_top) != theirs
    assert "theirs.txt" in desk.git("ls-tree", "--name-only", BRANCH)


def test_deleting_and_renaming(desk: Desk) -> None:
    first = desk.commit()
    page = FILES["app/page.js"]
    moved = {"files": {"app/start.js": page}, "deleted": ("app/page.js",), "message": "Rename"}
    desk.commit(base=first, expected_head=first, **moved)
    assert desk.git("diff", "--name-status", "-M", first, BRANCH).split() == ["R100", "app/page.js", "app/start.js"]
    head = desk.gitlab.head("acme", "shop", BRANCH)
    with pytest.raises(Missing, match="does not exist"):
        desk.commit(expected_head=head, files={}, deleted=("app/page.js",), message="Again")
    with pytest.raises(Rejected, match="only plain files"):
        desk.commit(expected_head=head, files={"link": b"to"}, modes={"link": SYMLINK}, message="A link")
    assert desk.gitlab.head("acme", "shop", BRANCH) == head


@pytest.mark.slow
def test_a_long_list_of_files_is_read_to_its_end(desk: Desk) -> None:
    many = {f"d{n % 7}/f{n}.txt": b"%d" % n for n in range(130)}
    desk.commit(files=many)
    listed = desk.gitlab.entries("acme", "shop", BRANCH)
    assert {each.path for each in listed} == {*many, "README.md"}
    assert desk.gitlab.entries("acme", "shop", "no-such-branch") == []
    assert desk.gitlab.head("acme", "shop", "no-such-branch") == ""


def test_an_empty_project_gets_its_first_commit(desk: Desk) -> None:
    desk.person("ada", "POST", "/projects", {"name": "bare", "path": "bare"})
    assert desk.gitlab.entries("ada", "bare", "main") == []
    sha = desk.gitlab.first_commit(
        "ada", "bare", branch="main", path="a.txt", content=b"a", message="First", author=AUTHOR
    )
    assert desk.gitlab.head("ada", "bare", "main") == sha


def test_a_merge_request_from_its_opening_to_its_end(desk: Desk) -> None:
    sha = desk.commit()
    asked: dict[str, Any] = {"branch": BRANCH, "base": "main", "title": "Shop", "body": "For you", "draft": True}
    opened = desk.gitlab.open_change("acme", "shop", **asked)
    assert desk.gitlab.open_change("acme", "shop", **asked) == opened
    assert (opened.number, opened.draft, opened.author, opened.branch) == (1, True, "ada", BRANCH)
    assert desk.gitlab.change("acme", "shop", 1).mergeable == "unknown"  # GitLab still looks
    assert desk.gitlab.change("acme", "shop", 1).blocked == "draft status"
    with pytest.raises(Rejected, match="draft"):
        desk.gitlab.merge("acme", "shop", 1, sha=sha)
    left = desk.gitlab.update_change(
        "acme", "shop", 1, draft=False, labels=("workwright", "a, b"), reviewers=("ada", "nobody", "bo")
    )
    assert left == [
        "GitLab has no user called nobody",
        "GitLab did not ask bo for a review",
        "GitLab did not accept the label 'a, b'",
    ]
    assert desk.gitlab.change("acme", "shop", 1).mergeable == "yes"  # a new title is no new commit
    with pytest.raises(Rejected, match="SHA does not match"):
        desk.gitlab.merge("acme", "shop", 1, sha="0" * 40)
    with pytest.raises(Missing):
        desk.client(OTHER).merge("acme", "shop", 1, sha=sha)
    desk.sim.fault(method="PUT", path="*/merge", drop=True, when="after")
    with pytest.raises(OutcomeUnknown):
        desk.gitlab.merge("acme", "shop", 1, sha=sha)
    landed = desk.gitlab.merge("acme", "shop", 1, sha=sha)
    assert landed == desk.git("rev-parse", "main").strip()
    assert set(FILES) <= set(desk.git("ls-tree", "-r", "--name-only", "main").splitlines())
    assert desk.gitlab.find_change("acme", "shop", BRANCH) is None
    gone = desk.gitlab.find_change("acme", "shop", BRANCH, state="closed")
    assert gone is not None
    assert (gone.merged, gone.merge_sha) == (True, landed)
    for _ in range(2):
        desk.gitlab.delete_branch("acme", "shop", BRANCH)


def test_a_request_from_a_fork_with_our_branchs_name_is_not_taken_for_ours(desk: Desk) -> None:
    desk.commit()
    ours = desk.gitlab.open_change("acme", "shop", branch=BRANCH, base="main", title="Shop", body="")
    requests = desk.sim.simulator.project_named("acme/shop")["requests"]
    requests.append({**requests[0], "iid": 2, "id": 999, "fork": 4711, "author": "bo"})
    for state in ("open", "all"):
        assert desk.gitlab.find_change("acme", "shop", BRANCH, state=state) == ours


def test_a_guest_may_not_merge_and_keeps_the_grant(desk: Desk) -> None:
    sha = desk.commit()
    desk.gitlab.open_change("acme", "shop", branch=BRANCH, base="main", title="Shop", body="")
    desk.sim.control("/_seed", {"project": "acme/shop", "member": "bo", "access": 20})
    with pytest.raises(Rejected, match="not merged"):  # 401 by GitLab, and nobody's token is dead by it
        desk.client(OTHER).merge("acme", "shop", 1, sha=sha)


def test_closing_twice_is_closing_once(desk: Desk) -> None:
    desk.commit()
    desk.gitlab.open_change("acme", "shop", branch=BRANCH, base="main", title="Shop", body="")
    assert [desk.gitlab.close_change("acme", "shop", 1).state for _ in range(2)] == ["closed", "closed"]


def test_conflicts_are_no_reason_to_merge(desk: Desk) -> None:
    start = desk.gitlab.head("acme", "shop", "main")
    sha = desk.commit(files={"README.md": b"ours\n"})
    desk.gitlab.open_change("acme", "shop", branch=BRANCH, base="main", title="Shop", body="")
    desk.commit(branch="main", expected_head=start, files={"README.md": b"theirs\n"}, message="Theirs")
    assert desk.gitlab.change("acme", "shop", 1).mergeable == "unknown"  # GitLab still looks
    assert desk.gitlab.change("acme", "shop", 1).blocked == "conflict"
    with pytest.raises(Rejected, match="conflict"):
        desk.gitlab.merge("acme", "shop", 1, sha=sha)


PIPELINES: list[tuple[str, list[tuple[str, str]], str]] = [
    ("success", [("test", "success")], "success"),
    ("manual", [("test", "success"), ("ship", "manual")], "action_required"),
    ("success", [("test", "success"), ("ship", "manual")], "success"),
    ("skipped", [("test", "skipped")], "none"),
    ("running", [("test", "failed")], "failure"),
    ("canceled", [("test", "canceled")], "cancelled"),
    ("success", [("may fail", "failed")], "success"),
    ("waiting_for_resource", [("test", "created")], "pending"),
]


def test_what_a_pipeline_comes_to(desk: Desk) -> None:
    sha = desk.commit()
    assert desk.gitlab.checks("acme", "shop", sha).state == "none"  # nobody looked: never green
    for status, jobs, state in PIPELINES:  # each a new one: only the newest counts
        made = [{"name": name, "status": each, "allow_failure": name == "may fail"} for name, each in jobs]
        order = {"project": "acme/shop", "sha": sha, "status": status, "jobs": made, "new": True}
        desk.sim.control("/_pipeline", order)
        assert desk.gitlab.checks("acme", "shop", sha).state == state, (status, jobs)


def test_the_log_of_a_job_without_what_only_a_terminal_reads(desk: Desk) -> None:
    sha = desk.commit()
    trace = "section_start:1:step\r\x1b[0Krunning\n\x1b[31mFAILED test_page\x1b[0m\n"
    job = {"name": "test", "status": "failed", "trace": trace}
    desk.sim.control("/_pipeline", {"project": "acme/shop", "sha": sha, "status": "failed", "jobs": [job]})
    pipeline, test = desk.gitlab.checks("acme", "shop", sha).runs
    assert (pipeline.state, test.name, test.detail) == ("failure", "test", "failed: script_failure")
    assert desk.gitlab.check_log("acme", "shop", test) == "running\nFAILED test_page\n"
    assert desk.gitlab.check_log("acme", "shop", pipeline) == ""


def test_what_people_say_about_a_change(desk: Desk) -> None:
    sha = desk.commit()
    desk.gitlab.open_change("acme", "shop", branch=BRANCH, base="main", title="Shop", body="")
    desk.sim.control("/_seed", {"project": "acme/shop", "member": "bo"})
    at = "/projects/acme%2Fshop/merge_requests/1"
    place = {"new_path": "app/page.js", "new_line": 1, "head_sha": sha}
    desk.person("bo", "POST", f"{at}/discussions", {"body": "Why ż?", "position": place})
    desk.person("bo", "POST", f"{at}/_request_changes")
    desk.person("bo", "POST", f"{at}/approve")
    said = desk.gitlab.comment("acme", "shop", 1, "Changed.")
    found = desk.gitlab.reviews("acme", "shop", 1)
    assert [(each.author, each.state, each.body) for each in found] == [
        ("bo", "commented", "Why ż?"), ("bo", "changes_requested", ""), ("ada", "commented", "Changed."),
        ("bo", "approved", ""),
    ]  # fmt: skip
    assert (found[0].path, found[0].line, found[0].sha) == ("app/page.js", 1, sha)
    assert found[2].id == said
    assert found[3].sha == sha
    desk.commit(expected_head=sha, files={"more.txt": b"m"}, message="More")
    assert desk.gitlab.reviews("acme", "shop", 1)[3].sha == sha  # an approval is of what was there when it was given
    desk.person("bo", "POST", f"{at}/unapprove")
    assert "approved" not in {each.state for each in desk.gitlab.reviews("acme", "shop", 1)}


def test_limits_and_refusals_are_told_as_what_they_are(desk: Desk) -> None:
    desk.sim.fault(status=429, headers={"Retry-After": "30"})
    with pytest.raises(RateLimited) as limited:
        desk.gitlab.repository("acme", "shop")
    assert limited.value.retry_after == timedelta(seconds=30)
    with pytest.raises(Unauthorized):
        desk.client("nobody").repository("acme", "shop")
    desk.sim.fault(status=301)
    with pytest.raises(Rejected, match=r"renamed or moved.*ship\.code\.repository"):
        desk.gitlab.repository("acme", "shop")
    desk.sim.control("/_seed", {"username": "ada", "token": "reads", "scope": "read_api"})
    with pytest.raises(NotAllowed, match=r"higher privileges.*make another with “api”.*workwright account gitlab"):
        desk.client("reads").commit(
            "acme", "shop", base=desk.gitlab.head("acme", "shop", "main"), branch=BRANCH, expected_head="",
            files=FILES, message="Build", author=AUTHOR, date=DATE,
        )  # fmt: skip
    with pytest.raises(Rejected, match="cannot be part of a path"):
        desk.gitlab.repository("acme", "../shop")


def test_who_pushes_in_the_same_moment_is_found_out(desk: Desk) -> None:
    """GitLab cannot be told to commit only where the branch still stands; nothing of theirs is lost by it."""
    first = desk.commit()

    class Between(HttpClient):
        def call(self, method: str, path: str, **options: Any) -> Any:
            if method == "POST":
                action = {"action": "create", "file_path": "theirs.txt", "content": "mine\n"}
                body = {"branch": BRANCH, "commit_message": "In between", "actions": [action]}
                desk.person("ada", "POST", "/projects/acme%2Fshop/repository/commits", body)
            return super().call(method, path, **options)

    hasty = GitLab(Between("gitlab", desk.sim.url, Secret(WORD), timeouts=(2, 10)))
    with pytest.raises(Rejected, match="somebody pushed"):
        hasty.commit(
            "acme", "shop", base="main", branch=BRANCH, expected_head=first, files={"b.txt": b"b"}, message="Ours",
            author=AUTHOR, date=DATE,
        )  # fmt: skip
    assert {"theirs.txt", "b.txt"} <= set(desk.git("ls-tree", "--name-only", BRANCH).splitlines())


def test_a_second_commit_holds_its_base_and_its_own_files_alone(desk: Desk) -> None:
    base = desk.gitlab.head("acme", "shop", "main")
    first = desk.commit(base=base, files={"README.md": b"ours\n", "a.txt": b"a", "b.txt": b"b"})
    again: dict[str, Any] = {"base": base, "expected_head": first, "files": {"b.txt": b"c"}, "message": "Again"}
    second = desk.commit(**again)
    assert desk.commit(**again) == second
    assert desk.git("diff", "--name-status", base, second).split() == ["A", "b.txt"]
    third = desk.commit(base=base, expected_head=second, files={"c.txt": b"c"}, deleted=["README.md"], message="Third")
    fourth = desk.commit(base=base, expected_head=third, files={"c.txt": b"d"}, message="Fourth")
    assert desk.git("diff", "--name-status", base, fourth).split() == ["A", "c.txt"]  # README.md is there again
