"""An environment that notes what is asked of it: which variables there are is what the settings ask for."""

from __future__ import annotations

from collections.abc import Mapping


class Noting(dict[str, str]):
    """An environment that notes what is asked of it."""

    def __init__(self, given: Mapping[str, str]) -> None:
        super().__init__(given)
        self.asked: set[str] = set()

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
        self.asked.add(name)
        return super().get(name, default)

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return super().__getitem__(name)
