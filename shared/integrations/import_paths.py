"""What a system's entry names by its path ("module:name") is loaded where it is needed and no sooner."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def load_named(path: str) -> Any:
    """Return what is at that path."""
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)
