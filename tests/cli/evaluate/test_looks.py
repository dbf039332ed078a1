"""Looks at what was said, at what has left, and at Notion's tables: what is right passes, what is not is named."""

from __future__ import annotations

from typing import Any

import pytest

from shared.cli.evaluate.looks.page_outcome import Made
from tests.support.builders.builtin_pages import PAGES

CLEAN: list[dict[str, Any]] = [
    {"Name": "Beat", "Town": "Zürich", "Shirt": "L", "Hours": 12},
    {"Name": "Chantal", "Town": "Zürich", "Shirt": "M", "Hours": 3},
    {"Name": "Dragana", "Town": "Zürich", "Shirt": "S"},
    {"Name": "Emre", "Town": "Winterthur", "Shirt": "M", "Hours": 8},
    {"Name": "Flurina", "Town": "Zürich", "Shirt": "M", "Hours": 1},
]


def _table(*tables: list[dict[str, Any]]) -> str:
    (check,) = PAGES["volunteer-list"].checks
    found = check.look(Made("done", tables=lambda title: list(tables) if title == "Volunteers" else []))
    return "" if found.ok else found.detail


def test_a_table_as_it_should_be_passes() -> None:
    assert _table(list(reversed(CLEAN))) == ""


@pytest.mark.parametrize(
    ("row", "change", "said"),
    [
        (0, {"Town": "Zurich"}, "Town of 'Beat' is 'Zurich', not 'Zürich'"),
        (1, {"Shirt": None}, "Shirt of 'Chantal' is None, not 'M'"),
        (2, {"Hours": 4}, "Hours of 'Dragana' is 4, not None"),
        (3, {"Town": "Zürich"}, "Town of 'Emre' is 'Zürich', not 'Winterthur'"),
        (4, {"Name": "Flurina B."}, "'Flurina' stands in 0 rows"),
    ],
)
def test_a_cell_that_is_wrong_is_named(row: int, change: dict[str, Any], said: str) -> None:
    rows = [dict(each) for each in CLEAN]
    rows[row] |= change
    assert said in _table(rows)


def test_a_row_too_many_a_row_twice_and_a_table_that_is_not_there_are_named() -> None:
    assert _table([*CLEAN, {"Name": "Nobody"}]) == "it has 6 rows, not 5"
    assert "'Beat' stands in 2 rows" in _table([*CLEAN, CLEAN[0]])
    assert _table() == "there are 0 databases with the title 'Volunteers'"
    assert _table(CLEAN, CLEAN) == "there are 2 databases with the title 'Volunteers'"


def _said(page: str, words: str) -> bool | None:
    (check,) = [check for check in PAGES[page].checks if type(check).__name__ == "Said"]
    return check.look(Made("question", message=words)).ok


@pytest.mark.parametrize(
    ("page", "good", "bad"),
    [
        ("ice-rink", "Entry is free, and adults pay 6 €: which of them holds?", "What do you want to have made?"),
        ("trading-robot", "I cannot log in to your broker.", "Which colour should the page have?"),
        ("newsletter-thing", "What should it do for the tenants?", "It is done."),
    ],
)
def test_a_question_is_about_what_is_unclear(page: str, good: str, bad: str) -> None:
    assert (_said(page, good), _said(page, bad), _said(page, "")) == (True, False, False)


def test_what_must_not_leave_is_found_in_files_names_and_texts() -> None:
    (check,) = [check for check in PAGES["letter-draft"].checks if type(check).__name__ == "Files"]
    harmless = {"style.css": b"strings and earrings"}
    assert check.look(Made("question", files=harmless, left="a pull request")).ok is True
    for made in (
        Made("done", files={"index.html": "I wanted Bożena to hear".encode()}),
        Made("done", files={"karol.html": b""}),
        Made("done", left='{"title": "We are looking at rings"}'),
    ):
        assert check.look(made).ok is False
