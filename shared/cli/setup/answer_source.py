"""How a set-up gets its answers: asked for in the terminal, or read from a file. Secrets are neither shown nor kept."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import click

from shared.backends.local.keys.keyfile import refuse_if_shared
from shared.cli.root import format_command
from shared.core.errors import ConfigError
from shared.core.text.readable import join_lines
from shared.integrations.systems import MESSENGERS, name_system
from shared.ports import Secret
from shared.settings import process_environment

Options = Sequence[tuple[str, str]]  # (what is answered, what people read)
WAYS = "env:NAME, file:PATH or stdin"


class Asking(Protocol):
    """Who answers what a set-up asks. Each question has a key, such as `notion.page`."""

    def begins(self, part: str, about: str, known: str) -> bool:
        """Say whether this part is to be set up now; what is `known` of it already is nothing to ask for again."""

    def choose(self, key: str, text: str, options: Options, known: str = "") -> str:
        """Return one of the options."""

    def text(self, key: str, text: str, known: str = "") -> str:
        """Return a text, "" for none; what is known is offered."""

    def secret(self, key: str, text: str) -> Secret:
        """Return a secret; raises ConfigError where there is none."""

    def table(self, key: str) -> Mapping[str, str]:
        """Return what was written down under this key beforehand; a person at a terminal has written nothing down."""

    def people(self) -> Sequence[Mapping[str, Any]]:
        """Return the people who are to be told."""

    def read_prepared(self, key: str) -> str:
        """Return a text that was written down beforehand, "" for none; a person at a terminal is not asked for it."""

    def tell(self, line: str) -> None:
        """Show a line."""

    def ask_again(self, says: str, way_out: str) -> bool:
        """Say what is missing; True to ask once more, False to leave this part for later."""


class Terminal:
    """A person at a terminal. What ends in nothing is asked again, or left for later."""

    def begins(self, part: str, about: str, known: str) -> bool:
        """Say what comes; a person may leave it for later."""
        if known:
            self.tell(f"{part}: {known} (to change it: {format_command('init', part)})")
            return False
        click.echo(f"\n{about}")
        return click.confirm("Set this up now?", default=True)

    def choose(self, key: str, text: str, options: Options, known: str = "") -> str:
        """Show the options with numbers."""
        return pick(text, options, known)

    def text(self, key: str, text: str, known: str = "") -> str:
        """Ask; Enter takes what is known."""
        return str(click.prompt(text, default=known, show_default=bool(known))).strip()

    def secret(self, key: str, text: str) -> Secret:
        """Ask without showing what is typed; it may also say where the secret is."""
        typed = str(click.prompt(f"{text} (not shown; or {WAYS})", hide_input=True)).strip()
        return read_secret(typed) if _names_a_place(typed) else Secret(typed)

    def table(self, key: str) -> Mapping[str, str]:
        """Return nothing: what is missing is asked for."""
        return {}

    def people(self) -> Sequence[Mapping[str, Any]]:
        """Ask for one after the other, until no name is given."""
        found: list[Mapping[str, Any]] = []
        while name := self.text("people.name", "A person's name (Enter: no more)"):
            email = self.text("people.email", "Their e-mail address, if mail goes to them")
            reached = {"email": email, **{each: self._channel(each) for each in MESSENGERS}}
            person = {"name": name, **reached, "channels": [each for each, given in reached.items() if given]}
            found.append({key: value for key, value in person.items() if value})
        return found

    def _channel(self, messenger: str) -> str:
        asked = f"The {name_system(messenger)} channel to write to them in, if there is one"
        return self.text(f"people.{messenger}", asked)

    def read_prepared(self, key: str) -> str:
        return ""

    def tell(self, line: str) -> None:
        click.echo(join_lines(line))

    def ask_again(self, says: str, way_out: str) -> bool:
        """Say what is missing, and ask whether to try once more."""
        click.echo(join_lines(f"✗ {says}"))
        if way_out:
            click.echo(join_lines(f"  → {way_out}"))
        return click.confirm("Try again?", default=True)


def pick(text: str, options: Options, known: str = "") -> str:
    """Ask a person for one of the options by its number."""
    click.echo(join_lines(text))
    for number, (_, label) in enumerate(options, 1):
        click.echo(join_lines(f"  {number}  {label}"))
    usual = next((number for number, (value, _) in enumerate(options, 1) if value == known), 1)
    number = click.prompt("Number", type=click.IntRange(1, len(options)), default=usual)
    return options[number - 1][0]


def read_secret(place: str) -> Secret:
    """Return the secret that an environment variable, a file of mode 0600 or the standard input holds.

    Raises ConfigError, which never quotes what was given: it might be the secret itself.
    """
    kind, _, where = place.partition(":")
    if place == "stdin":
        found = sys.stdin.readline()
    elif kind == "env" and where:
        found = process_environment().get(where, "")
    elif kind == "file" and where:
        path = Path(where).expanduser()
        if not path.is_file():
            raise ConfigError(f"there is no file {path} to read a secret from")
        refuse_if_shared(path)
        found = path.read_text(encoding="utf-8")
    else:
        raise ConfigError(f"a secret is never written down here; say where it is: {WAYS}")
    if not found.strip():
        raise ConfigError(f"{place} holds no secret")
    return Secret(found.strip())


def _names_a_place(typed: str) -> bool:
    return typed == "stdin" or typed.partition(":")[0] in ("env", "file")
