"""Values of the environment, read one by one; what is wrong with them is collected, and said all at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import field, fields
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from shared.core.errors import ConfigError

LOOPBACK = ("127.0.0.1", "localhost", "::1")
Part = TypeVar("Part")
_READ = "read"


def variable(name: str, default: Any, read: Callable[..., Any], **bounds: Any) -> Any:
    """Return a field of a dataclass that is read from this variable, by a method of Environment, in these bounds."""
    return field(
        default=default, metadata={"variable": name, _READ: lambda reader: read(reader, name, default, **bounds)}
    )


def part(read: Callable[[Environment], Any], default: Callable[[], Any]) -> Any:
    """Return a field of a dataclass that is read from several variables; by itself it is what `default` makes."""
    return field(default_factory=default, metadata={_READ: read})


def is_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets that do not close, a port that is no number
        return False


class Environment:
    """Reads values and collects what is wrong with them."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.env = env
        self.problems: list[str] = []

    def refuse(self, problem: str) -> None:
        """Note what is wrong, and the way out."""
        self.problems.append(problem)

    def read(self, kind: type[Part]) -> Part:
        """Return a dataclass with what its fields say of themselves, by `variable` and `part`."""
        return kind(**{each.name: each.metadata[_READ](self) for each in fields(kind) if _READ in each.metadata})  # type: ignore[arg-type]

    def text(self, name: str, default: str = "") -> str:
        return self.env.get(name) or default

    def require(self, name: str, meaning: str) -> str:
        """Return what has to be there."""
        if not self.env.get(name):
            self.refuse(f"{name} is missing; set it to {meaning}")
        return self.text(name)

    def words(self, name: str) -> tuple[str, ...]:
        """Return what stands between commas or spaces."""
        return tuple(self.text(name).replace(",", " ").split())

    def path(self, name: str, default: Path | None = None) -> Path | None:
        return Path(self.env[name]) if self.env.get(name) else default

    def one_of(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
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

    def bucket(self, name: str, default: str = "") -> str:
        value = self.text(name, default)
        if value and not re.fullmatch(r"[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]", value):
            self.refuse(f"{name} is {value!r}; give a bucket's name like acme-sites, without gs://")
        return value

    def urls(self, name: str) -> tuple[str, ...]:
        found = tuple(each.rstrip("/") for each in self.words(name))
        for each in found:
            if not is_address(each):
                self.refuse(f"{name} has {each!r}; list addresses like https://{_choose_example(name)}.example")
        return found

    def number(
        self, name: str, default: float, *, unit: str = "number of seconds above 0", maximum: float = 1e9
    ) -> float:
        """Return a number above 0."""
        text = self.env.get(name)
        if not text:
            return default
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if value == default or 0 < value <= maximum:
            return value
        self.refuse(f"{name} is {text!r}; give a {unit}")
        return default

    def duration(self, name: str, default: timedelta) -> timedelta:
        return timedelta(seconds=self.number(name, default.total_seconds()))

    def whole(self, name: str, default: int | None, *, minimum: int, maximum: int) -> int | None:
        """Return a whole number between these bounds."""
        text = self.env.get(name)
        if not text:
            return default
        if text.isascii() and text.isdigit() and minimum <= int(text) <= maximum:
            return int(text)
        self.refuse(f"{name} is {text!r}; give a whole number from {minimum} to {maximum}")
        return default

    def outlasting(self, name: str, value: timedelta, minimum: timedelta) -> None:
        """Refuse a lease that ends while its holder may still be at work: two would be at it at once."""
        if value <= minimum:
            self.refuse(f"{name} is {value.total_seconds():g}; give more than {minimum.total_seconds():g}")

    def loopback(self, name: str) -> str:
        """Return the host:port of an emulator. Nothing there is encrypted or signed, so it must be this machine."""
        value = self.env[name]
        address = f"http://{value}"
        if not is_address(address) or urlsplit(address).port is None or urlsplit(address).netloc != value:
            self.refuse(f"{name} is {value!r}; give an emulator's host:port like 127.0.0.1:8085")
        elif urlsplit(address).hostname not in LOOPBACK:
            self.refuse(f"{name} is {value!r}; emulators must be on this machine, at 127.0.0.1:<port>")
        return value

    def issuer(self, name: str, default: str = "") -> str:
        """Return the address of the keys of an issuer of tokens, which nobody but this machine may play."""
        value = self.url(name, default)
        if value and is_address(value) and urlsplit(value).hostname not in LOOPBACK:
            self.refuse(f"{name} is for an issuer on this machine; leave it out for Google's")
        return value

    def finish(self) -> None:
        """Raise ConfigError that names every problem, where there is one."""
        if self.problems:
            raise ConfigError("The environment is wrong:\n" + "\n".join(f"  - {each}" for each in self.problems))


def _choose_example(name: str) -> str:
    """Return what an example of a variable's value is called: `WORKWRIGHT_X_HOSTS` lists hosts of X."""
    return name.removeprefix("WORKWRIGHT_").partition("_")[0].lower()
