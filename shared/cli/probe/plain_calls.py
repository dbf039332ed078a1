"""Asks a real system over plain HTTP: not with our own clients, which would hide what differs."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote

import requests

from shared.cli.probe.calls import Answer, Ask, Kept, fill
from shared.core.errors import Unavailable

TIMEOUTS = (10.0, 65.0)
NOBODYS = "nobody-was-given-this"  # stands for a credential that is not valid


@dataclass
class Asker:
    """One system with one credential, asked no faster than it likes."""

    system: str
    base_url: str
    credential: Mapping[str, str]  # headers
    strangers: Mapping[str, str]  # the same headers with a credential that nobody gave out
    headers: Mapping[str, str]
    query: Mapping[str, str]
    pace: float = 0.0
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _last: float = -1e9
    _session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self._session.trust_env = False  # no proxy, no token of the machine's owner

    def ask(self, asked: Ask, kept: Kept) -> Answer:
        """Return the answer, whatever it says; raises Unavailable when there is none."""
        self.sleep(max(0.0, self._last + self.pace - self.now()))
        self._last = began = self.now()
        path = path_of(asked, kept)
        body, raw = fill(asked.body, kept), asked.raw
        sent: dict[str, str | None] = {"Accept": "application/json", **self.headers}
        if body is not None:
            raw, sent["Content-Type"] = json.dumps(body, ensure_ascii=False).encode(), "application/json"
        sent |= {**(self.credential if asked.trusted else self.strangers), **fill(asked.headers, kept)}
        url, left_out = self.base_url + path, [name for name, value in sent.items() if value is None]
        headers = self.sign(asked.method, url, {n: v for n, v in sent.items() if v is not None}, raw, asked.trusted)
        try:
            answer = self._session.request(
                asked.method,
                url,
                params={n: v for n, v in fill({**self.query, **asked.query}, kept).items() if v != ""} or None,
                data=raw,
                headers={name: value for name, value in headers.items() if name not in left_out},
                timeout=TIMEOUTS,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise Unavailable(self.system, f"no answer ({type(error).__name__})") from None
        got = {name.lower(): value for name, value in answer.headers.items()}
        return Answer(answer.status_code, got, read_body(answer.text), self.now() - began)

    def sign(
        self, method: str, url: str, sent: Mapping[str, str], raw: bytes | None, trusted: bool
    ) -> Mapping[str, str]:
        """Return the headers as they are sent."""
        return sent


def path_of(asked: Ask, kept: Kept) -> str:
    """Return the path that is asked for; raises KeyError."""
    return re.sub(r"\{([a-z_0-9]+)\}", lambda found: _encode_for_path(found[1], kept), asked.path)


def _encode_for_path(name: str, kept: Kept) -> str:
    """Return what was kept as a part of a path; ids that are shown encoded are sent encoded once."""
    return quote(unquote(str(kept[name])), safe="/" if name in _SLASHED else "")


_SLASHED = frozenset({"repo"})  # names of what may hold a slash that belongs to the path


def read_body(text: str) -> Any:
    """Return the JSON of a body, None for an empty one, else its text."""
    if not text.strip():
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text
