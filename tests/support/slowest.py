"""Where the time of a run went: the files whose tests took longest together."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest

SHOWN = 10


def sum_by_file(reports: list[Any]) -> list[tuple[float, int, str]]:
    """Return seconds, tests and name of each file, longest first; making and clearing away count too."""
    seconds: defaultdict[str, float] = defaultdict(float)
    tests: defaultdict[str, set[str]] = defaultdict(set)
    for report in reports:
        if isinstance(report, pytest.TestReport):
            file = report.nodeid.partition("::")[0]
            seconds[file] += report.duration
            tests[file].add(report.nodeid)
    return sorted(((seconds[file], len(tests[file]), file) for file in seconds), reverse=True)


def say_what_took_longest(reporter: pytest.TerminalReporter) -> None:
    """Name the slowest files of a run of many; of a few, whoever runs them sees it anyway."""
    files = sum_by_file([report for reports in reporter.stats.values() for report in reports])
    if len(files) <= SHOWN:
        return
    reporter.write_line(f"{SHOWN} of {len(files)} files took longest, in seconds of one process:")
    for seconds, tests, file in files[:SHOWN]:
        reporter.write_line(f"{seconds:8.1f}  {file} ({tests} {'test' if tests == 1 else 'tests'})")
