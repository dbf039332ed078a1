"""`look = "rows"`: what belongs together stands together, a price beside its loaf and not beside the next one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shared.cli.evaluate.fields import Fields
from shared.cli.evaluate.looks.page_outcome import Check, Finding, Made, build_finding
from shared.cli.evaluate.looks.words import plain

_NEAR = 5  # lines from the first word on in which the others may stand


@dataclass(frozen=True, slots=True)
class Rows:
    """Of each row the first word is what the others stand beside, until the first word of another row comes."""

    name: str
    rows: tuple[tuple[str, ...], ...]

    def look(self, made: Made) -> Finding:
        """Read every page line by line as a visitor sees it."""
        if made.site is None:
            return Finding(self.name, False, "there is no site")
        pages = [[plain(line) for line in page.lines] for page in made.site.pages]
        problems = [
            f"{', '.join(row[1:])} is not beside {row[0]!r}"
            for row in self.rows
            if not any(self._stands(row, lines) for lines in pages)
        ]
        return build_finding(self.name, problems, f"{len(self.rows)} rows stand as they should")

    def _stands(self, row: Sequence[str], lines: Sequence[str]) -> bool:
        first, words = plain(row[0]), [plain(word) for word in row[1:]]
        others = [plain(other[0]) for other in self.rows if plain(other[0]) not in first]
        for at, line in enumerate(lines):
            if first not in line:
                continue
            near = [line]
            for after in lines[at + 1 : at + _NEAR]:
                if any(other in after for other in others):
                    break
                near.append(after)
            if all(word in " ".join(near) for word in words):
                return True
        return False


def read(name: str, fields: Fields) -> Check:
    rows = fields.lines("rows", required=True)
    for number, row in enumerate(rows, 1):
        if len(row) < 2:
            raise fields.wrong(f"rows[{number}]", "needs at least two texts: what stands beside what")
    return Rows(name, rows)
