"""Figures of runs where the numbers are easy to count by hand."""

from __future__ import annotations

from datetime import date

import pytest

from shared.core.run.figures import Figures


@pytest.mark.parametrize(
    ("count", "middle", "nine_in_ten"), [(1, 1, 1), (2, 1.5, 2), (9, 5, 9), (10, 5.5, 9), (11, 6, 10), (100, 50.5, 90)]
)
def test_times_of_one_second_to_many(count: int, middle: float, nine_in_ten: float) -> None:
    figures = Figures(date(2026, 11, 23), "", seconds=[float(each) for each in range(count, 0, -1)])
    assert (figures.median_s, figures.p90_s) == (middle, nine_in_ten)
