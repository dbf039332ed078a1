"""What a routine's page shows: when it ran and runs next, and once why its schedule cannot be followed."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from shared.app.engine.effects import Effects
from shared.app.schedule.routine_page import Desk, schedule_of
from shared.core.documents.routine import Routine
from shared.core.errors import Missing, Rejected, Unauthorized
from shared.core.page import Span
from shared.core.pages import marks
from shared.core.run.run import derive_id
from shared.integrations.notion.client.client import Notion
from shared.steps._kind import Repeat


def show_times(desk: Desk, page: Mapping[str, Any], routine: Routine, last: datetime | None = None) -> None:
    """Write when it ran last and when it runs next, where the page does not show that already."""
    zone = ZoneInfo("UTC")
    if routine.due:
        _, zone = schedule_of(routine)
    changes: dict[str, Any] = {}
    wanted = {"Next run": datetime.fromisoformat(routine.due) if routine.due else None}
    if last is not None:
        wanted["Last run"] = last
    for name, at in wanted.items():
        value = desk.mapped.value(page, name)
        if value and _parse_shown(value) != at:
            start = {"start": at.astimezone(zone).isoformat(timespec="milliseconds")} if at else None
            changes[desk.mapped.name(name)] = {"date": start}
    if changes:
        with suppress(Missing, Rejected):  # the page or the column went away just now: nothing depends on it
            desk.notion.update_page(routine.page, changes)
            desk.deps.crash_point("routine.after/shown")


def _parse_shown(value: Mapping[str, Any]) -> datetime | None:
    start = str((value.get("date") or {}).get("start") or "")
    try:
        at = datetime.fromisoformat(start)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def tell_if_wrong(desk: Desk, page: Mapping[str, Any], routine: Routine) -> None:
    """Comment once on a schedule that cannot be followed."""
    if not routine.wrong:
        return
    digest = derive_id("", routine.schedule, routine.zone)
    target = marks.mark(str(page.get("url") or desk.deps.public_url), f"schedule-{digest}")
    text = f"{routine.wrong} Until then this routine does not run."
    effects = Effects(desk.deps, desk.tenant, f"routine.{routine.page}", "routine", "notion")
    with suppress(Missing, Rejected, Unauthorized):  # may not comment here: the property Next run stays empty
        effects(
            f"wrong-{digest}",
            lambda: {"id": desk.notion.comment(routine.page, (Span("Schedule: ", href=target), Span(text)))["id"]},
            repeat=Repeat.LOOK,
            look=lambda: _comment_with(desk.notion, routine.page, target),
        )


def _comment_with(notion: Notion, page: str, target: str) -> dict[str, Any] | None:
    for comment in notion.comments(page):
        if any((text.get("href") or "") == target for text in comment.get("rich_text", ())):
            return {"id": str(comment["id"])}
    return None
