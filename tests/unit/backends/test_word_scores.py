"""With numpy and without it the same chunks are found in the same order."""

from __future__ import annotations

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.backends.word_scores import Asked, Shares, best, rank_without_numpy

PAGE_OF = array("q", [0, 1, 1, 2, 2, 2, 3, 3, 4, 5])  # of rows 0 to 9; row 0 is none


@st.composite
def asked(draw: st.DrawFn, most: int) -> Asked:
    terms = []
    for _ in range(draw(st.integers(0, 4))):
        shares = draw(st.dictionaries(st.integers(1, most), st.sampled_from([0.25, 0.5, 1.0, 3.0]), max_size=most))
        terms.append((Shares(array("q", shares), array("d", shares.values())), draw(st.integers(1, 3))))
    return terms


@given(asked(9), asked(5), st.integers(1, 12))
def test_both_ways_find_the_same(chunks: Asked, pages: Asked, limit: int) -> None:
    assert best(chunks, pages, PAGE_OF, limit) == rank_without_numpy(chunks, pages, PAGE_OF, limit)


def test_a_chunk_gets_its_own_share_and_its_pages() -> None:
    chunks = [(Shares(array("q", [1, 3]), array("d", [1.0, 1.5])), 2)]
    pages = [(Shares(array("q", [1, 5]), array("d", [4.0, 9.0])), 1)]
    for way in (best, rank_without_numpy):
        assert way(chunks, pages, PAGE_OF, 5) == [(1, pytest.approx(6.0)), (3, pytest.approx(3.0))]
