"""repository.merge_change: merge the proposed change when the tenant's rule says so, and exactly the approved commit.

The rule is `ship.code.merge`: never, after_review (somebody else than us, who may write there, approves the commit as
it is), or when_green. What people can settle (a missing review, a conflict, no checks) is told, and the change stays
open for them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from shared.core.errors import Rejected
from shared.core.run.commands import GIT
from shared.core.ship.shipping import AFTER_REVIEW, NEVER
from shared.integrations.forge import Change, Forge, Review
from shared.integrations.ship_settings import ship_of
from shared.steps._forge import SYSTEMS, forge_of, select_writers
from shared.steps._input import Input
from shared.steps._kind import Again, Done, Repeat, Result, StepContext, StepFailure, StepKind
from shared.steps._work import load_tested_work
from shared.steps.ship._release import require_shipping

_SOONEST, _LATEST = timedelta(seconds=30), timedelta(hours=1)
_FOR_REVIEW = timedelta(days=7)
_TO_COMPUTE = timedelta(seconds=5)
_FOR_NEWS = timedelta(minutes=1)  # for a webhook to send the work back first, or it would be sent back twice


class Merge(Input):
    """Nothing to fill in."""


def _run(wanted: Merge, ctx: StepContext) -> Done | Again:
    proposed = ctx.output_of("repository.propose_change")
    if not proposed:
        raise Rejected("repository", "no change to merge: repository.propose_change must come first")
    owner, _, name = str(proposed["repository"]).rpartition("/")
    forge = forge_of(ctx, owner, name, system=str(proposed["system"]))
    if (known := ctx.effect.find_result("merge")) is not None:
        return _finish_merged(ctx, forge, proposed, known)
    rule = ship_of(ctx.settings).code.merge
    if rule == NEVER:
        return _finish_unmerged(proposed, "merging is left to people")
    sha = str(proposed["commit"])
    change = forge.change(owner, name, int(proposed["number"]))
    if settled := _settle_already(change, sha, proposed):
        return settled
    waiting = _await_approval(ctx, forge, proposed, change, owner, name) if rule == AFTER_REVIEW else None
    if waiting is not None:
        return waiting
    return _merge(ctx, forge, change, proposed, owner, name, rule)


def _settle_already(change: Change, sha: str, proposed: Result) -> Done | None:
    """Return what is left to do when people have been faster; raises Rejected when somebody has pushed."""
    if change.merged:
        return Done({"merged": True, "sha": change.merge_sha, "by": "somebody else"}, facts={"merged": change.url})
    if change.state != "open":
        return _finish_unmerged(proposed, "somebody has closed it")
    if change.head_sha != sha:
        words = f"{change.url} stands at {change.head_sha[:10]}, but {sha[:10]} was approved: somebody has pushed to it"
        raise Rejected("repository", f"{words}; it is not merged")
    return _finish_unmerged(proposed, "it is a draft; mark it as ready and merge it") if change.draft else None


def _await_approval(
    ctx: StepContext, forge: Forge, proposed: Result, change: Change, owner: str, name: str
) -> Done | Again | None:
    """Return None when somebody has approved this commit; raises StepFailure when somebody wants it otherwise."""
    reviews = forge.reviews(owner, name, change.number)
    verdicts = _latest(reviews, change)
    verdicts = {each.author: each for each in select_writers(forge, owner, name, list(verdicts.values()))}
    refused = [review for review in verdicts.values() if review.state == "changes_requested"]
    wished = [review for review in refused if review.sha in ("", change.head_sha)]
    if wished:
        seen = str(ctx.keep_before(f"wished-{wished[-1].id}", lambda: ctx.now().isoformat()))
        if ctx.now() - datetime.fromisoformat(seen) < _FOR_NEWS:
            return Again(_FOR_NEWS, facts={"merge": "a reviewer asks for changes"})
        raise _describe_wishes(reviews, refused)
    approved = any(each.state == "approved" and each.sha == change.head_sha for each in verdicts.values())
    if approved and not refused:
        return None
    waited = ctx.now() - datetime.fromisoformat(str(proposed["at"]))
    if waited > _FOR_REVIEW:
        return _finish_unmerged(proposed, f"nobody has approved it in {_FOR_REVIEW.days} days")
    return Again(min(max(waited / 4, _SOONEST), _LATEST), facts={"merge": "waits for a review"})


def _latest(reviews: Sequence[Review], change: Change) -> Mapping[str, Review]:
    """Return the last verdict of everybody but us; a mere comment takes none back."""
    return {each.author: each for each in reviews if each.state != "commented" and each.author != change.author}


def _describe_wishes(reviews: Sequence[Review], refused: Sequence[Review]) -> StepFailure:
    authors = {each.author for each in refused}
    remarks = [each for each in reviews if each.author in authors and each.body.strip()]
    lines = [f"{each.path}:{each.line}: {each.body}" if each.path else each.body for each in remarks]
    text = "A reviewer asks for changes.\n" + "\n".join(lines)[:4000]
    return StepFailure(text, signature=hashlib.sha256(text.encode()).hexdigest()[:16])


def _merge(
    ctx: StepContext, forge: Forge, change: Change, proposed: Result, owner: str, name: str, rule: str
) -> Done | Again:
    state = forge.checks(owner, name, change.head_sha).state
    if state != "success" and not (rule == AFTER_REVIEW and state == "none"):
        return _finish_unmerged(proposed, f"its checks are not green ({state})")
    if change.mergeable == "unknown" and ctx.step.wake < 10:
        return Again(_TO_COMPUTE, facts={"merge": "the forge computes whether it can be merged"})
    if change.mergeable == "no":
        return _finish_unmerged(proposed, change.blocked or "the forge does not merge it")
    require_shipping(ctx, load_tested_work(ctx).tree_id)
    done = ctx.do_idempotently("merge", lambda: _do(forge, change, owner, name))
    return _finish_merged(ctx, forge, proposed, done)


def _do(forge: Forge, change: Change, owner: str, name: str) -> dict[str, Any]:
    return {"sha": forge.merge(owner, name, change.number, sha=change.head_sha), "url": change.url}


def _tidy(forge: Forge, owner: str, name: str, branch: str) -> dict[str, Any]:
    forge.delete_branch(owner, name, branch)
    return {"deleted": branch}


def _finish_merged(ctx: StepContext, forge: Forge, proposed: Result, done: Result) -> Done:
    owner, _, name = str(proposed["repository"]).rpartition("/")
    ctx.do_idempotently("branch", lambda: _tidy(forge, owner, name, str(proposed["branch"])))
    return Done({"merged": True, "sha": done["sha"], "by": "us"}, facts={"merged": done["url"]})


def _finish_unmerged(proposed: Result, why: str) -> Done:
    return Done({"merged": False, "why": why}, facts={"merge": f"not merged: {why} ({proposed['url']})"})


REPOSITORY_MERGE_CHANGE = StepKind(
    "repository.merge_change",
    "Merge the proposed change, when the tenant's rule for merging allows it.",
    Merge,
    _run,
    Repeat.SAME_END,
    lane="deploy",
    line=GIT,
    ships="release",
    systems=(SYSTEMS,),
    repairs="code.test",
    needs=("repository.propose_change",),
    useful=lambda settings: ship_of(settings).code.merge != NEVER,
    core=True,
)
