"""The glossary is sorted, and each of its words lives in the file it names."""

from __future__ import annotations

import re

import pytest

from tests.support.repository.documents import ROOT

PAGE = (ROOT / "docs" / "reference" / "glossary.md").read_text(encoding="utf-8")
TERMS = re.findall(r"^\| \*\*(.+?)\*\* \| (.+?) \| \[`(.+?)`\]\(../../(.+?)\) \|$", PAGE, re.MULTILINE)


def test_the_terms_are_sorted_and_every_line_is_one() -> None:
    names = [term for term, *_ in TERMS]
    assert len(names) > 60
    assert len(names) == sum(line.startswith("| **") for line in PAGE.splitlines())
    assert names == sorted(set(names))


@pytest.mark.parametrize(("term", "meaning", "path", "target"), TERMS, ids=[term for term, *_ in TERMS])
def test_a_term_has_one_sentence_and_lives_where_it_is_said_to(term: str, meaning: str, path: str, target: str) -> None:
    assert path == target
    assert meaning.endswith(".")
    assert ". " not in meaning
    file = ROOT / path
    word = re.escape(term).replace(r"\ ", "[ _-]?")
    said = file.stem + "\n" + file.read_text(encoding="utf-8")
    assert re.search(rf"(?<![a-z]){word}", said, re.IGNORECASE)
