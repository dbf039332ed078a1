"""Exchanges with other systems: how one is sent, and on a file, without secrets, for debugging and for checks of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # loaded by the first call: most functions answer without calling anybody
    import requests

Trace = Callable[[dict[str, Any]], None]

_SECRET_HEADERS = frozenset(
    {"authorization", "proxy-authorization", "cookie", "x-api-key", "x-goog-api-key", "x-vercel-protection-bypass"}
)
_SECRET_FIELDS = frozenset(
    {
        "client_secret",
        "access_token",
        "refresh_token",
        "id_token",
        "token",
        "signing_token",
        "code",
        "password",
        "code_verifier",
    }
)


def send(
    session: requests.Session,
    method: str,
    url: str,
    headers: Mapping[str, str],
    *,
    params: Any = None,
    data: Any = None,
    timeout: tuple[float, float],
) -> requests.Response:
    """Send a request as `Session.request` does, in half its time; return its answer, whose body is not read yet.

    That merges the session with each call's own headers, cookies and settings, of which there are none here.
    """
    import requests

    asked = requests.PreparedRequest()
    asked.prepare(method, url, {**session.headers, **headers}, data=data, params=params, cookies=session.cookies)
    how: dict[str, Any] = {"timeout": timeout, "allow_redirects": False, "stream": True}
    if session.trust_env:
        how = {**session.merge_environment_settings(asked.url or url, {}, True, None, None), **how}
    return session.send(asked, **how)


def file_trace(path: str | Path) -> Trace:
    """Return a trace that appends one JSON line per exchange to a file only its owner can read."""
    target = Path(path)
    target.touch(mode=0o600)

    def write(exchange: dict[str, Any]) -> None:
        with target.open("a", encoding="utf-8") as file:
            file.write(json.dumps(exchange, ensure_ascii=False) + "\n")

    return write


def describe_exchange(
    system: str,
    method: str,
    url: str,
    params: Any,
    sent: Mapping[str, str],
    body: Any,
    status: int | None,
    taken: int,
    secrets: list[str],
) -> dict[str, Any]:
    """Return an exchange as it may be written down; `taken` in milliseconds."""
    import requests

    asked = requests.PreparedRequest()
    asked.prepare_url(url, params)
    url = asked.url or url
    shown = {name: "***" if name.lower() in _SECRET_HEADERS else value for name, value in sent.items()}
    line: dict[str, Any] = {"system": system, "method": method, "url": url, "headers": shown}
    line |= {"body": body, "status": status, "duration_ms": taken}
    return {name: _hide_secrets(value, secrets) for name, value in line.items()}


def _hide_secrets(value: Any, secrets: list[str]) -> Any:
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    if isinstance(value, str):
        return scrub(value, secrets)
    if isinstance(value, Mapping):
        return {
            str(name): "***" if name in _SECRET_FIELDS and isinstance(each, str) else _hide_secrets(each, secrets)
            for name, each in value.items()
        }
    if isinstance(value, list | tuple):
        return [_hide_secrets(each, secrets) for each in value]
    return value


def scrub(text: str, secrets: Iterable[str]) -> str:
    """Return the text with stars for each secret."""
    for secret in secrets:
        text = text.replace(secret, "***") if secret else text
    return text
