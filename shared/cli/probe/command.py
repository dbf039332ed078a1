"""`workwright probe SYSTEM`: does a real system answer as its simulator would? Told, confirmed, asked, cleaned up.

Its credential comes from a file, standard input, a hidden question, or what a data folder has.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from shared.accounts.grants import grant_of
from shared.backends.clock import SystemClock
from shared.backends.local.keys.local_secrets import LocalSecrets
from shared.backends.local.state.local_store import LocalStore
from shared.cli.probe.calls import Place, Probe
from shared.cli.probe.plain_calls import NOBODYS, Asker
from shared.cli.probe.probes import PROBES
from shared.cli.probe.report import lines_of, refuse_if_foreign, report_of, summary, write_report
from shared.cli.probe.run import MARK, SAME, Outcome, Run, new_mark, whole_run
from shared.cli.root import AS_JSON, workwright
from shared.core.errors import ConfigError
from shared.ports import Secret
from shared.settings import Settings, process_environment

MAX_CHARACTERS = 10_000


def find_credential(what: str, file: Path | None, data: Path | None, grant: str, secrets: tuple[str, ...]) -> Secret:
    """Return the credential; raises ConfigError. Two parts, as a name and a password, are two lines.

    `grant` is the system that a team has connected; `secrets` are the operator's, for what people do not connect.
    """
    if file is not None and data is not None:
        raise ConfigError("--token-file and --data exclude each other; give one")
    if file is not None:
        return _check_credential(_read(file))
    if data is not None:
        return _read_folder_secret(data, grant, secrets)
    if not sys.stdin.isatty():
        return _check_credential(sys.stdin.read(MAX_CHARACTERS))
    given = [click.prompt(each, hide_input=True, err=True) for each in what.split(" and ")]
    return _check_credential("\n".join(given))


def _read(file: Path) -> str:
    try:
        with file.open(encoding="utf-8") as text:
            return text.read(MAX_CHARACTERS)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{file} cannot be read ({type(error).__name__})") from None


def _check_credential(text: str) -> Secret:
    found = "\n".join(line.strip() for line in text.strip().splitlines())
    if not found:
        raise ConfigError("no credential was given; use --token-file, standard input, or --data for a connected one")
    if not found.replace("\n", "").isprintable():
        raise ConfigError("what was given as a credential holds characters that none has")
    return Secret(found)


def _read_folder_secret(data: Path, grant: str, names: tuple[str, ...]) -> Secret:
    if not (data / "secrets.json").exists() and not (data / "house.json").exists():
        raise ConfigError(f"Workwright has not run in {data}; give the credential with --token-file")
    safe = LocalSecrets(data)
    if names:
        try:
            return Secret("\n".join(safe.get(name).reveal() for name in names))
        except KeyError as missing:
            raise ConfigError(
                f"{missing.args[0]} is not set in {data}; give the credential with --token-file"
            ) from None
    store = LocalStore(data, SystemClock())
    try:
        grants = [(tenant, grant_of(store, tenant, grant)) for tenant in store.tenants()]
        connected = [(tenant, known.access) for tenant, known in grants if known is not None and known.connected]
        tenant, access = connected[0] if len(connected) == 1 else ("", None)
        if access is None:
            found = "several teams have" if len(connected) > 1 else "no team has"
            raise ConfigError(f"{found} connected {grant} in {data} by a token; give one with --token-file")
        return safe.open(tenant, f"{grant}.access", access)
    finally:
        store.close()


@workwright.command("probe")
@click.argument("system", type=click.Choice(list(PROBES)))
@click.option("--in", "named", default="", metavar="PLACE", help="Where it may write; asked for where it is missing.")
@click.option("--token-file", type=click.Path(path_type=Path), help="A file with the credential; one part per line.")
@click.option("--data", type=click.Path(path_type=Path), help="Take the credential that is connected in this folder.")
@click.option("--report", type=click.Path(path_type=Path), help="Where the report goes. [default: probe-SYSTEM.json]")
@click.option("--clean", "only_clean", is_flag=True, help="Only remove what an earlier call has left, and end.")
@click.option("--yes", is_flag=True, help="Do not ask before anything is made.")
@AS_JSON
def probe(
    system: str,
    named: str,
    token_file: Path | None,
    data: Path | None,
    report: Path | None,
    only_clean: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Ask a real system some small things and compare each answer with what its simulator says.

    Writes only in the place that you name, and removes there what it has made, also after it was interrupted; after it
    was killed the next call does. The credential is never on the command line: it comes from --token-file, --data,
    standard input or a hidden question. Ends with exit code 1 where something differs.
    """
    chosen, file = PROBES[system], report or Path(f"probe-{system}.json")
    refuse_if_foreign(file)
    place = _place(chosen, named)
    secret = find_credential(chosen.credential_name, token_file, data, chosen.grant, chosen.secrets)
    _tell(chosen, place, only_clean=only_clean, yes=yes)
    settings = Settings.from_env(process_environment())
    kept = {**place.kept, **chosen.known(settings)}
    asker = chosen.make(settings, secret, kept) if chosen.make else _asker(chosen, secret, settings)
    run = Run(chosen, asker, kept, new_mark())
    if only_clean:
        _end_cleaning(run.clean())
        return
    outcomes, stuck, ended = whole_run(run, lambda outcome: _show_outcome(outcome, as_json))
    found = report_of(chosen, outcomes, run.of_limits, ended)
    write_report(found, file)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
    else:
        for line in lines_of(found):
            click.echo(line)
        click.echo(f"The report is in {file}: shapes, and neither a credential nor what your pages say.")
    _end(stuck, ended, differ=bool(summary(outcomes)["differ"] or summary(outcomes)["not asked"]))


