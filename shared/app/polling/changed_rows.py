"""Ask a table for what was edited since the last time, and order a look at each of its rows.

A little earlier than the last time is asked for (page times are given to the minute, clocks differ), and a row is
looked at once more when the minute of its edit is over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from shared import log
from shared.app.engine.deps import Deps
from shared.app.intake.debounce import find_last_look, gather
from shared.app.polling.watched_rows import Watch
from shared.app.polling.wrong_clock import notion_ahead
from shared.app.workspace.workspace_crawl import BLUR, OVERLAP
from shared.core.documents.codec import to_body
from shared.core.documents.look import Happening
from shared.core.pages.author import UNKNOWN, Author
from shared.core.polling.rows import SWEPT, SweptMark
from shared.core.run.commands import Command
from shared.core.run.run import derive_id
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.client.notion_refusals import CursorExpired
from shared.ports import Put, get_as

FIRST = timedelta(days=1)  # how far back the first pass looks: as long as Notion repeats a delivery
_MAX_SETTLED = 2000  # in one document
_BY_EDIT = [{"timestamp": "last_edited_time", "direction": "ascending"}]


def look_for_rows(deps: Deps, tenant: str, notion: Notion, source: str, watch: Watch | None = None) -> int:
    """Order a look at every row that was edited since the last time; return how many.

    `watch` knows the rows as they were, and has those that have changed looked at at once.

    What a part of the answer asked for is ordered before it is remembered as done: a death in between asks again, and
    orders the same looks under the same names. Who was stopped goes on at the cursor, or where that has expired at the
    minute that was reached.
    """
    mark, now = _load_mark(deps, tenant, source), deps.clock.now()
    since, cursor, began = _begin_at(mark, now)
    settled = dict(mark.settled)
    found, ahead = 0, None
    while True:
        asked = {"timestamp": "last_edited_time", "last_edited_time": {"on_or_after": since}}
        try:
            part = notion.query_part(source, asked, _BY_EDIT, cursor=cursor)
        except CursorExpired:
            since, cursor, began = mark.upto, "", now
            continue
        if ahead is None:  # from here on by Notion's clock: ours may be wrong by a day
            ahead = notion_ahead(deps, notion)
            now, began = now + ahead, began if cursor else now + ahead
            if datetime.fromisoformat(since) > now:  # a time that a wrong clock has left
                since = (now - FIRST).astimezone(UTC).isoformat()
                continue
        looks = [_look_for(deps, tenant, row, settled, ahead, watch) for row in part.rows]
        found += _order(deps, looks, watch)
        if not part.cursor and (part.complete or not part.rows):
            break
        cursor, upto = part.cursor, str(part.rows[-1]["last_edited_time"]) if part.rows else since
        if not part.cursor:  # one query gives so many rows and no more: another one begins where it stopped
            since, began = _choose_next_start(tenant, source, since, upto), now
        settled = _newest(settled, now)
        mark = replace(mark, settled=settled, upto=upto if cursor else since, asked=since)
        mark = replace(mark, cursor=cursor, began=began.isoformat())
        deps.store.put(tenant, Put(SWEPT, source, to_body(mark)))
    mark = SweptMark(began.isoformat(), _newest(settled, now), more=mark.more)
    deps.store.put(tenant, Put(SWEPT, source, to_body(mark)))
    return found


def _load_mark(deps: Deps, tenant: str, source: str) -> SweptMark:
    known = get_as(SweptMark, deps.store, (tenant, SWEPT, source))
    return known or SweptMark((deps.clock.now() - FIRST).isoformat())


def _begin_at(mark: SweptMark, now: datetime) -> tuple[str, str, datetime]:
    """Return since when is asked, the cursor to go on at, and when what is asked for began."""
    since, cursor = mark.asked or mark.upto, mark.cursor or ""
    if not since:
        since = (datetime.fromisoformat(mark.since) - OVERLAP).astimezone(UTC).isoformat()
    began = datetime.fromisoformat(mark.began) if cursor else now  # what changes later may not be in the list
    return since, cursor, began


def _order(deps: Deps, looks: Iterable[Command | None], watch: Watch | None) -> int:
    """Order the looks of a part of the answer, then remember its rows; return how many were ordered."""
    commands = [look for look in looks if look is not None]
    if commands:
        deps.queue.enqueue(commands)
    if watch is not None:
        watch.remember()
    return len(commands)


def _newest(settled: Mapping[str, str], began: datetime) -> dict[str, str]:
    """Return those that a query will list again. It only saves looking them up, so there need not be all of them."""
    again = [(page, version) for page, version in settled.items() if _age(version, began) < 3 * OVERLAP]
    return dict(again[-_MAX_SETTLED:])


def _choose_next_start(tenant: str, source: str, since: str, upto: str) -> str:
    """Return where the next query begins: at the last minute that was reached, or after it when it never ends."""
    if datetime.fromisoformat(upto) > datetime.fromisoformat(since):
        return upto
    log.line(
        "WARNING", "more rows of one minute than Notion lists: some were not looked at", tenant=tenant, source=source
    )
    return (datetime.fromisoformat(upto) + timedelta(minutes=1)).isoformat()


def _look_for(
    deps: Deps, tenant: str, row: Mapping[str, Any], settled: dict[str, str], ahead: timedelta, watch: Watch | None
) -> Command | None:
    """Return the look at a row, unless it was looked at since its last edit could have been made."""
    page, version = str(row["id"]), str(row["last_edited_time"])
    now = deps.clock.now() + ahead
    if watch is not None:
        over = _age(version, now) >= BLUR
        happening = watch.news(row, over=over)
        if happening is not None:
            return gather(deps, tenant, page, happening)
        if not over:
            return None
    if settled.get(page) == version:
        return None
    still = _age(version, now) >= BLUR  # no other edit can have this version any more
    if still:
        settled[page] = version
    seen = find_last_look(deps, tenant, page)
    if seen is not None and now >= seen + ahead >= datetime.fromisoformat(version) + BLUR:
        return None
    editor = str((row.get("last_edited_by") or {}).get("id") or "")
    name = derive_id("swept-", page, version, "still" if still else "moving")
    return gather(deps, tenant, page, Happening(name, version, Author(UNKNOWN, editor), "swept", in_table=True))


def _age(version: str, now: datetime) -> timedelta:
    return now - datetime.fromisoformat(version)
