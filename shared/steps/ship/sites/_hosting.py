"""Which host a site goes to, and what the steps that ship a site share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from shared.core.errors import Rejected, Unauthorized
from shared.integrations.clients import load_client
from shared.integrations.ship_settings import ship_of
from shared.integrations.systems import HOSTS

if TYPE_CHECKING:
    from shared.integrations.hosting import Hosting
    from shared.ports import Secret
    from shared.steps._kind import StepContext

MARK = "workwright"  # the key in a deployment's meta by which exactly it is found again
RUN_MARK = "workwright-run"  # the key by which all that a run has deployed is found again
SYSTEMS = "|".join(HOSTS)  # of which a tenant needs one
_SOON = timedelta(milliseconds=400)


def hosting_of(ctx: StepContext) -> Hosting:
    """Return the client of the host this tenant's sites go to.

    That is what `ship.site.system` says, else what the tenant has connected, the preferred first; raises Unauthorized.
    """
    return host_named(ctx, ship_of(ctx.settings).site.system or HOSTS[0])


def host_named(ctx: StepContext, system: str) -> Hosting:
    """Return the client of that host: what was deployed there stays there, whatever the settings say since."""
    if system not in HOSTS:
        raise Unauthorized(system, f"no host of that name: set ship.site.system to one of {', '.join(HOSTS)}")
    host: Hosting = ctx.connect(load_client(system))
    return host


def rhythm(since_s: float) -> timedelta:
    """Return when to look again at something that began so many seconds ago (integrations, section 6).

    The first look comes early: a site of a few files is there in less than a second.
    """
    if since_s < 0.5:
        return _SOON
    steps = ((15.0, 1.0), (60.0, 5.0), (300.0, 15.0))
    return timedelta(seconds=next((gap for until, gap in steps if since_s < until), 30.0))


def name_effect(ctx: StepContext, name: str, of: str) -> str:
    """Return the name of this step's effect on that thing: `name` for the first thing, `name-2` for the second …

    The result of such an effect has to say `of` what it is. So what is done anew after a rework is another effect,
    and the names stay as few as the things.
    """
    number = 1
    while True:
        each = name if number == 1 else f"{name}-{number}"
        known = ctx.effect.find_result(each)
        if known is None or known.get("of") == of:
            return each
        number += 1


def earlier(ctx: StepContext, name: str, of: str) -> list[Mapping[str, Any]]:
    """Return the results of this step's effects of that name on other things, oldest first."""
    found: list[Mapping[str, Any]] = []
    number = 1
    while (known := ctx.effect.find_result(name if number == 1 else f"{name}-{number}")) is not None:
        found += [known] if known.get("of") != of else []
        number += 1
    return found


def address(hosting: Hosting, host: str) -> str:
    """Return the address of a host name (and path) as a deployment told it."""
    if not host:
        raise Rejected("site", "the host names no address for it")
    return f"{hosting.scheme}://{host}"


class SiteFetch:
    """Fetches pages of a site. The bypass for protected previews is asked for and sent only once one refuses us."""

    def __init__(self, ctx: StepContext, hosting: Hosting, site_id: str) -> None:
        self._ctx = ctx
        self._hosting = hosting
        self._site = site_id
        self._asked = False
        self.headers: Mapping[str, Secret] = {}

    def __call__(self, url: str) -> tuple[int, str]:
        """Return the status and the body; 0 when there is no answer."""
        status, body = self._get(url)
        if status == 401 and not self._asked:
            self._asked = True
            self.headers = self._hosting.visit_headers(self._site)
            if self.headers:
                status, body = self._get(url)
        return status, body

    def _get(self, url: str) -> tuple[int, str]:
        if not self.headers:
            return self._ctx.check_site(url)
        return self._ctx.check_site(url, {name: value.reveal() for name, value in self.headers.items()})
