"""The estimate of tokens, by a slow computation of the same rules: word by word, as they are told in its docstring."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.models.token_bound import estimate_tokens, token_weight

LETTERS = "aZ09_ \n-.。、日本한ªº½²Ⅷéß٣🙂\u200d\u0301\x1c"
TEXTS = st.lists(st.sampled_from([*LETTERS, "abcdef", "123456", "x" * 24, "x" * 25, "1" * 25])).map("".join)


def slowly(text: str) -> float:
    """Return the weight of a text piece by piece."""
    usual, others = 0, 0.0
    for piece in re.findall(r"\w+|[^\w\s]", text):
        mixed = len(piece) > 5 and not piece.isalpha() and not piece.isdigit()
        if len(piece) > 24 or mixed:
            others += len(piece) / 2
        elif piece[0] >= "\u2e80":
            others += len(piece)
        else:
            usual += 1
    return 1.35 * usual + others


@given(TEXTS)
def test_the_weight_is_that_of_its_pieces(text: str) -> None:
    assert token_weight(text) == pytest.approx(slowly(text))


def test_a_long_text_is_estimated_like_a_short_one_however_often() -> None:
    text = "We repair bicycles on Saturdays, see 3f2a9c11 and 自転車。 " * 100
    assert len(text) > 2000
    for _ in range(2):
        assert slowly(text) <= estimate_tokens(text) < slowly(text) + 1
