"""`workwright login`, `whoami`, `sessions`, `members`: who uses this terminal, and who is in the team."""

from __future__ import annotations

import hashlib
import json
import platform
import secrets as random_source
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import click

from shared.backends.local.keys.keyfile import KEY_FILE, write_private
from shared.cli.house_calls import OWNER_KEY, ask_house, call_api, show
from shared.cli.root import AS_JSON, DATA, format_command, workwright
from shared.core.errors import ConfigError
from shared.core.people.members import ROLES


@workwright.command()
@click.option("--url", required=True, help="Where Workwright's API answers, such as https://workwright.example.com.")
@click.option("--wait", type=click.IntRange(1, 600), default=600, show_default=True, help="Seconds to wait.")
@DATA
@AS_JSON
def login(url: str, wait: int, data: Path, as_json: bool) -> None:
    """Sign in as yourself, in a browser, and make a folder from which the other commands act in your name.

    Prints a link to open and a code that the page there must show; the page offers every way to sign in. The key in the
    folder is good for 30 days, and never for more than you may do in your team.
    """
    if (data / KEY_FILE).exists():
        raise ConfigError(
            f"{data} is the folder of an installation on this machine, whose owner's key the commands use; "
            "name another one with --data"
        )
    url = _check_url(url)
    secret = random_source.token_bytes(32)
    begun = call_api(url, "POST", "/v1/login", body={"digest": hashlib.sha256(secret).hexdigest()})
    click.echo(f"Open this link and sign in:\n  {begun['open']}", err=as_json)
    click.echo(f"Go on there only if the page shows this code:  {begun['code']}", err=as_json)
    done = _wait_for(url, secret, begun, time.monotonic() + wait)
    write_private(data / OWNER_KEY, done.pop("key") + "\n", replace=True)
    write_private(data / "house.json", json.dumps({"url": url}) + "\n", replace=True)
    show(done, as_json, lambda found: _welcome(found, data))


@workwright.command()
@DATA
@AS_JSON
def whoami(data: Path, as_json: bool) -> None:
    """Show whose key the commands use here, and what it may do."""
    show(ask_house(data, "GET", "/v1/whoami"), as_json, _text_of_key)


@workwright.command()
@click.option("--set", "given", nargs=2, metavar="ID ROLE", help="Let somebody in, or give them another role.")
@click.option("--remove", default="", metavar="ID", help="Take somebody out of the team, or refuse to let them in.")
@click.option("--leave", is_flag=True, help="Leave the team yourself; your keys end.")
@DATA
@AS_JSON
def members(given: tuple[str, str] | None, remove: str, leave: bool, data: Path, as_json: bool) -> None:
    """List the people of the team and who asks to join; let in (--set ID member), change a role, remove; leave."""
    if leave:
        show(ask_house(data, "POST", "/v1/leave"), as_json, lambda found: ["You have left the team."])
        return
    if given and given[1] not in ROLES:
        raise ConfigError(f"{given[1]!r} is not a role; use one of {', '.join(ROLES)}")
    if given:
        ask_house(data, "POST", f"/v1/members/{_part(given[0])}", body={"role": given[1]})
    if remove:
        ask_house(data, "DELETE", f"/v1/members/{_part(remove)}")
    show(ask_house(data, "GET", "/v1/members"), as_json, _table)


@workwright.command()
@click.option("--end", default="", metavar="ID", help="Sign out in this browser.")
@click.option("--end-all", is_flag=True, help="Sign out in every browser.")
@DATA
@AS_JSON
def sessions(end: str, end_all: bool, data: Path, as_json: bool) -> None:
    """List the browsers in which you are signed in; sign out in one, or in all."""
    if end or end_all:
        ask_house(data, "DELETE", "/v1/sessions" if end_all else f"/v1/sessions/{_part(end)}")
    show(ask_house(data, "GET", "/v1/sessions"), as_json, _list_sessions)


def _check_url(url: str) -> str:
    """Return the address without its last slash; raises ConfigError for one over which a key may not go."""
    parts = urlsplit(url)
    here = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and here)):
        raise ConfigError(f"--url {url!r} must begin with https://; a key goes over it")
    return url.rstrip("/")


def _wait_for(url: str, secret: bytes, begun: dict[str, Any], until: float) -> dict[str, Any]:
    body = {"secret": secret.hex(), "device": f"terminal on {platform.node() or 'a machine'}"[:80]}
    while True:
        found = call_api(url, "POST", "/v1/login/key", body=body)
        if found["state"] == "done":
            return found
        if time.monotonic() >= until:
            raise ConfigError("nobody has signed in with that link yet; start again with: workwright login")
        time.sleep(begun["interval"])


def _welcome(found: dict[str, Any], data: Path) -> list[str]:
    return [
        f"Signed in as {found['name']} ({found['role']}) until {found['until'][:10]}.",
        f"Try: {format_command('runs', data=data)}",
    ]


def _text_of_key(found: dict[str, Any]) -> list[str]:
    whose = found["name"] if found["person"] else f"the key “{found['name']}”, which belongs to no person"
    return [f"{whose}: {found['role']} of {found['team'] or found['tenant']}"]


def _table(found: dict[str, Any]) -> list[str]:
    lines = [
        f"{each['id']}  {each['role'] or 'asks to join':<12}  {each['name']}{' (you)' if each['you'] else ''}"
        for each in found["members"]
    ]
    waiting = [each["id"] for each in found["members"] if each["asks"]]
    if waiting:
        lines.append(f"To let somebody in: {format_command('members', '--set', waiting[0], 'member')}")
    return lines or ["Nobody has signed in to this team yet; a colleague signs in with: workwright login --url ADDRESS"]


def _list_sessions(found: dict[str, Any]) -> list[str]:
    lines = [
        f"{each['id']}  last used {each['seen_at'][:16].replace('T', ' ')} UTC  {each['address']}  {each['browser']}"
        for each in found["sessions"]
    ]
    return lines or ["No browser is signed in as you."]


def _part(person: str) -> str:
    return quote(person, safe="")
