"""`workwright origins`: the frontends that may call the API with a key of the team."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from shared.cli.house_calls import ask_house, show
from shared.cli.root import AS_JSON, DATA, format_command, workwright

_ADDRESS = "/v1/settings/origins"


@workwright.command()
@click.option("--allow", multiple=True, metavar="ORIGIN", help="Let pages of this origin call; may be given again.")
@click.option("--forget", multiple=True, metavar="ORIGIN", help="Let them call no longer; may be given again.")
@DATA
@AS_JSON
def origins(allow: tuple[str, ...], forget: tuple[str, ...], data: Path, as_json: bool) -> None:
    """List the origins whose pages may call the API from a browser, such as https://app.example.com; allow, forget."""
    if allow or forget:
        found = ask_house(data, "POST", _ADDRESS, body={"allow": list(allow), "forget": list(forget)})
    else:
        found = ask_house(data, "GET", _ADDRESS)
    show(found, as_json, _text)


def _text(found: dict[str, Any]) -> list[str]:
    return [str(each) for each in found["origins"]] or [
        f"No page elsewhere may call yet: {format_command('origins', '--allow', 'ORIGIN')}"
    ]
