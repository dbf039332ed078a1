"""The systems that teams connect by a link, and whose grants are renewed at a token endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from shared.core.system import OAuthProvider
from shared.integrations.systems import SYSTEMS

PROVIDERS: Mapping[str, OAuthProvider] = {
    each.name: each.oauth for each in SYSTEMS.values() if each.by_link and each.oauth is not None
}


def place_provider(provider: OAuthProvider, base: str) -> OAuthProvider:
    """Return the provider with its consent at `base`, where this installation asks its API: the vendor's or another.

    Where the API is below a path of its own, as "/api", the consent is not.
    """
    usual = SYSTEMS[provider.name].address
    if base == usual:
        return provider
    own_path = urlsplit(usual).path.rstrip("/")
    place = base.removesuffix(own_path) if own_path else base
    return replace(provider, authorize_url=place + urlsplit(provider.authorize_url).path)
