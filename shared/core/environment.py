"""Values of the environment, read one by one; what is wrong with them is collected, and said all at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TypeVar
from urllib.parse import urlsplit

from shared.core.errors import ConfigError

LOOPBACK = ("127.0.0.1", "localhost", "::1")
Part = TypeVar("Part")


def is_address(value: str) -> bool:
    """Say whether this is an address on the web."""
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets that do not close, a port that is no number
        return False


class Environment:
    """Reads values and collects what is wrong with them."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.env = env
        self._problems: list[str] = []

    def refuse(self, problem: str) -> None:
        """Note what is wrong, and the way out."""
        self._problems.append(problem)

    def one_of(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        """Return one of the words allowed."""
        value = self.env.get(name) or default
        if value not in allowed:
            self.refuse(f"{name} is {value!r}; use one of {', '.join(allowed)}")
        return value

    def url(self, name: str, default: str) -> str:
        """Return an address without a slash at its end."""
        value = (self.env.get(name) or default).rstrip("/")
        if value and not is_address(value):
            self.refuse(f"{name} is {value!r}; give an address like https://workwright.example")
        return value

    def bucket(self, name: str) -> str:
        """Return a bucket's name."""
        value = self.env.get(name) or ""
        if value and not re.fullmatch(r"[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]", value):
            self.refuse(f"{name} is {value!r}; give a bucket's name like acme-sites, without gs://")
        return value

    def urls(self, name: str) -> tuple[str, ...]:
        """Return the addresses listed."""
        found = tuple(each.rstrip("/") for each in (self.env.get(name) or "").replace(",", " ").split())
        for each in found:
            if not is_address(each):
                self.refuse(f"{name} has {each!r}; list addresses like https://gitlab.example")
        return found

    def number(self, name: str, default: float, *, unit: str = "number of seconds above 0", most: float = 1e9) -> float:
        """Return a number above 0."""
        text = self.env.get(name)
        if not text:
            return default
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if value == default or 0 < value <= most:
            return value
        self.refuse(f"{name} is {text!r}; give a {unit}")
        return default

    def whole(self, name: str, default: int | None, *, least: int, most: int) -> int | None:
        """Return a whole number between these bounds."""
        text = self.env.get(name)
        if not text:
            return default
        if text.isascii() and text.isdigit() and least <= int(text) <= most:
            return int(text)
        self.refuse(f"{name} is {text!r}; give a whole number from {least} to {most}")
        return default

    def of(self, read: Callable[[Mapping[str, str]], tuple[Part, list[str]]]) -> Part:
        """Return a part of the settings that is read elsewhere."""
        found, problems = read(self.env)
        self._problems += problems
        return found

    def outlasting(self, name: str, value: timedelta, least: timedelta) -> None:
        """Refuse a lease that ends while its holder may still be at work: two would be at it at once."""
        if value <= least:
            self.refuse(f"{name} is {value.total_seconds():g}; give more than {least.total_seconds():g}")

    def loopback(self, name: str) -> str:
        """Return the host:port of an emulator. Nothing there is encrypted or signed, so it must be this machine."""
        value = self.env[name]
        address = f"http://{value}"
        if not is_address(address) or urlsplit(address).port is None or urlsplit(address).netloc != value:
            self.refuse(f"{name} is {value!r}; give an emulator's host:port like 127.0.0.1:8085")
        elif urlsplit(address).hostname not in LOOPBACK:
            self.refuse(f"{name} is {value!r}; emulators must be on this machine, at 127.0.0.1:<port>")
        return value

    def finish(self) -> None:
        """Raise ConfigError that names every problem, where there is one."""
        if self._problems:
            raise ConfigError("The environment is wrong:\n" + "\n".join(f"  - {p}" for p in self._problems))
