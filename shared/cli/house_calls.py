"""The calls to the API of the house that runs, and how what it answers is shown."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from shared.cli.root import format_command, house_url
from shared.core.errors import ConfigError
from shared.core.text.readable import join_lines

OWNER_KEY = "owner.key"
_CONNECT, _WAIT = 5, 60  # seconds
THINKING = 600  # seconds that an answer may take in which a model speaks


def ask_house(
    data: Path,
    method: str,
    path: str,
    *,
    params: Mapping[str, str] | None = None,
    body: Mapping[str, Any] | None = None,
    wait: float = _WAIT,
) -> dict[str, Any]:
    """Return the house's answer; raises ConfigError with what to do when there is none, or it says no.

    `wait`: seconds for an answer; where a model is asked, several of its calls are one answer (`THINKING`).
    """
    url = house_url(data)
    try:
        key = (data / OWNER_KEY).read_text(encoding="ascii").strip()
    except OSError:
        raise ConfigError(
            f"no key in {data / OWNER_KEY}; start Workwright with: {format_command('up', data=data)}"
        ) from None
    start = f"start Workwright with: {format_command('up', data=data)}"
    return call_api(url, method, path, key=key, params=params, body=body, wait=wait, start=start)


def call_api(
    url: str,
    method: str,
    path: str,
    *,
    key: str = "",
    params: Mapping[str, str] | None = None,
    body: Mapping[str, Any] | None = None,
    wait: float = _WAIT,
    start: str = "see whether the address is right",
) -> dict[str, Any]:
    """Return what the API at an address answers, as `ask_house` does; `start` is what to do where nothing answers."""
    import requests

    with requests.Session() as session:
        session.trust_env = False  # a proxy has no business between two parts of one machine
        if key:
            session.headers["Authorization"] = f"Bearer {key}"
        try:
            answer = session.request(method, url + path, params=params, json=body, timeout=(_CONNECT, wait))
            found: dict[str, Any] = answer.json()
        except requests.ReadTimeout:
            raise ConfigError(
                f"Workwright at {url} is still at work on this after {wait:g} s, and goes on with it; look again later"
            ) from None
        except requests.RequestException:
            raise ConfigError(f"nothing answers at {url}; {start}") from None
    if not answer.ok:
        raise ConfigError(f"{found.get('detail', answer.status_code)}\n  {found.get('way_out', '')}".rstrip())
    return found


def show(found: dict[str, Any], as_json: bool, lines: Callable[[dict[str, Any]], list[str]]) -> None:
    """Print an answer: as it is, or in lines without the signs that a terminal obeys."""
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for line in lines(found):
        click.echo(join_lines(line))
    sys.stdout.flush()
