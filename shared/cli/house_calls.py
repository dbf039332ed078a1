"""The calls to the API of the house that runs, and how what it answers is shown."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shared.cli.root import format_command, house_url
from shared.core.errors import ConfigError
from shared.core.text.readable import join_lines

if TYPE_CHECKING:
    import requests

OWNER_KEY = "owner.key"
_CONNECT, _WAIT = 5, 60  # seconds
_POLL = 1.0  # seconds between two looks at what changes; a key has 600 calls a minute
_SAME, _LATER = 304, (429, 503)
THINKING = 600  # seconds that an answer may take in which a model speaks


def ask_house(
    data: Path,
    method: str,
    path: str,
    *,
    params: Mapping[str, str] | None = None,
    body: Mapping[str, Any] | None = None,
    wait: float = _WAIT,
    match: str = "",
) -> dict[str, Any]:
    """Return the house's answer; raises ConfigError with what to do when there is none, or it says no.

    With `match`, an ETag of `ask_tagged`, only what is still as it was read is changed.

    `wait`: seconds for an answer; where a model is asked, several of its calls are one answer (`THINKING`).
    """
    url, key, start = _find_house(data)
    headers = {"If-Match": match} if match else {}
    return _read(_send(url, method, path, key=key, params=params, body=body, wait=wait, start=start, headers=headers))


def ask_tagged(data: Path, path: str) -> tuple[dict[str, Any], str]:
    """Return the house's answer with its ETag; raises like `ask_house`."""
    url, key, start = _find_house(data)
    answer = _send(url, "GET", path, key=key, start=start)
    return _read(answer), answer.headers.get("ETag", "")


def change_house(data: Path, path: str, decide: Callable[[dict[str, Any]], Mapping[str, Any]]) -> dict[str, Any]:
    """Return the house's answer to a change of what it answers at this path; raises like `ask_house`.

    `decide` is handed what there is now. Where somebody else changes it meanwhile, nothing is changed, and it says so.
    """
    url, key, start = _find_house(data)
    known = _send(url, "GET", path, key=key, start=start)
    body = decide(_read(known))
    tag = {"If-Match": known.headers.get("ETag", "*")}
    return _read(_send(url, "PATCH", path, key=key, start=start, body=body, headers=tag))


def watch_house(data: Path, path: str, *, params: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yield the house's answer, and each later one that differs, until nobody wants more; raises like `ask_house`.

    What has not changed is 304 without a body. When the house wants to be left alone for a while, it is.
    """
    tag = ""
    while True:
        url, key, start = _find_house(data)
        known = {"If-None-Match": tag} if tag else {}
        answer = _send(url, "GET", path, key=key, params=params, start=start, headers=known)
        if answer.status_code in _LATER:
            time.sleep(float(answer.headers.get("Retry-After", _POLL)))
            continue
        if answer.status_code != _SAME:
            found = _read(answer)
            tag = answer.headers.get("ETag", "")
            yield found
        time.sleep(_POLL)


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
    return _read(_send(url, method, path, key=key, params=params, body=body, wait=wait, start=start))


def _find_house(data: Path) -> tuple[str, str, str]:
    """Return the address of the house, its key, and what to do where it does not answer; raises ConfigError."""
    url = house_url(data)
    start = f"start Workwright with: {format_command('up', data=data)}"
    try:
        return url, (data / OWNER_KEY).read_text(encoding="ascii").strip(), start
    except OSError:
        raise ConfigError(f"no key in {data / OWNER_KEY}; {start}") from None


def _send(
    url: str,
    method: str,
    path: str,
    *,
    key: str,
    start: str,
    params: Mapping[str, str] | None = None,
    body: Mapping[str, Any] | None = None,
    wait: float = _WAIT,
    headers: Mapping[str, str] | None = None,
) -> requests.Response:
    """Return the answer, whatever it is; raises ConfigError where none comes."""
    import requests

    with requests.Session() as session:
        session.trust_env = False  # a proxy has no business between two parts of one machine
        if key:
            session.headers["Authorization"] = f"Bearer {key}"
        timeout = (_CONNECT, wait)
        try:
            answer = session.request(method, url + path, params=params, json=body, headers=headers, timeout=timeout)
            if answer.status_code != _SAME:
                answer.json()  # whoever else has taken the port does not speak as we do
        except requests.ReadTimeout:
            raise ConfigError(
                f"Workwright at {url} is still at work on this after {wait:g} s, and goes on with it; look again later"
            ) from None
        except requests.RequestException:
            raise ConfigError(f"nothing answers at {url}; {start}") from None
    return answer


def _read(answer: requests.Response) -> dict[str, Any]:
    found: dict[str, Any] = answer.json()
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
