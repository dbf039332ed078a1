"""`look = "table"`: the rows of a database of the workspace in the end, as Notion has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.cli.evaluate.fields import Fields
from shared.cli.evaluate.looks.page_outcome import Check, Finding, Made, Row, build_finding
from shared.cli.evaluate.looks.service_visit import is_same_value

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows, each known by its first column; a column that others name and a row does not has to be empty there."""

    name: str
    title: str
    rows: tuple[Json, ...]
    count: int

    def look(self, made: Made) -> Finding:
        """Read the database and compare."""
        tables = made.tables(self.title)
        if len(tables) != 1:
            return Finding(self.name, False, f"there are {len(tables)} databases with the title {self.title!r}")
        return build_finding(self.name, list(self._problems(tables[0])), f"{len(self.rows)} rows are as they should be")

    def _problems(self, rows: Sequence[Row]) -> Iterator[str]:
        if self.count and len(rows) != self.count:
            yield f"it has {len(rows)} rows, not {self.count}"
        columns = list(dict.fromkeys(name for row in self.rows for name in row))
        for wanted in self.rows:
            key = wanted[columns[0]]
            found = [row for row in rows if row.get(columns[0]) == key]
            if len(found) != 1:
                yield f"{key!r} stands in {len(found)} rows"
                continue
            for column in columns[1:]:
                is_there, expected = found[0].get(column), wanted.get(column)
                if not is_same_value(is_there or None, expected or None):  # an unchecked box is an empty one
                    yield f"{column} of {key!r} is {is_there!r}, not {expected!r}"


def read(name: str, fields: Fields) -> Check:
    rows = fields.tables("rows", required=True)
    first = next(iter(rows[0]), "")
    for number, row in enumerate(rows, 1):
        if first not in row:
            raise fields.wrong(f"rows[{number}].{first}", "is missing: a row is known by it")
    return Rows(name, fields.text("title"), tuple(rows), fields.whole("count", 0))
