"""`workwright pages`, `workwright page ID`: the pages of the workspace that Workwright knows, and one of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from shared.cli.house_calls import ask_house, show
from shared.cli.root import AS_JSON, DATA, workwright

_MAX = 1000  # pages that are listed


@workwright.command()
@click.option("--text", default="", help="Only pages with this in their title.")
@click.option("--tracked", is_flag=True, help="Only rows of the team's databases, and pages that had runs.")
@DATA
@AS_JSON
def pages(text: str, tracked: bool, data: Path, as_json: bool) -> None:
    """List the pages of the workspace: title, last edit, latest run."""
    found: list[dict[str, Any]] = []
    query = {"limit": "200", **({"text": text} if text else {})}
    more = True
    while more and len(found) < _MAX:
        part = ask_house(data, "GET", "/v1/pages", params=query)
        found += [each for each in part["pages"] if each["tracked"] or not tracked]
        more = bool(part["next_cursor"])
        query = {**query, "cursor": part["next_cursor"] or ""}
    show({"pages": found[:_MAX], "more": more}, as_json, _table)


@workwright.command()
@click.argument("page", metavar="ID")
@DATA
@AS_JSON
def page(page: str, data: Path, as_json: bool) -> None:
    """Show a page as it is now, in Markdown."""
    show(ask_house(data, "GET", f"/v1/pages/{quote(page, safe='')}"), as_json, _text)


def _table(found: dict[str, Any]) -> list[str]:
    lines = [_line(each) for each in found["pages"]] or ["No page is known, or none has that in its title."]
    return [*lines, "There are more: narrow it down with --text."] if found["more"] else lines


def _line(page: dict[str, Any]) -> str:
    where = " / ".join([*page["path"], page["title"] or "(no title)"])
    about = ", ".join(each for each in (page["table"], page["run"]) if each)
    line = f"{page['id']}  {page['edited_at'][:16]:<16}  {where}"
    return f"{line}  ({about})" if about else line


def _text(page: dict[str, Any]) -> list[str]:
    run = [f"run {page['run']}"] if page["run"] else []
    head = [page["title"], page["url"], *run, ""]
    return [*head, *page["markdown"].splitlines(), *(["", "… the page goes on"] if page["cut"] else [])]
