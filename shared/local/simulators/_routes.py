"""Which handler answers which path."""

from collections.abc import Callable
from functools import cache
from typing import Any

from werkzeug.routing import Map, Rule

Route = tuple[str, str, Callable[..., Any]]  # method, path, handler


@cache
def routes_of(routes: tuple[Route, ...]) -> Map:
    """Return the routes of every simulator of one kind in this process: reading them takes longer than all else."""
    return Map(
        [Rule(path, methods=[method], endpoint=handler) for method, path, handler in routes], merge_slashes=False
    )
