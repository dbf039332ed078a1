"""For all tests: say at the end what stood aside, and why."""

from __future__ import annotations

import pytest

from tests.support.parts import say_what_stood_aside


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the real parts this machine lacks, one line each."""
    say_what_stood_aside(terminalreporter)
