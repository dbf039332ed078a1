"""vercel.promote: make the verified preview the production site, check it there, and go back if it is not right."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from shared.core.errors import Rejected
from shared.core.site import check_site
from shared.integrations.vercel import Project, Vercel
from shared.steps._kind import Again, Done, Input, Repeat, StepContext, StepKind

_POLL = timedelta(milliseconds=500)


class Promote(Input):
    """Nothing to fill in: it promotes what was deployed and verified."""


def _run(wanted: Promote, ctx: StepContext) -> Done | Again:
    vercel = ctx.connect(Vercel)
    deployed = ctx.output_of("vercel.deploy")
    project, deployment = str(deployed["project"]), str(deployed["deployment"])
    before = ctx.effect(
        "production-before", lambda: {"deployment": vercel.project(project).production}, repeat=Repeat.SAME_END
    )
    ctx.effect(
        "promotion",
        lambda: _promoted(vercel, project, deployment),
        repeat=Repeat.LOOK,
        look=lambda: {"promoted": deployment} if _asked_for(vercel.project(project), deployment) else None,
    )
    if ctx.effect.intended("rollback"):  # an earlier attempt found it wrong, and ended before it could say so
        _roll_back(ctx, vercel, project, str(before.get("deployment") or ""))
        raise Rejected("site", "production lacked what was asked for; rolled back")
    now = vercel.project(project)
    last = now.last_alias_request
    if now.production != deployment or not now.domain:
        if last is not None and last.to_deployment == deployment and last.status in ("failed", "skipped"):
            raise Rejected("vercel", f"promoting {deployment} failed")
        return ctx.keep_waiting(_POLL, f"promotion of {deployment}")
    url = f"{ctx.settings['site_scheme']}://{now.domain}"
    report = check_site(ctx.get_text(str(ctx.output_of("code.generate")["checks"])), url, ctx.check_site)
    if report.missing:
        _roll_back(ctx, vercel, project, str(before.get("deployment") or ""))
        raise Rejected("site", f"production lacks {report.sample}; rolled back")
    output = {"url": url, "deployment": deployment, "previous": before.get("deployment"), "checked": report.total}
    return Done(output, facts={"site": url})


def _asked_for(project: Project, deployment: str) -> bool:
    last = project.last_alias_request
    return project.production == deployment or (last is not None and last.to_deployment == deployment)


def _promoted(vercel: Vercel, project: str, deployment: str) -> dict[str, Any]:
    vercel.promote(project, deployment)
    return {"promoted": deployment}


def _roll_back(ctx: StepContext, vercel: Vercel, project: str, previous: str) -> None:
    """Go back to what was in production before; a first deployment has nothing to go back to."""
    if previous:
        ctx.effect("rollback", lambda: _rolled_back(vercel, project, previous), repeat=Repeat.SAME_END)


def _rolled_back(vercel: Vercel, project: str, previous: str) -> dict[str, Any]:
    vercel.rollback(project, previous)
    return {"rolled_back_to": previous}


def _undo(wanted: Promote, ctx: StepContext) -> None:
    before = ctx.effect.known("production-before") or {}
    if ctx.effect.intended("promotion"):
        project = str(ctx.output_of("vercel.deploy")["project"])
        _roll_back(ctx, ctx.connect(Vercel), project, str(before.get("deployment") or ""))


VERCEL_PROMOTE = StepKind(
    "vercel.promote",
    "Make the verified preview the production site; roll back if it does not answer as it should.",
    Promote,
    _run,
    Repeat.LOOK,
    lane="deploy",
    undo=_undo,
    systems=("vercel",),
    needs=("code.generate", "vercel.deploy", "vercel.verify"),
)
