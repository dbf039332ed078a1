"""`workwright open`: have something planned from the terminal, for a page in Notion or a text in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from shared.cli.house_calls import THINKING, ask_house, show
from shared.cli.root import AS_JSON, DATA, format_command, workwright
from shared.core.errors import ConfigError


@workwright.command("open")
@click.option("--page", default="", metavar="LINK", help="A page of Ideas: its link or id.")
@click.option(
    "--file",
    "text",
    type=click.File(encoding="utf-8"),
    help="A Markdown file, or - for what is typed; it becomes a page.",
)
@click.option("--title", default="", help="The title of that page; else its first heading.")
@DATA
@AS_JSON
def open_run(page: str, text: Any, title: str, data: Path, as_json: bool) -> None:
    """Open a run: for a page that is in Ideas already, or for a text, which is written there first."""
    if bool(page) == bool(text):
        raise ConfigError("give one of --page and --file")
    body = {"page": page} if page else {"markdown": text.read(), "title": title}
    found = ask_house(data, "POST", "/v1/runs", body=body, wait=THINKING)
    show(found, as_json, lambda run: [f"{run['id']}  {run['status']}  {run['title']}", _show_follow(run, data)])


def _show_follow(run: dict[str, Any], data: Path) -> str:
    return f"Follow it: {format_command('run', run['id'], '--follow', data=data)}"
