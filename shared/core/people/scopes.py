"""Scopes: which kinds of acts a key is for, so that a program that only looks cannot decide."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

# Each with what it is for, in the words that people read.
SCOPES: Mapping[str, str] = {
    "read": "look at runs, plans, usage and settings",
    "run": "open runs, ask questions and give feedback",
    "decide": "approve, deny, answer and roll back",
    "steer": "stop, pause, retry and replay",
    "settings": "change settings, people, keys and connections; export and delete",
}
ALL_SCOPES = tuple(SCOPES)


def cut_scopes(*given: Iterable[str]) -> tuple[str, ...]:
    """Return the scopes that are in all of these, in their order; a word that is none counts for nothing."""
    sets = [frozenset(each) for each in given]
    return tuple(scope for scope in ALL_SCOPES if all(scope in each for each in sets))


def list_missing(held: Iterable[str], wanted: Iterable[str]) -> tuple[str, ...]:
    """Return what is wanted and not held."""
    held = frozenset(held)
    return tuple(scope for scope in wanted if scope not in held)
