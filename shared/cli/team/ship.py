"""`workwright ship`: where a team's work goes, what may change and leave, and who has to agree."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from shared.cli.house_calls import ask_house, show
from shared.cli.root import AS_JSON, DATA, workwright
from shared.core.errors import ConfigError

_ADDRESS = "/v1/settings/ship"


@workwright.command()
@click.option(
    "--set", "changes", multiple=True, metavar="PART.NAME=VALUE",
    help="Like code.merge=when_green, approvals.four_eyes=true, policy.may_change=src/**,tests/**.",
)  # fmt: skip
@DATA
@AS_JSON
def ship(changes: Sequence[str], data: Path, as_json: bool) -> None:
    """Show where work goes and who has to agree; or change what is given, and leave the rest."""
    now = ask_house(data, "GET", _ADDRESS)
    if changes:
        now = ask_house(data, "PUT", _ADDRESS, body=parse_changes(now, changes))
    show(now, as_json, _text)


def parse_changes(now: Mapping[str, Any], changes: Sequence[str]) -> dict[str, Any]:
    """Return the parts that change, each as a whole; raises ConfigError naming what cannot be read."""
    parts: dict[str, dict[str, Any]] = {}
    for each in changes:
        where, sign, value = each.partition("=")
        part, dot, name = where.strip().partition(".")
        if not sign or not dot or part not in now:
            names = ", ".join(sorted(now))
            raise ConfigError(f"--set {each!r}: write PART.NAME=VALUE, where PART is one of {names}")
        fields = parts.setdefault(part, dict(now[part]))
        fields[name] = _value(fields.get(name), name, value.strip())
    return parts


def _value(before: Any, name: str, given: str) -> Any:
    """Return what was written, in the shape that the field has now; JSON where it is a list of more than texts."""
    if isinstance(before, bool):
        if given.lower() not in ("true", "false"):
            raise ConfigError(f"--set {name}: true or false, not {given!r}")
        return given.lower() == "true"
    if given.startswith(("[", "{")):
        try:
            return json.loads(given)
        except ValueError as error:
            raise ConfigError(f"--set {name}: this is not JSON: {error}") from None
    if isinstance(before, list):
        return [each.strip() for each in given.split(",") if each.strip()]
    return int(given) if given.isdigit() and not isinstance(before, str) else given


def _text(found: dict[str, Any]) -> list[str]:
    lines = []
    for part, fields in found.items():
        lines.append(part)
        lines += [f"  {name:<22} {_format_value(value)}".rstrip() for name, value in fields.items()]
    return lines


def _format_value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(each if isinstance(each, str) else json.dumps(each) for each in value) or "–"
    return str(value) or "–"
