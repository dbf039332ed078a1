"""`workwright team` and `workwright invite`: who is in the team, who waits, who is invited, and what opens doors."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from shared.cli.house_calls import ask_house, show
from shared.cli.people.key_commands import format_key
from shared.cli.root import AS_JSON, DATA, format_command, workwright
from shared.core.errors import ConfigError
from shared.core.people.members import MANAGERS, ROLES

_INVITATIONS = "/v1/invitations"


@workwright.command()
@DATA
@AS_JSON
def team(data: Path, as_json: bool) -> None:
    """Show the team: its people and their roles, who asks to join, who is invited, and the keys with their ends."""
    who = ask_house(data, "GET", "/v1/whoami")
    found: dict[str, Any] = {"team": who["team"], "tenant": who["tenant"], "role": who["role"]}
    found |= ask_house(data, "GET", "/v1/members") | ask_house(data, "GET", "/v1/keys")
    if who["role"] in MANAGERS:
        found |= ask_house(data, "GET", _INVITATIONS) | ask_house(data, "GET", "/v1/service-accounts")
    show(found, as_json, _format_team)


@workwright.command()
@click.argument("address", default="", metavar="[MAIL]")
@click.option("--notion", default="", metavar="NAME", help="Instead: a person of the Notion workspace, by name or id.")
@click.option("--role", type=click.Choice(ROLES), default="member", show_default=True, help="At most your own.")
@click.option("--people", is_flag=True, help="List whom of the Notion workspace you can invite.")
@click.option(
    "--again", default="", metavar="ID", help="Send an invitation again; the link before is worth nothing then."
)
@click.option("--revoke", default="", metavar="ID", help="Take an invitation back.")
@DATA
@AS_JSON
def invite(
    address: str, notion: str, role: str, people: bool, again: str, revoke: str, data: Path, as_json: bool
) -> None:
    """Invite MAIL, or a person of Notion, into the team for a week; without a name, list the open invitations."""
    if sum(map(bool, (address, notion, people, again, revoke))) > 1:
        raise ConfigError("give one of MAIL, --notion, --people, --again and --revoke")
    if people:
        show(ask_house(data, "GET", "/v1/notion-people"), as_json, _format_people)
    elif again:
        show(ask_house(data, "POST", f"{_part(again)}/resend", body={}), as_json, _format_sent)
    elif revoke:
        show(ask_house(data, "DELETE", _part(revoke)), as_json, lambda gone: [f"Revoked the one for {gone['to']}."])
    elif address or notion:
        whom = {"address": address} if address else {"notion": _find_person(data, notion)}
        show(ask_house(data, "POST", _INVITATIONS, body={**whom, "role": role}), as_json, _format_sent)
    else:
        show(ask_house(data, "GET", _INVITATIONS), as_json, _format_invitations)


def _find_person(data: Path, name: str) -> str:
    """Return the id of the person in Notion; raises ConfigError where none is called so, or several are."""
    known = ask_house(data, "GET", "/v1/notion-people")["people"]
    found = [each for each in known if name.casefold() in (each["name"].casefold(), each["id"].casefold())]
    if len(found) != 1:
        which = "nobody is" if not found else f"{len(found)} people are"
        raise ConfigError(
            f"{which} called {name!r} in Notion; see {format_command('invite', '--people', data=data)} and give the id"
        )
    return str(found[0]["id"])


def _part(name: str) -> str:
    return f"{_INVITATIONS}/{quote(name, safe='')}"


def _format_team(found: dict[str, Any]) -> list[str]:
    inside = [each for each in found["members"] if not each["asks"]]
    asking = [each for each in found["members"] if each["asks"]]
    lines = [found["team"] or found["tenant"], "People:"]
    lines += [f"  {each['id']}  {each['role']:<6}  {each['name']}{' (you)' if each['you'] else ''}" for each in inside]
    if asking:
        lines += ["Asking to join:"]
        lines += [f"  {each['id']}  {each['name']}{_add_note(each['note'])}" for each in asking]
        lines += [f"  To let somebody in: {format_command('members', '--set', asking[0]['id'], 'member')}"]
    if found.get("invitations"):
        lines += ["Invited:", *(f"  {_format_invitation(each)}" for each in found["invitations"])]
    if found.get("accounts"):
        lines += ["Service accounts:"]
        lines += [f"  {each['id']}  {each['role']:<6}  {each['name']}" for each in found["accounts"]]
    working = [each for each in found["keys"] if not each["revoked_at"]]
    return lines + (["Keys:", *(f"  {format_key(each)}" for each in working)] if working else [])


def _add_note(note: str) -> str:
    return f" ({note})" if note else ""


def _format_invitation(each: dict[str, Any]) -> str:
    return f"{each['id']}  {each['role']:<6}  {each['to']}, until {each['until'][:10]}, by {each['by']}"


def _format_invitations(found: dict[str, Any]) -> list[str]:
    lines = [_format_invitation(each) for each in found["invitations"]]
    return lines or [f"Nobody is invited. To invite: {format_command('invite', 'ada@example.com')}"]


def _format_sent(found: dict[str, Any]) -> list[str]:
    return [
        f"Invited {found['to']} as {found['role']} until {found['until'][:10]} ({found['id']}).",
        f"Where it is accepted: {found['link']}",
    ]


def _format_people(found: dict[str, Any]) -> list[str]:
    lines = [f"{each['id']}  {each['name']}{' (in the team)' if each['member'] else ''}" for each in found["people"]]
    return lines or ["Notion names nobody."]
