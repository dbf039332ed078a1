"""Tenants' accounts: their grants, and the clients that are built with them."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

from shared.accounts.accounts import Accounts
from shared.accounts.endpoints import Endpoints
from shared.app.engine.deps import Deps, no_crash
from shared.app.notify.announce import announce_lost
from shared.backends.clock import sleep
from shared.core.rate_window import Rate
from shared.http_client import Trace, file_trace
from shared.integrations.hosting import OwnHosts
from shared.settings import Settings
from shared.wiring import wire
from shared.wiring.mail import wire_mail
from shared.wiring.sites import wire_sites


@cache
def wire_accounts() -> Accounts:
    wired = wire()
    settings, deps = wired.settings, wired.deps
    return Accounts(
        deps.store,
        deps.secrets,
        deps.clock,
        _endpoints(settings),
        deps.owner,
        _trace(settings, deps),
        rate=Rate(limit=settings.notion_rate),
        sleep=sleep,
        lost=partial(announce_lost, deps),
        own_hosts=_wire_own_hosts(settings, deps),
        mail=wire_mail(settings, deps),
    )


def _trace(settings: Settings, deps: Deps) -> Trace | None:
    """Return what hears of every exchange: the trace file, and the crash test, for which each write is a point."""
    into_file = file_trace(settings.trace) if settings.trace else None
    if deps.crash_point is no_crash:
        return into_file

    def hear(exchange: dict[str, Any]) -> None:
        if into_file is not None:
            into_file(exchange)
        if exchange["method"] != "GET":
            deps.crash_point(f"exchange.after/{exchange['system']}/{exchange['method']}")

    return hear


def _wire_own_hosts(settings: Settings, deps: Deps) -> OwnHosts:
    if not settings.sites_bucket and not settings.sites_folder.path:
        return OwnHosts()
    return wire_sites(settings, deps, _trace(settings, deps), lambda tenant: wire_accounts().list_held_tokens(tenant))


def _endpoints(settings: Settings) -> Endpoints:
    return Endpoints(settings.endpoints, settings.self_managed, timeouts=(5.0, settings.http_read_s))
