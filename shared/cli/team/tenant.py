"""`workwright export` and `workwright delete-tenant`: take along all that is kept of a team, and have it deleted."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import click

from shared.cli.house_calls import OWNER_KEY, ask_house, show
from shared.cli.root import AS_JSON, DATA, house_url, workwright
from shared.core.errors import ConfigError

_BLOCK = 1 << 16
_TIMEOUT = (5, 300)


@workwright.command()
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@DATA
@AS_JSON
def export(file: Path, data: Path, as_json: bool) -> None:
    """Write everything that is stored for your team to FILE, one JSON object per line, without secrets."""
    if file.exists():
        raise ConfigError(f"{file}: is there already, and nothing is overwritten")
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        _fetch(data, part)
        lines = _see_that_it_is_whole(part)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    click.echo(json.dumps({"file": str(file), "lines": lines}) if as_json else f"{lines} lines in {file}")


@workwright.command("delete-tenant")
@click.option("--confirm", default="", metavar="ID", help="The id of your team; without it you are asked for it.")
@click.option("--force", is_flag=True, help="Even while something is being put live, rolled back or merged.")
@DATA
@AS_JSON
def delete_tenant(confirm: str, force: bool, data: Path, as_json: bool) -> None:
    """Delete your team and everything that is stored for it. This cannot be undone; run `export` first."""
    if not confirm:
        click.echo("Everything of your team is deleted: runs, settings, texts, knowledge, grants and keys.", err=True)
        confirm = click.prompt("Type the id of your team to go on", err=True)
    found = ask_house(data, "DELETE", "/v1/tenant", body={"confirm": confirm, "force": force})
    show(found, as_json, _lines)


def _fetch(data: Path, target: Path) -> None:
    import requests

    url = house_url(data)
    key = (data / OWNER_KEY).read_text(encoding="ascii").strip()
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as out, requests.Session() as session:
        session.trust_env = False  # a proxy has no business between two parts of one machine
        headers = {"Authorization": f"Bearer {key}"}
        try:
            with session.get(f"{url}/v1/export", headers=headers, timeout=_TIMEOUT, stream=True) as answer:
                if not answer.ok:
                    raise ConfigError(
                        f"Workwright refused the export: {answer.json().get('detail', answer.status_code)}"
                    )
                for block in answer.iter_content(_BLOCK):
                    out.write(block)
        except requests.RequestException as error:
            raise ConfigError(f"the export was cut off ({type(error).__name__}); do it again") from None


def _see_that_it_is_whole(file: Path) -> int:
    """Return how many lines there are; raises ConfigError when it ends before its last one."""
    whole, last, count = hashlib.sha256(), b"", 0
    with file.open("rb") as lines:
        for line in lines:
            if last:
                whole.update(last)
                count += 1
            last = line
    try:
        end: dict[str, Any] = json.loads(last)
    except ValueError:
        end = {}
    if end.get("kind") != "end" or end.get("lines") != count or end.get("sha256") != whole.hexdigest():
        raise ConfigError("the export was cut off; do it again")
    return count


def _lines(found: dict[str, Any]) -> list[str]:
    if found["state"] != "deleting":
        return [f"{found['tenant']} is not being deleted"]
    after = [f"to remove yourselves: {each}" for each in found["left"]]
    return [f"{found['tenant']} is being deleted; it takes about a quarter of an hour ({found['phase']})", *after]
