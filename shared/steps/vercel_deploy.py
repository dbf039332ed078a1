"""vercel.deploy: upload the tested site as a preview and wait until it answers."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from pydantic import Field

from shared.core.errors import Rejected
from shared.integrations.vercel import TERMINAL, Deployment, Project, Vercel
from shared.steps._kind import Again, Done, Input, Repeat, StepContext, StepKind

_FIRST_POLL = timedelta(milliseconds=400)
_POLL = timedelta(seconds=2)
MARK = "workwright"  # the key in a deployment's meta by which it is found again


class Deploy(Input):
    """What the plan fills in."""

    project: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,60}$")


def _run(wanted: Deploy, ctx: StepContext) -> Done | Again:
    vercel = ctx.connect(Vercel)
    project = _project(wanted, ctx)
    key = f"{ctx.run.id}-{ctx.step.id}"
    made = ctx.effect(
        "project",
        lambda: {"id": vercel.ensure_project(project).id},
        repeat=Repeat.SAME_END,  # an existing project of that name is returned
    )
    at = Project(str(made["id"]), project)
    started = ctx.effect(
        "deployment",
        lambda: {"id": vercel.deploy(at, _site(ctx), meta={MARK: key}, fresh=True).id},
        repeat=Repeat.LOOK,
        look=lambda: _found(vercel.find_deployment(at.id, MARK, key)),
    )
    deployment = vercel.deployment(str(started["id"]))
    if deployment.state in TERMINAL and deployment.state != "READY":
        raise Rejected("vercel", f"deployment {deployment.id} ended as {deployment.state}: {deployment.error}")
    if deployment.state != "READY":
        return ctx.keep_waiting(_FIRST_POLL if ctx.step.wake < 5 else _POLL, f"deployment {deployment.id}")
    url = f"{ctx.settings['site_scheme']}://{deployment.url}"
    return Done({"deployment": deployment.id, "url": url, "project": at.id}, facts={"preview": url})


def _project(wanted: Deploy, ctx: StepContext) -> str:
    """Return the project's name; the page's id keeps two tenants' or two pages' projects apart."""
    return f"{wanted.project}-{ctx.run.trigger.page.replace('-', '')[-6:]}"


def _site(ctx: StepContext) -> dict[str, bytes]:
    generated = ctx.output_of("code.generate")
    root = str(generated["site_root"])
    prefix = f"{root}/" if root else ""
    files: dict[str, str] = json.loads(ctx.get_text(str(generated["files"])))
    return {path[len(prefix) :]: text.encode() for path, text in files.items() if path.startswith(prefix)}


def _found(deployment: Deployment | None) -> dict[str, Any] | None:
    return {"id": deployment.id} if deployment else None


def _undo(wanted: Deploy, ctx: StepContext) -> None:
    """Delete the preview; the project stays."""
    vercel = ctx.connect(Vercel)
    known = ctx.effect.known("deployment")
    key = f"{ctx.run.id}-{ctx.step.id}"
    project = ctx.effect.known("project")
    found = known or (_found(vercel.find_deployment(str(project["id"]), MARK, key)) if project else None)
    if found:
        ctx.effect("undo-deployment", lambda: _deleted(vercel, str(found["id"])), repeat=Repeat.SAME_END)


def _deleted(vercel: Vercel, deployment: str) -> dict[str, Any]:
    vercel.delete(deployment)
    return {"deleted": deployment}


VERCEL_DEPLOY = StepKind(
    "vercel.deploy",
    "Deploy the tested site to Vercel as a preview.",
    Deploy,
    _run,
    Repeat.LOOK,
    lane="deploy",
    undo=_undo,
    systems=("vercel",),
    needs=("code.generate", "code.test"),
)
