"""`workwright keys`: keys of oneself and of service accounts, what they are for, and when they end."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from shared.cli.house_calls import ask_house, show
from shared.cli.root import AS_JSON, DATA, format_command, workwright
from shared.core.errors import ConfigError
from shared.core.people.members import ROLES
from shared.core.people.scopes import ALL_SCOPES

_KEYS, _ACCOUNTS = "/v1/keys", "/v1/service-accounts"
_SCOPE = click.option(
    "--scope", "scopes", multiple=True, type=click.Choice(ALL_SCOPES), help="What it is for; may be given again."
)


@workwright.group(invoke_without_command=True)
@DATA
@AS_JSON
@click.pass_context
def keys(ctx: click.Context, data: Path, as_json: bool) -> None:
    """List the keys: whose, what for, when used, when they end; make, rotate and revoke them."""
    if ctx.invoked_subcommand is None:
        show(ask_house(data, "GET", _KEYS), as_json, _format_keys)


@keys.command("make")
@click.argument("name")
@click.option("--account", default="", metavar="ID", help="Make it for this service account, not for you.")
@click.option("--role", type=click.Choice(ROLES), help="Its role; by default yours, or the account's.")
@_SCOPE
@click.option("--days", type=click.IntRange(1, 365), default=90, show_default=True, help="After how many days it ends.")
@DATA
@AS_JSON
def make_key(
    name: str, account: str, role: str | None, scopes: tuple[str, ...], days: int, data: Path, as_json: bool
) -> None:
    """Make a key called NAME and print it: it cannot be shown again."""
    body = {"name": name, "account": account, "role": role, "scopes": list(scopes), "days": days}
    made = ask_house(data, "POST", _KEYS, body={field: value for field, value in body.items() if value})
    show(made, as_json, _format_new)


@keys.command("rotate")
@click.argument("key", metavar="ID")
@DATA
@AS_JSON
def rotate_key(key: str, data: Path, as_json: bool) -> None:
    """Replace a key by a new one and print it; the one before works for a day more."""
    show(ask_house(data, "POST", f"{_KEYS}/{quote(key, safe='')}/rotate", body={}), as_json, _format_new)


@keys.command("revoke")
@click.argument("key", metavar="ID")
@DATA
@AS_JSON
def revoke_key(key: str, data: Path, as_json: bool) -> None:
    """End a key at once."""
    gone = ask_house(data, "DELETE", f"{_KEYS}/{quote(key, safe='')}")
    show(gone, as_json, lambda found: [f"Revoked {found['id']} ({found['name']})."])


@keys.command("accounts")
@click.option("--add", default="", metavar="NAME", help="Make a service account of this name.")
@click.option("--role", type=click.Choice(ROLES), help="Its role.")
@_SCOPE
@click.option("--remove", default="", metavar="ID", help="Remove a service account; its keys end.")
@DATA
@AS_JSON
def list_accounts(add: str, role: str | None, scopes: tuple[str, ...], remove: str, data: Path, as_json: bool) -> None:
    """List the service accounts, the names under which programs act; make one, or remove one."""
    if add and not role:
        raise ConfigError(f"say what {add} may do: --role with one of {', '.join(ROLES)}")
    if add:
        body = {"name": add, "role": role, **({"scopes": list(scopes)} if scopes else {})}
        ask_house(data, "POST", _ACCOUNTS, body=body)
    if remove:
        ask_house(data, "DELETE", f"{_ACCOUNTS}/{quote(remove, safe='')}")
    show(ask_house(data, "GET", _ACCOUNTS), as_json, _format_accounts)


def _format_keys(found: dict[str, Any]) -> list[str]:
    return [format_key(each) for each in found["keys"]] or ["There are no keys."]


def format_key(key: dict[str, Any]) -> str:
    """Return a key in one line."""
    used = f"used {key['last_used_at'][:10]}" if key["last_used_at"] else "not used yet"
    ends = f"until {key['expires_at'][:10]}" if key["expires_at"] else "without an end"
    state = f"revoked {key['revoked_at'][:10]}" if key["revoked_at"] else ends
    whose = key["person"] or key["account"] or "nobody's own"
    scopes = "all" if len(key["scopes"]) == len(ALL_SCOPES) else ",".join(key["scopes"])
    return f"{key['id']}  {key['role']:<6}  {scopes:<12}  {state}, {used}  {key['name']} ({whose})"


def _format_new(found: dict[str, Any]) -> list[str]:
    until = found["expires_at"][:10] if found["expires_at"] else "it is revoked"
    return [
        f"{found['key']}",
        f"This is the key {found['id']} ({found['name']}), good until {until}. It cannot be shown again.",
    ]


def _format_accounts(found: dict[str, Any]) -> list[str]:
    lines = [
        f"{each['id']}  {each['role']:<6}  {','.join(each['scopes'])}  {each['name']}" for each in found["accounts"]
    ]
    make = format_command("keys", "accounts", "--add", "NAME", "--role", "member")
    return lines or [f"There are no service accounts. To make one: {make}"]
