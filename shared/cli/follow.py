"""Runs as they go: a line for each change, of one run until it ends, or of all of them until somebody stops it.

Lines alone, in a terminal as in a file: nothing is drawn over, so whatever reads them need not know of terminals.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shared.cli.house_calls import ask_house, show, watch_house
from shared.cli.run_texts import asked_lines, run_line, run_text, standing_lines, step_line

_INTERRUPTED = 130  # as shells say it of what Ctrl-C has ended
_NOT_BEGUN = ("pending", "ready", "replaced")
_ENDED = ("succeeded", "failed", "cancelled")


def follow_run(data: Path, path: str, *, as_json: bool) -> None:
    """Show what happens to a run until it ends; end with 0 where it has succeeded, else with 1."""
    tell = _Teller(_describe_run)
    with _end_quietly():
        for found in watch_house(data, path, params={}):
            show(found, as_json, tell.format_news)
            if found["status"] in _ENDED:
                if not as_json:
                    show(
                        found | ask_house(data, "GET", f"{path}/attempts"), False, lambda ended: ["", *run_text(ended)]
                    )
                sys.exit(0 if found["status"] == "succeeded" else 1)


def watch_runs(data: Path, params: Mapping[str, str], *, as_json: bool) -> None:
    """Show the runs there are, the oldest first, and each of them anew when it is opened or changes."""
    tell = _Teller(_describe_list)
    with _end_quietly():
        for found in watch_house(data, "/v1/runs", params=params):
            show(found, as_json, tell.format_news)


@contextmanager
def _end_quietly() -> Iterator[None]:
    """End quietly where somebody presses Ctrl-C: they have seen enough."""
    try:
        yield
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)


class _Teller:
    """Says each line once for each thing it is about, with the time it was seen, in UTC."""

    def __init__(self, describe: Callable[[dict[str, Any]], Iterator[tuple[str, list[str]]]]) -> None:
        self._describe = describe
        self._last: dict[str, list[str]] = {}

    def format_news(self, found: dict[str, Any]) -> list[str]:
        """Return the lines of what is new since the answer before."""
        lines: list[str] = []
        for about, now in self._describe(found):
            if now and self._last.get(about) != now:
                lines += now
            self._last[about] = now
        at = f"{datetime.now(UTC):%H:%M:%S}"
        return [f"{at}  {line}" for line in lines]


def _describe_run(found: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    yield "", [f"{found['id']}  {found['status']}  {found['title']}"]
    depth: dict[str, int] = {}
    for step in found["steps"]:
        depth[step["id"]] = depth.get(step["parent"], -1) + 1
        begun = step["status"] not in _NOT_BEGUN
        yield f"step {step['id']}", [step_line(step, depth[step["id"]])] if begun else []
    yield "standing", standing_lines(found)
    yield "asked", asked_lines(found)


def _describe_list(found: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    yield "", [f"! {text}" for text in (found["paused"], found["notion_away"]) if text]
    for run in reversed(found["runs"]):
        yield run["id"], [run_line(run), *(f"  ! {text}" for text in run["attention"])]
