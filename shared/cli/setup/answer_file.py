"""The answers of a set-up in one TOML file: for a machine without a terminal, and for doing the same again."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from shared.cli.setup.answer_source import WAYS, Options, read_secret
from shared.core.errors import ConfigError
from shared.core.text.readable import join_lines
from shared.integrations.systems import BY_PART, SIGN_INS, SYSTEMS
from shared.local.configuration.choices import LIMITS, PERSON_FACTS
from shared.ports import Secret


def _list_keys(part: str) -> tuple[str, ...]:
    """Return what the table of a part may say, from what its systems ask for."""
    systems = [SYSTEMS[each] for each in BY_PART[part]]
    asked = [ask.name for each in systems for ask in (*each.questions, *(way.ask for way in each.clicks))]
    own = [name for each in systems for name in each.facts if name in ("host", "address")]
    return tuple(dict.fromkeys(("use", *asked, *own)))


KNOWN: Mapping[str, tuple[str, ...]] = {  # what each table may say
    **{part: _list_keys(part) for part in BY_PART},
    **{name: ("use", *(ask.name for ask in each.questions)) for name, each in SIGN_INS.items()},
    "notion": ("use", "by", "secret", "client_id", "client_secret", "page", "adopt", "answers", "address"),
    "model": ("use", "key", "project", "url", "name"),
    "people": tuple(name for name in PERSON_FACTS if name != "id"),
    "limits": LIMITS,
    "address": ("public_url",),
}


class AnswerFile:
    """Answers that were written down. What a file does not speak of is left as it is; a failure ends the set-up."""

    def __init__(self, path: Path) -> None:
        try:
            self._found = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise ConfigError(f"{path} cannot be read ({error.strerror})") from None
        except ValueError as error:
            raise ConfigError(f"{path} is not TOML: {error}") from None
        self._path = path
        problems = [each for name, table in self._found.items() for each in _problems(name, table)]
        if problems:
            raise ConfigError("\n".join((f"{path} is wrong:", *(f"  - {each}" for each in problems))))

    def begins(self, part: str, about: str, known: str) -> bool:
        """Say whether the file speaks of this part."""
        return part in self._found

    def choose(self, key: str, text: str, options: Options, known: str = "") -> str:
        """Return what the file says; raises ConfigError for another option."""
        values = [value for value, _ in options]
        found = self.text(key, text, known)
        if found not in values:
            raise ConfigError(f"{self._path}: {key} is {found!r}; use one of {', '.join(values)}")
        return found

    def text(self, key: str, text: str, known: str = "") -> str:
        """Return what the file says, else what is known."""
        return str(self._find_answer(key) or known).strip()

    def secret(self, key: str, text: str) -> Secret:
        """Return the secret from where the file says it is."""
        place = str(self._find_answer(key) or "")
        if not place:
            raise ConfigError(f"{self._path}: {key} is missing; say where the secret is: {WAYS}")
        try:
            return read_secret(place)
        except ConfigError as error:
            raise ConfigError(f"{self._path}: {key}: {error}") from None

    def table(self, key: str) -> Mapping[str, str]:
        found = self._find_answer(key) or {}
        return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}

    def people(self) -> Sequence[Mapping[str, Any]]:
        """Return the people that the file names."""
        return list(self._found["people"])

    def read_prepared(self, key: str) -> str:
        return str(self._find_answer(key) or "")

    def tell(self, line: str) -> None:
        click.echo(join_lines(line))

    def ask_again(self, says: str, way_out: str) -> bool:
        """End the set-up: the same answer would fail the same way."""
        raise ConfigError(f"{says}. {way_out}" if way_out else says)

    def _find_answer(self, key: str) -> Any:
        part, _, name = key.partition(".")
        table = self._found.get(part)
        return table.get(name) if isinstance(table, dict) else table


def _problems(name: str, table: Any) -> list[str]:
    if name not in KNOWN:
        return [f"[{name}] is not known; there are {', '.join(KNOWN)}"]
    tables = table if name == "people" and isinstance(table, list) else [table]
    if not all(isinstance(each, dict) for each in tables) or (name == "people" and tables is not table):
        return [f"{name} has to be written as {'[[people]]' if name == 'people' else f'[{name}]'}"]
    known, keys = KNOWN[name], {key for each in tables for key in each}
    return [f"{name}.{key} is not known; there are {', '.join(known)}" for key in sorted(keys - set(known))]
