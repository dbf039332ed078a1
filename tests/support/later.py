"""Vendors' libraries that take a second to import: loaded by the test that uses them, not by all who collect it."""

from __future__ import annotations

import importlib
from typing import Any


class _Later:
    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__"):  # whoever collects asks everything in a module whether it is a test
            raise AttributeError(attribute)
        return getattr(importlib.import_module(self._name), attribute)


def import_later(name: str) -> Any:
    """Return what stands for the module until something of it is asked for."""
    return _Later(name)
