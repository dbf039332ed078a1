"""Kinds of steps that the version before had: no plan holds them any more, and what they have done can be taken back.

A run that was planned before the change goes on with another plan; only what it leaves behind when it is cancelled is
still known by the old names. To be deleted when no run from before 2026-12 can be open (its deadline is 14 days).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import ConfigDict

from shared.core.errors import Rejected
from shared.core.run.faults import Fault
from shared.integrations.vercel.client import Vercel
from shared.steps._forge import forge_of, place_of
from shared.steps._input import Input
from shared.steps._kind import Repeat, StepContext, StepKind

_MARK = "workwright"  # the key in a deployment's meta by which it was found again


class _Former(Input):
    """What a plan of then filled in, as far as it is needed."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    branch: str = ""


def _refuse_retired(wanted: Any, ctx: StepContext) -> Any:
    why = f"this version knows no step kind {ctx.step.spec.kind!r}: a new plan does without it"
    raise Rejected("workwright", why, fault=Fault.UNKNOWN_KIND)


def _close_pull_request(wanted: _Former, ctx: StepContext) -> None:
    """Close the request and delete the branch; the repository stays. Raises Rejected when it was merged."""
    if not ctx.effect.was_begun("commit"):
        return
    ctx.effect.was_begun("pull-request")
    made = ctx.effect.find_result("repository") or {}
    _, owner, name = place_of(ctx) if "owner" not in made else ("", str(made["owner"]), str(made["name"]))
    branch = f"{wanted.branch}-{ctx.home[-8:]}"
    forge = forge_of(ctx, owner, name, system="github")
    change = forge.find_change(owner, name, branch, state="all")
    if change is not None and change.merged:
        raise Rejected("github", f"{change.url} was merged by somebody; that stays")
    if change is not None and change.state == "open":
        ctx.do_idempotently("undo-pull-request", lambda: {"url": forge.close_change(owner, name, change.number).url})
    _take_back(ctx, "undo-branch", branch, lambda: forge.delete_branch(owner, name, branch))


def _delete_preview(wanted: _Former, ctx: StepContext) -> None:
    project = ctx.effect.find_result("project")
    if project is None or not ctx.effect.was_begun("deployment"):
        return
    vercel, known = ctx.connect(Vercel), ctx.effect.find_result("deployment")
    found = vercel.find_deployment(str(project["id"]), _MARK, f"{ctx.home}-{ctx.step.id}") if known is None else None
    preview = str(known["id"]) if known else found.id if found else ""
    if preview:
        _take_back(ctx, "undo-deployment", preview, lambda: vercel.delete(preview))


def _roll_back(wanted: _Former, ctx: StepContext) -> None:
    """Go back to what was in production before; a first deployment has nothing to go back to."""
    before = str((ctx.effect.find_result("production-before") or {}).get("deployment") or "")
    if before and ctx.effect.was_begun("promotion"):
        vercel, site = ctx.connect(Vercel), str(ctx.output_of("vercel.deploy")["project"])
        _take_back(ctx, "rollback", before, lambda: vercel.rollback(site, before))


def _take_back(ctx: StepContext, name: str, what: str, do: Callable[[], None]) -> None:
    def take_once() -> dict[str, str]:
        do()
        return {"of": what}

    ctx.do_idempotently(name, take_once)


def _kind(name: str, undo: Callable[[Any, StepContext], None] | None = None) -> StepKind:
    return StepKind(name, "A kind of the version before.", _Former, _refuse_retired, Repeat.SAME_END, undo=undo)


FORMER = {
    kind.name: kind
    for kind in (
        _kind("github.open_pull_request", _close_pull_request),
        _kind("vercel.deploy", _delete_preview),
        _kind("vercel.verify"),
        _kind("vercel.promote", _roll_back),
    )
}
