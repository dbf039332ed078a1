"""site.rollback: take a version of a site back because a person asked for it; that is its approval."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from shared.core.approval.roll_back_words import show_by_hand
from shared.core.errors import Rejected
from shared.core.text.sentence import end_sentence
from shared.integrations.hosting import Hosting
from shared.integrations.systems import SYSTEMS as ALL_SYSTEMS
from shared.integrations.systems import UNNAMED_HOST
from shared.steps._input import Input
from shared.steps._kind import Again, Done, Repeat, StepContext, StepKind
from shared.steps.ship.sites._hosting import SYSTEMS, address, host_named, rhythm


class Rollback(Input):
    """What production showed when it was asked for, and what it is to show again. Our code writes it, no plan."""

    system: str = Field(examples=[UNNAMED_HOST])
    site: str
    deployment: str
    previous: str


def _run(wanted: Rollback, ctx: StepContext) -> Done | Again:
    hosting = host_named(ctx, wanted.system)
    begun = ctx.effect.find_result("rollback")
    if begun is None:
        _refuse_other(hosting.site(wanted.site).production, wanted)
    begun = ctx.effect("rollback", lambda: _back(ctx, hosting, wanted), repeat=Repeat.SAME_END)
    now = hosting.site(wanted.site)
    switch = now.last_switch
    if switch is not None and switch.to == wanted.previous and switch.state == "failed":
        raise Rejected(wanted.system, f"the host says that going back failed. {_describe_manual_way(wanted)}")
    if now.production != wanted.previous or (switch is not None and switch.state == "pending"):
        since = datetime.fromisoformat(str(begun["at"]))
        passed = (ctx.now() - since).total_seconds()
        return ctx.keep_waiting(rhythm(passed), f"the rollback to {wanted.previous}", since)
    url = address(hosting, now.domain)
    status, _ = ctx.check_site(url)
    facts = {"site": url, "rolled_back_to": wanted.previous}
    return Done({"url": url, "deployment": wanted.previous, "answers": status}, facts=facts)


def _refuse_other(production: str, wanted: Rollback) -> None:
    if production not in (wanted.deployment, wanted.previous):
        raise Rejected(
            "site",
            f"another version went live since ({production or 'none'}), so nothing was changed. "
            "Roll back the run that put it live",
        )


def _back(ctx: StepContext, hosting: Hosting, wanted: Rollback) -> dict[str, Any]:
    by = ctx.run.trigger.by or "somebody"
    try:
        hosting.rollback(wanted.site, wanted.previous, f"asked for by {by}")
    except Rejected as error:
        raise Rejected(wanted.system, f"{end_sentence(str(error))} {_describe_manual_way(wanted)}") from error
    return {"rolled_back_to": wanted.previous, "at": ctx.now().isoformat()}


def _describe_manual_way(wanted: Rollback) -> str:
    return f"What to do: {show_by_hand(ALL_SYSTEMS[wanted.system], wanted.site, wanted.previous)}"


SITE_ROLLBACK = StepKind(
    "site.rollback",
    "Take a version of a site back, because a person asked for it.",
    Rollback,
    _run,
    Repeat.SAME_END,
    lane="deploy",
    systems=(SYSTEMS,),
    needs_approval=False,
    plannable=False,
    vital=True,
)
