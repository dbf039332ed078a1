"""Which paths a pattern means: `*` within one name, `**` over any number of folders, no slash: that name anywhere."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase


def matches(path: str, pattern: str) -> bool:
    """Say whether a relative path is meant; letters of either case are equal, as on many machines.

    A pattern that ends in `/` means all below that folder.
    """
    wanted = pattern.casefold().removeprefix("/")
    wanted = f"{wanted}**" if wanted.endswith("/") else wanted
    names = path.casefold().split("/")
    parts = wanted.split("/")
    return _fit(names, parts if len(parts) > 1 or wanted == "**" else ["**", *parts])


def does_any_match(path: str, patterns: Iterable[str]) -> bool:
    """Say whether one of the patterns means the path."""
    return any(matches(path, each) for each in patterns)


def strange(path: str) -> bool:
    """Say whether a path is none that a repository should hold: outside of it, its own data, or unreadable."""
    names = path.split("/")
    odd = not path or path != path.strip() or "\\" in path or not path.isprintable() or len(path) > 300
    return odd or any(name in ("", ".", "..") or name.casefold() == ".git" for name in names)


def _fit(names: list[str], parts: list[str]) -> bool:
    """Match name by name; `reach` are the places in the pattern that the names so far lead to."""
    reach = _match_folders({0}, parts)
    for name in names:
        here = set()
        for at in reach:
            if at < len(parts):
                if parts[at] == "**":
                    here.add(at)
                elif fnmatchcase(name, parts[at]):
                    here.add(at + 1)
        reach = _match_folders(here, parts)
    return len(parts) in reach


def _match_folders(reach: set[int], parts: list[str]) -> set[int]:
    """Add the places behind each `**`, which may mean no folder at all."""
    found = set(reach)
    for at in sorted(reach):
        end = at
        while end < len(parts) and parts[end] == "**":
            end += 1
            found.add(end)
    return found
