"""Lists that may take longer than the rate budget allows at once: given part by part, and taken up where they were."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain

from shared.core.errors import Rejected, Unavailable
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.client.data_sources import ROW_CAP
from shared.integrations.notion.client.notion_refusals import CursorExpired
from shared.integrations.notion.client.wire import Json, Wire

_BY_AGE = [{"timestamp": "created_time", "direction": "ascending"}]
_TITLE = ("title",)  # the id of every table's title


@dataclass(frozen=True, slots=True)
class Reached:
    """How far a table was read: JSON-able fields. A cursor may be out of date at any time, a creation time never is."""

    parts: int = 0
    since: str = ""  # the present query asks for rows created then or later; "" for all
    last: str = ""  # when the last row was created that was read
    cursor: str = ""


def row_parts(notion: Notion, source: str, reached: Reached) -> Iterator[tuple[list[Json], Reached]]:
    """Yield the rows of a table after `reached`, oldest first, with their titles alone, and how far that is.

    One request per part. A row may come twice where a query begins anew: because the cursor has expired, or because
    Notion hands out no more than 10,000 rows for one.
    """
    restarted = False
    while True:
        try:
            part = notion.query_part(source, _filter_since(reached.since), _BY_AGE, cursor=reached.cursor, only=_TITLE)
        except CursorExpired as error:
            if restarted:
                raise Unavailable(notion.system, f"{source}: the list expired while it was being read") from error
            reached, restarted = replace(reached, since=reached.last, cursor=""), True
            continue
        if part.cursor and part.cursor == reached.cursor:
            raise Unavailable(notion.system, f"{source}: the list leads back to an earlier page of itself")
        last = str(part.rows[-1].get("created_time") or reached.last) if part.rows else reached.last
        cut = not part.cursor and not part.complete
        if cut and last == reached.since:
            reason = f"more than {ROW_CAP} rows were created at {last}, and Notion hands out no more for one query"
            raise Rejected(notion.system, f"{source}: {reason}")
        reached = Reached(reached.parts + 1, last if cut else reached.since, last, part.cursor)
        restarted = False
        yield part.rows, reached
        if not part.cursor and not cut:
            return


def _filter_since(time: str) -> Json | None:
    return {"timestamp": "created_time", "created_time": {"on_or_after": time}} if time else None


def edited_parts(notion: Wire, since: str, cursor: str = "") -> Iterator[tuple[list[Json], str]]:
    """Yield pages and data sources edited at or after `since` (ISO 8601, UTC), newest first, and the cursor after them.

    They come from the search, whose index lags and is not promised to be complete (notion-api: search): good for
    finding changes early, never proof that there were none. Stops at the first object that is older. From a `cursor`
    that has expired it begins anew: nothing else leads to the middle of a search.
    """
    asked = {"query": "", "sort": {"timestamp": "last_edited_time", "direction": "descending"}}
    answers = notion._parts("POST", "/v1/search", {**asked, "start_cursor": cursor} if cursor else asked)
    try:
        first = next(answers)
    except CursorExpired:
        yield from edited_parts(notion, since)
        return
    for answer in chain([first], answers):
        found = [each for each in answer["results"] if str(each.get("last_edited_time") or "") >= since]
        whole = len(found) == len(answer["results"])
        yield found, str(answer.get("next_cursor") or "") if whole else ""
        if not whole:
            return
