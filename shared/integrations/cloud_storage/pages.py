"""Which objects a site's files become: their names below the site's address, their types, and the ways in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from shared.core.errors import Rejected

_UTF8 = "; charset=utf-8"
_TYPES: Mapping[str, str] = {
    "html": "text/html" + _UTF8, "htm": "text/html" + _UTF8, "css": "text/css" + _UTF8,
    "js": "text/javascript" + _UTF8, "mjs": "text/javascript" + _UTF8, "json": "application/json",
    "map": "application/json", "webmanifest": "application/manifest+json", "txt": "text/plain" + _UTF8,
    "md": "text/markdown" + _UTF8, "csv": "text/csv" + _UTF8, "xml": "application/xml", "svg": "image/svg+xml",
    "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp",
    "avif": "image/avif", "ico": "image/x-icon", "woff": "font/woff", "woff2": "font/woff2", "ttf": "font/ttf",
    "otf": "font/otf", "pdf": "application/pdf", "mp3": "audio/mpeg", "mp4": "video/mp4", "webm": "video/webm",
    "wasm": "application/wasm", "zip": "application/zip",
}  # fmt: skip
_INDEX = "index.html"


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
    for path, content in sorted(files.items()):
        parts = path.split("/")
        if (
            ".." in path
            or any(part in ("", ".") for part in parts)
            or not path.isprintable()
            or set(path) & set("\\?#")
        ):
            raise Rejected(
                "cloud_storage", f"the file {path[:80]!r} cannot be part of an address: give it another name"
            )
        page = Served(content, content_type(path))
        found[f"/{path}"] = page
        if parts[-1] == _INDEX:
            found["/" + path.removesuffix(_INDEX)] = page
    return found


def content_type(path: str) -> str:
    """Return the type a file is served with; unknown ones are downloaded, never run."""
    return _TYPES.get(path.rpartition(".")[2].lower(), "application/octet-stream")


def way_in(name: str) -> Served:
    """Return the page at the address without the closing slash: it leads to the one with it."""
    target = json.dumps(f"{name}/")[1:-1]
    html = f'<!doctype html><html lang="en"><title>{name}</title><meta http-equiv="refresh" content="0;url={target}">'
    return Served(f'{html}<p><a href="{target}">{name}</a></p></html>\n'.encode(), _TYPES["html"])


def order(name: str) -> tuple[int, str]:
    """Return when an object is put in place: what pages load first, then pages, the first page last."""
    is_page = name.endswith((".html", ".htm", "/"))
    return (2 if name in ("/", f"/{_INDEX}") else int(is_page), name)