def _place(chosen: Probe, named: str) -> Place:
    if not named:
        if not sys.stdin.isatty():
            raise ConfigError(f"--in is missing; name {chosen.asks_for}")
        named = click.prompt(f"Where may it write? Name {chosen.asks_for}", err=True)
    return chosen.read_place(named.strip())


def _tell(chosen: Probe, place: Place, *, only_clean: bool, yes: bool) -> None:
    number = len(chosen.calls_in(place.kept))
    seconds = number * max(chosen.pace, 0.3)
    what = f"{number} calls to {chosen.title} in {place.label}, about {max(1, round(seconds / 60))} min."
    click.echo(f"What an earlier call has left in {place.label} is removed." if only_clean else what, err=True)
    if not only_clean:
        click.echo(f"Made there for a while: {chosen.makes}.\nThe credential needs: {chosen.rights}.", err=True)
        click.echo(f"Every name begins with {MARK}; whatever is called so there is removed.", err=True)
    if yes:
        return
    if not sys.stdin.isatty():
        raise ConfigError("nobody is there to agree; give --yes")
    click.confirm("Go on?", abort=True, err=True)


def _asker(chosen: Probe, secret: Secret, settings: Settings) -> Asker:
    base = settings.endpoints.get(chosen.system) or chosen.address
    return Asker(
        chosen.system,
        base + chosen.below,
        chosen.credential(secret),
        chosen.credential(Secret(NOBODYS)),
        chosen.headers,
        chosen.query,
        chosen.pace if base == chosen.address else 0.0,
    )


def _show_outcome(outcome: Outcome, as_json: bool) -> None:
    if not as_json and sys.stderr.isatty():
        click.echo(f"{'✓' if outcome.result == SAME else '✗'} {outcome.call.name}", err=True)


def _end_cleaning(stuck: list[str]) -> None:
    click.echo("Nothing of a probe is left." if not stuck else f"Still there: {', '.join(stuck)}.")
    sys.exit(1 if stuck else 0)


def _end(stuck: list[str], ended: str, *, differ: bool) -> None:
    if stuck:
        click.echo(f"Still there, remove it by hand: {', '.join(stuck)}.", err=True)
    if ended:
        click.echo(f"Ended by {ended} before its end; what it had made is removed.", err=True)
    sys.exit(1 if stuck or ended or differ else 0)
