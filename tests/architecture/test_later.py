"""A vendor's library that is to come later comes with the test that uses it, and not with collecting."""

from __future__ import annotations

import sys

import pytest

from tests.support.later import import_later


def test_what_collects_loads_nothing_and_a_test_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "wave", raising=False)
    later = import_later("wave")
    for asked in ("__test__", "__wrapped__", "__pytest_wrapped__", "__name__"):  # pytest and its plugins ask these
        assert not hasattr(later, asked), asked
    assert "wave" not in sys.modules
    assert later.open.__module__ == "wave"
    assert "wave" in sys.modules
