"""The audit to take along, as JSON or as CSV that a spreadsheet shows and does not calculate."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from shared.app.engine.deps import Deps
from shared.app.tenants.audit_record import entry_view, read_audit
from shared.core.people.actor import By
from shared.core.tenants.audit_entries import build_entry

COLUMNS = (
    *("number", "id", "at", "what", "by", "run", "about", "outcome", "why", "plan_hash", "actor"),
    *("key", "address", "forwarded", "previous", "hash"),
)
_MORE = "more"  # the last column: what else an entry says, as JSON
_CALCULATED = tuple("=+-@＝＋－＠")  # what a cell begins with that Excel, LibreOffice or Sheets take for a formula
_CUT = tuple("\t\r\n")  # what some of them drop before they look


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries: by this actor, of this action (either in capitals or not), on these days in UTC, both included."""

    actor: str = ""
    action: str = ""
    first: date | None = None
    last: date | None = None

    def takes(self, body: Mapping[str, Any]) -> bool:
        """Say whether an entry is meant; one that has no time is of no day."""
        if self.actor and str(body.get("by", "")).casefold() != self.actor.casefold():
            return False
        if self.action and str(body.get("what", "")).casefold() != self.action.casefold():
            return False
        if self.first is None and self.last is None:
            return True
        day = _day_of(body.get("at"))
        return day is not None and (self.first or day) <= day <= (self.last or day)

    def words(self) -> str:
        """Return what is chosen by, for the audit itself."""
        given = {"actor": self.actor, "action": self.action, "from": self.first, "to": self.last}
        return ", ".join(f"{name} {value}" for name, value in given.items() if value)


def export_audit(deps: Deps, tenant: str, only: AuditFilter, by: By) -> Iterator[Mapping[str, Any]]:
    """Yield the entries; that it was asked for is in the audit before the first one comes, and is one of them."""
    deps.store.note(tenant, build_entry(deps.clock.now(), "AuditExported", by, only.words()))
    return (entry_view(entry) for entry in read_audit(deps.store, tenant) if only.takes(entry.body))


def write_json(tenant: str, entries: Iterator[Mapping[str, Any]]) -> Iterator[bytes]:
    """Yield one JSON object; cut off it is none."""
    yield f'{{"tenant": {json.dumps(tenant)}, "entries": ['.encode()
    between = b"\n"
    for entry in entries:
        yield between + json.dumps(entry).encode()
        between = b",\n"
    yield b"\n]}\n"


def write_csv(entries: Iterator[Mapping[str, Any]]) -> Iterator[bytes]:
    """Yield lines after RFC 4180, every cell in quotes, the names of the columns first."""
    yield _line((*COLUMNS, _MORE))
    for entry in entries:
        more = {name: value for name, value in entry.items() if name not in COLUMNS}
        cells = [entry.get(name, "") for name in COLUMNS]
        yield _line((*cells, json.dumps(more, ensure_ascii=False) if more else ""))


def _line(cells: tuple[Any, ...]) -> bytes:
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL).writerow([disarm(str(cell)) for cell in cells])
    return line.getvalue().encode("utf-8", "replace")


def disarm(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: with an apostrophe before it, where it might."""
    return f"'{cell}" if cell.startswith(_CUT) or cell.lstrip().startswith(_CALCULATED) else cell


def _day_of(at: Any) -> date | None:
    try:
        return datetime.fromisoformat(str(at)).astimezone(UTC).date()
    except ValueError:
        return None
