"""Errors in a few lines: what failed and where stays, frames of libraries and repetition go, and it is bounded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.mind.error_summary import MAX, compact_error

PROGRAM = """
import unittest

class Shop(unittest.TestCase):
{cases}

def deep(n):
    return deep(n - 1) if n else total({{}})

def total(prices):
    return prices["bread"]

unittest.main()
"""


def real_output(folder: Path, cases: int) -> str:
    """Return what Python's own test runner prints for as many failing tests."""
    written = "\n".join(f"    def test_{n}(self):\n        self.assertEqual(deep(30), {n})" for n in range(cases))
    path = folder / "test_shop.py"
    path.write_text(PROGRAM.format(cases=written), encoding="utf-8")
    done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    return done.stderr


@pytest.mark.parametrize("cases", [1, 40])
def test_of_a_real_runs_output_the_reason_and_the_place_stay(tmp_path: Path, cases: int) -> None:
    output = real_output(tmp_path, cases)
    told = compact_error(output)
    assert len(told) <= MAX
    assert len(told) < len(output)
    assert "KeyError: 'bread'" in told
    assert 'return prices["bread"]' in told
    assert "test_0" in told
    assert f"FAILED (errors={cases})" in told
    assert "left out" in told or cases == 1


def test_what_is_short_stays_as_it_is() -> None:
    text = "field steps.0.kind: 'shell.run' is unknown; choose another"
    assert compact_error(text) == text


@pytest.mark.parametrize("end", ["", "\n"])
def test_a_trace_that_ends_with_its_frames_is_told(end: str) -> None:
    text = "TypeError: price is undefined\n    at render (site.js:12:3)\n    at main (site.js:40:1)"
    assert compact_error(text + end) == text


def test_of_a_line_that_holds_a_whole_page_both_ends_stay() -> None:
    page = "<p>bread</p>" * 2000
    told = compact_error(
        f"FAIL: test_price\nAssertionError: '4.20' not found in '{page}' : the price\nFAILED (failures=1)"
    )
    assert len(told) <= MAX
    for words in ("FAIL: test_price", "AssertionError: '4.20' not found in '<p>bread", "' : the price", "FAILED (fail"):
        assert words in told


def test_our_own_frames_stay_before_those_of_libraries() -> None:
    frames = [f'  File "/usr/lib/python3.11/json/decoder.py", line {n}, in raw_decode' for n in range(8)]
    frames.insert(4, '  File "/app/shop.py", line 7, in read_prices')
    told = compact_error("Traceback (most recent call last):\n" + "\n".join(frames) + "\nValueError: no prices")
    assert "/app/shop.py" in told
    assert "decoder.py" not in told
    assert told.endswith("ValueError: no prices")


def test_colours_hidden_letters_and_repetition_go() -> None:
    line = "\x1b[31mError: connection 1 of 3 to the shop was refused\x1b[0m\u200b"
    told = compact_error("\n".join([line, line.replace("1 of", "2 of"), line.replace("1 of", "3 of"), "done"]))
    assert told == "Error: connection 1 of 3 to the shop was refused\ndone"


@given(st.text(max_size=3000), st.integers(50, 500))
def test_it_is_never_longer_than_it_may_be(text: str, most: int) -> None:
    assert len(compact_error(text * 3, most)) <= most
