"""What of a workspace is indexed and served: the owner's lists by root page, the grant, and nothing of our own.

Asked when a page is read and again when a question is answered, so that a changed list, a page in the trash and a
revoked connection count at once. Notion tells nobody who may see a page: everybody who may ask sees what the
connection sees, which is what these lists are for (retrieval, section 10).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.accounts.grants import holds
from shared.app.engine.deps import Deps
from shared.app.knowledge.knowledge_marks import is_lost
from shared.app.workspace.workspace_databases import database_of
from shared.app.workspace.workspace_map import WorkspaceMap
from shared.core.documents.places import Place
from shared.integrations.notion.client.wire import normal_id

SETTING = "knowledge"  # {"roots": [ids], "without": [ids], "off": bool}


@dataclass(frozen=True, slots=True)
class Scope:
    """Which pages count. `roots` empty: all; `without` and `ours` never; each with everything below it."""

    off: bool = False
    roots: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()
    ours: frozenset[str] = frozenset()

    def allows(self, way: Sequence[Place]) -> bool:
        """Say whether what lies at the end of this way from the top of the workspace counts."""
        ids = {place.id for place in way}
        if self.off or not way or any(place.trashed for place in way):
            return False
        return (not self.roots or bool(ids & self.roots)) and not ids & (self.without | self.ours)

    @property
    def name(self) -> str:
        """Return a text that is another one when the lists are."""
        return "|".join([*sorted(self.roots), "-", *sorted(self.without), "-", *sorted(self.ours)])


def scope_of(settings: Mapping[str, Any]) -> Scope:
    """Return what counts by these settings of a tenant; the mirror of runs in Notion never does."""
    given = settings.get(SETTING) or {}
    runs = database_of(settings, "runs")
    ours = {normal_id(runs.database), normal_id(runs.data_source)} if runs is not None else set[str]()
    roots, without = (
        frozenset(normal_id(str(each)) for each in given.get(name) or ()) for name in ("roots", "without")
    )
    return Scope(bool(given.get("off")), roots, without, frozenset(ours))


def address_of(deps: Deps, page: str, block: str = "") -> str:
    """Return where people find a page, or a block of it: in a simulated Notion no link leads to the real one."""
    address = f"{deps.notion_url}/p/{page}" if deps.notion_url else f"https://www.notion.so/{page.replace('-', '')}"
    return address + (f"#{block.replace('-', '')}" if block else "")


def is_connected(deps: Deps, tenant: str) -> bool:
    """Say whether the tenant's Notion is connected now."""
    return holds(deps.store, tenant, "notion")


class Served:
    """Says of pages whether they may be shown now, asking our store once for each."""

    def __init__(self, deps: Deps, tenant: str, scope: Scope) -> None:
        self._deps, self._tenant, self._scope = deps, tenant, scope
        self._places = WorkspaceMap(deps, tenant)
        self._ways: dict[str, list[Place]] = {}

    def way(self, page: str) -> list[Place]:
        """Return the way to the page from the top of the workspace; empty when it is not known, or not to be shown."""
        if page not in self._ways:
            way = self._places.path(page)
            shown = self._scope.allows(way) and not way[-1].refused_at and not is_lost(self._deps, self._tenant, page)
            self._ways[page] = way if shown else []
        return self._ways[page]
