"""The files of a static site as any host serves them: which paths are addresses, and with what type each is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

INDEX, NOT_FOUND = "index.html", "404.html"
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


def content_type(path: str) -> str:
    """Return the type a file is served with; unknown ones are downloaded, never run."""
    return _TYPES.get(path.rpartition(".")[2].lower(), "application/octet-stream")


def find_unaddressable(paths: Iterable[str]) -> str:
    """Return why a file among these cannot be part of a site, "" when every path is an address."""
    for path in paths:
        parts = path.split("/")
        unusual = ".." in path or any(part in ("", ".") for part in parts) or not path.isprintable()
        if unusual or set(path) & set("\\?#"):
            return f"the file {path[:80]!r} cannot be part of an address: give it another name"
    return ""
