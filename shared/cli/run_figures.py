"""`workwright statistics`: how the runs of the last weeks went."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from shared.cli.house_calls import ask_house, show
from shared.cli.root import AS_JSON, DATA, workwright

_HOUR, _MINUTE = 3600, 60


@workwright.command()
@click.option("--weeks", type=click.IntRange(1, 12), default=4, show_default=True, help="How many, with this one.")
@DATA
@AS_JSON
def statistics(weeks: int, data: Path, as_json: bool) -> None:
    """Show how many runs succeeded, how long they took and what they cost: by week, and by what opened them."""
    show(ask_house(data, "GET", "/v1/statistics", params={"weeks": str(weeks)}), as_json, _table)


def _table(found: dict[str, Any]) -> list[str]:
    if not found["weeks"]:
        return ["No run was opened in these weeks."]
    lines = ["week        kind        runs  succeeded  failed  rate    median      9 in 10         USD"]
    for each in found["weeks"]:
        rate = "–" if each["success_rate"] is None else f"{each['success_rate']:.0%}"
        times = f"{_time(each['median_s']):>10} {_time(each['p90_s']):>10}"
        counts = f"{each['runs']:>5} {each['succeeded']:>10} {each['failed']:>7}  {rate:>4}"
        cost = f"{each['cost']['micros'] / 1e6:>9.4f}"
        lines.append(f"{each['week']}  {each['kind'] or 'all':<10} {counts} {times}  {cost}")
    return [*lines, "There are more runs; the oldest are left out."] if found["cut"] else lines


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    if seconds >= _HOUR:
        return f"{seconds / _HOUR:.1f} h"
    return f"{seconds / _MINUTE:.1f} min" if seconds >= _MINUTE else f"{seconds:.1f} s"
