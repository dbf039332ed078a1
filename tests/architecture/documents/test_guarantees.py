"""Every promise of the table names tests that try to break it, and they are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.repository.documents import ROOT

PAGE = (ROOT / "docs" / "why" / "guarantees.md").read_text(encoding="utf-8")
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| Promise |")]


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip("|").split(" | ")]


def _tests_named(cell: str) -> list[str]:
    return [name for name in re.findall(r"`([^`]+)`", cell) if "/test" in name or name.startswith("tests/")]


def _files(name: str) -> list[Path]:
    found = list(ROOT.glob(name.rstrip("/")))
    return [file for it in found for file in (it.rglob("test_*.py") if it.is_dir() else [it])]


def test_there_are_the_promises_of_every_subject() -> None:
    assert len(ROWS) > 50
    assert len({_cells(row)[0] for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: _cells(row)[0])
def test_a_promise_is_kept_by_something_and_shown_by_tests_that_are_there(row: str) -> None:
    promise, kept_by, shown_by = _cells(row)
    assert len(promise) > 15
    assert len(kept_by) > 15
    named = _tests_named(shown_by)
    assert named != []
    for name in named:
        assert name.startswith("tests/")
        texts = [file.read_text(encoding="utf-8") for file in _files(name)]
        assert texts != [], name
        assert all("def test_" in text for text in texts) or "/support/" in name


def test_what_the_readme_promises_leads_to_the_table() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    promises = readme.partition("\n## What it promises\n")[2].partition("\n## ")[0]
    bullets = [line for line in promises.splitlines() if line.startswith("- ")]
    assert len(bullets) == 7
    assert [line for line in bullets if "(docs/why/guarantees.md#" not in line] == []
