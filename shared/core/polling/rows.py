"""What two looks at a row of a table tell about who set its status, and how far a table has been asked. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.core.documents.codec import sparse, unknown
from shared.core.documents.generate import TURNS

SWEPT = "swept"  # documents, by data source: how far its edits were looked at
WATCHED = "rows"  # documents, by data source: its rows as they were


@dataclass(frozen=True, slots=True)
class Row:
    """A row as a table listed it."""

    version: str  # when it was last edited, to the minute
    editor: str  # the id of who did
    status: str
    ours: str  # a fingerprint of what only we write: links, cost
    others: str  # a fingerprint of everything else that a row shows
    asked: str = ""  # a fingerprint of the link to what the row asks about, which we write together with a status


@dataclass(frozen=True, slots=True)
class KnownRow:
    """A row as it was at the last look, and how often it had changed by then."""

    number: int
    row: Row


def _read_rows(stored: Mapping[str, Any]) -> dict[str, KnownRow]:
    return {page: KnownRow(int(number), Row(*parts)) for page, (number, *parts) in stored.items()}


def _write_rows(rows: Mapping[str, KnownRow]) -> dict[str, list[Any]]:
    return {page: [known.number, *_list_parts(known.row)] for page, known in rows.items()}


def _list_parts(row: Row) -> list[str]:
    return [row.version, row.editor, row.status, row.ours, row.others, row.asked]


@dataclass(frozen=True, slots=True)
class WatchedRows:
    """The rows of a table at the last look, by page."""

    rows: Mapping[str, KnownRow] = field(default_factory=dict, metadata={TURNS: (_read_rows, _write_rows)})
    more: Mapping[str, Any] = unknown()


@dataclass(frozen=True, slots=True)
class SweptMark:
    """Since when a table has to be asked; where a look was stopped, the minute and the cursor it had reached."""

    since: str
    settled: Mapping[str, str] = field(default_factory=dict)  # by page, its version: looked at for good
    upto: str = sparse("")
    asked: str = sparse("")  # since when the stopped look asks
    cursor: str | None = sparse(None)
    began: str = sparse("")
    more: Mapping[str, Any] = unknown()


def status_set_by(before: Row | None, now: Row) -> str:
    """Return who set the status between two looks, as far as they can tell; "" where they cannot.

    A row names only who edited it last. That is who set the status when nothing else has changed since the look
    before: whoever else had set it, the last editor would have changed something too. The same status at both looks was
    set anew when the row asks about something else by now: with that we wrote a status of ours, which nobody has seen.
    """
    if before is None or before.others != now.others:
        return ""
    anew = bool(before.asked) and before.asked != now.asked
    return now.editor if anew or before.status != now.status else ""
