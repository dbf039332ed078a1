"""site.watch: look at what went live for a while, and go back by itself to the version before when it is not right."""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.core.errors import Unavailable
from shared.steps._input import Input
from shared.steps._kind import Again, Done, Repeat, StepContext, StepKind
from shared.steps.ship.sites._hosting import SYSTEMS, host_named
from shared.steps.ship.sites._live_checks import (
    Going,
    doubt_once,
    end_with_alarm,
    find_fault,
    is_taken_back,
    take_back,
    watch_seconds,
)

_LOOKS = 8  # spread over the time it is watched
_SHORTEST_GAP_S = 0.5


class Watch(Input):
    """Nothing to fill in."""


def _run(wanted: Watch, ctx: StepContext) -> Done | Again:
    end_with_alarm(ctx)
    live = ctx.output_of("site.promote")
    hosting = host_named(ctx, str(live["system"]))
    going = Going(hosting, str(live["project"]), str(live["deployment"]), str(live.get("previous") or ""))
    if is_taken_back(ctx):
        return take_back(ctx, going, "")
    began = ctx.do_idempotently("began", lambda: {"at": ctx.now().isoformat()})
    passed = (ctx.now() - datetime.fromisoformat(str(began["at"]))).total_seconds()
    total = watch_seconds(ctx)
    try:
        now = hosting.site(going.site)
    except Unavailable as error:  # the host's own API is down: that says nothing about the site
        if passed < total:
            return Again(error.retry_after or timedelta(seconds=max(total / _LOOKS, _SHORTEST_GAP_S)))
        raise
    if now.production != going.deployment:
        return Done({"watched_s": round(passed), "note": "somebody has put another version live meanwhile"})
    wrong = find_fault(ctx, going, now)
    if wrong:
        return doubt_once(ctx, wrong) or take_back(ctx, going, wrong)
    if passed < total:
        return Again(timedelta(seconds=min(max(total / _LOOKS, _SHORTEST_GAP_S), total - passed + 0.01)))
    return Done({"watched_s": round(passed), "looks": ctx.step.wake + 1})


SITE_WATCH = StepKind(
    "site.watch",
    "Watch the production site for a while after it went live; roll back by itself when it is not right.",
    Watch,
    _run,
    Repeat.SAME_END,
    lane="deploy",
    systems=(SYSTEMS,),
    needs=("code.generate", "code.test", "site.deploy", "site.verify", "site.promote"),
    core=True,
)
