"""The deployed pages themselves: static files as Vercel serves them."""

import mimetypes
from collections.abc import Callable
from html import escape
from typing import Any

from werkzeug.wrappers import Request, Response

Json = dict[str, Any]

_TYPES = mimetypes.MimeTypes()
_TYPES.add_type("text/javascript", ".js")
_TYPES.add_type("text/javascript", ".mjs")
_TYPES.add_type("application/manifest+json", ".webmanifest")
_TYPES.add_type("image/webp", ".webp")
_TYPES.add_type("image/avif", ".avif")
_TYPES.add_type("font/woff2", ".woff2")
_TYPES.add_type("text/markdown", ".md")
_TEXTS = ("text/", "application/json", "application/xml", "application/manifest+json", "image/svg+xml")


def content_type(path: str) -> str:
    """Return the type a file is served with."""
    guessed = _TYPES.guess_type(path)[0] or "application/octet-stream"
    return f"{guessed}; charset=utf-8" if guessed.startswith(_TEXTS) else guessed


def _missing(code: str, text: str, number: str) -> Response:
    body = f"<!doctype html><title>404</title><h1>404: NOT_FOUND</h1><p>Code: {escape(code)}</p><p>{escape(text)}</p>"
    headers = {"x-vercel-error": code, "x-vercel-id": number}
    return Response(body, 404, headers=headers, content_type="text/html; charset=utf-8")


def answer(request: Request, deployment: Json | None, path: str, read: Callable[[str], bytes], number: str) -> Response:
    """Serve one address of a deployment; `read` gives the bytes of a file by its digest."""
    if deployment is None:
        return _missing("DEPLOYMENT_NOT_FOUND", "The deployment could not be found on Vercel.", number)
    if deployment["readyState"] != "READY":
        return _missing("DEPLOYMENT_NOT_READY", f"This deployment is {deployment['readyState'].lower()}.", number)
    if request.method not in ("GET", "HEAD"):
        return Response(status=405, headers={"Allow": "GET, HEAD", "x-vercel-id": number})
    files = _select_output(deployment)
    name = next((each for each in _candidates(path) if each in files), None)
    status = 200
    if name is None:
        status, name = 404, "404.html"
        if name not in files:
            return _missing("NOT_FOUND", "The page could not be found.", number)
    digest = files[name]
    headers = {
        "x-vercel-id": number,
        "x-vercel-cache": "MISS",
        "Server": "Vercel",
        "ETag": f'"{digest}"',
        "Cache-Control": "public, max-age=0, must-revalidate",
    }
    if status == 200 and request.headers.get("If-None-Match") == headers["ETag"]:
        return Response(status=304, headers=headers)
    return Response(read(digest), status, headers=headers, content_type=content_type(name))


def _candidates(path: str) -> list[str]:
    plain = path.strip("/")
    return [plain, f"{plain}/index.html" if plain else "index.html"]


def _select_output(deployment: Json) -> dict[str, str]:
    """Return the files of the output folder: the one set, else `public` when there is one, else everything."""
    files: dict[str, str] = deployment["files"]
    folder = deployment["outputDirectory"] or ("public" if any(name.startswith("public/") for name in files) else "")
    start = f"{folder.strip('/')}/" if folder.strip("/.") else ""
    return {name.removeprefix(start): digest for name, digest in files.items() if name.startswith(start)}
