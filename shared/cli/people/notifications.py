"""`workwright notifications`: what people are told, over what, and when."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from shared.cli.house_calls import ask_house, show
from shared.cli.root import AS_JSON, DATA, format_command, workwright
from shared.core.errors import ConfigError
from shared.core.notify.telling import HIGH, KINDS, NORMAL
from shared.integrations.systems import CHANNELS

_ADDRESS, _TEAM = "/v1/notifications", "/v1/settings/notifications"
_WAIT, _LOOK = 30.0, 1.0  # seconds that a test message may take, and between two looks
_KIND = click.Choice(KINDS)


@workwright.group(invoke_without_command=True)
@DATA
@AS_JSON
@click.pass_context
def notifications(ctx: click.Context, data: Path, as_json: bool) -> None:
    """Show what you are told, over what and when (owners and admins see everybody); choose, or send a test message."""
    if ctx.invoked_subcommand is None:
        show(ask_house(data, "GET", _ADDRESS), as_json, _format_people)


@notifications.command("set")
@click.argument("who", default="me")
@click.option("--off", multiple=True, type=_KIND, help="Do not tell of this kind; may be given again.")
@click.option("--on", multiple=True, type=_KIND, help="Tell of this kind again.")
@click.option("--no-mail", multiple=True, type=_KIND, help="Send no mail of this kind.")
@click.option("--mail", multiple=True, type=_KIND, help="Send mails of this kind again.")
@click.option("--channel", "channels", multiple=True, type=click.Choice(CHANNELS), help="Tell over this, and no other.")
@click.option("--priority", type=click.Choice((NORMAL, HIGH)), help="Tell from this priority on.")
@click.option("--quiet", metavar="HH:MM-HH:MM", help="Quiet hours, such as 22:00-07:00; 'none' for none.")
@click.option("--urgent", multiple=True, type=_KIND, help="This kind alone passes quiet hours; may be given again.")
@click.option("--digest", metavar="HH:MM", help="Tell what is not urgent once a day, at this time; 'none' for at once.")
@click.option("--zone", metavar="ZONE", help="The time zone of these times, such as Europe/Berlin.")
@click.option("--email", metavar="ADDRESS", help="An address of their own; a link to confirm it comes by mail.")
@click.option("--usual", is_flag=True, help="Forget what was chosen before.")
@DATA
@AS_JSON
def choose(who: str, data: Path, as_json: bool, **chosen: Any) -> None:
    """Choose what WHO is told, yourself by default; what is not named stays as it is."""
    body = {name: chosen[name] for name in ("priority", "zone", "email") if chosen[name] is not None}
    body |= {name: list(chosen[name]) for name in ("channels", "urgent") if chosen[name]}
    body |= {"usual": True} if chosen["usual"] else {}
    if chosen["quiet"] is not None:
        begin, _, end = ("" if chosen["quiet"] == "none" else str(chosen["quiet"])).partition("-")
        body |= {"quiet_from": begin, "quiet_to": end}
    if chosen["digest"] is not None:
        body["digest_at"] = "" if chosen["digest"] == "none" else chosen["digest"]
    if any(chosen[name] for name in ("off", "on", "no_mail", "mail")):
        body |= _change_kinds(_find(data, who), chosen)
    found = ask_house(data, "POST", f"{_ADDRESS}/{quote(who, safe='')}", body=body)
    show(found, as_json, _format_person)


@notifications.command("test")
@click.argument("channel", type=click.Choice(CHANNELS))
@click.argument("who", default="me")
@DATA
@AS_JSON
def send_test(channel: str, who: str, data: Path, as_json: bool) -> None:
    """Send WHO, yourself by default, a test message over CHANNEL, and say what became of it."""
    ordered = ask_house(data, "POST", f"{_ADDRESS}/{quote(who, safe='')}/test", body={"channel": channel})
    until = time.monotonic() + _WAIT
    while time.monotonic() < until:
        people = ask_house(data, "GET", _ADDRESS)["people"]
        done = next((test for each in people for test in each["tests"] if test["test"] == ordered["test"]), None)
        if done is not None and done["outcome"] != "later":
            show(done, as_json, lambda found: [f"{found['channel']}: {found['outcome']}"])
            return
        time.sleep(_LOOK)
    raise ConfigError(f"the test is still on its way; see what became of it with: {format_command('notifications')}")


@notifications.command("team")
@click.option("--escalate-hours", type=click.IntRange(0, 720), help="Tell admins, then owners; 0 for never.")
@DATA
@AS_JSON
def show_team(escalate_hours: int | None, data: Path, as_json: bool) -> None:
    """Show or set after how many hours without a decision the next ones are told, and what has reached nobody."""
    if escalate_hours is None:
        found = ask_house(data, "GET", _TEAM)
    else:
        found = ask_house(data, "POST", _TEAM, body={"escalate_hours": escalate_hours})
    show(found, as_json, _format_team)


def _find(data: Path, who: str) -> Mapping[str, Any]:
    """Return what somebody has chosen so far."""
    name = str(ask_house(data, "GET", "/v1/whoami")["person"]) if who == "me" else who
    people: list[dict[str, Any]] = ask_house(data, "GET", _ADDRESS)["people"]
    found = next((each for each in people if name and name in (each["id"], each["member"])), None)
    if found is None:
        raise ConfigError(f"there is nobody called {who!r}; {format_command('notifications')} lists who is told")
    return found


def _change_kinds(before: Mapping[str, Any], chosen: Mapping[str, Any]) -> dict[str, Any]:
    body = {}
    for field, ends, begins in (("off", "off", "on"), ("no_mail", "no_mail", "mail")):
        if chosen[ends] or chosen[begins]:
            named = dict.fromkeys((*before[field], *chosen[ends]))
            body[field] = [each for each in named if each not in chosen[begins]]
    return body


def _format_people(found: Mapping[str, Any]) -> list[str]:
    lines = [line for each in found["people"] for line in _format_person(each)]
    return lines or ["Nobody is told anything beside Notion yet."]


def _format_person(found: Mapping[str, Any]) -> list[str]:
    channels = ", ".join(found["channels"]) or "Notion alone"
    parts = [f"{found['id']}  {found['name']}  by {channels}"]
    if found["email_waits"]:
        parts.append(f"  {found['email_waits']} waits to be confirmed")
    if found["priority"] == HIGH:
        parts.append("  only what has high priority")
    if found["quiet_from"]:
        parts.append(f"  quiet from {found['quiet_from']} to {found['quiet_to']} ({found['zone']})")
    if found["urgent"] is not None:
        parts.append(f"  passes quiet hours: {', '.join(found['urgent']) or 'nothing'}")
    if found["digest_at"]:
        parts.append(f"  what is not urgent at {found['digest_at']} ({found['zone']})")
    parts += [f"  not told of: {', '.join(found['off'])}"] if found["off"] else []
    parts += [f"  no mail about: {', '.join(found['no_mail'])}"] if found["no_mail"] else []
    return [*parts, *(f"  test over {test['channel']} at {test['at']}: {test['outcome']}" for test in found["tests"])]


def _format_team(found: Mapping[str, Any]) -> list[str]:
    hours = found["escalate_hours"]
    lines = [f"Without a decision the next ones are told after {hours} hours." if hours else "Nobody is told again."]
    if found["unreached_at"]:
        lines.append(f"! At {found['unreached_at']} a message reached nobody. {found['unreached']}")
    return lines
