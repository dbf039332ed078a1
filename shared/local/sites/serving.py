"""Answers for the sites in the folder: each by its own host name, and nobody by another one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from werkzeug.wrappers import Request, Response

from shared import log
from shared.core.ship.site_files import INDEX, content_type
from shared.integrations.local_sites.layout import PREVIEW, link_named
from shared.integrations.local_sites.reading import Elsewhere, Page, find_not_found, find_page

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",  # may be kept, and is asked for again each time: a switch is seen at once
}
_OF_LIVE = {"Referrer-Policy": "strict-origin-when-cross-origin"}
_OF_PREVIEW = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow"}  # who has its address may read it
_NOTHING = (
    b'<!doctype html><html lang="en"><title>Not found</title><h1>Not found</h1><p>There is no such page here.</p>\n'
)


class SitesApp:
    """The sites of a folder as a WSGI application; `bases` are the domains below which their names are."""

    def __init__(self, root: Path, bases: tuple[str, ...]) -> None:
        self._root = root
        self._bases = bases

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        try:
            response = self._answer(request)
        except OSError as error:
            log.line("WARNING", "a page of a site could not be read", error=error.strerror or str(error))
            response = Response("This site cannot be read at the moment.\n", 503, {"Retry-After": "10"})
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            return Response(status=405, headers={"Allow": "GET, HEAD"})
        link = link_named(self._root, request.host, self._bases)
        if link is None:
            return _html(_NOTHING, 404)
        if not link.parent.is_dir():  # a disk that is not there says nothing of what was on it
            raise OSError("the folder for sites is gone")
        found = find_page(self._root, link, request.path)
        if isinstance(found, Elsewhere):
            query = request.query_string.decode("ascii", "replace")
            response = Response(status=308, headers={"Location": found.path + (f"?{query}" if query else "")})
        elif found is not None:
            response = _page(request, found, 200)
        else:
            own = find_not_found(self._root, link)
            response = _page(request, own, 404) if own else _html(_NOTHING, 404)
        response.headers.extend(_HEADERS | (_OF_PREVIEW if link.parent.name == PREVIEW else _OF_LIVE))
        return response


def _page(request: Request, page: Page, status: int) -> Response:
    """Return a file; what is not there has no tag, because it may be there later."""
    with page.file as file:
        response = Response(
            b"" if request.method == "HEAD" else file.read(), status, content_type=content_type(page.path)
        )
    response.content_length = page.size
    if status == 200:
        response.set_etag(page.tag)
        response.make_conditional(request)
    return response


def _html(content: bytes, status: int) -> Response:
    return Response(content, status, content_type=content_type(INDEX))
