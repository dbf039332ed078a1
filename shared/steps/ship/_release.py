"""Whether a step may send work away, or make it live: by what people approved, and by what is about to happen now.

The reducer lets no step begin before its approval. This is the second lock, at the door itself: what was approved is
computed anew from the work in hand, and where it differs people are asked again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from shared.core.approval.four_eyes import find_bar
from shared.core.approval.release import binding, refusal
from shared.core.errors import NotApproved, Rejected
from shared.core.run.acts import BY_POLICY
from shared.core.run.run import Run, StepSpec
from shared.core.ship.shipping import FILES, WITH_RELEASE
from shared.integrations.ship_settings import ship_of
from shared.steps._forge import place_of
from shared.steps._kind import StepContext

RELEASE, PRODUCTION = "release", "production"  # the gates


def target_of(ctx: StepContext) -> dict[str, Any]:
    """Return where the work would go, and what would be done with it there, by the tenant's settings as they are."""
    ship = ship_of(ctx.settings)
    site: dict[str, Any] = {
        "system": ship.site.system,
        "environment": [dict(variable) for variable in ship.site.environment],
    }
    if ship.site.source != FILES:
        site["source"] = ship.site.source
    return {"code": asdict(ship.code), "site": site, "production": ship.production}


def read_destination(ctx: StepContext) -> Mapping[str, Any]:
    """Return what the review found where a new project goes: `at` (place and commit), `url`, `branch`; {} if none."""
    review = ctx.step_named("review")
    found: Mapping[str, Any] = (review.output.get("there") if review is not None else None) or {}
    return found


def name_places(ctx: StepContext, specs: Iterable[StepSpec]) -> dict[str, str]:
    """Return where the work would go, by the kind of step that sends it; "" where that cannot be said yet.

    By these names it is remembered to which places something was released before.
    """
    found = {}
    for spec in specs:
        if spec.kind == "repository.propose_change":
            found[spec.kind] = _name_repository(ctx)
        elif spec.kind == "site.deploy":
            system, name = ship_of(ctx.settings).site.system, name_site(str(spec.input.get("project", "")), ctx.run)
            found[spec.kind] = f"{system}:{name}" if system else ""
    return found


def _name_repository(ctx: StepContext) -> str:
    try:
        system, owner, name = place_of(ctx)
    except Rejected:  # nobody has said where code goes
        return ""
    return f"{system}:{owner}/{name}".casefold() if system else ""


def name_site(project: str, run: Run) -> str:
    """Return the name of a site; the page's id keeps two pages' sites apart."""
    return f"{project}-{run.trigger.page.replace('-', '')[-6:]}"


def hash_release(ctx: StepContext, tree: str, at: str = "") -> str:
    """Return what the approval of a release is bound to: this plan, this work, these targets, this ceiling.

    Of a new project also what it is laid `at`, where something is there already.
    """
    target = {**target_of(ctx), **({"at": at} if at else {})}
    return binding(plan=ctx.run.plan_hash, tree=tree, target=target, ceiling=ctx.run.limits.micros)


def hash_go_live(ctx: StepContext, tree: str, deployment: Mapping[str, Any]) -> str:
    """Return what the approval of production is bound to: the same, and exactly this deployment of it."""
    target = {**target_of(ctx), "deployment": dict(deployment)}
    return binding(plan=ctx.run.plan_hash, tree=tree, target=target, ceiling=ctx.run.limits.micros)


def require_shipping(ctx: StepContext, tree: str) -> Mapping[str, Any]:
    """Return who approved that this work leaves; raises NotApproved where nobody has, or not this."""
    return _require_approval(ctx, RELEASE, hash_release(ctx, tree, str(read_destination(ctx).get("at", ""))))


def require_go_live(ctx: StepContext, tree: str, deployment: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return who approved that this deployment goes live; raises NotApproved where nobody has, or not this one.

    Where the tenant has both approved at once, the approval of the release is the one that counts.
    """
    if ship_of(ctx.settings).production == WITH_RELEASE:
        granted = require_shipping(ctx, tree)
    else:
        granted = _require_approval(ctx, PRODUCTION, hash_go_live(ctx, tree, deployment))
    if granted.get("via") == BY_POLICY:  # whatever has let it through: nobody takes back what everybody has seen
        raise NotApproved("approval", "what goes live needs a person's approval")
    return granted


def _require_approval(ctx: StepContext, gate: str, wanted: str) -> Mapping[str, Any]:
    granted = ctx.find_approval(gate)
    if why := refusal(granted, wanted, ctx.now()):
        raise NotApproved("approval", why)
    prefix = ctx.step.id.rpartition(".")[0]
    name, people = f"{prefix}.{gate}" if prefix else gate, ctx.settings.get("people", ())
    by, via, actor = (str(granted.get(each, "")) for each in ("by", "via", "actor"))
    if bar := find_bar(ctx.run, name, by, via, ship_of(ctx.settings), people, actor):
        raise NotApproved("approval", f"{bar.why}. {bar.way_out}")
    return granted
