"""site.promote: make the verified preview the production site, check it there, and go back if it is not right."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from shared.core.errors import Rejected, Unavailable
from shared.integrations.hosting import Hosting, Site
from shared.steps._input import Input
from shared.steps._kind import Again, Done, Repeat, StepContext, StepKind
from shared.steps._work import load_tested_work
from shared.steps.ship._release import require_go_live
from shared.steps.ship.sites._hosting import SYSTEMS, address, earlier, host_named, name_effect, rhythm
from shared.steps.ship.sites._live_checks import (
    Going,
    doubt_once,
    end_with_alarm,
    find_fault,
    is_taken_back,
    take_back,
)

BEFORE = "production-before"  # the effects that keep what was in production


class Promote(Input):
    """Nothing to fill in."""


def _run(wanted: Promote, ctx: StepContext) -> Done | Again:
    end_with_alarm(ctx)
    deployed = ctx.output_of("site.deploy")
    hosting, site, deployment = _host(ctx), str(deployed["project"]), str(deployed["deployment"])
    if is_taken_back(ctx):
        return take_back(ctx, Going(hosting, site, deployment, _load_former_deployment(ctx)), "")
    if ctx.effect.find_result(name_effect(ctx, "promotion", deployment)) is None:
        require_go_live(ctx, load_tested_work(ctx).tree_id, Going(hosting, site, deployment, "").bound)
        _keep_before(ctx, hosting, site, deployment)
    going = Going(hosting, site, deployment, _load_former_deployment(ctx))
    asked = ctx.effect(
        name_effect(ctx, "promotion", deployment),
        lambda: _promote(ctx, going),
        repeat=Repeat.LOOK,
        look=lambda: _result(ctx, going) if _is_asked_for(hosting.site(site), deployment) else None,
    )
    now = hosting.site(site)
    if now.production != deployment or not now.domain:
        last = now.last_switch
        if last is not None and last.to == deployment and last.state == "failed":
            raise Rejected(hosting.system, f"promoting {deployment} failed")
        since = datetime.fromisoformat(str(asked["at"]))
        return ctx.keep_waiting(rhythm((ctx.now() - since).total_seconds()), f"promotion of {deployment}", since)
    wrong = find_fault(ctx, going, now)
    if wrong:
        return doubt_once(ctx, wrong) or take_back(ctx, going, wrong)
    url = address(hosting, now.domain)
    output = {"url": url, "deployment": deployment, "project": site, "system": hosting.system}
    return Done(output | {"previous": going.previous}, facts={"site": url})


def _host(ctx: StepContext) -> Any:
    return host_named(ctx, str(ctx.output_of("site.deploy")["system"]))


def _keep_before(ctx: StepContext, hosting: Hosting, site: str, deployment: str) -> None:
    """Keep what is in production just before the switch: another run may have gone live since the last attempt."""
    shown = hosting.site(site).production
    if shown != deployment:  # else an attempt that died has switched already, or a person has
        of = f"{deployment} {shown}"
        kept = {"deployment": shown, "of": of, "for": deployment, "system": hosting.system, "site": site}
        ctx.do_idempotently(name_effect(ctx, BEFORE, of), lambda: kept)


def _load_former_deployment(ctx: StepContext) -> str:
    kept = earlier(ctx, BEFORE, "")
    return str(kept[-1]["deployment"]) if kept else ""


def _is_asked_for(site: Site, deployment: str) -> bool:
    last = site.last_switch
    return site.production == deployment or (last is not None and last.to == deployment)


def _promote(ctx: StepContext, going: Going) -> dict[str, Any]:
    going.hosting.promote(going.site, going.deployment)
    return _result(ctx, going)


def _result(ctx: StepContext, going: Going) -> dict[str, Any]:
    return {"of": going.deployment, "at": ctx.now().isoformat()}


def _undo(wanted: Promote, ctx: StepContext) -> None:
    """Let production show what it showed before this run. A first version goes with its preview.

    What somebody else has put live since stays there.
    """
    kept = earlier(ctx, BEFORE, "")
    if not kept or not ctx.effect.is_intended("promotion"):
        return
    first, ours = kept[0], {str(each["for"]) for each in kept}
    hosting, site, previous = host_named(ctx, str(first["system"])), str(first["site"]), str(first["deployment"])
    now = hosting.site(site)
    if _busy(now):
        raise Unavailable(hosting.system, "a promotion is still in progress", retry_after=rhythm(1.0))
    if not previous or now.production not in ours:
        return
    ctx.do_idempotently("rollback", lambda: _back(hosting, site, previous))
    now = hosting.site(site)
    if now.production in ours or _busy(now):
        raise Unavailable(hosting.system, f"the rollback to {previous} is not done yet", retry_after=rhythm(1.0))


def _busy(site: Site) -> bool:
    return site.last_switch is not None and site.last_switch.state == "pending"


def _back(hosting: Any, site: str, previous: str) -> dict[str, Any]:
    hosting.rollback(site, previous, "the run was cancelled")
    return {"rolled_back_to": previous}


SITE_PROMOTE = StepKind(
    "site.promote",
    "Make the verified preview the production site; roll back if it does not answer as it should.",
    Promote,
    _run,
    Repeat.LOOK,
    lane="deploy",
    ships="production",
    undo=_undo,
    systems=(SYSTEMS,),
    needs=("code.generate", "code.test", "site.deploy", "site.verify"),
    core=True,
)
