"""A page is whatever somebody wrote: the time to judge it grows as its length does, and not as the square of it."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.backends.offline.endpoints import read_endpoints
from shared.backends.offline.fields import read_fields
from shared.backends.offline.judging.clues.evidence import find_signs
from shared.backends.offline.judging.thinness import stands_in_quotes, traits_of
from shared.core.page import Block, Page, Span

SMALL, TIMES = 4_000, 16


def _page(unit: str, length: int, kind: str = "paragraph") -> Page:
    words = unit.replace("…", " " * length) if "…" in unit else unit * (length // len(unit))
    return Page("p", "Hostile", (Block("b", kind, (Span(words),)),))


def _seconds(page: Page) -> float:
    begun = time.process_time()
    find_signs(page)
    read_fields(page, ("records",))
    traits_of(page)
    return time.process_time() - begun


def _takes_sixteen_times_as_long(small: Page, large: Page) -> bool:
    """Compare the least that three rounds took: what else the machine does only adds. One that is short enough will do.

    The square would be sixteen times sixteen.
    """
    most = 4 * TIMES * max(min(_seconds(small) for _ in range(3)), 0.001)
    return any(_seconds(large) < most for _ in range(3))


@pytest.mark.parametrize(
    "unit",
    ["GET /a ", "GET…x", "a", "a ", "GET /:a", "/:a", "Fields…x", "Fields: a…b", "we need, ", '"', '"-', "”a", "1-"],
)
def test_sixteen_times_the_letters_take_no_more_than_some_sixteen_times_as_long(unit: str) -> None:
    assert _takes_sixteen_times_as_long(_page(unit, SMALL), _page(unit, SMALL * TIMES))


def test_of_what_stands_behind_an_address_only_so_much_is_kept_as_tells_of_it() -> None:
    endpoints = read_endpoints(_page("GET /a ", 100_000))
    assert [(each.path, len(each.about) <= 300) for each in endpoints] == [("/a", True)]


def test_many_brackets_are_no_many_examples() -> None:
    assert _takes_sixteen_times_as_long(_page("[{", SMALL, "code"), _page("[{", SMALL * TIMES, "code"))


_PLAINLY = re.compile(r"^\W*[“„«\"‘「『].*[”“»\"’」』][\W\d]*(?:[—–-].*)?$", re.DOTALL)


@given(st.text('“”"»a1 -—.\n', max_size=14))
@example("“Bread.” — Ada, 1912")
@example("- „Brot“ (7)")
def test_what_is_quoted_is_what_begins_and_ends_with_a_sign_for_it(text: str) -> None:
    assert stands_in_quotes(text) == bool(_PLAINLY.match(text))
