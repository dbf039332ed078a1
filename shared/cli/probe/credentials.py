"""Where a probe's credential comes from: a file, standard input, a hidden question, or what a data folder has."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from shared.core.errors import ConfigError
from shared.ports import Secret

MOST_CHARACTERS = 10_000


def find_credential(what: str, file: Path | None, data: Path | None, grant: str, secrets: tuple[str, ...]) -> Secret:
    """Return the credential; raises ConfigError. Two parts, as a name and a password, are two lines.

    `grant` is the system that a team has connected; `secrets` are the operator's, for what people do not connect.
    """
    if file is not None and data is not None:
        raise ConfigError("--token-file and --data exclude each other; give one")
    if file is not None:
        return _checked(_read(file))
    if data is not None:
        return _of_folder(data, grant, secrets)
    if not sys.stdin.isatty():
        return _checked(sys.stdin.read(MOST_CHARACTERS))
    given = [click.prompt(each, hide_input=True, err=True) for each in what.split(" and ")]
    return _checked("\n".join(given))


def _read(file: Path) -> str:
    try:
        with file.open(encoding="utf-8") as text:
            return text.read(MOST_CHARACTERS)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{file} cannot be read ({type(error).__name__})") from None


def _checked(text: str) -> Secret:
    found = "\n".join(line.strip() for line in text.strip().splitlines())
    if not found:
        raise ConfigError("no credential was given; use --token-file, standard input, or --data for a connected one")
    if not found.replace("\n", "").isprintable():
        raise ConfigError("what was given as a credential holds characters that none has")
    return Secret(found)


def _of_folder(data: Path, grant: str, names: tuple[str, ...]) -> Secret:
    from shared.backends.clock import SystemClock
    from shared.backends.local.keys.local_secrets import LocalSecrets
    from shared.backends.local.state.local_store import LocalStore

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
        grants = [(tenant, store.get(tenant, "grants", grant)) for tenant in store.tenants()]
        there = [(tenant, doc) for tenant, doc in grants if doc is not None and doc.body.get("status") == "connected"]
        if len(there) != 1 or "access" not in there[0][1].body:
            found = "several teams have" if len(there) > 1 else "no team has"
            raise ConfigError(f"{found} connected {grant} in {data} by a token; give one with --token-file")
        tenant, doc = there[0]
        return safe.open(tenant, f"{grant}.access", doc.body["access"])
    finally:
        store.close()
