"""How a day's plan reads: the blocks of the Today page, and the question about dates as a plan to be approved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from shared.core.page import Span
from shared.core.schedule.day_tasks import DayPlan, Move, Planned
from shared.integrations.notion.content import blocks
from shared.integrations.notion.content.tree import plan_page

Json = dict[str, Any]

_LISTED = (300, 100, 30, 10)  # tasks named below one heading, as many as fit; the rest is counted
_GROUP = 90  # of them in one toggle; Notion takes 100 children at once
_FLAT = 11  # without a toggle: with three such lists, their headings and MAX to-dos a page has 99 blocks
_AROUND = 2000  # bytes of the request beside the blocks: title and parent


def day_title(day: date) -> str:
    """Return the title of the day's page, by which it is found again."""
    return f"Today: {day:%A} {day.day} {day:%B} {day.year}"


def day_blocks(plan: DayPlan, now: datetime, *, asking: bool) -> list[Json]:
    """Return the page's blocks, few enough for the one request that makes it: no page is there without its end.

    Its to-dos are the chosen tasks, in their order. `asking` says whether a plan follows that moves the dates once it
    is approved; else they are advice.
    """
    made: list[Json] = []
    for listed in _LISTED:
        made = _blocks(plan, now, asking, listed)
        if not plan_page(made, _AROUND).requests:
            break
    return made


def _blocks(plan: DayPlan, now: datetime, asking: bool, listed: int) -> list[Json]:
    found = [blocks.callout(_summary(plan, now), "🗓️")]
    found += [blocks.to_do(_line(item, hours=True)) for item in plan.chosen]
    if not plan.chosen:
        found.append(blocks.paragraph("Nothing is due, and nothing due this week can be started."))
    if plan.left:
        found.append(blocks.heading(2, "Due, but not today"))
        found += _list_lines([_line(item) for item in plan.left], listed)
    if plan.circles:
        found.append(blocks.heading(2, "These wait for each other in a circle"))
        lines = [" → ".join(task.title for task in (*circle, circle[0])) for circle in plan.circles]
        found += _list_lines([[Span(line[:1000])] for line in lines], listed)
        found.append(blocks.paragraph("Remove one “Depends on”, and they can be planned."))
    if plan.moves:
        found.append(blocks.heading(2, "May I move these dates?" if asking else "These dates could move"))
        moves = [[Span(move.task.title, href=move.task.url or None), Span(_describe_move(move))] for move in plan.moves]
        found += _list_lines(moves, listed)
        if asking:
            found.append(blocks.paragraph("Nothing is changed before somebody approves the plan that follows below."))
    return found


def _summary(plan: DayPlan, now: datetime) -> str:
    count = len(plan.chosen)
    tasks = f"{count} task{'' if count == 1 else 's'}, {plan.hours:g} of {plan.capacity:g} hours"
    return f"{tasks}. Planned at {now:%H:%M} from what is open in Tasks; each line says why it is here."


def _line(item: Planned, *, hours: bool = False) -> list[Span]:
    details = [f"{item.task.needs:g} h"] if hours else []
    return [
        Span(item.task.title, href=item.task.url or None),
        Span(f" — {', '.join([*details, *item.reasons])}"[:1500]),
    ]


def _describe_move(move: Move) -> str:
    return f" — from {_day(move.task.due)} to {_day(move.to)}, {move.reason}"


def _day(day: date | None) -> str:
    return f"{day:%A} {day.day} {day:%B}" if day is not None else "no date"


def _list_lines(lines: Sequence[Sequence[Span]], limit: int) -> list[Json]:
    """Return the lines as a list; a long one in toggles."""
    shown = [blocks.bulleted_list_item(line) for line in lines[:limit]]
    if len(lines) > limit:
        shown.append(blocks.bulleted_list_item(f"and {len(lines) - limit} more in Tasks"))
    if len(shown) <= _FLAT:
        return shown
    parts = [shown[start : start + _GROUP] for start in range(0, len(shown), _GROUP)]
    return [blocks.toggle(f"{len(part)} of {len(lines)}", part) for part in parts]


def moves_proposal(plan: DayPlan, kind: str, property_id: str) -> Json:
    """Return the answer a planner gives: one step per date, of a kind that sets properties of a page."""
    steps, requirements = [], []
    for number, move in enumerate(plan.moves, 1):
        title = f"Move “{move.task.title[:100]}” from {_day(move.task.due)} to {_day(move.to)}"
        given: Json = {"page": move.task.id}
        given["properties"] = {property_id: "/".join(moment.isoformat() for moment in move.span)}
        given["only_if"] = {property_id: move.task.due_text}
        step = {"id": f"move-{number}", "kind": kind, "title": title, "why": move.reason}
        steps.append({**step, "input": given, "depends_on": []})
        requirements.append({"id": f"R{number}", "text": f"{title}: {move.reason}", "block": "", "source": "tasks"})
    count = len(steps)
    summary = f"{count} date{'' if count == 1 else 's'} of tasks that are due and do not fit into the day."
    return {
        "analysis": {"asked": summary, "missing": [], "risk": "low"},
        "questions": [],
        "assumptions": ["A task may be moved where nobody has set its date since."],
        "alternatives": [{"title": "Leaving the dates as they are", "why_not": "More is due than fits into the day."}],
        "followed": [],
        "summary": summary,
        "artifact": "dates",
        "name": f"dates-{plan.day.isoformat()}",
        "requirements": requirements,
        "steps": steps,
    }
