"""What is done about a site that went live: looking at it twice before it is called wrong, and taking it back."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from shared.core.approval.roll_back_words import show_by_hand, take_down_by_hand
from shared.core.errors import AgentError, ErrorClass, IntegrationError, Rejected, Unauthorized
from shared.core.run.faults import Fault
from shared.integrations.ship_settings import ship_of
from shared.integrations.systems import SYSTEMS
from shared.steps._forge import forge_of
from shared.steps._kind import PATIENCE, Again, Repeat, StepContext
from shared.steps._work import load_tested_work
from shared.steps.ship.sites._hosting import SiteFetch, address, rhythm
from shared.steps.ship.sites._verify import requirements_on

if TYPE_CHECKING:
    from shared.integrations.hosting import Hosting, Site

_SHORTEST_GAP_S, _LONGEST_GAP_S = 0.5, 10.0  # between two looks at what seems wrong
_TRY_AGAIN = timedelta(seconds=15)
ALARM = "alarm"  # the fact of a run that people have to act on at once


@dataclass(frozen=True, slots=True)
class Going:
    """What goes live where; `previous` is what was there before, "" for a first one."""

    hosting: Hosting
    site: str
    deployment: str
    previous: str

    @property
    def bound(self) -> dict[str, str]:
        """Return what the approval of production names."""
        return {"system": self.hosting.system, "site": self.site, "deployment": self.deployment}


def find_fault(ctx: StepContext, going: Going, site: Site) -> str:
    """Return why production is not as it should be, "" when it is."""
    checks = json.dumps(load_tested_work(ctx).checks)
    verdict = requirements_on(checks, address(going.hosting, site.domain), SiteFetch(ctx, going.hosting, going.site))
    return "; ".join(verdict.wrong)


def doubt_once(ctx: StepContext, wrong: str) -> Again | None:
    """Return when to look again at what was found wrong; None when the look before this one found it wrong too."""
    if ctx.effect.find_result(f"doubt-{ctx.step.attempt}-{ctx.step.wake - 1}") is not None:
        return None
    ctx.do_idempotently(f"doubt-{ctx.step.attempt}-{ctx.step.wake}", lambda: {"wrong": wrong[:1000]})
    return Again(timedelta(seconds=min(max(watch_seconds(ctx) / 4, _SHORTEST_GAP_S), _LONGEST_GAP_S)))


def watch_seconds(ctx: StepContext) -> float:
    """Return for how long a site is watched after it went live: the tenant's word, else this installation's."""

    wanted = ship_of(ctx.settings).site.watch_s
    return float(ctx.settings.get("watch_s") or 0.0) if wanted is None else wanted


def is_taken_back(ctx: StepContext) -> bool:
    """Say whether an earlier attempt has found it wrong, and ended before it could say so."""
    return ctx.effect.find_result("wrong") is not None


def end_with_alarm(ctx: StepContext) -> None:
    """Raise Rejected with what people have to do, once an earlier attempt has found that it cannot be taken back."""
    if ctx.run.facts.get(ALARM):
        _tell_change(ctx, str(ctx.run.facts[ALARM]))
        raise Rejected("site", str(ctx.run.facts[ALARM]))


def take_back(ctx: StepContext, going: Going, wrong: str) -> Again:
    """Let production show what it showed before; raises Rejected with the whole story once that is done.

    When it cannot be done `ALARM` is put among the run's facts, and `end_with_alarm` ends the next attempt.
    """
    found = ctx.do_idempotently("wrong", lambda: {"wrong": wrong[:1000], "at": ctx.now().isoformat()})
    wrong = str(found["wrong"])
    since = ctx.now() - datetime.fromisoformat(str(found["at"]))
    if not going.previous:
        return _alarm(
            f"production is wrong ({wrong}), and there is no earlier version to go back to", _advise_take_down(going)
        )
    try:
        now = going.hosting.site(going.site)
        if ctx.effect.find_result("rollback") is None and not _shows_foreign(going, now):
            ctx.effect("rollback", lambda: _roll_back(going, wrong), repeat=Repeat.SAME_END)
            now = going.hosting.site(going.site)
    except Unauthorized:
        why = "access to the host was revoked"
    except IntegrationError as error:
        if error.error_class == ErrorClass.TRANSIENT and since < PATIENCE:
            return Again(error.retry_after or _TRY_AGAIN)
        why = str(error)
    else:
        switch = now.last_switch
        busy = switch is not None and switch.state == "pending"
        if now.production == going.previous and not busy:
            _tell_change(ctx, outcome := f"rolled back to the previous version, because production was wrong: {wrong}")
            raise Rejected("site", outcome, fault=Fault.WENT_BACK)
        if _shows_foreign(going, now) and not busy:
            outcome = f"production was wrong ({wrong}); another version went live since ({now.production})"
            raise Rejected("site", f"{outcome}, so nothing was changed")
        failed = switch is not None and switch.to == going.previous and switch.state == "failed"
        if not failed and since < PATIENCE:
            return Again(rhythm(since.total_seconds()), facts={"rolling_back_to": going.previous})
        why = "the host says that it failed" if failed else "the host has not done it in time"
    return _alarm(f"production is wrong ({wrong}), and going back failed: {why}", _describe_manual_way(going))


def _shows_foreign(going: Going, site: Site) -> bool:
    """Say whether production shows what is neither ours nor what was there before: that is left alone."""
    return site.production not in ("", going.deployment, going.previous)


def _roll_back(going: Going, wrong: str) -> dict[str, Any]:
    going.hosting.rollback(going.site, going.previous, wrong)
    return {"rolled_back_to": going.previous}


def _alarm(what: str, way_out: str) -> Again:
    """Keep it with the run before the attempt fails, so that whoever is told of the end is told this first."""
    return Again(timedelta(0), facts={ALARM: f"{what}. What to do now: {way_out}"})


def _describe_manual_way(going: Going) -> str:
    how = show_by_hand(SYSTEMS[going.hosting.system], going.site, going.previous)
    return f"{how}; until then visitors see the wrong version."


def _advise_take_down(going: Going) -> str:
    how = take_down_by_hand(SYSTEMS[going.hosting.system], going.site, going.deployment)
    return f"{how}, or leave it until the page is planned again and a better version goes live."


def _tell_change(ctx: StepContext, what: str) -> None:
    """Say it where the code is, once, where there is a change; its being unreachable must not hide what happened."""
    made = ctx.output_of("repository.propose_change")
    if not made.get("number"):
        return
    with suppress(AgentError):
        owner, _, name = str(made["repository"]).rpartition("/")
        forge, number = forge_of(ctx, owner, name, system=str(made.get("system") or "")), int(made["number"])
        text = f"The site made of this change did not stay live: {what}."
        ctx.effect("told", lambda: {"id": forge.comment(owner, name, number, text)}, repeat=Repeat.ONCE)
