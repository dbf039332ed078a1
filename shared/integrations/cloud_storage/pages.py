"""Which objects a site's files become: their names below the site's address, their types, and the ways in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from shared.core.errors import Rejected
from shared.core.ship.site_files import INDEX, content_type, find_unaddressable


@dataclass(frozen=True, slots=True)
class Served:
    """One object of a site: what it answers with."""

    content: bytes
    content_type: str


def served_objects(files: Mapping[str, bytes]) -> dict[str, Served]:
    """Return what is served below a site's address, by what follows the address; names begin with "/".

    Without a domain of its own a bucket knows no index pages, so each `x/index.html` is served at `x/` too. Raises
    Rejected for a path that is no address.
    """
    found: dict[str, Served] = {}
    if refused := find_unaddressable(files):
        raise Rejected("cloud_storage", refused)
    for path, content in sorted(files.items()):
        page = Served(content, content_type(path))
        found[f"/{path}"] = page
        if path.rpartition("/")[2] == INDEX:
            found["/" + path.removesuffix(INDEX)] = page
    return found


def way_in(name: str) -> Served:
    """Return the page at the address without the closing slash: it leads to the one with it."""
    target = json.dumps(f"{name}/")[1:-1]
    html = f'<!doctype html><html lang="en"><title>{name}</title><meta http-equiv="refresh" content="0;url={target}">'
    return Served(f'{html}<p><a href="{target}">{name}</a></p></html>\n'.encode(), content_type(INDEX))


def order(name: str) -> tuple[int, str]:
    """Return when an object is put in place: what pages load first, then pages, the first page last."""
    is_page = name.endswith((".html", ".htm", "/"))
    return (2 if name in ("/", f"/{INDEX}") else int(is_page), name)
