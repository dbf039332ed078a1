"""For all tests: how properties are searched, and at the end a word on what stood aside, and why."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

from tests.support.parts import say_what_stood_aside

# A busy machine is not a fault, so nothing here measures speed. In CI the same examples are tried every time: whoever
# looks for new ones does so where a find holds up nobody.
settings.register_profile(
    "house",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=os.environ.get("CI") == "true",
)
settings.load_profile("house")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the real parts this machine lacks, one line each."""
    say_what_stood_aside(terminalreporter)
