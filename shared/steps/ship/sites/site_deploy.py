"""site.deploy: upload the tested site as a preview and wait until it answers."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pydantic import Field

from shared.core.errors import Rejected
from shared.core.ship.shipping import GIT
from shared.integrations.hosting import RUNNING, Commit, Deployed, Hosting, Site
from shared.integrations.ship_settings import ship_of
from shared.integrations.systems import UNNAMED_HOST
from shared.mind.safety.redaction import Redactor
from shared.steps._forge import forge_of
from shared.steps._input import Input
from shared.steps._kind import Again, Done, Repeat, StepContext, StepFailure, StepKind
from shared.steps._work import Work, load_tested_work
from shared.steps.ship._release import name_site, require_shipping
from shared.steps.ship._target_limits import SITE, require_only_one
from shared.steps.ship.sites._hosting import (
    MARK,
    RUN_MARK,
    SYSTEMS,
    address,
    earlier,
    host_named,
    hosting_of,
    name_effect,
    rhythm,
)

if TYPE_CHECKING:
    from shared.ports import Secret

_TAIL = 6000  # letters of a build's log that its repair is told
_MAX = 20  # deployments of one run that a cancellation takes away
_FOR_COMMIT = timedelta(seconds=5)
PROPOSES = "repository.propose_change"
_NEXT = re.compile(rb'"next"\s*:')


class Deploy(Input):
    """What the plan fills in."""

    project: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,60}$")


def _run(wanted: Deploy, ctx: StepContext) -> Done | Again:
    work = load_tested_work(ctx)
    of = _identify_work(ctx, work.tree_id)
    begun = ctx.effect.find_result(name_effect(ctx, "deployment", of))
    if begun is None:
        require_shipping(ctx, work.tree_id)
    hosting = _host(ctx, begun or {})
    from_git = begun is None and ship_of(ctx.settings).site.source == GIT
    commit = _commit(ctx, work) if from_git else None
    if isinstance(commit, Again):
        return commit
    site = _site(wanted, ctx, hosting, work)
    started = begun or _start(ctx, hosting, site, work, of, commit)
    deployment = hosting.deployment(str(started["id"]))
    if deployment.state in RUNNING or (deployment.state == "ready" and not deployment.live and not deployment.error):
        since = datetime.fromisoformat(str(started["at"]))
        return ctx.keep_waiting(rhythm((ctx.now() - since).total_seconds()), f"deployment {deployment.id}", since)
    if ctx.step.home and datetime.fromisoformat(str(started["at"])) < ctx.run.opened_at and not deployment.live:
        _take_away(ctx, hosting, deployment.id)  # it came to nothing in the run before: this one makes its own
        return Again(timedelta(0))
    if deployment.state == "failed":
        raise _make_build_failure(ctx, hosting, deployment)
    if not deployment.live:
        raise Rejected(hosting.system, _explain_failure(deployment))
    _clear(ctx, hosting, site, of)
    url = address(hosting, deployment.url)
    output = {"deployment": deployment.id, "url": url, "project": site.id, "system": hosting.system}
    return Done(output | {"name": site.name, "tree": work.tree_id}, facts={"preview": url})


def _host(ctx: StepContext, made: Mapping[str, Any]) -> Hosting:
    """Return the host where it was made, whatever the settings say since; of nothing yet, the one they say now."""
    return host_named(ctx, str(made["system"])) if made.get("system") else hosting_of(ctx)


def _identify_work(ctx: StepContext, tree: str) -> str:
    """Return what the deployment of this work is known by: once it was cleared away the same work is another one."""
    of, number = tree, 1
    while (known := ctx.effect.find_result(name_effect(ctx, "deployment", of))) is not None:
        if ctx.effect.find_result(name_effect(ctx, "undo-deployment", str(known["id"]))) is None:
            break
        number += 1
        of = f"{tree}-{number}"
    return of


def _site(wanted: Deploy, ctx: StepContext, hosting: Hosting, work: Work) -> Site:
    """Return the site, made or linked, with its variables set."""
    name = name_site(wanted.project, ctx.run)
    if ctx.effect.find_result(name_effect(ctx, "project", hosting.system)) is None:
        require_only_one(ctx, SITE, hosting.system, name)
    made = ctx.effect(
        name_effect(ctx, "project", hosting.system),
        lambda: {"id": hosting.ensure_site(name, _framework(work)).id, "of": hosting.system},
        repeat=Repeat.SAME_END,  # an existing project of that name is returned
    )
    site = Site(str(made["id"]), name)
    values = ctx.site_environment()
    if values:
        of = _digest(values)
        ctx.do_idempotently(name_effect(ctx, "environment", of), lambda: _environment(hosting, site, values, of))
    return site


def _digest(values: Mapping[str, Secret]) -> str:
    """Return what these values are known by, without telling anything of them to whoever reads the journal."""
    text = "\x1f".join(f"{name}\x1f{value.reveal()}" for name, value in sorted(values.items()))
    return hashlib.scrypt(text.encode(), salt=b"site.environment", n=2**12, r=8, p=1, dklen=8).hex()


def _environment(hosting: Hosting, site: Site, values: Mapping[str, Secret], of: str) -> dict[str, Any]:
    hosting.set_environment(site, values)
    return {"of": of, "names": sorted(values)}


def _commit(ctx: StepContext, work: Work) -> Commit | Again:
    """Return the commit that holds exactly this work, as soon as it was proposed; raises Rejected where none will."""
    made = ctx.output_of(PROPOSES)
    if made.get("tree") != work.tree_id:
        if not any(step.spec.kind == PROPOSES for step in ctx.run.steps):
            raise Rejected("site", f"ship.site.source is git, but the plan has no {PROPOSES}: set it to files")
        return ctx.keep_waiting(_FOR_COMMIT, "the commit to deploy")
    owner, _, name = str(made["repository"]).rpartition("/")
    forge = forge_of(ctx, owner, name, system=str(made["system"]))
    number = forge.repository(owner, name).id
    return Commit(forge.system, number, str(made["branch"]), str(made["commit"]), work.site_root)


def _start(
    ctx: StepContext, hosting: Hosting, site: Site, work: Work, of: str, commit: Commit | None
) -> Mapping[str, Any]:
    key = f"{ctx.home}-{ctx.step.id}-{of[:12]}{of.removeprefix(work.tree_id)}"
    meta = {MARK: key, RUN_MARK: ctx.home}

    def result(id: str) -> dict[str, Any]:
        return {"id": id, "of": of, "system": hosting.system, "at": ctx.now().isoformat()}

    def start() -> dict[str, Any]:
        if commit is not None:
            return result(hosting.deploy_commit(site, commit, meta, framework=_framework(work)).id)
        return result(hosting.deploy(site, work.site, meta, framework=_framework(work), fresh=True).id)

    def look() -> dict[str, Any] | None:
        found = hosting.find_deployment(site.id, MARK, key)
        return result(found.id) if found else None

    return ctx.effect(name_effect(ctx, "deployment", of), start, repeat=Repeat.LOOK, look=look)


def _framework(work: Work) -> str | None:
    """Return what the host has to build, None where the files are the site already."""
    package = work.site.get("package.json", b"")
    return "nextjs" if work.kind != "static_site" and _NEXT.search(package) else None


def _explain_failure(deployment: Deployed) -> str:
    """Say why a deployment will not answer, and what a person can do."""
    subject = f"deployment {deployment.id}"
    if deployment.state == "blocked":
        return f"{subject} was blocked there: {deployment.error or 'no reason is told'}. Look at the account's messages"
    if deployment.state == "cancelled":
        return f"{subject} was cancelled there by somebody else. Try again if that was not intended"
    return f"{subject} is built, and its address was not assigned: {deployment.error}. Look at the project's domains"


def _make_build_failure(ctx: StepContext, hosting: Hosting, deployment: Deployed) -> StepFailure:
    """Return the failure that goes back to whoever wrote the code, with the end of the build's log."""
    known = [value.reveal() for value in ctx.site_environment().values()]
    log = Redactor(known).hide(hosting.build_log(deployment.id))[-_TAIL:]
    lines = "\n".join(re.sub(r"[0-9a-f]{6,}|\d+", "#", line) for line in log.splitlines()[-20:])
    refusal = Redactor(known).hide(f"The host could not build it: {deployment.error}")
    return StepFailure(
        f"{refusal}\nThe end of the build's log:\n{log}" if log else refusal,
        signature=hashlib.sha256(f"build {lines}".encode()).hexdigest()[:16],
    )


