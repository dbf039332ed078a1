"""`workwright webhook`: let Notion's next handshake set the verification token, and see how that stands."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shared.app.intake.accept_delivery import TOKEN, arm_handshake, handshake_state
from shared.cli.root import AS_JSON, DATA, workwright
from shared.settings import EMULATORS, Settings, process_environment
from shared.wiring import wire
from shared.wiring.clients import rest_clients

if TYPE_CHECKING:
    from shared.app.engine.deps import Deps


PROJECT = click.option(
    "--project", default="", help="The project of a deployment, instead of the installation in the data folder."
)
REGION = click.option(
    "--region",
    envvar="WORKWRIGHT_LOCATION",
    default="europe-west1",
    show_default=True,
    help="The deployment's region.",
)


@workwright.group()
def webhook() -> None:
    """Set up Notion's webhook, or change its token. For the operator.

    Works on the store itself: with --project on that of a deployment, with your own credentials; on one machine while
    the house is stopped.
    """


@webhook.command()
@click.option(
    "--minutes", type=click.IntRange(1, 1440), default=30, show_default=True, help="How long to wait for the handshake."
)
@PROJECT
@REGION
@DATA
@AS_JSON
def arm(minutes: int, project: str, region: str, data: Path, as_json: bool) -> None:
    """Let the next handshake set the token; then create the subscription in Notion, or press "Resend token"."""
    with _deps(data, project, region) as deps:
        arm_handshake(deps, minutes)
        _show(handshake_state(deps), as_json)


@webhook.command()
@click.option("--token", "with_token", is_flag=True, help="Print the token too: Notion asks for it.")
@PROJECT
@REGION
@DATA
@AS_JSON
def status(with_token: bool, project: str, region: str, data: Path, as_json: bool) -> None:
    """Say whether there is a token, since when, and whether a handshake is expected."""
    with _deps(data, project, region) as deps:
        found = dict(handshake_state(deps))
        if with_token and found["token"]:
            found["value"] = deps.secrets.get(TOKEN).reveal()
        _show(found, as_json)


@contextmanager
def _deps(data: Path, project: str, region: str) -> Iterator[Deps]:
    if project:
        yield build_deployment_deps(project, region)
        return
    process_environment()["WORKWRIGHT_DATA"] = str(data)
    wired = wire()
    try:
        yield wired.deps
    finally:
        if wired.local_store is not None:
            wired.local_store.close()
        wire.cache_clear()


def build_deployment_deps(project: str, region: str) -> Deps:
    """Return the ports of a deployment; of all settings the store and the secrets need its project alone."""
    from shared.wiring.cloud import cloud_ports

    env = process_environment()
    emulators = {service: env[name] for service, name in EMULATORS.items() if env.get(name)}
    settings = Settings(mode="cloud", project=project, location=region, emulators=emulators)
    return cloud_ports(settings, rest_clients(settings))[0]


def _show(found: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(found))
        return
    click.echo(f"{'token':<13} {'there' if found['token'] else 'none yet'}")
    for name, words in (("verified", "received"), ("armed_until", "armed until"), ("before_until", "old one until")):
        if found[name]:
            click.echo(f"{words:<13} {found[name]}")
    if "value" in found:
        click.echo(found["value"])
