"""The rows of a tenant's Tasks as the day's plan needs them, and what the page of the last planned day shows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from shared.app.engine.deps import Deps
from shared.app.workspace.workspace_databases import Mapped
from shared.core.errors import Missing
from shared.core.schedule.day_tasks import DAYS, PlannedDay, Task, Yesterday
from shared.core.text.outgoing_text import visible
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.content.reading import property_text
from shared.ports import get_as

DONE = "Done"
_DATE = len("2026-03-02")
_CUT_AT = 25  # related pages that a page object shows
_BACK = 7  # days within which there may have been a planned day


def open_tasks(notion: Notion, mapped: Mapped, zone: ZoneInfo) -> list[Task]:
    """Return the rows that are not done. Dates with a time are the tenant's local dates."""
    rows = notion.query(mapped.data_source, _build_open_filter(notion, mapped))
    return [_task(notion, mapped, row, zone) for row in rows if mapped.status(row) != DONE]


def _build_open_filter(notion: Notion, mapped: Mapped) -> dict[str, Any] | None:
    """Return the filter that leaves out what is done, as far as the column's type and option are known."""
    schema = notion.data_source(mapped.data_source).get("properties") or {}
    wanted = unquote(mapped.properties.get("Status", ""))
    column = next((prop for prop in schema.values() if wanted and unquote(str(prop.get("id"))) == wanted), None)
    done = mapped.options.get(DONE, DONE)
    if column is None or column.get("type") not in ("select", "status"):
        return None
    options = (column.get(column["type"]) or {}).get("options") or ()
    known = mapped.option_ids.get(DONE)
    name = next((str(option["name"]) for option in options if known and option.get("id") == known), done)
    if all(option["name"] != name for option in options):
        return None
    return {"property": column["name"], column["type"]: {"does_not_equal": name}}


def _task(notion: Notion, mapped: Mapped, row: Mapping[str, Any], zone: ZoneInfo) -> Task:
    estimate = mapped.value(row, "Estimate").get("number")
    title: Mapping[str, Any] = next((v for v in (row.get("properties") or {}).values() if v.get("type") == "title"), {})
    due = mapped.value(row, "Due")
    span = _span(due, zone)
    return Task(
        id=str(row["id"]),
        title=" ".join(visible(property_text(title)).split())[:200] or "Untitled",
        status=mapped.status(row) or "To do",
        priority=property_text(mapped.value(row, "Priority")),
        due=date(*span[-1].timetuple()[:3]) if span else None,  # from Monday to Wednesday is due on Wednesday
        span=span,
        due_text=property_text(due),
        hours=float(estimate) if isinstance(estimate, int | float) and not isinstance(estimate, bool) else None,
        depends_on=_list_related(notion, row, mapped.value(row, "Depends on")),
        url=str(row.get("url") or ""),
    )


def _span(value: Mapping[str, Any], zone: ZoneInfo) -> tuple[date, ...]:
    """Return start and, where there is one, end of a date; times as the tenant's clocks show them."""
    shown = value.get("date") or {}
    texts = [str(shown[end]) for end in ("start", "end") if shown.get(end)]
    try:
        return tuple(date.fromisoformat(text) if len(text) == _DATE else _parse_moment(text, zone) for text in texts)
    except ValueError:
        return ()


def _parse_moment(text: str, zone: ZoneInfo) -> datetime:
    at = datetime.fromisoformat(text)
    return at.astimezone(zone) if at.tzinfo else at.replace(tzinfo=zone)


def _list_related(notion: Notion, row: Mapping[str, Any], value: Mapping[str, Any]) -> tuple[str, ...]:
    related = value.get("relation") or []
    if value.get("has_more") or len(related) >= _CUT_AT:
        related = notion.property_value(str(row["id"]), str(value["id"]))
    return tuple(str(related_page["id"]) for related_page in related)


def find_last_planned(deps: Deps, tenant: str, notion: Notion, today: date) -> Yesterday | None:
    """Return what the page of the last planned day shows now; None when there was none within a week."""
    for back in range(1, _BACK + 1):
        day = today - timedelta(days=back)
        planned = get_as(PlannedDay, deps.store, (tenant, DAYS, day.isoformat()))
        if planned is not None and planned.todos:
            return _read_ticks(notion, day, planned.page, planned.todos)
    return None


def _read_ticks(notion: Notion, day: date, page: str, todos: Mapping[str, str]) -> Yesterday | None:
    try:
        blocks = notion.children(page)
    except Missing:
        return None
    ticked = {str(block["id"]): bool(block["to_do"].get("checked")) for block in blocks if block.get("type") == "to_do"}
    tasks = {task: ticked[block] for block, task in todos.items() if block in ticked}
    done = frozenset(task for task, tick in tasks.items() if tick)
    return Yesterday(day, done, frozenset(tasks) - done)