def _clear(ctx: StepContext, hosting: Hosting, site: Site, of: str) -> None:
    """Delete the previews that this run made of earlier work, but for one that went live meanwhile."""
    olds = earlier(ctx, "deployment", of)
    gone = {each["of"] for each in earlier(ctx, "undo-deployment", "")}
    left = [str(old["id"]) for old in olds if old["id"] not in gone and _read_system(old) == hosting.system]
    if not left:
        return
    live = hosting.site(site.id).production
    for deployment in left:
        if deployment != live:
            _take_away(ctx, hosting, deployment)


def _read_system(made: Mapping[str, Any]) -> str:
    return str(made.get("system") or UNNAMED_HOST)


def _undo(wanted: Deploy, ctx: StepContext) -> None:
    """Stop what is being built and delete every deployment of this run; the projects stay."""
    projects = earlier(ctx, "project", "")
    if not projects:
        return
    ctx.effect.was_begun(name_effect(ctx, "deployment", ""))  # not while the request for another may still arrive
    for known in earlier(ctx, "deployment", ""):
        _take_away(ctx, host_named(ctx, _read_system(known)), str(known["id"]))
    for made in projects:
        _take_lost(ctx, host_named(ctx, str(made.get("of") or UNNAMED_HOST)), str(made["id"]))


def _take_lost(ctx: StepContext, hosting: Hosting, project: str) -> None:
    """Delete what was made of this run and never heard of."""
    for _ in range(_MAX):
        lost = hosting.find_deployment(project, RUN_MARK, ctx.home)
        if lost is None:
            return
        _delete_deployment(hosting, lost.id)


def _take_away(ctx: StepContext, hosting: Hosting, deployment: str) -> None:
    ctx.do_idempotently(
        name_effect(ctx, "undo-deployment", deployment), lambda: _delete_deployment(hosting, deployment)
    )


def _delete_deployment(hosting: Hosting, deployment: str) -> dict[str, Any]:
    hosting.cancel(deployment)
    hosting.delete(deployment)
    return {"deleted": deployment, "of": deployment}


SITE_DEPLOY = StepKind(
    "site.deploy",
    "Deploy the tested site to the tenant's host as a preview.",
    Deploy,
    _run,
    Repeat.LOOK,
    lane="deploy",
    ships="release",
    undo=_undo,
    systems=(SYSTEMS,),
    needs=("code.generate", "code.test"),
    repairs="code.test",
    core=True,
)
