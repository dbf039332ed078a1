"""`workwright sites`: what the team has live, its releases, and how a site is taken down."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from shared.cli.house_calls import ask_house, show
from shared.cli.root import AS_JSON, DATA, format_command, workwright

SITE = click.argument("site", metavar="ID")


@workwright.group(invoke_without_command=True)
@DATA
@AS_JSON
@click.pass_context
def sites(ctx: click.Context, data: Path, as_json: bool) -> None:
    """List the team's sites: what visitors see of each, since when, and who agreed to that."""
    if ctx.invoked_subcommand is not None:
        return
    found: list[dict[str, Any]] = []
    query = {"limit": "200"}
    while query:
        page = ask_house(data, "GET", "/v1/sites", params=query)
        found += page["sites"]
        query = {**query, "cursor": page["next_cursor"]} if page["next_cursor"] else {}
    show({"sites": found}, as_json, _table)


@sites.command("take-down")
@SITE
@click.option("--confirm", default="", metavar="NAME", help="The site's name; else you are asked.")
@DATA
@AS_JSON
def take_site_down(site: str, confirm: str, data: Path, as_json: bool) -> None:
    """Take a site down: its address shows nothing until it is put live again."""
    place = f"/v1/sites/{quote(site, safe='')}"
    if not confirm:
        found = ask_house(data, "GET", place)
        click.echo("\n".join(_describe(found)), err=True)
        confirm = click.prompt("Type its name to take it down", err=True)
    show(ask_house(data, "POST", f"{place}/take-down", body={"confirm": confirm}), as_json, _began)


@sites.command()
@SITE
@click.option("--run", default="", metavar="ID", help="Whose release; else the latest one that was not taken back.")
@DATA
@AS_JSON
def redeploy(site: str, run: str, data: Path, as_json: bool) -> None:
    """Put a release of a site live again, once it is approved: also of a site that was taken down."""
    place = f"/v1/sites/{quote(site, safe='')}/redeploy"
    show(ask_house(data, "POST", place, body={"run": run} if run else {}), as_json, _began)


def _table(found: dict[str, Any]) -> list[str]:
    lines = [line for each in found["sites"] for line in _describe(each)]
    return lines or ["Nothing of your team is live, and nothing was."]


def _describe(site: dict[str, Any]) -> list[str]:
    latest, down = site["releases"][0], site["down"]
    state = f"taken down by {down['by']} at {down['at'][:16]}" if down else f"live: {site['deployment'] or 'nothing'}"
    watched = ", being watched" if site["watched"] else ""
    about = f"{latest['title'] or latest['run']}, {latest['at'][:16]}, run {latest['run']}"
    return [f"{site['id']}  {site['name']}  {state}{watched}", f"      {about}"]


def _began(found: dict[str, Any]) -> list[str]:
    return [f"{found['title']}: {found['status']}. To see what came of it: {format_command('run', found['id'])}"]
