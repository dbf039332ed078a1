"""Look over everything Workwright needs where it is called; say what is missing and how to get it."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

import click
import requests

from shared.backends.clock import SystemClock
from shared.backends.local.folder.disk_room import say_full
from shared.backends.local.keys.keyfile import KEY_FILE
from shared.backends.local.keys.local_secrets import LocalSecrets
from shared.cli.doctor import machine
from shared.cli.doctor.asked_team import ask_about_team, is_signed_in
from shared.cli.doctor.needed_secrets import look_at_cloud_secrets, look_at_secrets
from shared.cli.doctor.systems import look_at_systems
from shared.cli.doctor.unreached_findings import find_unreached
from shared.cli.operations.dead_letters import describe_dead_letters, put_aside_here
from shared.cli.root import AS_JSON, DATA, house_url, workwright
from shared.core.errors import AgentError, ConfigError
from shared.core.models.model_facts import OFFLINE
from shared.core.tenants.finding import LATER, MISSING, OK, Finding, is_usable
from shared.local.configuration.migration_mark import describe_move
from shared.ports import Secret
from shared.settings import Settings, process_environment

_SIGNS = {OK: "✓", MISSING: "✗", LATER: "·"}
_ENDS = {  # the last line: where nothing is missing that is needed, and where something is
    "here": ("Workwright can run here.", "Workwright cannot run here yet; see the arrows above."),
    "cloud": ("The deployment can run here.", "The deployment cannot run here yet; see the arrows above."),
    "team": ("Your team's work can be done.", "Your team lacks something that its work needs; see the arrows above."),
}

MODEL_KEYS: Mapping[str, str] = {  # where the operator gets them; only those of offered providers are looked for
    "anthropic": "console.anthropic.com › API keys",
    "openai": "platform.openai.com › API keys",
    "xai": "console.x.ai › API keys",
    "gemini": "aistudio.google.com › API keys",
}


@workwright.command()
@DATA
@AS_JSON
@click.option(
    "--cloud", is_flag=True, help="Check a deployment instead, with your own credentials; nothing is changed."
)
@click.option(
    "--try", "tried", is_flag=True,
    help="Ask what is connected for real whether it takes what is kept; nothing is changed. A model's answer costs "
    "less than a hundredth of a cent.",
)  # fmt: skip
@click.option(
    "--team",
    is_flag=True,
    help="Ask the API what your team lacks, in your own name; so it is anyway in a folder of `workwright login`.",
)
@click.option("--url", default="", help="As --team; the address that this folder has to be signed in to.")
@click.option("--project", envvar="GOOGLE_CLOUD_PROJECT", default="", help="The deployment's project.")
@click.option("--region", envvar="WORKWRIGHT_LOCATION", default="europe-west1", show_default=True, help="Its region.")
@click.option("--name", default="workwright", show_default=True, help="The prefix of its names (Terraform's `name`).")
@click.option(
    "--release",
    type=click.Path(path_type=Path),
    default=Path("build/release.auto.tfvars.json"),
    show_default=True,
    help="The release that it should run; without one, releases are not compared.",
)
@click.option(
    "--endpoint", default="", hidden=True, help="Ask this address on this machine instead of Google's services."
)
def doctor(
    data: Path,
    as_json: bool,
    cloud: bool,
    tried: bool,
    team: bool,
    url: str,
    project: str,
    region: str,
    name: str,
    release: Path,
    endpoint: str,
) -> None:
    """Check every component and credential; say what is missing and how to get it."""
    team = team or bool(url) or (not cloud and is_signed_in(data))
    if team and (cloud or tried):
        raise ConfigError("--team asks the API alone; leave out --cloud and --try")
    if team:
        found = ask_about_team(data, url)
    elif cloud:
        found = _look_over_cloud(project, region, name, release, endpoint)
    else:
        found = look_over(data, process_environment(), tried=tried)
    usable = is_usable(found)
    _tell(found, usable, as_json, _ENDS["team" if team else "cloud" if cloud else "here"])
    sys.exit(0 if usable else 1)


def _look_over_cloud(project: str, region: str, name: str, release: Path, endpoint: str) -> list[Finding]:
    from shared.cli.doctor.cloud import look_over_cloud
    from shared.cli.doctor.cloud_wanted import Wanted, read_release
    from shared.cli.doctor.google_reader import GoogleReader, operators_token

    if not project:
        raise ConfigError("the deployment's project is missing; give --project, or set GOOGLE_CLOUD_PROJECT")
    wanted = Wanted(project, region, name, release=read_release(release))
    token = None if endpoint else operators_token()
    return look_over_cloud(wanted, GoogleReader(project, token, endpoint=endpoint))


def _tell(found: list[Finding], usable: bool, as_json: bool, ends: tuple[str, str]) -> None:
    if as_json:
        click.echo(json.dumps({"usable": usable, "checks": [asdict(f) for f in found]}, ensure_ascii=False))
    else:
        for finding in found:
            click.echo(f"{_SIGNS[finding.state]} {finding.name:<12} {finding.detail}")
            if finding.state != OK:
                lines = [
                    *([finding.why] if finding.why else []),
                    *([f"→ {finding.way_out}"] if finding.way_out else []),
                ]
                click.echo("".join(f"  {'':<12} {line}\n" for line in lines), nl=False)
        click.echo(ends[0] if usable else ends[1])


def look_over(data: Path, env: Mapping[str, str], *, tried: bool = False) -> list[Finding]:
    """Return what was found; a check that breaks is a finding too. With `tried`, real systems are asked as well."""
    cloud = (env.get("WORKWRIGHT_MODE") or "local") == "cloud"
    checks: list[tuple[str, Callable[[], Iterator[Finding]]]] = [
        ("python", machine.look_at_python),
        ("environment", lambda: _environment(env)),
        ("sandbox", lambda: machine.look_at_sandbox(env)),
        ("git", machine.look_at_git),
        ("browser", lambda: machine.look_at_browser(env)),
    ]
    if cloud:
        checks += [("google", machine.look_at_google), ("secrets", lambda: look_at_cloud_secrets(env))]
    else:
        checks += [
            ("sqlite", machine.look_at_sqlite),
            ("data", lambda: _data(data)),
            ("running", lambda: _house(data)),
            ("queue", lambda: _queue(data)),
            ("refusals", lambda: _notion(data)),
            ("simulators", lambda: look_at_systems(data, env, tried=tried)),
            *([("tries", lambda: _tries(data, env))] if tried else []),
            ("secrets", lambda: look_at_secrets(data, env)),
            ("models", lambda: _models(data, env)),
        ]
    found: list[Finding] = []
    for name, check in checks:
        try:
            found += check()
        except (AgentError, OSError, sqlite3.Error) as error:
            found.append(Finding(name, MISSING, str(error), getattr(error, "way_out", "")))
    return found


def _tries(data: Path, env: Mapping[str, str]) -> Iterator[Finding]:
    from shared.cli.doctor.connection_checks import try_connected  # with the clients of all systems

    return try_connected(data, env)


def _environment(env: Mapping[str, str]) -> Iterator[Finding]:
    try:
        settings = Settings.from_env(env)
    except ConfigError as error:
        yield Finding("environment", MISSING, str(error), "Set these variables, then run this again.")
        return
    yield Finding("environment", OK, f"mode {settings.mode}, models {', '.join(settings.models.references)}")


def _models(data: Path, env: Mapping[str, str]) -> Iterator[Finding]:
    """Say of each provider that is offered whether it answers and takes the operator's key."""
    from shared.wiring.models import Adapters

    try:
        settings = Settings.from_env(env)
    except ConfigError:
        return  # told already
    nothing: dict[str, Secret] = {}  # no folder is made for looking
    kept = LocalSecrets(data).get if (data / KEY_FILE).exists() else nothing.__getitem__
    adapters = Adapters(settings, kept, SystemClock())
    for name in dict.fromkeys(each.partition("/")[0] for each in settings.models.references):
        if name == OFFLINE:
            yield Finding("models", OK, "offline: works by rules, without a network", needed=False)
            continue
        way_out = f"Check its address and key ({MODEL_KEYS.get(name, 'docs/guides/models.md')})."
        try:
            adapters.check(name)
        except AgentError as error:
            yield Finding(name, MISSING, str(error), way_out, needed=False)
        else:
            yield Finding(name, OK, "answers and accepts the key", needed=False)


