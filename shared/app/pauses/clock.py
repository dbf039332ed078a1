"""The times in which all work was paused, which count against no limit of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from shared.app.deps import Deps
from shared.app.engine import record
from shared.app.switches import SETTINGS, STOOD
from shared.core.events import TimeStoodStill
from shared.core.run import Run
from shared.ports import SYSTEM, Doc

Span = tuple[datetime, datetime]


def stood_still(now: datetime, *settings: Doc | None) -> tuple[Span, ...]:
    """Return when nothing was done, oldest first, without overlaps; a pause that goes on has lasted until now."""
    spans: list[Span] = []
    for doc in settings:
        if doc is not None:
            spans += [(_time(each["since"]), _time(each["until"])) for each in doc.body.get(STOOD, ())]
            spans += _going_on(doc.body, now)
    return tuple(_merged(spans))


def _going_on(settings: Mapping[str, Any], now: datetime) -> list[Span]:
    began = settings.get("paused_at") if settings.get("paused") else None
    return [(_time(began), now)] if began else []


def _merged(spans: Sequence[Span]) -> list[Span]:
    found: list[Span] = []
    for since, until in sorted(spans):
        if found and since <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], until))
        else:
            found.append((since, until))
    return found


def count_nothing(deps: Deps, run: Run, spans: Sequence[Span]) -> Run:
    """Return the run for which these times do not count."""
    for since, until in spans:
        if until > max(run.opened_at, run.stood_until or run.opened_at):
            run = record(deps, run.tenant, run.id, TimeStoodStill(deps.clock.now(), since, until), label="still")
    return run


def caught_up(deps: Deps, run: Run) -> Run:
    """Return the run for which no pause counts that was until now: before something of it is said to have lapsed."""
    now = deps.clock.now()
    spans = stood_still(now, deps.store.get(SYSTEM, *SETTINGS), deps.store.get(run.tenant, *SETTINGS))
    own = [(run.pause.at, now)] if run.pause is not None else []
    return count_nothing(deps, run, _merged([*spans, *own]))


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
