"""`workwright slack`: say which account in Slack is yours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from shared.cli.house_calls import ask_house, show
from shared.cli.root import AS_JSON, DATA, workwright

_ADDRESS = "/v1/slack/link"


@workwright.command()
@click.option("--show", "only_show", is_flag=True, help="Show what is linked, and get no code.")
@click.option("--unlink", is_flag=True, help="Unlink your accounts in Slack.")
@DATA
@AS_JSON
def slack(only_show: bool, unlink: bool, data: Path, as_json: bool) -> None:
    """Get a code to type in Slack, so that what you press and type there counts as yours."""
    if only_show or unlink:
        show(ask_house(data, "DELETE" if unlink else "GET", _ADDRESS), as_json, _list_accounts)
    else:
        show(ask_house(data, "POST", _ADDRESS, body={}), as_json, _show_code)


def _list_accounts(found: dict[str, Any]) -> list[str]:
    return list(found["accounts"]) or ["No account in Slack is linked with you."]


def _show_code(found: dict[str, Any]) -> list[str]:
    return [f"Type in Slack: {found['type']}", "Then press “That is me” there. The code is good for ten minutes."]
