"""Thousands of rows, read and written in parts: what was done stays done when the work is interrupted.

A limit of calls, a killed process, an unclear answer: the same call again goes on behind the last part that is known.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Protocol

from shared.core.errors import BudgetSpent, ErrorClass, IntegrationError, Missing, Rejected, Unavailable
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.client.notion_refusals import CursorExpired

Json = dict[str, Any]
Result = Mapping[str, Any]
Left = Mapping[str, str]  # of a row: what was left as it is, by column id, each in words

MAX_ROWS = 10_000  # Notion hands out no more for one filter
WRITTEN_TOGETHER = 25  # rows; a killed process writes at most so many a second time, with the same values
ROWS_AT_A_TIME = 500  # then somebody else has a turn, so that no attempt lasts long
_SIZE = 100
_BEGINNINGS = 50
_OLDEST_FIRST: Json = {"timestamp": "created_time", "direction": "ascending"}


class TooManyRows(Rejected):
    """More rows match than Notion hands out for one filter."""


class Memory(Protocol):
    """Remembers what was done, and texts; a step's context is one."""

    def do_idempotently(self, name: str, do: Callable[[], Result]) -> Result:
        """Do something that may be repeated; return its result, the same one every time."""

    @property
    def keep_text(self) -> Callable[[str], str]:
        """Return what keeps a text and gives its address."""

    @property
    def get_text(self) -> Callable[[str], str]:
        """Return what gives the text at an address."""


def list_all_rows(
    notion: Notion, memory: Memory, source: str, filter: Json | None, only: Sequence[str], name: str
) -> list[Json]:
    """Return all rows that match, oldest first, as `{"id", "properties"}` with the properties named in `only` (ids).

    Raises TooManyRows beyond 10,000. Cursors live shortly: when one has expired, the reading begins again.
    """
    for beginning in range(_BEGINNINGS):
        try:
            return _read(notion, memory, source, filter, only, f"{name}-{beginning}")
        except CursorExpired:
            continue
    raise Unavailable("notion", f"{source}: the list of rows expired again and again while it was being read")


def _read(
    notion: Notion, memory: Memory, source: str, filter: Json | None, only: Sequence[str], name: str
) -> list[Json]:
    found: dict[str, Json] = {}
    cursor = ""
    for number in range(MAX_ROWS // _SIZE + 1):

        def part(cursor: str = cursor) -> Result:
            got = notion.query_part(source, filter, [_OLDEST_FIRST], cursor=cursor, size=_SIZE, only=only)
            if not got.complete:
                raise TooManyRows(
                    "notion", f"more than {MAX_ROWS} rows match, and Notion lists no more; narrow the filter"
                )
            rows = [{"id": row["id"], "properties": row.get("properties") or {}} for row in got.rows]
            return {"rows": memory.keep_text(json.dumps(rows, ensure_ascii=False)), "cursor": got.cursor}

        known = memory.do_idempotently(f"{name}-{number:03d}", part)
        for row in json.loads(memory.get_text(str(known["rows"]))):
            found.setdefault(str(row["id"]), row)
        cursor = str(known["cursor"])
        if not cursor:
            return list(found.values())
    raise TooManyRows("notion", f"more than {MAX_ROWS} rows match, and we change no more at once; narrow the filter")


def write_rows(
    notion: Notion,
    memory: Memory,
    changes: Sequence[Json],
    name: str,
    *,
    turn: int = ROWS_AT_A_TIME,
    write: Callable[[Notion, Json], Left] | None = None,
    source: str = "",
) -> Json:
    """Write `{"id", "properties"}` to each row; return how many are `done`, and the ids of those that are `gone`.

    `write` does it in another way, with one row, and returns what was `left` as it is. The answer has that in words,
    and as `kept` the ids of the columns by row.

    Raises what a request raises; RateLimited also after a `turn` of rows, for somebody else's. What was done by then is
    remembered. A row that was removed meanwhile is gone, and no reason to stop. Where their data source `source` is not
    shared any more, no row is taken for removed: that raises Missing.
    """
    done, gone, left, kept, fresh = 0, list[str](), list[str](), dict[str, list[str]](), 0
    while done < len(changes):
        before = done

        def write_batch(before: int = before) -> Result:
            nonlocal fresh
            result = _write_some(notion, changes[before : before + WRITTEN_TOGETHER], write or _write_change, source)
            fresh += int(result["count"])
            return result

        if fresh >= turn:
            raise BudgetSpent(
                "notion", f"{done} of {len(changes)} rows, then a pause", retry_after=timedelta(seconds=1)
            )
        result = memory.do_idempotently(f"{name}-{before:05d}", write_batch)
        done += int(result["count"])
        gone += result["gone"]
        left += result.get("left", ())
        kept |= result.get("kept", {})
    return {"done": done, "gone": gone, "left": left, "kept": kept}


def list_written(known: Callable[[str], Result | None], name: str) -> int:
    """Return how many rows are known to be written; `known` gives the result remembered under a name."""
    done = 0
    while (result := known(f"{name}-{done:05d}")) is not None and result["count"]:
        done += int(result["count"])
    return done


def _write_change(notion: Notion, change: Json) -> Left:
    notion.update_page(str(change["id"]), change["properties"])
    return {}


def _write_some(notion: Notion, changes: Sequence[Json], write: Callable[[Notion, Json], Left], source: str) -> Json:
    count, gone, left, kept = 0, list[str](), list[str](), dict[str, list[str]]()
    for change in changes:
        try:
            if theirs := write(notion, change):
                left.append(f"{change['id']}: {'; '.join(theirs.values())}"[:300])
                kept[str(change["id"])] = list(theirs)
        except Missing:
            if source and not gone:
                notion.data_source(source)  # removed and not shared are the same answer: of a table it is the latter
            gone.append(str(change["id"]))
        except Rejected:
            if not notion.page(str(change["id"])).get("in_trash"):
                raise
            gone.append(str(change["id"]))
        except IntegrationError as error:
            if error.error_class != ErrorClass.TRANSIENT or not count:
                raise
            break  # what was written counts; the next part begins with this row
        count += 1
    return {"count": count, "gone": gone, "left": left, "kept": kept}
