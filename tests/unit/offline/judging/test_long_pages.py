"""A page is whatever somebody wrote: the time to judge it grows as its length does, and not as the square of it."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.backends.offline.endpoints import read_endpoints
from shared.backends.offline.fields import read_fields
from shared.backends.offline.judging.evidence import find_signs
from shared.backends.offline.judging.thinness import stands_in_quotes, traits_of
from shared.core.page import Block, Page, Span

SMALL, TIMES = 4_000, 16


def _page(unit: str, length: int, kind: str = "paragraph") -> Page:
    words = unit.replace("…", " " * length) if "…" in unit else unit * (length // len(unit))
    return Page("p", "Hostile", (Block("b", kind, (Span(words),)),))


def _seconds(page: Page) -> float:
    """Return the least that three rounds have taken: what else the machine does only adds."""
    taken = []
    for _ in range(3):
        begun = time.process_time()
        find_signs(page)
        read_fields(page, ("records",))
        traits_of(page)
        taken.append(time.process_time() - begun)
    return min(taken)


@pytest.mark.parametrize(
    "unit",
    ["GET /a ", "GET…x", "a", "a ", "GET /:a", "/:a", "Fields…x", "Fields: a…b", "we need, ", '"', '"-', "”a", "1-"],
)
def test_sixteen_times_the_letters_take_no_more_than_some_sixteen_times_as_long(unit: str) -> None:
    small, large = _seconds(_page(unit, SMALL)), _seconds(_page(unit, SMALL * TIMES))
    assert large < 4 * TIMES * max(small, 0.001), (small, large)  # the square would be sixteen times sixteen


def test_of_what_stands_behind_an_address_only_so_much_is_kept_as_tells_of_it() -> None:
    endpoints = read_endpoints(_page("GET /a ", 100_000))
    assert [(each.path, len(each.about) <= 300) for each in endpoints] == [("/a", True)]


def test_many_brackets_are_no_many_examples() -> None:
    small, large = (_seconds(_page("[{", length, "code")) for length in (SMALL, SMALL * TIMES))
    assert large < 4 * TIMES * max(small, 0.001), (small, large)


_PLAINLY = re.compile(r"^\W*[“„«\"‘「『].*[”“»\"’」』][\W\d]*(?:[—–-].*)?$", re.DOTALL)


@given(st.text('“”"»a1 -—.\n', max_size=14))
@example("“Bread.” — Ada, 1912")
@example("- „Brot“ (7)")
def test_what_is_quoted_is_what_begins_and_ends_with_a_sign_for_it(text: str) -> None:
    assert stands_in_quotes(text) == bool(_PLAINLY.match(text))
