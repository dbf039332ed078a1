"""Pages that somebody wrote who did not know the rules, with what a sensible person expects of each.

The pages in `looked_at` are those that rules were mended by: every one of them comes to what it should. When they were
first judged, 14 of the 30 did not. Those in `measured` were not read by whoever wrote the rules: they tell how well the
rules do with pages that nobody has seen. Of the 30, 13 were judged wrongly at first, and 5 when rules had been mended.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.offline.judging.held_out import ASK, REFUSE
from tests.unit.offline.judging.judged import outcome, page_of

LOOKED_AT, MEASURED = (Path(__file__).parent / name for name in ("looked_at", "measured"))
MAX_WRONG = 5  # of those that were measured


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


def test_of_pages_that_no_rule_was_mended_by_most_come_to_what_they_should() -> None:
    wrong = [name for name, want in expected_of(MEASURED).items() if came_to(MEASURED, name) != want]
    assert len(wrong) <= MAX_WRONG, wrong
