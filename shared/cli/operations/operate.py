"""What the operator does with the whole installation: stop it, let it go on, change its keys, renew its documents."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from shared.app.engine.switches import pause_view, set_pause
from shared.app.tenants.migrate import migrate as write_anew
from shared.app.tenants.operator_secrets import change
from shared.backends.local.folder.data_folder import refuse_if_held
from shared.backends.local.keys.local_secrets import LocalSecrets
from shared.cli.house_calls import ask_house
from shared.cli.root import AS_JSON, DATA, house_url, workwright
from shared.core.errors import ConfigError
from shared.core.people.actor import THE_OPERATOR
from shared.core.tenants.audit_entries import build_entry
from shared.ports import SYSTEM
from shared.settings import process_environment
from shared.wiring import wire

if TYPE_CHECKING:
    from shared.app.engine.deps import Deps

_RUN = click.option("--run", default="", metavar="ID", help="Only this run.")
_TENANT = click.option("--tenant", default="", help="Only this team; without it, everybody's work.")


@workwright.command()
@click.option("--why", "--reason", "reason", default="", help="The reason, which everybody who looks is shown.")
@_RUN
@_TENANT
@DATA
@AS_JSON
def pause(reason: str, run: str, tenant: str, data: Path, as_json: bool) -> None:
    """Stop all work at once: nothing is opened or handed out, and what is under way stops before its next write.

    What waits goes on waiting, and no limit of time is spent. With --run only that run. In the cloud with the
    environment of the functions; on one machine whether Workwright is running or not.
    """
    if run:
        _show_run(ask_house(data, "POST", _address(run, "pause"), body={"reason": reason}), as_json)
        return
    _show(_switch(data, tenant, reason or True), as_json)


@workwright.command()
@_RUN
@_TENANT
@DATA
@AS_JSON
def resume(run: str, tenant: str, data: Path, as_json: bool) -> None:
    """Let work go on that was paused: what came meanwhile is done now."""
    if run:
        _show_run(ask_house(data, "POST", _address(run, "resume")), as_json)
        return
    _show(_switch(data, tenant, False), as_json)


@workwright.command("rotate-key")
@_TENANT
@DATA
@AS_JSON
def rotate_key(tenant: str, data: Path, as_json: bool) -> None:
    """Change a key: with --tenant that of one team, without it that of the installation on this machine.

    Stop Workwright on that machine first; a change that was cut off is finished by running this again. Older copies of
    the data folder need the older key. In the cloud, Cloud KMS holds the installation's key and changes it by itself.
    """

    with operator(data) as (deps, store):
        if tenant:
            _see_that_it_is_there(deps, tenant)
            found = {"tenant": tenant, "key": deps.secrets.rotate(tenant)}
        elif store is None:
            raise ConfigError("in the cloud Cloud KMS changes this key by itself; name a team with --tenant")
        else:
            local = LocalSecrets(data)
            found = {"tenant": "", "key": local.change_key(deps.store.tenants(), deps.crash_point)}
        deps.store.note(tenant or SYSTEM, build_entry(deps.clock.now(), "KeyChanged", THE_OPERATOR))
    click.echo(json.dumps(found) if as_json else f"sealed with {found['key']} from now on")


@workwright.command("rotate-secret")
@click.argument("name")
@click.option("--at-once", is_flag=True, help="Refuse the old one from now on: somebody may know it.")
@DATA
@AS_JSON
def rotate_secret(name: str, at_once: bool, data: Path, as_json: bool) -> None:
    """Change one of the installation's own secrets; for a while the old one is accepted too.

    NAME is api-key-pepper, approval-link-key or oauth-state-key. Notion's token has a way of its own: `workwright
    webhook`.
    """

    with operator(data) as (deps, _):
        until = change(deps, name, at_once=at_once).isoformat()
    click.echo(json.dumps({"secret": name, "before_until": until}) if as_json else f"the old one counts until {until}")


@workwright.command()
@DATA
@AS_JSON
def migrate(data: Path, as_json: bool) -> None:
    """Rewrite documents of older versions in today's shape; there is no hurry, because reading upgrades them anyway."""

    with operator(data) as (deps, _):
        counts = write_anew(deps)
    if as_json:
        click.echo(json.dumps(counts))
        return
    for kind, count in counts.items():
        click.echo(f"{kind}: {count} written anew")


@contextmanager
def operator(data: Path) -> Iterator[tuple[Deps, Any]]:
    """Lend the ports, and the store where it is this machine's; raises ConfigError while another process has it."""
    process_environment()["WORKWRIGHT_DATA"] = str(data)
    wired = wire()
    try:
        yield wired.deps, wired.local_store
    finally:
        if wired.local_store is not None:
            wired.local_store.close()
        wire.cache_clear()


def _switch(data: Path, tenant: str, paused: str | bool) -> Mapping[str, Any]:
    """Turn the switch on the store itself, or, where a house has it, by asking the house."""
    if process_environment().get("WORKWRIGHT_MODE") != "cloud" and is_running(data):
        if tenant and tenant != ask_house(data, "GET", "/v1/tenant")["tenant"]:
            raise ConfigError("the Workwright that is running belongs to another team; stop it to pause this one")
        asked = {"paused": bool(paused), "everybody": not tenant}
        return ask_house(
            data, "POST", "/v1/pause", body=asked | ({"reason": paused} if isinstance(paused, str) else {})
        )
    with operator(data) as (deps, _):
        _see_that_it_is_there(deps, tenant)
        set_pause(deps, tenant or SYSTEM, paused, THE_OPERATOR)
        return pause_view(deps, tenant or SYSTEM)


def _see_that_it_is_there(deps: Deps, tenant: str) -> None:
    """Raise ConfigError for a team that is not there: a wrong letter is no stop, and a deleted one stays deleted."""
    if tenant and tenant not in deps.store.tenants():
        raise ConfigError(f"there is no team {tenant!r}; nothing was changed")


def is_running(data: Path) -> bool:
    """Say whether Workwright runs in this folder."""

    try:
        house_url(data)
    except ConfigError:
        return False
    try:
        refuse_if_held(data)
    except ConfigError:
        return True
    return False


def _address(run: str, what: str) -> str:
    return f"/v1/runs/{quote(run, safe='')}/{what}"


def _show_run(found: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(found))
    else:
        click.echo(found["paused"] or f"run {found['id']} goes on")


def _show(found: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(found))
    elif found["paused"]:
        whose = "everybody's work is paused" if found["everybody"] else "this team's work is paused"
        click.echo(f"{whose}: {found['reason']}\nTo go on: {found['go_on']}")
    else:
        click.echo("work goes on")
