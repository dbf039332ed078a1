"""repository.propose_change: put the tested files on a branch of their own and open a pull or merge request.

What is proposed is exactly the approved work: the commit holds the files of its base with the work laid over. Done
again after a rework, or by another plan of the run, it is another commit on the same branch, and the request's text is
written anew. A branch that
somebody else has moved is left alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.core.errors import Rejected
from shared.core.run.commands import GIT
from shared.core.run.run import StepStatus
from shared.integrations.forge import EXECUTABLE, FILE, Change
from shared.integrations.ship_settings import ship_of
from shared.steps._forge import SYSTEMS, claim_of, take_turn
from shared.steps._kind import Done, Repeat, StepContext, StepKind
from shared.steps._work import Work, load_tested_work
from shared.steps.ship._change_text import change_text, changes_title, refuse_secrets
from shared.steps.ship._destination import find_conflicts
from shared.steps.ship._proposal_target import AUTHOR, Place, Propose
from shared.steps.ship._release import require_shipping


def _run(wanted: Propose, ctx: StepContext) -> Done:
    work = load_tested_work(ctx)
    require_shipping(ctx, work.tree_id)
    title, body = changes_title(wanted.title), change_text(ctx, work)
    message = refuse_secrets(f"{title}\n\n{_trailer(ctx, work.tree_id)}\n")
    place = Place(wanted, ctx)
    place.settle(ctx, work)
    committed = _commit(ctx, place, work, message)
    change, left = _write_request(ctx, place, work, title, body)
    url, number = str(change["url"]), int(change["number"])
    output = {
        "url": url,
        "number": number,
        "system": place.forge.system,
        "repository": f"{place.owner}/{place.name}",
        "branch": place.branch,
        "commit": committed["sha"],
        "at": committed["at"],
        "tree": work.tree_id,
    }
    facts = {"pull_request": url, "repository": place.made["url"], "branch": place.branch}
    if unheard := ctx.listen(place.forge.system, f"{place.owner}/{place.name}"):
        facts["webhook"] = f"none, so changes are looked for from time to time: {unheard}"
    return Done(output, facts=facts | ({"not_taken": "; ".join(left)} if left else {}))


def _trailer(ctx: StepContext, tree: str) -> str:
    return f"{_build_run_line(ctx)}Workwright-Work: {tree}"


def _build_run_line(ctx: StepContext) -> str:
    return f"Workwright-Run: {ctx.home}\n"


def _commit(ctx: StepContext, place: Place, work: Work, message: str) -> Mapping[str, Any]:
    name, before = take_turn(ctx, "commit", work.tree_id)
    last = str(before["sha"]) if before else str(_load_earlier_proposal(ctx, place).get("commit", ""))
    unclear = ctx.effect.is_intended(name) and ctx.effect.find_result(name) is None

    def do() -> dict[str, Any]:
        at = ctx.now()
        expected = _find_expected_head(ctx, place, work, last) if unclear else last
        sha = expected.removeprefix(_DONE)
        if not expected.startswith(_DONE):
            sha = place.forge.commit(
                place.owner,
                place.name,
                base=str(place.made["base"]),
                branch=place.branch,
                expected_head=expected,
                files=work.tree.files,
                deleted=sorted(work.tree.deleted),
                modes=_modes(place, work),
                message=message,
                author=AUTHOR,
                date=ctx.run.opened_at,
            )
        return {"sha": sha, "of": work.tree_id, "at": at.isoformat()}

    return ctx.effect(name, do, repeat=Repeat.SAME_END)  # the branch moves from the expected commit, or not at all


def _load_earlier_proposal(ctx: StepContext, place: Place) -> Mapping[str, Any]:
    """Return what an earlier plan of this run has proposed on the same branch; {} where none has."""
    where = (f"{place.owner}/{place.name}", place.branch)
    done = [s for s in ctx.run.steps if s.spec.kind == ctx.step.spec.kind and s.status == StepStatus.SUCCEEDED]
    others = [s.output for s in done if s.id != ctx.step.id]
    return next((out for out in reversed(others) if (out.get("repository"), out.get("branch")) == where), {})


_DONE = "="


def _find_expected_head(ctx: StepContext, place: Place, work: Work, last: str) -> str:
    """Return what the branch is expected to point to, after a commit whose answer was lost.

    `=` before it: that commit is there, whatever it was made of then. One of this run that holds other work was made
    before the rework, and what comes now goes on top of it.
    """
    head = place.forge.head(place.owner, place.name, place.branch)
    if head in ("", last):
        return last
    message = place.forge.message_of(place.owner, place.name, head)
    if _trailer(ctx, work.tree_id) in message:
        return _DONE + head
    return head if _build_run_line(ctx) in message else last  # a stranger's: the forge refuses `last`


def _modes(place: Place, work: Work) -> dict[str, str]:
    """Return the modes of the files: as they are in the repository, and a new script can be executed."""
    modes_there: dict[str, str] = {}
    if work.tree.base:
        base = str(place.made["base"])
        entries = place.forge.entries(place.owner, place.name, base)
        if hidden := next(find_conflicts(entries, work), None):
            raise Rejected(place.forge.system, str(hidden))
        modes_there = {entry.path: entry.mode for entry in entries}
    new = {path: EXECUTABLE if data.startswith(b"#!") else FILE for path, data in work.tree.files.items()}
    modes = {path: modes_there.get(path, mode) for path, mode in new.items()}
    return {path: mode for path, mode in modes.items() if mode != FILE}


def _write_request(
    ctx: StepContext, place: Place, work: Work, title: str, body: str
) -> tuple[Mapping[str, Any], list[str]]:
    """Return the request, opened or with its text written anew, and what the forge did not take of the rest."""
    code = ship_of(ctx.settings).code
    forge, owner, name, branch = place.forge, place.owner, place.name, place.branch
    base, former = str(place.made["default_branch"]), _load_earlier_proposal(ctx, place)

    def open_it() -> dict[str, Any]:
        if former:
            return {"url": former["url"], "number": former["number"], "of": former["tree"]}
        change = forge.open_change(owner, name, branch=branch, base=base, title=title, body=body, draft=code.draft)
        return _describe_opened(change, work.tree_id)

    opened = ctx.effect(
        "pull-request",
        open_it,
        repeat=Repeat.LOOK,
        look=lambda: None if former else _describe_found(forge.find_change(owner, name, branch), work.tree_id),
    )
    number = int(opened["number"])
    if not former:  # which has claimed it for this run
        ctx.claim_made(claim_of(forge.system, owner, name, number))
    name_of_text, before = take_turn(ctx, "rewritten", work.tree_id)
    if ctx.effect.find_result(name_of_text) is None and (before or opened)["of"] != work.tree_id:
        _require_open(forge.change(owner, name, number))
        ctx.do_idempotently(name_of_text, lambda: _rewritten(place, number, title, body, work.tree_id))
    if not code.labels and not code.reviewers:
        return opened, []
    labelled = ctx.do_idempotently("labels", lambda: {"left": _set_labels(place, number, code.labels, code.reviewers)})
    return opened, [str(each) for each in labelled["left"]]


def _describe_opened(change: Change, tree: str) -> dict[str, Any]:
    return {"url": change.url, "number": change.number, "of": tree}


def _describe_found(found: Change | None, tree: str) -> dict[str, Any] | None:
    return _describe_opened(found, tree) if found else None


def _set_labels(place: Place, number: int, labels: tuple[str, ...], reviewers: tuple[str, ...]) -> list[str]:
    return place.forge.update_change(place.owner, place.name, number, labels=labels, reviewers=reviewers)


def _rewritten(place: Place, number: int, title: str, body: str, tree: str) -> dict[str, Any]:
    place.forge.update_change(place.owner, place.name, number, title=title, body=body)
    return {"of": tree}


def _require_open(change: Change) -> None:
    if change.merged:
        raise Rejected("repository", f"{change.url} was merged by somebody; what was made since is not in it")
    if change.state != "open":
        raise Rejected("repository", f"{change.url} was closed by somebody; it is not opened again")


def _undo(wanted: Propose, ctx: StepContext) -> None:
    """Close the request and delete the branch; the repository stays.

    Raises Rejected when it was merged, and when the branch holds what somebody else has pushed: that is theirs.
    """
    if not ctx.effect.was_begun("commit"):
        return
    for each in (take_turn(ctx, "commit", "")[0], "pull-request"):
        ctx.effect.was_begun(each)  # what may still arrive is waited for: it would be left behind
    place = Place(wanted, ctx)
    opened = ctx.effect.find_result("pull-request")
    if opened is None:
        opened = _describe_found(place.forge.find_change(place.owner, place.name, place.branch), "")
    if opened is not None:
        number = int(opened["number"])
        now = place.forge.change(place.owner, place.name, number)
        if now.merged:
            raise Rejected("repository", f"{now.url} was merged by somebody; that stays")
        if now.state == "open":
            ctx.do_idempotently("undo-pull-request", lambda: _describe_opened(_close_change(place, number), ""))
    if ctx.effect.find_result("undo-branch") is None and not _is_branch_ours(ctx, place):
        raise Rejected("repository", f"branch {place.branch!r} stays: somebody has pushed to it")
    ctx.do_idempotently("undo-branch", lambda: _delete_branch(place))


def _is_branch_ours(ctx: StepContext, place: Place) -> bool:
    """Say whether the branch is gone, or ends with a commit of this run."""
    head = place.forge.head(place.owner, place.name, place.branch)
    return not head or _build_run_line(ctx) in place.forge.message_of(place.owner, place.name, head)


def _close_change(place: Place, number: int) -> Change:
    return place.forge.close_change(place.owner, place.name, number)


def _delete_branch(place: Place) -> dict[str, Any]:
    place.forge.delete_branch(place.owner, place.name, place.branch)
    return {"deleted": place.branch}


REPOSITORY_PROPOSE_CHANGE = StepKind(
    "repository.propose_change",
    "Put the tested files on a branch of the tenant's repository and open a pull request.",
    Propose,
    _run,
    Repeat.LOOK,
    lane="deploy",
    line=GIT,
    ships="release",
    undo=_undo,
    systems=(SYSTEMS,),
    needs=("code.generate", "code.test"),
    core=True,
)
