"""Talk with Workwright from the terminal: a conversation with the API of the house that runs."""

from __future__ import annotations

import json
import secrets
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from shared.cli.house_calls import THINKING, ask_house
from shared.cli.root import AS_JSON, DATA, format_command, workwright
from shared.core.errors import ConfigError
from shared.core.text.readable import join_lines

_LATE = 10  # seconds of silence, after which people are told


@workwright.command()
@click.argument("text", required=False, default="")
@click.option("--chat", "chat_id", default="", help="Go on with this conversation; without it a new one begins.")
@click.option("--page", default="", help="The page it is about: its id, or its link.")
@click.option("--project", default="", help="Answer questions only from this page or database and what is below it.")
@DATA
@AS_JSON
def chat(text: str, chat_id: str, page: str, project: str, data: Path, as_json: bool) -> None:
    """Ask, plan, change, approve and stop in a conversation; without TEXT line by line, until an empty one."""
    about = {name: value for name, value in (("page", page), ("project", project)) if value}
    if chat_id and about:
        raise ConfigError("--page and --project are for a new conversation; leave them out, or --chat")
    if not chat_id:
        chat_id = str(ask_house(data, "POST", "/v1/chats", body=about)["id"])
    if text:
        _say(data, chat_id, text, as_json)
        return
    if not as_json:
        click.echo("Ask something, or say what to plan. An empty line ends it.")
    for line in iter(_line, ""):
        _say(data, chat_id, line, as_json)
    if not as_json:
        click.echo(f"Go on later: {format_command('chat', '--chat', chat_id)}")


def _line() -> str:
    if sys.stdin.isatty():
        click.echo("> ", nl=False)
    return sys.stdin.readline().strip()


def _say(data: Path, chat_id: str, text: str, as_json: bool) -> None:
    body = {"text": text, "message": secrets.token_hex(8)}
    with _patience():
        found = ask_house(data, "POST", f"/v1/chats/{chat_id}", body=body, wait=THINKING)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
    else:
        for line in _answer_lines(found, body["message"]):
            click.echo(join_lines(line))
    sys.stdout.flush()


@contextmanager
def _patience() -> Iterator[None]:
    """Tell people who wait for long that nothing is lost, once."""
    late = threading.Timer(_LATE, lambda: click.echo("Still thinking …", err=True))
    late.daemon = True
    late.start()
    try:
        yield
    finally:
        late.cancel()


def _answer_lines(found: dict[str, Any], message: str) -> list[str]:
    answer = next(each for each in found["turns"] if (each["role"], each["message"]) == ("assistant", message))
    lines = [*str(answer["text"]).splitlines()]
    return [*lines, *(f"  {source['title']}  {source['url']}" for source in answer["sources"])]
