"""The hosts of the operator's own that tenants' sites may go to: a bucket of Cloud Storage, and a folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from shared.app.engine.deps import Deps
from shared.core.errors import ConfigError, Unauthorized
from shared.http_client import HttpClient, Trace
from shared.integrations.cloud_storage.bucket import BASE_URL
from shared.integrations.cloud_storage.hosting import CloudStorage
from shared.integrations.hosting import OwnHosts
from shared.integrations.local_sites.disk import Disk
from shared.integrations.local_sites.hosting import LocalSites
from shared.mind.safety.egress_scan import last_look
from shared.ports import Secret
from shared.settings import Settings

SYSTEM = CloudStorage.system


def wire_sites(settings: Settings, deps: Deps, trace: Trace | None, held: Callable[[str], Iterable[str]]) -> OwnHosts:
    """Return those that the settings name: `WORKWRIGHT_SITES_FOLDER` a folder, `WORKWRIGHT_SITES_BUCKET` a bucket.

    `held` are a tenant's tokens, of which none may be in a page.
    """
    parts: dict[type[Any], Callable[[str], Any]] = {}
    if settings.sites_folder.path:
        parts[LocalSites] = _folder(settings, deps, held)
    if settings.sites_bucket:
        parts[CloudStorage] = _bucket(settings, deps, trace, held)
    return OwnHosts(parts)


def _folder(settings: Settings, deps: Deps, held: Callable[[str], Iterable[str]]) -> Callable[[str], LocalSites]:
    disk = Disk(Path(settings.sites_folder.path), lambda what: deps.crash_point(f"{LocalSites.system}.after/{what}"))

    def of(tenant: str) -> LocalSites:
        return LocalSites(disk, tenant, settings.sites_folder.url, last_look(LocalSites.system, lambda: held(tenant)))

    return of


def _bucket(
    settings: Settings, deps: Deps, trace: Trace | None, held: Callable[[str], Iterable[str]]
) -> Callable[[str], CloudStorage]:
    elsewhere = settings.endpoints.get(SYSTEM) or ""
    base = elsewhere or BASE_URL
    scheme, _, address = (settings.sites_url or f"{base}/{settings.sites_bucket}").partition("://")
    google = lru_cache(maxsize=1)(_google)

    def of(tenant: str) -> CloudStorage:
        token = _own_token(deps) if elsewhere else Secret(google()())
        http = HttpClient(SYSTEM, base, token, timeouts=(5.0, settings.http_read_s), trace=trace)
        http.leaving = last_look(SYSTEM, lambda: held(tenant))
        return CloudStorage(http, settings.sites_bucket, tenant, address, scheme)

    return of


def _own_token(deps: Deps) -> Secret:
    """Return the token for a service at another address than Google's: none of Google's goes there."""
    try:
        return deps.secrets.get("sites-token")
    except KeyError:
        raise Unauthorized(SYSTEM, "the secret sites-token is not set") from None


def _google() -> Callable[[], str]:
    from shared.backends.models.google_identity import google_token_source

    try:
        return google_token_source()
    except ConfigError as error:
        raise ConfigError(f"a bucket for sites is configured, but {error}") from error
