"""`workwright status`: in ten lines what is connected, what waits for a person, what moves and what failed lately."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from shared.app.installation.home import home_of
from shared.app.installation.status import status_of
from shared.backends.local.folder.data_folder import DATABASE
from shared.backends.local.folder.disk_room import refuse_full, say_full
from shared.cli.greeting import group_by_mode
from shared.cli.house_calls import ask_house
from shared.cli.operations.operate import is_running
from shared.cli.root import AS_JSON, DATA, format_command, house_url, workwright
from shared.cli.setup.setup_folder import open_folder
from shared.core.text.readable import join_lines
from shared.local.configuration.choices import FACTS, Choices, read_choices
from shared.local.configuration.migration_mark import describe_move
from shared.local.configuration.runtime_environment import select_used
from shared.settings import process_environment

_SHOWN = 3  # titles in a line; the others are counted
Json = Mapping[str, Any]


@workwright.command()
@DATA
@AS_JSON
def status(data: Path, as_json: bool) -> None:
    """Show in ten lines what is connected, what waits for a person, what moves, and what failed lately."""
    chosen, running = read_choices(data), is_running(data)
    choices = select_used(chosen, process_environment())
    found = ask_house(data, "GET", "/v1/status") if running else _describe_idle_folder(data, chosen)
    if as_json:
        connected = {system: {"mode": choices.mode(system), **choices.read(system).facts} for system in FACTS}
        click.echo(json.dumps({"running": running, "systems": connected, **(found or {})}, ensure_ascii=False))
        return
    where = f"Workwright runs at {house_url(data)}." if running else "Workwright is not running."
    where = describe_move(data) or where
    full = [f"Look: {words}"] if (words := say_full(data)) else []
    for line in (
        where,
        *full,
        *_format_modes(choices),
        *(_lines(found, data) if found else [_explain_how_to_begin(chosen)]),
    ):
        click.echo(join_lines(line))


def _describe_idle_folder(data: Path, choices: Choices) -> Json | None:
    """Return how the work of a folder stands in which nothing runs; None where there is no team yet."""
    if not (data / DATABASE).exists():
        return None
    refuse_full(data)
    with open_folder(data, choices) as house:
        tenant = home_of(house.deps)
        return status_of(house.deps, tenant) if tenant else None


def _format_modes(choices: Choices) -> list[str]:
    return [f"{label}: {named}" for label, named in group_by_mode(choices).items()]


def _explain_how_to_begin(choices: Choices) -> str:
    how = (
        format_command("up")
        if choices.systems
        else f"{format_command('init')} for your own systems, or {format_command('up')} to try it out"
    )
    return f"Nothing has been done here yet: {how}"


def _lines(found: Json, data: Path) -> list[str]:
    waiting = [(f"{each['title']} ({each['waits_for'] or 'an answer'})") for each in found["waiting"]]
    failed = [f"{each['title']} ({each['failure']})" for each in found["failed"]]
    lines = [
        f"Waits for a person: {_count_named(waiting)}",
        f"Moving: {_count_named([each['title'] for each in found['moving']])}",
        f"Failed within a day: {_count_named(failed)}",
        f"Notion was last asked: {_ago(found['notion_asked_at'])}"
        + (", and tells of changes by a webhook" if found["webhook"] else ""),
    ]
    lines += [f"Stands still: {each['title'] or each['id']}. {each['why']}" for each in found["standing"]]
    if found.get("notion_away"):
        lines.append(found["notion_away"])
    if found.get("unreached"):
        lines.append(f"! {found['unreached']}")
    if found["paused"]:
        lines.append(f"Paused: {found['paused']}")
    if found["waiting"]:
        lines.append(
            f"To agree: set the page to Approved, or {format_command('approve', found['waiting'][0]['id'], data=data)}"
        )
    return lines


def _count_named(named: Sequence[str]) -> str:
    if not named:
        return "nothing"
    more = f" and {len(named) - _SHOWN} more" if len(named) > _SHOWN else ""
    return f"{len(named)}: {'; '.join(each[:100] for each in named[:_SHOWN])}{more}"


def _ago(at: str | None) -> str:
    if at is None:
        return "never"
    seconds = max(0, round((datetime.now(UTC) - datetime.fromisoformat(at)).total_seconds()))
    for size, word in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= 2 * size:
            return f"{seconds // size} {word}s ago"
    return f"{seconds} seconds ago"
