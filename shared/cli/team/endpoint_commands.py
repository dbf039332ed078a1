"""`workwright endpoints`: addresses of a team's own that are told of events."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from shared.cli.house_calls import ask_house, show
from shared.cli.root import AS_JSON, DATA, format_command, workwright
from shared.core.notify.endpoint import EVENTS
from shared.integrations.templates import TEMPLATES

_ADDRESS = "/v1/endpoints"


@workwright.group(invoke_without_command=True)
@DATA
@AS_JSON
@click.pass_context
def endpoints(ctx: click.Context, data: Path, as_json: bool) -> None:
    """Show the addresses that are told of runs, approvals, sites and the budget; add one, or take one away."""
    if ctx.invoked_subcommand is None:
        show(ask_house(data, "GET", _ADDRESS), as_json, _format_endpoints)


@endpoints.command("add")
@click.argument("url")
@click.option("--event", "events", multiple=True, type=click.Choice(EVENTS), help="Tell of this; may be given again.")
@click.option("--as", "template", type=click.Choice([*TEMPLATES]), help="The address is a webhook of this service.")
@DATA
@AS_JSON
def add_endpoint(url: str, events: tuple[str, ...], template: str | None, data: Path, as_json: bool) -> None:
    """Have events of all kinds, or of those named, sent to URL; print the secret that messages are signed with."""
    body: dict[str, Any] = {"url": url, **({"events": list(events)} if events else {})}
    body |= {"template": template} if template else {}
    show(ask_house(data, "POST", _ADDRESS, body=body), as_json, _format_secret)


@endpoints.command("events")
@click.argument("endpoint", metavar="ID")
@click.option("--event", "events", multiple=True, type=click.Choice(EVENTS), help="Tell of this; may be given again.")
@DATA
@AS_JSON
def choose_events(endpoint: str, events: tuple[str, ...], data: Path, as_json: bool) -> None:
    """Choose what an endpoint is told of from now on: of all kinds there are now unless some are named."""
    found = ask_house(data, "PUT", _path(endpoint, "events"), body={"events": list(events)})
    show(found, as_json, lambda chosen: [_format_endpoint(chosen)])


@endpoints.command("remove")
@click.argument("endpoint", metavar="ID")
@DATA
@AS_JSON
def remove_endpoint(endpoint: str, data: Path, as_json: bool) -> None:
    """Send nothing more to an endpoint, and forget its deliveries."""
    gone = ask_house(data, "DELETE", _path(endpoint))
    show(gone, as_json, lambda found: [f"Removed {found['removed']}."])


@endpoints.command("secret")
@click.argument("endpoint", metavar="ID")
@DATA
@AS_JSON
def replace_secret(endpoint: str, data: Path, as_json: bool) -> None:
    """Give an endpoint a new secret and print it; for a day messages are signed with the one before as well."""
    show(ask_house(data, "POST", _path(endpoint, "secret"), body={}), as_json, _format_secret)


@endpoints.command("on")
@click.argument("endpoint", metavar="ID")
@DATA
@AS_JSON
def switch_on(endpoint: str, data: Path, as_json: bool) -> None:
    """Switch an endpoint on again that was switched off because nothing had arrived there for days."""
    show(ask_house(data, "POST", _path(endpoint, "on"), body={}), as_json, lambda found: [_format_endpoint(found)])


@endpoints.command("test")
@click.argument("endpoint", metavar="ID")
@DATA
@AS_JSON
def send_test(endpoint: str, data: Path, as_json: bool) -> None:
    """Send an endpoint a message that tells nothing."""
    show(ask_house(data, "POST", _path(endpoint, "test"), body={}), as_json, lambda found: _format_sent(endpoint))


@endpoints.command("deliveries")
@click.argument("endpoint", metavar="ID")
@click.option("--after", default="", metavar="DELIVERY", help="Go on behind this one.")
@DATA
@AS_JSON
def list_deliveries(endpoint: str, after: str, data: Path, as_json: bool) -> None:
    """List what was sent to an endpoint in the last 30 days, the latest first, and what it answered."""
    found = ask_house(data, "GET", _path(endpoint, "deliveries"), params={"after": after} if after else {})
    show(found, as_json, _format_deliveries)


@endpoints.command("replay")
@click.argument("endpoint", metavar="ID")
@click.argument("delivery", required=False)
@click.option("--from", "since", default="", metavar="TIME", help="Send what was sent from then on.")
@click.option("--to", "until", default="", metavar="TIME", help="Until before then; until now without it.")
@click.option("--event", "events", multiple=True, type=click.Choice(EVENTS), help="Of this kind; may be given again.")
@click.option("--after", default="", metavar="DELIVERY", help="Go on behind this one.")
@DATA
@AS_JSON
def replay_deliveries(
    endpoint: str,
    delivery: str | None,
    since: str,
    until: str,
    events: tuple[str, ...],
    after: str,
    data: Path,
    as_json: bool,
) -> None:
    """Send a DELIVERY to an endpoint again, or a range of them, each under the same id.

    A TIME has its zone, such as 2026-11-24T12:00:00Z. Of a range 1,000 are sent at a time, the latest first.
    """
    if bool(delivery) == bool(since):
        raise click.UsageError("Give a DELIVERY, or --from for a range.")
    if delivery:
        if until or events or after:
            raise click.UsageError("--to, --event and --after are for a range.")
        path = f"{_path(endpoint, 'deliveries')}/{quote(delivery, safe='')}/replay"
        show(ask_house(data, "POST", path, body={}), as_json, lambda found: _format_sent(endpoint))
        return
    body = {"from": since, "to": until, "events": list(events), "after": after}
    wanted = {name: value for name, value in body.items() if value}
    show(ask_house(data, "POST", _path(endpoint, "replay"), body=wanted), as_json, partial(_format_replay, endpoint))


def _path(endpoint: str, more: str = "") -> str:
    return f"{_ADDRESS}/{quote(endpoint, safe='')}{'/' if more else ''}{more}"


def _format_endpoints(found: Mapping[str, Any]) -> list[str]:
    if not found["endpoints"]:
        return [f"None yet. Add one: {format_command('endpoints', 'add', 'https://example.com/hooks')}"]
    return [_format_endpoint(each) for each in found["endpoints"]]


def _format_endpoint(found: Mapping[str, Any]) -> str:
    health = f"nothing arrives since {found['failing_since']}" if found["failing_since"] else ""
    health = f"switched off {found['off_at']}" if found["off_at"] else health
    sent = [f"sent again: {each['sent']} of {each['count']}" for each in found["replay"] if not each["done"]]
    return "  ".join(filter(None, (found["id"], found["url"], ", ".join(found["events"]), health, *sent)))


def _format_secret(found: Mapping[str, Any]) -> list[str]:
    if found["template"]:
        return [_format_endpoint(found), "Its address is kept sealed, and not shown again."]
    lines = [_format_endpoint(found), f"secret  {found['secret']}", "Keep it now: it is not shown again."]
    if found["rotating_until"]:
        lines.append(f"The one before signs as well until {found['rotating_until']}.")
    return lines


def _format_sent(endpoint: str) -> list[str]:
    return [f"It is on its way. What was answered: {format_command('endpoints', 'deliveries', endpoint)}"]


def _format_replay(endpoint: str, found: Mapping[str, Any]) -> list[str]:
    count = found["count"]
    lines = [f"{count} {'delivery is' if count == 1 else 'deliveries are'} sent again, from the latest on."]
    if found["next"]:
        lines.append(f"There may be more: once these are sent, --after {found['next']}")
    return [*lines, f"How far it is: {format_command('endpoints')}"]


def _format_deliveries(found: Mapping[str, Any]) -> list[str]:
    lines = [_format_delivery(each) for each in found["deliveries"]]
    if found["next"]:
        lines.append(f"More: --after {found['next']}")
    return lines or ["Nothing was sent there in the last 30 days."]


def _format_delivery(found: Mapping[str, Any]) -> str:
    last: Mapping[str, Any] = found["answers"][-1] if found["answers"] else {"status": 0, "why": ""}
    answered = f"{last['status'] or ''} {last['why']}".strip()
    again = f"again at {found['next_at']}" if found["next_at"] else ""
    parts = (found["id"], found["at"], found["event"], found["state"], f"tried {found['tried']}", answered, again)
    return "  ".join(filter(None, parts))
