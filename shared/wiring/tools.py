"""What attempts of steps may use: accounts, the model, the sandbox. Only the functions that work wire this."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from urllib3.exceptions import HTTPError

from shared.accounts.accounts import Accounts
from shared.app.engine.tools import Tools
from shared.app.prompts import code_prompts
from shared.app.tenants.attempt_settings import AttemptSettings
from shared.core.loopback import resolve_loopback
from shared.http_client import body_parts
from shared.ports import Secret
from shared.ports.browser import Browser, no_browser
from shared.ports.documents import all_settings
from shared.ports.sandbox import Sandbox
from shared.steps import KindsWhenAsked
from shared.wiring import Wired, wire
from shared.wiring.accounts import wire_accounts as wire_accounts
from shared.wiring.choose_sandbox import chosen_sandbox
from shared.wiring.knowledge import embedder_of, knowledge_of

if TYPE_CHECKING:
    import requests

    from shared.core.ship.policy import Known
    from shared.wiring.models import Models

MAX_SITE_BYTES = 5_000_000
_SITE_BODY_S = 20.0


@cache
def wire_tools() -> Tools:
    """Return what attempts may use."""
    wired = wire()
    accounts = wire_accounts()
    return Tools(
        kinds=KindsWhenAsked(),
        accounts=accounts,
        model=lambda tenant: wire_models().open_for(tenant),
        sandbox=_sandbox,
        check_site=_fetch_site,
        settings=lambda tenant: _tenant_settings(wired, accounts, tenant),
        knowledge=knowledge_of,
        embedder=embedder_of,
        known_secrets=accounts.list_held_tokens,
        packages=_packages,
        site_environment=lambda tenant: _site_environment(wired, tenant),
        browser=_browser,
    )


def _tenant_settings(wired: Wired, accounts: Accounts, tenant: str) -> Mapping[str, Any]:
    more = {"prompts": code_prompts(), "watch_s": wired.settings.watch_s}
    known = {**all_settings(wired.deps.store, tenant), **more}
    return AttemptSettings(known, lambda: accounts.systems(tenant))


@cache
def wire_models() -> Models:
    """Return who hands out the tenants' models; loaded when the first is asked for."""
    from shared.wiring.models import Models

    wired = wire()
    return Models(wired.deps, wired.settings, wire_accounts())


def _packages(keys: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], Known]:
    """Ask the registries of the settings; loaded by those runs alone that take new packages."""
    from shared.app.code.package_facts import package_facts

    wired = wire()
    where = wired.settings.sandbox.registries
    return package_facts(where.npm, where.pip, wired.deps.clock.now)(keys)


@cache
def _sandbox() -> Sandbox:
    return chosen_sandbox(wire().settings)


def _site_environment(wired: Wired, tenant: str) -> Mapping[str, Secret]:
    from shared.app.ship.site_environment import site_environment

    return site_environment(wired.deps, tenant, all_settings(wired.deps.store, tenant))


@cache
def _browser() -> Browser:
    settings = wire().settings
    if settings.mode == "cloud" and not settings.emulated:
        no_browser()  # the images that functions run in have none
    from shared.backends.local.browser.chromium import find_browser

    return find_browser(settings.browser)


def _fetch_site(url: str, headers: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Fetch a page of a site we deployed: no cookies, no redirects, bounded in size and time."""
    import requests

    where, meant = resolve_loopback(url)
    try:
        with requests.get(
            where, headers={**(headers or {}), **meant}, timeout=(5, 15), allow_redirects=False, stream=True
        ) as response:
            raw = b"".join(_read_bounded(response))
            return response.status_code, raw.decode("utf-8", "replace")
    except (requests.RequestException, HTTPError, TimeoutError):
        return 0, ""


def _read_bounded(response: requests.Response) -> list[bytes]:
    parts: list[bytes] = []
    size = 0
    for part in body_parts(response, _SITE_BODY_S):
        size += len(part)
        if size > MAX_SITE_BYTES:
            break
        parts.append(part)
    return parts
