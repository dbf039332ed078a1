"""`workwright settings`: everything that a team can set, who changed it last, and changes of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import click

from shared.cli.house_calls import ask_house, change_house, show
from shared.cli.root import AS_JSON, DATA, workwright
from shared.core.errors import ConfigError

_ADDRESS, _LINKS = "/v1/settings", "links"
_MONEY = "budgets"
_MICROS = 1_000_000
_LAST = ("changed_by", "changed_actor", "changed_at")


@workwright.group(invoke_without_command=True)
@DATA
@AS_JSON
@click.pass_context
def settings(context: click.Context, data: Path, as_json: bool) -> None:
    """Show everything that the team has set, by section, and who changed each section last."""
    if context.invoked_subcommand is None:
        show(ask_house(data, "GET", _ADDRESS), as_json, _text)


@settings.command("set")
@click.argument("changes", nargs=-1, required=True, metavar="SECTION.FIELD=VALUE…")
@DATA
@AS_JSON
def set_values(changes: tuple[str, ...], data: Path, as_json: bool) -> None:
    """Change settings, all that are given or none, such as planning.planning_time=07:30.

    Money is in US dollars: budgets.day=12.50. A list or an object is JSON: 'models.deny=["xai"]'. Nothing behind the
    sign means what is usual. Where somebody else has changed settings meanwhile, nothing is changed.
    """
    show(change_house(data, _ADDRESS, lambda known: _read_changes(changes, known)), as_json, _text)


def _read_changes(changes: tuple[str, ...], known: Mapping[str, Any]) -> dict[str, Any]:
    """Return the merge patch that these words are; raises ConfigError naming the one that cannot be read."""
    patch: dict[str, Any] = {}
    for each in changes:
        name, sign, value = each.partition("=")
        section, *fields = name.split(".")
        if not sign or not fields or not all(fields):
            raise ConfigError(f"{each!r} is not SECTION.FIELD=VALUE, such as planning.planning_time=07:30")
        at = patch.setdefault(section, {})
        for field in fields[:-1]:
            at = at.setdefault(field, {}) if isinstance(at, dict) else at
        if not isinstance(at, dict) or fields[-1] in at:
            raise ConfigError(f"{name!r} is given twice")
        old = (known.get(section) or {}).get(fields[-1])
        at[fields[-1]] = _read_money(name, value) if section == _MONEY else _read_value(value, old)
    return patch


def _read_value(value: str, old: Any) -> Any:
    """Return a value as JSON has it; what stands where a text is now is one, whatever it looks like."""
    if not value or isinstance(old, str):
        return value or None
    try:
        return json.loads(value)
    except ValueError:
        return value


def _read_money(name: str, value: str) -> int | None:
    if not value:
        return None
    try:
        micros = Decimal(value) * _MICROS
        if not micros.is_finite() or micros != micros.to_integral_value():
            raise InvalidOperation
    except InvalidOperation:
        raise ConfigError(f"{name!r}: {value!r} is not an amount of US dollars, such as 12.50") from None
    return int(micros)


def _text(found: dict[str, Any]) -> list[str]:
    lines = []
    for name, section in found.items():
        if name == _LINKS:
            continue
        who = f", changed by {section['changed_by']} at {section['changed_at']}" if section["changed_at"] else ""
        lines.append(f"{name}{who}")
        lines += [f"  {field:<24} {_say(name, value)}" for field, value in section.items() if field not in _LAST]
    return lines


def _say(section: str, value: Any) -> str:
    if value is None:
        return "no limit" if section == _MONEY else "usual"
    if section == _MONEY:
        return f"{value / _MICROS:.2f} US dollars"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "; ".join(_say_item(each) for each in value) or "none"
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_say(section, each)}" for name, each in value.items()) or "none"
    return str(value) or "none"


def _say_item(each: Any) -> str:
    """Return a line's part for a text, or for a key of a provider: that one is there, and since when."""
    return f"{each['provider']} since {each['since']}" if isinstance(each, dict) else str(each)
