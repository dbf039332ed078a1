"""What other programs and people have written can be shown: no half letters, nothing that a terminal obeys."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.text.readable import join_lines, show_bytes

ROOT = Path(__file__).resolve().parents[4]
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"  # man, woman, girl, joined


@given(st.text(), st.integers(0, 60), st.integers(0, 60))
def test_bytes_that_were_cut_anywhere_become_whole_letters_of_the_text(text: str, start: int, length: int) -> None:
    text = text.encode("utf-8", "ignore").decode()
    shown = show_bytes(text.encode()[start : start + length])
    assert shown in text
    assert "\ufffd" not in shown or "\ufffd" in text


def test_no_words_that_are_shown_are_decoded_from_a_cut_in_another_way() -> None:
    """A letter that is cut in half would be shown as U+FFFD."""
    cut = re.compile(r"\]\.decode\([^)]*replace|\.decode\([^)]*replace[^)]*\)[^\n]*\[-?\d")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sorted((ROOT / "shared").rglob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if cut.search(line) and "licences.find_licence" not in line  # which compares and shows nothing
    ]
    assert found == []


def test_what_is_no_text_is_shown_by_its_numbers() -> None:
    assert show_bytes(b"a\xff\xfeb\x00") == "a\\xff\\xfeb\x00"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"Family {FAMILY} day", f"Family {FAMILY} day"),
        ("Ouvert\u00a0: 9\u202fh", "Ouvert : 9 h"),  # French writes these spaces
        ("soft\u00adhyphen and zero\u200bwidth", "softhyphen and zerowidth"),
        ("می\u200cخواهم", "می\u200cخواهم"),  # Persian needs what parts the letters
        ("red \x1b[31m alert", "red [31m alert"),
        ("two\nlines\tand a tab", "two lines and a tab"),
        ("\u202etxt.exe", "txt.exe"),
        ("half \ud83d of one", "half  of one"),
    ],
)
def test_a_line_of_a_terminal_holds_what_can_be_read_and_nothing_it_obeys(text: str, shown: str) -> None:
    assert join_lines(text) == shown
