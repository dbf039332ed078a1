"""`workwright step` and `workwright writes`: what a step was given and has made, and what a run wrote elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from shared.cli.house_calls import ask_house, show
from shared.cli.root import AS_JSON, DATA, workwright

_PAGE = "200"


@workwright.command("step")
@click.argument("run", metavar="ID")
@click.argument("step", metavar="STEP")
@DATA
@AS_JSON
def show_step(run: str, step: str, data: Path, as_json: bool) -> None:
    """Show what a step of a run was given and what it has made, without secrets."""
    place = f"/v1/runs/{quote(run, safe='')}/steps/{quote(step, safe='')}"
    show(ask_house(data, "GET", place), as_json, _step_lines)


@workwright.command("writes")
@click.argument("run", metavar="ID")
@click.option("--step", default="", metavar="STEP", help="Only the writes of this step.")
@DATA
@AS_JSON
def show_writes(run: str, step: str, data: Path, as_json: bool) -> None:
    """List what a run wrote in other systems: what came of it, where it is, and what was taken back."""
    place, params = f"/v1/runs/{quote(run, safe='')}/writes", {"limit": _PAGE, **({"step": step} if step else {})}
    found = ask_house(data, "GET", place, params=params)
    while found["next_cursor"]:
        more = ask_house(data, "GET", place, params={**params, "cursor": found["next_cursor"]})
        found = {**more, "writes": [*found["writes"], *more["writes"]]}
    show(found, as_json, _write_lines)


def _step_lines(step: dict[str, Any]) -> list[str]:
    lines = [f"{step['id']}  {step['kind']}  {step['status']}  {step['title']}"]
    lines += [f"{name}: {step[name]}" for name in ("error", "feedback") if step[name]]
    for name in ("input", "output"):
        lines += ["", f"{name} ({step[f'{name}_letters']} letters)"]
        lines += json.dumps(step[name], indent=2, ensure_ascii=False).splitlines()
    return [*lines, "", "Long parts are cut."] if step["cut"] else lines


def _write_lines(found: dict[str, Any]) -> list[str]:
    if not found["writes"]:
        return ["This run has written nothing elsewhere."]
    lines = []
    for each in found["writes"]:
        end = each["taken_back"] or each["url"]
        lines.append(f"{each['at'][:19]}  {each['state']:<8} {each['system']:<10} {each['what']:<24} {end}".rstrip())
    return lines
