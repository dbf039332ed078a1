"""`workwright made`: what was made in other systems, and how to take it away again."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from shared.cli.house_calls import ask_house, show
from shared.cli.root import AS_JSON, DATA, format_command, workwright
from shared.core.errors import ConfigError


@workwright.command("made")
@click.option("--run", default="", metavar="ID", help="Only what this run has made.")
@click.option("--take-away", "thing", default="", metavar="ID", help="Archive, close or delete this one.")
@click.option("--confirm", default="", metavar="NAME", help="The name of what is taken away; else you are asked.")
@DATA
@AS_JSON
def list_made(run: str, thing: str, confirm: str, data: Path, as_json: bool) -> None:
    """List what was made in other systems; with --take-away take one of it away again."""
    found = ask_house(data, "GET", "/v1/made", params={"run": run} if run else None)
    if not thing:
        show(found, as_json, _table)
        return
    named = next((each for each in found["made"] if each["id"] == thing), None)
    if named is None:
        raise ConfigError(f"nothing that was made has the id {thing!r}; look at the list: {format_command('made')}")
    if not confirm:
        click.echo(f"{named['what']} {named['name']}  {named['url']}", err=True)
        confirm = click.prompt("Type its name to take it away", err=True)
    began = ask_house(data, "POST", f"/v1/made/{quote(thing, safe='')}/take-away", body={"confirm": confirm})
    show(began, as_json, _began)


def _table(found: dict[str, Any]) -> list[str]:
    lines = [_line(each) for each in found["made"]] or ["Nothing was made in another system yet."]
    sent = [f"{count} by {channel}" for channel, count in found["told"].items() if count]
    return [*lines, *([f"messages sent: {', '.join(sent)}"] if sent else [])]


def _line(thing: dict[str, Any]) -> str:
    state = thing["gone"] or (f"stays: {thing['stays']}" if thing["stays"] else "")
    line = f"{thing['id']:<17}  {thing['what']:<12}  {thing['system']:<13}  {thing['name']}  {thing['url']}".rstrip()
    return f"{line}  ({state})" if state else line


def _began(found: dict[str, Any]) -> list[str]:
    return [f"{found['title']}: {found['status']}. To see what came of it: {format_command('run', found['id'])}"]
