"""Which page of Notion a team's writes are confined to; `shared/integrations/notion/confine.py` sees to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.app.engine.deps import Deps
from shared.core.people.actor import By
from shared.core.tenants.audit_entries import build_entry
from shared.integrations.notion.confine import CONFINED_TO
from shared.ports import change_doc
from shared.ports.documents import tenant_settings

_SETTINGS = ("settings", "tenant")


def find_confinement(deps: Deps, tenant: str) -> str:
    """Return the page; "" where writes may go anywhere that is shared with us."""
    return tenant_settings(deps.store, tenant).confined_to or ""


def confine(deps: Deps, tenant: str, page: str, by: By) -> None:
    """Confine writes to this page and what is in it; "" lifts that, and stays said. Raises Busy."""

    def change(settings: Mapping[str, Any] | None) -> Mapping[str, Any]:
        return {**(settings or {}), CONFINED_TO: page}

    change_doc(deps.store, (tenant, *_SETTINGS), change, deps.stand_back)
    what = "Confined" if page else "ConfinementLifted"
    deps.store.note(tenant, build_entry(deps.clock.now(), what, by, page))


def confine_first(deps: Deps, tenant: str, page: str, by: By) -> None:
    """Confine the first writes to the page a team has chosen, unless somebody has decided about that before."""
    if tenant_settings(deps.store, tenant).confined_to is None:
        confine(deps, tenant, page, by)
