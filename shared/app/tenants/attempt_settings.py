"""A tenant's settings as attempts see them. What it has connected is looked up where somebody asks: few do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

CONNECTED, GRANTED = "connected", "granted"  # systems that may be used; those that a grant was ever given for


class AttemptSettings(Mapping[str, Any]):
    """The settings `known` already, and the systems, which are one read per grant and so are read once at most."""

    def __init__(self, known: Mapping[str, Any], systems: Callable[[], Mapping[str, list[str]]]) -> None:
        self._known = {name: value for name, value in known.items() if name not in (CONNECTED, GRANTED)}
        self._systems = systems
        self._found: Mapping[str, list[str]] | None = None

    def __getitem__(self, name: str) -> Any:
        """Return a setting; raises KeyError."""
        if name not in (CONNECTED, GRANTED):
            return self._known[name]
        if self._found is None:
            self._found = self._systems()
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter((*self._known, CONNECTED, GRANTED))

    def __len__(self) -> int:
        return len(self._known) + 2
