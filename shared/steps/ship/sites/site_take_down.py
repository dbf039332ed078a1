"""site.take_down: let a site show nothing any more, because a person named it; that is its approval.

What is in production is deleted, so that neither the site's address nor the version's own shows it. Versions from
before stay where nobody is led to. A host that shows one of them instead has that one deleted too.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pydantic import Field

from shared.core.approval.roll_back_words import take_down_by_hand
from shared.core.errors import Missing, Rejected
from shared.integrations.hosting import Hosting
from shared.integrations.systems import SYSTEMS as ALL_SYSTEMS
from shared.integrations.systems import UNNAMED_HOST
from shared.steps._input import Input
from shared.steps._kind import Again, Done, Repeat, StepContext, StepKind
from shared.steps.ship.sites._hosting import SYSTEMS, host_named, name_effect, rhythm

_SOON_GONE = timedelta(minutes=5)  # for which what is deleted may still be shown by caches


class TakeDown(Input):
    """The site, its address, and the deployments that it may show for all we know. Our code writes it, no plan."""

    system: str = Field(examples=[UNNAMED_HOST])
    site: str
    url: str
    deployments: list[str]


def _run(wanted: TakeDown, ctx: StepContext) -> Done | Again:
    hosting = host_named(ctx, wanted.system)
    shown = _find_shown(hosting, wanted.site)
    if shown and shown not in wanted.deployments:
        raise Rejected(
            "site",
            f"another version went live since ({shown}), so nothing was changed. "
            "Look at the site, and take it down then",
        )
    begun = ctx.effect(
        name_effect(ctx, "takedown", shown), lambda: _delete(ctx, hosting, shown), repeat=Repeat.SAME_END
    )
    if _find_shown(hosting, wanted.site) not in ("", shown):
        return Again(rhythm(0))  # an earlier version is shown in its place
    status, _ = ctx.check_site(f"{wanted.url.rstrip('/')}/")
    if 200 <= status < 400:
        return _wait(wanted, ctx, shown, datetime.fromisoformat(str(begun["at"])))
    return Done({"url": wanted.url, "deployment": shown, "answers": status}, facts={"taken_down": wanted.url})


def _find_shown(hosting: Hosting, site: str) -> str:
    try:
        return hosting.site(site).production
    except Missing:  # all of it is gone
        return ""


def _delete(ctx: StepContext, hosting: Hosting, shown: str) -> dict[str, Any]:
    if shown:
        hosting.delete(shown)
    return {"of": shown, "at": ctx.now().isoformat()}


def _wait(wanted: TakeDown, ctx: StepContext, shown: str, since: datetime) -> Again:
    passed = ctx.now() - since
    if passed > _SOON_GONE:
        by_hand = take_down_by_hand(ALL_SYSTEMS[wanted.system], wanted.site, shown)
        raise Rejected(
            wanted.system,
            f"it was deleted, and its address still answers after {_SOON_GONE // timedelta(minutes=1)} minutes. "
            f"What to do: {by_hand}",
        )
    return Again(rhythm(passed.total_seconds()))


SITE_TAKE_DOWN = StepKind(
    "site.take_down",
    "Take a site down, because a person named it.",
    TakeDown,
    _run,
    Repeat.SAME_END,
    lane="deploy",
    systems=(SYSTEMS,),
    needs_approval=False,
    plannable=False,
    vital=True,
)
