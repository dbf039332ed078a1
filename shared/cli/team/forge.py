"""`workwright hooks` and `workwright account`: webhooks and tokens of the systems code and sites go to."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from shared.cli.house_calls import ask_house, show
from shared.cli.root import AS_JSON, DATA, format_command, workwright
from shared.core.errors import ConfigError
from shared.integrations.systems import APP_FORGE, FORGES, SELF_MANAGED, SYSTEMS, name_system
from shared.integrations.webhooks import HOOKED, load_webhook

_HOOKS = "/v1/hooks"


@workwright.command()
@click.argument("system", type=click.Choice([each.name for each in SYSTEMS.values() if each.by_token]))
@click.option("--host", default="", help=f"The address of a self-managed {SELF_MANAGED} that the operator allows.")
@click.option(
    "--installation", default="", help=f"The number of our {name_system(APP_FORGE)} App's installation in your account."
)
@click.option("--link", is_flag=True, help="Print a link that leads through the system's own consent instead.")
@DATA
@AS_JSON
def account(system: str, host: str, installation: str, link: bool, data: Path, as_json: bool) -> None:
    """Connect an account by a token, which is read from the terminal or from the standard input, never shown."""
    token = "" if link else _read("Token")
    body = {"system": system, "token": token, "host": host, "installation": installation}
    show(ask_house(data, "POST", "/v1/connections", body=body), as_json, _format_connection)


@workwright.group(invoke_without_command=True)
@DATA
@AS_JSON
@click.pass_context
def hooks(ctx: click.Context, data: Path, as_json: bool) -> None:
    """Show the webhooks by which GitHub, GitLab and Vercel tell what happened; make one, or take one away."""
    if ctx.invoked_subcommand is None:
        show(ask_house(data, "GET", _HOOKS), as_json, _format_hooks)


@hooks.command("add")
@click.argument("system", type=click.Choice(HOOKED))
@click.argument("repository", default="")
@DATA
@AS_JSON
def add(system: str, repository: str, data: Path, as_json: bool) -> None:
    """Make a webhook: for a REPOSITORY (owner/name) of GitHub or GitLab, or for a team of Vercel's."""
    made = ask_house(data, "POST", _HOOKS, body={"system": system, "repository": repository})
    show(made, as_json, _format_hook)


@hooks.command("secret")
@click.argument("hook", metavar="ID")
@DATA
@AS_JSON
def secret(hook: str, data: Path, as_json: bool) -> None:
    """Keep the secret that Vercel shows for its webhook; it is read from the terminal or the standard input."""
    path = f"{_HOOKS}/{quote(hook, safe='')}/secret"
    show(ask_house(data, "POST", path, body={"secret": _read("Secret")}), as_json, _format_hook)


@hooks.command("remove")
@click.argument("hook", metavar="ID")
@DATA
@AS_JSON
def remove(hook: str, data: Path, as_json: bool) -> None:
    """Take a webhook away: what it sends from now on is refused."""
    gone = ask_house(data, "DELETE", f"{_HOOKS}/{quote(hook, safe='')}")
    show(gone, as_json, lambda found: [f"Removed {found['removed']}.", *([found["left"]] if found["left"] else [])])


def _read(what: str) -> str:
    """Return what is typed without showing it, or the first line of the standard input; raises ConfigError."""
    given = click.prompt(what, hide_input=True) if sys.stdin.isatty() else sys.stdin.readline()
    if not given.strip():
        raise ConfigError(f"no {what.lower()} was given; type it, or write it to the standard input")
    return str(given.strip())


def _format_connection(found: Mapping[str, Any]) -> list[str]:
    if found["connected"]:
        note = [found["note"]] if found.get("note") else []
        return [f"{found['system']} is connected, as {found['as'] or 'somebody'}.", *note]
    return ["Open this link within ten minutes, and allow access:", f"  {found['connect_url']}"]


def _format_hook(found: Mapping[str, Any]) -> list[str]:
    lines = [f"{found['id']}  {found['system']}  {found['repository']}", f"address  {found['url']}"]
    if found["secret"]:
        lines.append(f"secret   {found['secret']}")
    return [*lines, *([found["todo"]] if found["todo"] else ["It is set up."])]


def _format_hooks(found: Mapping[str, Any]) -> list[str]:
    if not found["hooks"]:
        how = format_command("hooks", "add", FORGES[-1], "owner/name")
        return [f"None yet, so changes are looked for from time to time. Make one: {how}"]
    return [
        f"{each['id']}  {each['system']:<7} {each['repository'] or '(team)'}"
        + ("" if each["ready"] else f"  {_say_what_is_missing(each['system'])}")
        for each in found["hooks"]
    ]


def _say_what_is_missing(system: str) -> str:
    return "no secret yet" if load_webhook(system).brings_secret else "refused there"
