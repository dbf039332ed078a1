"""The hosts of the operator's own that tenants' sites may go to: a bucket, and a folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

from shared.app.engine.deps import Deps
from shared.core.errors import ConfigError, Unauthorized
from shared.http_client import HttpClient, Trace
from shared.integrations.clients import load_client
from shared.integrations.hosting import Leaving, OwnHosts, OwnParts
from shared.integrations.systems import SYSTEMS
from shared.mind.safety.egress_scan import make_egress_check
from shared.ports import Secret
from shared.settings import Settings


def wire_sites(settings: Settings, deps: Deps, trace: Trace | None, held: Callable[[str], Iterable[str]]) -> OwnHosts:
    """Return those that the settings name: `WORKWRIGHT_SITES_FOLDER` a folder, `WORKWRIGHT_SITES_BUCKET` a bucket.

    `held` are a tenant's tokens, of which none may be in a page.
    """
    google = lru_cache(maxsize=1)(_google)

    def look(system: str, tenant: str) -> Leaving | None:
        return make_egress_check(system, lambda: held(tenant))

    def connect(system: str, tenant: str) -> HttpClient:
        elsewhere = settings.endpoints.get(system) or ""
        token = _get_own_token(deps, system) if elsewhere else Secret(google()())
        base = elsewhere or SYSTEMS[system].address
        http = HttpClient(system, base, token, timeouts=(5.0, settings.http_read_s), trace=trace)
        http.leaving = look(system, tenant)
        return http

    folder = settings.sites_folder
    parts = OwnParts(
        folder.path, folder.url, settings.sites_bucket, settings.sites_url, connect, look, deps.crash_point
    )
    clients = [load_client(each.name) for each in SYSTEMS.values() if each.for_all]
    opened = {client: client.open_own(parts) for client in clients}
    return OwnHosts({client: open_part for client, open_part in opened.items() if open_part is not None})


def _get_own_token(deps: Deps, system: str) -> Secret:
    """Return the token for a service at another address than Google's: none of Google's goes there."""
    try:
        return deps.secrets.get("sites-token")
    except KeyError:
        raise Unauthorized(system, "the secret sites-token is not set") from None


def _google() -> Callable[[], str]:
    from shared.backends.models.google_identity import google_token_source

    try:
        return google_token_source()
    except ConfigError as error:
        raise ConfigError(f"a bucket for sites is configured, but {error}") from error
