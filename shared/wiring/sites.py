"""The bucket of Cloud Storage that tenants' sites may go to: the operator's, with the operator's identity."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

from shared.app.deps import Deps
from shared.core.errors import ConfigError, Unauthorized
from shared.http_client import HttpClient, Trace
from shared.integrations.cloud_storage.bucket import BASE_URL
from shared.integrations.cloud_storage.hosting import CloudStorage
from shared.mind.leaving import last_look
from shared.ports import Secret
from shared.settings import Settings

SYSTEM = CloudStorage.system


def wire_sites(
    settings: Settings, deps: Deps, trace: Trace | None, held: Callable[[str], Iterable[str]]
) -> Callable[[str], CloudStorage] | None:
    """Return what hands over a tenant's part of the bucket; None where `WORKWRIGHT_SITES_BUCKET` names none.

    `held` are a tenant's tokens, of which none may be in a page.
    """
    if not settings.sites_bucket:
        return None
    elsewhere = settings.endpoints.get(SYSTEM) or ""
    base = elsewhere or BASE_URL
    address = (settings.sites_url or f"{base}/{settings.sites_bucket}").partition("://")[2]
    google = lru_cache(maxsize=1)(_google)

    def of(tenant: str) -> CloudStorage:
        token = _own_token(deps) if elsewhere else Secret(google()())
        http = HttpClient(SYSTEM, base, token, timeouts=(5.0, settings.http_read_s), trace=trace)
        http.leaving = last_look(SYSTEM, lambda: held(tenant))
        return CloudStorage(http, settings.sites_bucket, tenant, address)

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
    except Exception as error:
        raise ConfigError(
            f"a bucket for sites is configured, but there is no Google identity ({type(error).__name__}): "
            "run `gcloud auth"
            " application-default login`, or run as a service account"
        ) from error
