"""What attempts of steps may use: accounts, the model, the sandbox. Only the functions that work wire this."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests

from shared.accounts import Accounts, Endpoints
from shared.app.deps import Deps, no_crash
from shared.app.execute_step import Tools
from shared.app.prompts import prompt
from shared.app.tell_lost import announce_lost
from shared.backends.local.clock import sleep
from shared.core.errors import SandboxUnavailable
from shared.core.rate_window import Rate
from shared.http_client import Trace, file_trace
from shared.ports import Sandbox
from shared.settings import Settings
from shared.steps import KINDS
from shared.wiring import Wired, wire
from shared.wiring.knowledge import embedder_of, knowledge_of

if TYPE_CHECKING:
    from shared.wiring.models import Models

MAX_SITE_BYTES = 5_000_000


@cache
def wire_accounts() -> Accounts:
    """Return the accounts of this process."""
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
        lost=lambda tenant, system, what, since: announce_lost(deps, tenant, system, what, since),
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


@cache
def wire_tools() -> Tools:
    """Return what attempts may use."""
    wired = wire()
    accounts = wire_accounts()
    return Tools(
        kinds=KINDS,
        accounts=accounts,
        model=lambda tenant: wire_models().of(tenant),
        sandbox=_sandbox,
        check_site=_fetch_site,
        settings=lambda tenant: _tenant_settings(wired, accounts, tenant),
        knowledge=knowledge_of,
        embedder=embedder_of,
        known_secrets=accounts.held,
    )


def _endpoints(settings: Settings) -> Endpoints:
    given = {name: url for name, url in settings.endpoints.items() if url}
    base = Endpoints(
        ses_region=settings.ses_region,
        ses_sender=settings.ses_sender,
        timeouts=(5.0, settings.http_read_s),
    )
    return replace(base, **given)  # type: ignore[arg-type]


def _tenant_settings(wired: Wired, accounts: Accounts, tenant: str) -> Mapping[str, Any]:
    doc = wired.deps.store.get(tenant, "settings", "tenant")
    vercel = urlsplit(accounts.endpoints.vercel).scheme
    return {
        **(doc.body if doc else {}),
        "connected": accounts.connected(tenant),
        "prompts": {"code": prompt("code")[1]},
        "site_scheme": vercel,
    }


@cache
def wire_models() -> Models:
    """Return who hands out the tenants' models; loaded when the first is asked for."""
    from shared.wiring.models import Models

    wired = wire()
    return Models(wired.deps, wired.settings, wire_accounts())


@cache
def _sandbox() -> Sandbox:
    from shared.backends.local.sandbox.choose import choose_sandbox

    return choose_sandbox()


def sandbox_name() -> str:
    """Return the name of the sandbox that holds on this machine; raises SandboxUnavailable with the way out."""
    sandbox = _sandbox()
    sandbox.check()
    if sandbox.name == "none":
        raise SandboxUnavailable("no sandbox holds on this machine")
    return sandbox.name


def _fetch_site(url: str) -> tuple[int, str]:
    """Fetch a page of a site we deployed: no cookies, no redirects, bounded in size and time."""
    try:
        with requests.get(url, timeout=(5, 15), allow_redirects=False, stream=True) as response:
            raw = b"".join(_bounded(response))
            return response.status_code, raw.decode("utf-8", "replace")
    except requests.RequestException:
        return 0, ""


def _bounded(response: requests.Response) -> list[bytes]:
    parts: list[bytes] = []
    size = 0
    for part in response.iter_content(64 * 1024):
        size += len(part)
        if size > MAX_SITE_BYTES:
            break
        parts.append(part)
    return parts
