"""What these tests need of the machine."""

from __future__ import annotations

import pytest

from tests.support.parts import require


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Ask for bubblewrap before any fixture is made; what concerns Landlock alone needs no package."""
    if "landlock" not in item.name:
        require("bubblewrap")