def _data(data: Path) -> Iterator[Finding]:
    place = data
    while not place.exists():
        place = place.parent
    right = place.is_dir() and os.access(place, os.W_OK | os.X_OK)
    detail = f"{data} " + ("is there" if place == data else "will be made")
    way_out = "Choose another folder with --data, or allow writing to it."
    yield Finding("data", OK if right else MISSING, detail if right else f"{place} cannot be written to", way_out)
    if full := say_full(data):
        yield Finding("disk", MISSING, full, "Make room on that disk, or choose a folder on another with --data.")


def _house(data: Path) -> Iterator[Finding]:

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
    yield Finding("port", OK, "a loopback port can be taken")
    if moved := describe_move(data):
        yield Finding("running", LATER, moved, needed=False)
        return
    try:
        url = house_url(data)
    except ConfigError:
        way_out = f"Start it with: workwright up --data {data}"
        yield Finding("running", LATER, "Workwright has not run here yet", way_out, needed=False)
        return
    try:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(f"{url}/v1/health", timeout=5)
        well = answer.ok
        detail = f"Workwright runs at {url}" if well else f"{url} answers {answer.status_code}"
    except requests.RequestException:
        well, detail = False, f"Workwright is not running; it was at {url}"
    yield Finding("running", OK if well else LATER, detail, f"Start it with: workwright up --data {data}", needed=False)


def _queue(data: Path) -> Iterator[Finding]:

    letters = put_aside_here(data)
    if letters:
        way_out = f"Fix the cause, then run: workwright replay {letters[0]['id']} --data {data}"
        yield Finding("queue", MISSING, describe_dead_letters(letters), way_out, needed=False)
    else:
        yield Finding("queue", OK, "there are no dead letters")


def _notion(data: Path) -> Iterator[Finding]:
    from shared.cli.doctor.notion_findings import notion_findings

    yield from notion_findings(data, SystemClock().now())
    yield from find_unreached(data, SystemClock().now())
