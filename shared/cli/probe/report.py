"""What a probe has found: a table for people, and a file that can be sent on, with shapes and no values in it."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shared.cli.probe.calls import Probe
from shared.cli.probe.run import DIFFERS, LEFT_OUT, SAME, Outcome
from shared.cli.probe.shapes import Difference
from shared.core.errors import ConfigError

KIND = "workwright probe"
_COLUMNS = (34, 34, 34, 40)
_TIMES = (2, 10, 30, 60)


def report_of(probe: Probe, outcomes: Sequence[Outcome], limits: Sequence[Difference], ended: str) -> Mapping[str, Any]:
    """Return the report: which call, what it assumes, and where the answer was of another shape."""
    return {
        "kind": KIND,
        "system": probe.system,
        "day": datetime.now(UTC).date().isoformat(),
        "python": platform.python_version(),
        "ended": ended or "at its end",
        "summary": summary(outcomes),
        "calls": [
            {
                "call": each.call.name,
                "assumes": each.call.assumes,
                "written": each.call.page,
                "result": each.result,
                "seconds": _time_class(each.seconds),
                "differences": [_describe_difference(difference) for difference in each.differences],
            }
            for each in outcomes
        ],
        "asked too often": [_describe_difference(difference) for difference in dict.fromkeys(limits)],
    }


def summary(outcomes: Sequence[Outcome]) -> Mapping[str, int]:
    """Return how many calls were answered as expected, otherwise, with no more than notes, or not asked."""
    return {
        "asked": sum(each.result != LEFT_OUT for each in outcomes),
        "as expected": sum(each.result == SAME for each in outcomes),
        "differ": sum(each.result == DIFFERS and not each.notes_only for each in outcomes),
        "only notes": sum(each.result == DIFFERS and each.notes_only for each in outcomes),
        "not asked": sum(each.result == LEFT_OUT for each in outcomes),
    }


def _describe_difference(difference: Difference) -> Mapping[str, str]:
    return {
        "where": difference.where,
        "kind": difference.kind,
        "expected": difference.expected,
        "found": difference.found,
    }


def _time_class(seconds: float) -> str:
    """Return a class of time: more exact ones say more of a machine than of a system."""
    return next((f"up to {limit}" for limit in _TIMES if seconds <= limit), f"over {_TIMES[-1]}")


def lines_of(report: Mapping[str, Any]) -> Iterator[str]:
    """Yield the table, and what it comes to."""
    rows = [
        (call["call"], difference["where"] or difference["kind"], difference["expected"], difference["found"])
        for call in report["calls"]
        for difference in call["differences"]
    ]
    rows += [
        ("asked too often", difference["where"] or difference["kind"], difference["expected"], difference["found"])
        for difference in report["asked too often"]
    ]
    if rows:
        yield _row(("Call", "Where", "Expected", "Found"))
        yield from (_row(row) for row in rows)
    counts = report["summary"]
    yield (
        f"{counts['asked']} calls: {counts['as expected']} answered as expected, {counts['differ']} otherwise, "
        f"{counts['only notes']} with something more, {counts['not asked']} not asked."
    )


def _row(row: Sequence[str]) -> str:
    cut = [text if len(text) <= width else text[: width - 1] + "…" for text, width in zip(row, _COLUMNS, strict=True)]
    return "  ".join(text.ljust(width) for text, width in zip(cut, _COLUMNS, strict=True)).rstrip()


def write_report(report: Mapping[str, Any], file: Path) -> None:
    """Write the file that can be sent on; raises ConfigError rather than overwrite anything but such a file."""
    refuse_if_foreign(file)
    file.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def refuse_if_foreign(file: Path) -> None:
    """Raise ConfigError where a file is there that is not an earlier report."""
    if not file.exists():
        return
    try:
        earlier = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        earlier = None
    if not isinstance(earlier, dict) or earlier.get("kind") != KIND:
        raise ConfigError(f"{file}: is there already and did not come from a probe; name another file with --report")
