"""Merge requests of the GitLab client: opened, approved, merged or closed, with their pipelines and what people say."""

from __future__ import annotations

from typing import Any

import pytest

from shared.core.errors import Missing, OutcomeUnknown, Rejected
from tests.support.desks.gitlab_project import BRANCH, FILES, OTHER, GitLabProject


def test_a_merge_request_from_its_opening_to_its_end(desk: GitLabProject) -> None:
    sha = desk.commit()
    asked: dict[str, Any] = {"branch": BRANCH, "base": "main", "title": "Shop", "body": "For you", "draft": True}
    opened = desk.gitlab.open_change("acme", "shop", **asked)
    assert desk.gitlab.open_change("acme", "shop", **asked) == opened
    assert (opened.number, opened.draft, opened.author, opened.branch) == (1, True, "ada", BRANCH)
    assert desk.gitlab.change("acme", "shop", 1).mergeable == "unknown"  # GitLab still looks
    assert desk.gitlab.change("acme", "shop", 1).blocked == "draft status"
    with pytest.raises(Rejected, match="draft"):
        desk.gitlab.merge("acme", "shop", 1, sha=sha)
    desk.gitlab.update_change("acme", "shop", 1, title="The shop")  # which leaves it a draft
    assert desk.gitlab.change("acme", "shop", 1).draft
    desk.sim.simulator.project_named("acme/shop")["requests"][0]["title"] = "The shop"  # as a person does on its page
    left = desk.gitlab.update_change(
        "acme", "shop", 1, labels=("workwright", "a, b"), reviewers=("ada", "nobody", "bo")
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


def test_a_request_from_a_fork_with_our_branchs_name_is_not_taken_for_ours(desk: GitLabProject) -> None:
    desk.commit()
    ours = desk.gitlab.open_change("acme", "shop", branch=BRANCH, base="main", title="Shop", body="")
    requests = desk.sim.simulator.project_named("acme/shop")["requests"]
    requests.append({**requests[0], "iid": 2, "id": 999, "fork": 4711, "author": "bo"})
    for state in ("open", "all"):
        assert desk.gitlab.find_change("acme", "shop", BRANCH, state=state) == ours


def test_a_guest_may_not_merge_and_keeps_the_grant(desk: GitLabProject) -> None:
    sha = desk.commit()
    desk.gitlab.open_change("acme", "shop", branch=BRANCH, base="main", title="Shop", body="")
    desk.sim.control("/_seed", {"project": "acme/shop", "member": "bo", "access": 20})
    with pytest.raises(Rejected, match="not merged"):  # 401 by GitLab, and nobody's token is dead by it
        desk.client(OTHER).merge("acme", "shop", 1, sha=sha)


def test_closing_twice_is_closing_once(desk: GitLabProject) -> None:
    desk.commit()
    desk.gitlab.open_change("acme", "shop", branch=BRANCH, base="main", title="Shop", body="")
    assert [desk.gitlab.close_change("acme", "shop", 1).state for _ in range(2)] == ["closed", "closed"]


def test_conflicts_are_no_reason_to_merge(desk: GitLabProject) -> None:
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


def test_what_a_pipeline_comes_to(desk: GitLabProject) -> None:
    sha = desk.commit()
    assert desk.gitlab.checks("acme", "shop", sha).state == "none"  # nobody looked: never green
    for status, jobs, state in PIPELINES:  # each a new one: only the newest counts
        made = [{"name": name, "status": each, "allow_failure": name == "may fail"} for name, each in jobs]
        order = {"project": "acme/shop", "sha": sha, "status": status, "jobs": made, "new": True}
        desk.sim.control("/_pipeline", order)
        assert desk.gitlab.checks("acme", "shop", sha).state == state, (status, jobs)


def test_the_log_of_a_job_without_what_only_a_terminal_reads(desk: GitLabProject) -> None:
    sha = desk.commit()
    trace = "section_start:1:step\r\x1b[0Krunning\n\x1b[31mFAILED test_page\x1b[0m\n"
    job = {"name": "test", "status": "failed", "trace": trace}
    desk.sim.control("/_pipeline", {"project": "acme/shop", "sha": sha, "status": "failed", "jobs": [job]})
    pipeline, test = desk.gitlab.checks("acme", "shop", sha).runs
    assert (pipeline.state, test.name, test.detail) == ("failure", "test", "failed: script_failure")
    assert desk.gitlab.check_log("acme", "shop", test) == "running\nFAILED test_page\n"
    assert desk.gitlab.check_log("acme", "shop", pipeline) == ""


def test_what_people_say_about_a_change(desk: GitLabProject) -> None:
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
