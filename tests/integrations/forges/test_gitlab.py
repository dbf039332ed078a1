"""The GitLab client against the simulated GitLab, which keeps real git repositories; git itself is the judge."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared.core.errors import Missing, NotAllowed, OutcomeUnknown, RateLimited, Rejected, Unauthorized
from shared.http_client import HttpClient
from shared.integrations.forge import EXECUTABLE, SYMLINK
from shared.integrations.gitlab.client import GitLab
from shared.ports import Secret
from tests.support.desks.gitlab_project import AUTHOR, BRANCH, DATE, FILES, OTHER, WORD, GitLabProject


def test_a_project_is_made_once_and_only_where_we_belong(desk: GitLabProject) -> None:
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


def test_an_archived_project_is_read_and_takes_nothing_more_and_archiving_again_is_the_same(
    desk: GitLabProject,
) -> None:
    for _ in range(2):
        desk.gitlab.archive("acme", "shop")
    assert desk.gitlab.repository("acme", "shop").name == "shop"
    with pytest.raises(Rejected):
        desk.commit()
    assert desk.person("ada", "GET", "/projects/acme%2Fshop")["archived"] is True


def test_all_files_are_one_commit_that_git_itself_finds_right(desk: GitLabProject) -> None:
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


def test_the_same_commit_twice_is_one_commit_also_after_a_lost_answer(desk: GitLabProject) -> None:
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


def test_a_branch_with_other_work_is_left_alone(desk: GitLabProject) -> None:
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


def test_deleting_and_renaming(desk: GitLabProject) -> None:
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
def test_a_long_list_of_files_is_read_to_its_end(desk: GitLabProject) -> None:
    many = {f"d{n % 7}/f{n}.txt": b"%d" % n for n in range(130)}
    desk.commit(files=many)
    listed = desk.gitlab.entries("acme", "shop", BRANCH)
    assert {each.path for each in listed} == {*many, "README.md"}
    assert desk.gitlab.entries("acme", "shop", "no-such-branch") == []
    assert desk.gitlab.head("acme", "shop", "no-such-branch") == ""


def test_an_empty_project_gets_its_first_commit(desk: GitLabProject) -> None:
    desk.person("ada", "POST", "/projects", {"name": "bare", "path": "bare"})
    assert desk.gitlab.entries("ada", "bare", "main") == []
    sha = desk.gitlab.first_commit(
        "ada", "bare", branch="main", path="a.txt", content=b"a", message="First", author=AUTHOR
    )
    assert desk.gitlab.head("ada", "bare", "main") == sha


def test_limits_and_refusals_are_told_as_what_they_are(desk: GitLabProject) -> None:
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


def test_who_pushes_in_the_same_moment_is_found_out(desk: GitLabProject) -> None:
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


def test_a_second_commit_holds_its_base_and_its_own_files_alone(desk: GitLabProject) -> None:
    base = desk.gitlab.head("acme", "shop", "main")
    first = desk.commit(base=base, files={"README.md": b"ours\n", "a.txt": b"a", "b.txt": b"b"})
    again: dict[str, Any] = {"base": base, "expected_head": first, "files": {"b.txt": b"c"}, "message": "Again"}
    second = desk.commit(**again)
    assert desk.commit(**again) == second
    assert desk.git("diff", "--name-status", base, second).split() == ["A", "b.txt"]
    third = desk.commit(base=base, expected_head=second, files={"c.txt": b"c"}, deleted=["README.md"], message="Third")
    fourth = desk.commit(base=base, expected_head=third, files={"c.txt": b"d"}, message="Fourth")
    assert desk.git("diff", "--name-status", base, fourth).split() == ["A", "c.txt"]  # README.md is there again
