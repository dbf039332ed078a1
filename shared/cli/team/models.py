"""`workwright models`: which models a team has, whom it asks for what, and its own keys for them."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from shared.cli.house_calls import ask_house
from shared.cli.root import AS_JSON, DATA, workwright
from shared.core.errors import ConfigError
from shared.core.models.model_facts import KEYED, TASK_CLASSES
from shared.core.models.routing import PREFERENCES

_ADDRESS = "/v1/models"
_PROVIDER = click.argument("provider", type=click.Choice(KEYED))


@workwright.group(invoke_without_command=True)
@click.option("--all", "everything", is_flag=True, help="Include those that are not connected.")
@DATA
@AS_JSON
@click.pass_context
def models(context: click.Context, everything: bool, data: Path, as_json: bool) -> None:
    """Show which models the team's work asks, and what they cost today."""
    if context.invoked_subcommand is None:
        _show(ask_house(data, "GET", _ADDRESS), as_json, everything=everything)


@models.command("set")
@click.option(
    "--class", "classes", multiple=True, metavar="CLASS=MODEL,…",
    help=f"Which models to ask for {', '.join(TASK_CLASSES)}, the best first; nothing after = empties the list.",
)  # fmt: skip
@click.option("--prefer", type=click.Choice(["", *PREFERENCES]), help="What to go by where there is no list.")
@click.option("--allow", metavar="MODEL,…", help="Only these providers and models; empty for all.")
@click.option("--deny", metavar="MODEL,…", help="Never these; empty for none.")
@DATA
@AS_JSON
def set_rules(
    classes: Sequence[str], prefer: str | None, allow: str | None, deny: str | None, data: Path, as_json: bool
) -> None:
    """Change the rules that are given; the others stay."""
    body: dict[str, Any] = {"classes": {}}
    for each in classes:
        name, sign, listed = each.partition("=")
        if not sign:
            raise ConfigError(f"--class {each!r} has no “=” between a class and its models")
        body["classes"][name] = _split(listed)
    given = {"prefer": prefer, "allow": _split(allow), "deny": _split(deny)}
    body |= {name: value for name, value in given.items() if value is not None}
    _show(ask_house(data, "POST", _ADDRESS, body=body), as_json)


@models.command("key")
@_PROVIDER
@DATA
@AS_JSON
def key(provider: str, data: Path, as_json: bool) -> None:
    """Give a key of the team's own; it is read from the terminal or from standard input, and never shown."""
    if sys.stdin.isatty():
        word = click.prompt(f"Key for {provider}", hide_input=True)
    else:
        word = sys.stdin.readline()
    body = {"provider": provider, "key": word.strip()}
    _show(ask_house(data, "POST", f"{_ADDRESS}/keys", body=body), as_json)


@models.command("forget")
@_PROVIDER
@DATA
@AS_JSON
def forget(provider: str, data: Path, as_json: bool) -> None:
    """Forget the team's own key."""
    _show(ask_house(data, "DELETE", f"{_ADDRESS}/keys/{provider}"), as_json)


def _split(text: str | None) -> list[str] | None:
    return None if text is None else text.replace(",", " ").split()


def _show(found: Mapping[str, Any], as_json: bool, *, everything: bool = False) -> None:
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for line in _lines(found, everything):
        click.echo(line)


def _lines(found: Mapping[str, Any], everything: bool) -> list[str]:
    lines = []
    for name in TASK_CLASSES:
        lines.append(f"{name}:")
        lines += [f"  {each['reference']:<38} {each['why']}" for each in found["asked"] if each["task_class"] == name]
        lines += [
            f"  not {each['reference']:<34} {each['why']}" for each in found["left_out"] if each["task_class"] == name
        ]
    for each in found["providers"]:
        if each["connected"] or each["key_status"]:
            state = "" if each["connected"] else f", its key is {each['key_status']}: give a new one"
            lines.append(
                f"{each['id']}: {'by a key of the team' if each['key_status'] else 'by the installation'}{state}"
            )
    shown = [each for each in found["models"] if everything or each["connected"]]
    lines.append(f"US dollars per million tokens in / cached / out, looked up {found['checked']}:")
    lines += [f"  {each['reference']:<38} {_price(each['prices'])}" for each in shown]
    return lines


def _price(prices: Sequence[Mapping[str, Any]]) -> str:
    if not prices:
        return "no price today, so it is not asked"
    texts = []
    for each in prices:
        above = f", from {each['from_tokens']} tokens " if each["from_tokens"] else ""
        texts.append(f"{above}{each['input']:g} / {each['cached']:g} / {each['output']:g}")
    return "".join(texts)
