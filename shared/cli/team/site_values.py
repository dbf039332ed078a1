"""`workwright site-value`: the values of the variables that a team's sites get."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from shared.cli.house_calls import ask_house, show
from shared.cli.root import AS_JSON, DATA, format_command, workwright

_ADDRESS = "/v1/settings/site-values"


@workwright.command("site-value")
@click.argument("name", default="")
@click.option("--forget", is_flag=True, help="Forget the value of that name.")
@DATA
@AS_JSON
def site_value(name: str, forget: bool, data: Path, as_json: bool) -> None:
    """Seal a value under NAME, from the terminal or standard input; without NAME list the names there are.

    `workwright ship --set 'site.environment=[{"name": "FORMS_KEY", "secret": "NAME"}]'` makes it a variable of the
    team's sites.
    """
    if not name:
        show(ask_house(data, "GET", _ADDRESS), as_json, _text)
        return
    word = ""
    if not forget:
        word = click.prompt(f"Value of {name}", hide_input=True) if sys.stdin.isatty() else sys.stdin.readline()
    body = {"name": name, "value": word.rstrip("\n")}
    show(ask_house(data, "PUT", _ADDRESS, body=body), as_json, _text)


def _text(found: dict[str, Any]) -> list[str]:
    return [str(name) for name in found["names"]] or [f"No values yet: {format_command('site-value', 'NAME')}"]
