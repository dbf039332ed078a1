"""Pages that somebody wrote who did not know the rules, with what a sensible person expects of each.

The pages in `looked_at` are those that rules were mended by: every one of them comes to what it should. When they were
first judged, 14 of the 30 did not.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.offline.judging.held_out import ASK, REFUSE
from tests.unit.offline.judging.test_taken_for import outcome, page_of

LOOKED_AT = Path(__file__).parent / "looked_at"


def expected_of(folder: Path) -> dict[str, str]:
    """Return what each page of a folder is expected to come to."""
    return {name: each["want"] for name, each in json.loads((folder / "expected.json").read_text("utf-8")).items()}


def came_to(folder: Path, name: str) -> str:
    """Return what a page came to; a refusal in words is a question too."""
    kind = outcome(page_of((folder / f"{name}.md").read_text("utf-8")))[0]
    return ASK if kind == REFUSE else kind


@pytest.mark.parametrize(("name", "want"), expected_of(LOOKED_AT).items())
def test_a_page_that_was_looked_at_comes_to_what_it_should(name: str, want: str) -> None:
    assert came_to(LOOKED_AT, name) == want
