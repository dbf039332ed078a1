"""The variables of a tenant's sites: their values lie sealed, one document each, and the settings only name them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from shared.app.engine.deps import Deps
from shared.core.documents.codec import to_body
from shared.core.documents.sealed_values import SITE_VALUES, SiteValue
from shared.core.errors import Rejected
from shared.integrations.ship_settings import ship_of
from shared.ports import Put, Secret, all_as, get_as

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")  # the store takes no other names


def keep_value(deps: Deps, tenant: str, name: str, value: Secret) -> None:
    """Keep a value under a name that `ship.site.environment` may say as `secret`; the one before is replaced."""
    sealed = deps.secrets.seal(tenant, _field(name), value)
    deps.store.put(tenant, Put(SITE_VALUES, name, to_body(SiteValue(sealed, deps.clock.now()))))


def forget_value(deps: Deps, tenant: str, name: str) -> None:
    """Forget a value; one that is not there counts as forgotten."""
    deps.store.put(tenant, Put(SITE_VALUES, name, to_body(SiteValue(None, deps.clock.now()))))


def list_values(deps: Deps, tenant: str) -> list[str]:
    """Return the names of all values, and nothing of them."""
    return sorted(each.id for each in all_as(SiteValue, deps.store, tenant, SITE_VALUES) if each.sealed)


def site_environment(deps: Deps, tenant: str, settings: Mapping[str, Any]) -> Mapping[str, Secret]:
    """Return the variables that the tenant's sites get; raises Rejected naming the one whose value is missing."""
    found: dict[str, Secret] = {}
    for each in ship_of(settings).site.environment:
        name, kept = str(each["name"]), str(each["secret"])
        value = get_as(SiteValue, deps.store, (tenant, SITE_VALUES, kept)) if _NAME.fullmatch(kept) else None
        if value is None or not value.sealed:
            raise Rejected(
                "site",
                f"the variable {name} of ship.site.environment has no value under {kept!r}: set it, or take it out",
            )
        found[name] = deps.secrets.open(tenant, _field(kept), value.sealed)
    return found


def _field(name: str) -> str:
    return f"site.{name}"
