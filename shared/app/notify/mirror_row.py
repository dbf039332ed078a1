"""One row per run in the tenant's Runs: made once, found again by the run's address, updated in place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.app.engine.deps import Deps
from shared.app.engine.effects import Effects
from shared.app.engine.step_context import run_url
from shared.app.engine.tools import Tools
from shared.app.knowledge.knowledge_scope import address_of
from shared.app.workspace.workspace_changed import check_schema
from shared.app.workspace.workspace_create import settings_of
from shared.app.workspace.workspace_databases import Mapped, database_of, map_page
from shared.app.workspace.workspace_schemas import IDEAS, RUNS
from shared.core.documents.cache_records import ROWS, ShownRow
from shared.core.documents.codec import to_body
from shared.core.errors import Missing, Rejected
from shared.core.notify.progress import status_of
from shared.core.run.run import Run
from shared.core.text.outgoing_text import plain
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.content.rich_text import rich_text
from shared.ports import Put, get_as
from shared.steps._kind import Repeat

Json = dict[str, Any]


def mirror_row(
    deps: Deps, tools: Tools, settings: Mapping[str, Any], notion: Notion, run: Run, page: Mapping[str, Any] | None
) -> None:
    """Bring the run's row up to its present state; a tenant without Runs gets none. `page` is the run's, as read.

    The caller holds the page's lease. A row that people have thrown away stays away.
    """
    mapped = database_of(settings, RUNS)
    if mapped is None:
        return
    idea = _is_idea(settings, page)
    try:
        _bring_up(deps, notion, run, page, mapped, idea=idea)
    except Missing:
        return  # the database or the row is gone
    except Rejected:
        check_schema(deps, tools, run.tenant, RUNS)  # a column was removed or became another: go on without it
        again = database_of(settings_of(deps, run.tenant), RUNS)
        if again is not None and again != mapped:
            _bring_up(deps, notion, run, page, again, idea=idea)


def _bring_up(
    deps: Deps, notion: Notion, run: Run, page: Mapping[str, Any] | None, mapped: Mapped, *, idea: bool
) -> None:
    wanted = _values(deps, run, page, mapped, idea=idea)
    kept = get_as(ShownRow, deps.store, (run.tenant, ROWS, run.id)) or ShownRow("", {})
    row, shown = kept.row, kept.shown
    if wanted == shown:
        return
    address, keep = mapped.name("Run"), {"shown": wanted}
    if not row and not address:
        return  # without the address nobody could find the row again
    if not row:
        made = Effects(deps, run.tenant, f"{run.id}.row", "mirror", "notion")(
            "row",
            lambda: {"page": notion.create_page(data_source_id=mapped.data_source, properties=wanted)["id"], **keep},
            repeat=Repeat.LOOK,
            look=lambda: _find_row(notion, mapped.data_source, address, run_url(deps, run)),
        )
        row, shown = str(made["page"]), made.get("shown") or {}
    changes = {key: value for key, value in wanted.items() if shown.get(key) != value}
    if changes:  # there already, or made by an attempt that died: then it may show an older state
        deps.crash_point("effect.before/mirror/row-update")
        notion.update_page(row, changes)
        deps.crash_point("effect.after/mirror/row-update")
    deps.store.put(run.tenant, Put(ROWS, run.id, to_body(ShownRow(row, wanted))))


def _find_row(notion: Notion, source: str, column: str, address: str) -> Json | None:
    rows = notion.query(source, {"property": column, "url": {"equals": address}})
    return {"page": str(rows[0]["id"])} if rows else None


def _values(deps: Deps, run: Run, page: Mapping[str, Any] | None, mapped: Mapped, *, idea: bool) -> Json:
    """Return what the row shows, by property id; only the columns that the database has."""
    facts, ended = run.facts, run.ended_at
    status = mapped.status_of_type(mapped.types.get("Status", "select"), status_of(run))
    shown: Mapping[str, Any] = {
        "Name": {"title": rich_text(plain(run.trigger.title)[:200] or run.id)},
        "Status": status,
        "Page": {"url": _address(deps, page, run.trigger.page)},
        "Started": {"date": {"start": run.opened_at.isoformat(timespec="seconds")}},
        "Ended": {"date": {"start": ended.isoformat(timespec="seconds")} if ended else None},
        "Cost": {"number": round(run.spent.micros / 1e6, 4)} if run.status.final else None,
        "Pull request": _url(facts.get("pull_request")),
        "Site": _url(facts.get("site") or facts.get("preview")),
        "Run": {"url": run_url(deps, run)},
        "Idea": {"relation": [{"id": run.trigger.page}]} if idea else None,
    }
    return {mapped.name(name): value for name, value in shown.items() if value is not None and mapped.name(name)}


def _address(deps: Deps, page: Mapping[str, Any] | None, page_id: str) -> str:
    return str((page or {}).get("url") or "") or address_of(deps, page_id)


def _url(address: Any) -> Json | None:
    return {"url": str(address)} if address else None


def _is_idea(settings: Mapping[str, Any], page: Mapping[str, Any] | None) -> bool:
    row = map_page(settings, page) if page is not None else None
    return row is not None and row.kind == IDEAS
