"""A text that is too long ends at a sentence or a word, with a sign; one that fits stays as it is."""

from __future__ import annotations

import pytest

from shared.core.text.cut_text import cut_text


@pytest.mark.parametrize(
    ("text", "most", "comes_to"),
    [
        ("It fits.", 8, "It fits."),
        ("One is here. Two is longer than that.", 22, "One is here. …"),
        ("Refuse a log with anything else before moving", 38, "Refuse a log with anything else …"),
        ("x" * 20, 10, "xxxxxxxx …"),
    ],
)
def test_it_ends_at_a_sentence_else_a_word(text: str, most: int, comes_to: str) -> None:
    assert cut_text(text, most) == comes_to
    assert len(comes_to) <= most
