"""github.open_pull_request: put the tested files on a branch and open a pull request."""

from __future__ import annotations

import json
import re
from typing import Any

from pydantic import field_validator

from shared.core.errors import Rejected
from shared.integrations.github import Author, GitHub, PullRequest, Repository
from shared.steps._kind import Done, Input, Repeat, StepContext, StepKind

AUTHOR = Author("Workwright", "agent@workwright.invalid")
_BRANCH = re.compile(r"workwright/[a-z0-9][a-z0-9-]{0,60}")


class OpenPullRequest(Input):
    """What the plan fills in. The repository comes from the tenant's settings, never from a page."""

    title: str
    branch: str

    @field_validator("branch")
    @classmethod
    def _own_branches_only(cls, value: str) -> str:
        if not _BRANCH.fullmatch(value):
            raise ValueError("branch must be 'workwright/' and a slug; the agent writes to no other branch")
        return value


def _names(wanted: OpenPullRequest, ctx: StepContext) -> tuple[str, str, str]:
    """Return owner, repository and branch: those it was begun with, whatever became of the settings since.

    The run's id in the branch keeps two runs of one page apart.
    """
    branch = f"{wanted.branch}-{ctx.run.id[-8:]}"
    made = ctx.effect.known("repository") or {}
    if "owner" in made:
        return str(made["owner"]), str(made["name"]), branch
    owner = str(ctx.settings["github_owner"])
    repository = str(ctx.settings.get("github_repository") or "") or _slug(ctx.run.trigger.title, ctx.run.trigger.page)
    return owner, repository, branch


def _slug(title: str, page: str) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:40].strip("-") or "page"
    return f"{words}-{page.replace('-', '')[-6:]}"


def _run(wanted: OpenPullRequest, ctx: StepContext) -> Done:
    github = ctx.connect(GitHub)
    owner, repository, branch = _names(wanted, ctx)
    files: dict[str, Any] = json.loads(ctx.get_text(str(ctx.output_of("code.generate")["files"])))
    made = ctx.effect(
        "repository",
        lambda: _repository(github.ensure_repository(owner, repository)),
        repeat=Repeat.SAME_END,  # an existing repository of that name is returned
    )
    base = str(made["default_branch"])
    commit = ctx.effect(
        "commit",
        lambda: {
            "sha": github.commit_files(
                owner,
                repository,
                base=base,
                branch=branch,
                files=files,
                message=wanted.title,
                author=AUTHOR,
                date=ctx.run.opened_at,
            )
        },
        repeat=Repeat.SAME_END,  # content-addressed: the same files, parent and date are the same commit
    )
    pull = ctx.effect(
        "pull-request",
        lambda: _opened(
            github.open_pull_request(owner, repository, head=branch, base=base, title=wanted.title, body=_body(ctx))
        ),
        repeat=Repeat.LOOK,
        look=lambda: _pull(github.find_pull_request(owner, repository, branch)),
    )
    output = {"url": pull["url"], "number": pull["number"], "repository": f"{owner}/{repository}", "branch": branch}
    facts = {"pull_request": pull["url"], "repository": made["url"], "branch": branch}
    return Done({**output, "commit": commit["sha"]}, facts=facts)


def _repository(made: Repository) -> dict[str, Any]:
    return {"url": made.url, "default_branch": made.default_branch, "owner": made.owner, "name": made.name}


def _opened(pull: PullRequest) -> dict[str, Any]:
    return {"url": pull.url, "number": pull.number}


def _pull(found: PullRequest | None) -> dict[str, Any] | None:
    return _opened(found) if found else None


def _body(ctx: StepContext) -> str:
    planned = ctx.output_of("plan.propose")
    tested = ctx.output_of("code.test")
    return (
        f"{planned.get('summary', '')}\n\n"
        f"- Page: {planned.get('page_url', '')}\n"
        f"- Requirements: {planned.get('requirements', 0)}\n"
        f"- Tests: {tested.get('tests', 0)} passed in the {tested.get('driver', '')} sandbox\n"
        f"- Written by: {planned.get('model', '')} model\n"
        f"- Run: {ctx.run_url}\n"
    )


def _undo(wanted: OpenPullRequest, ctx: StepContext) -> None:
    """Close the pull request and delete the branch; the repository stays. Raises Rejected when it was merged."""
    github = ctx.connect(GitHub)
    owner, repository, branch = _names(wanted, ctx)
    pull = github.find_pull_request(owner, repository, branch)
    if pull is not None:
        ctx.effect(
            "undo-pull-request",
            lambda: _opened(github.close_pull_request(owner, repository, pull.number)),
            repeat=Repeat.SAME_END,
        )
    if ctx.effect.intended("commit"):
        ctx.effect("undo-branch", lambda: _deleted(github, owner, repository, branch), repeat=Repeat.SAME_END)
    opened = ctx.effect.known("pull-request")
    if pull is None and opened and github.pull_request(owner, repository, int(opened["number"])).merged:
        raise Rejected("github", f"pull request {opened['number']} was merged by somebody; that stays")


def _deleted(github: GitHub, owner: str, repository: str, branch: str) -> dict[str, Any]:
    github.delete_branch(owner, repository, branch)
    return {"deleted": branch}


GITHUB_OPEN_PULL_REQUEST = StepKind(
    "github.open_pull_request",
    "Put the tested files on a branch of the tenant's repository and open a pull request.",
    OpenPullRequest,
    _run,
    Repeat.LOOK,
    lane="deploy",
    undo=_undo,
    systems=("github",),
    needs=("code.generate", "code.test"),
)
