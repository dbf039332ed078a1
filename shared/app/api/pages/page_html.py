"""Small calm pages, written by the server: everything escaped, no script, nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from html import escape
from urllib.parse import urlsplit

from shared.app.api.exchange import ApiReply, ApiRequest, Call, way_out
from shared.core.errors import RequestError
from shared.core.text.sentence import make_sentence

_STYLE = (
    ":root{color-scheme:light dark}"
    "body{font:17px/1.55 system-ui,sans-serif;max-width:38rem;margin:10vh auto;padding:0 1.2rem;overflow-wrap:anywhere}"
    "h1{font-size:1.5rem;line-height:1.25}h2{font-size:1.15rem}ol{padding-left:1.4rem}li{margin:.3rem 0}"
    ".quiet{opacity:.75;font-size:.92rem}a{color:inherit}"
    "summary{cursor:pointer}pre{font-size:.8rem;white-space:pre-wrap}"  # else a long line widens the whole page
    "input,button,select{font:inherit;padding:.5rem 1rem;border-radius:.5rem;border:1px solid currentColor}"
    "input,select{width:100%;box-sizing:border-box;background:transparent;color:inherit}"
    "option{color:CanvasText;background:Canvas}"  # else the list is dark on dark
    "button,a.act{margin:1rem .6rem 0 0;cursor:pointer}label{display:block;margin:.8rem 0 0}"
    "a.act{display:inline-block;padding:.5rem 1rem;border-radius:.5rem;border:1px solid currentColor"
    ";text-decoration:none}"
    ".steps{list-style:none;padding:0}.steps li{margin:1.4rem 0}.steps p{margin:.3rem 0}"
    "form{margin:0}.row{display:inline-block}.row select,.row button{width:auto;margin:.6rem .6rem 0 0}"
)
_ODD = re.compile(r"[\x00-\x20\x7f-\xa0\\]")  # browsers leave them out, or read them as something else
_LOOPBACK = re.compile(r"127(?:\.\d{1,3}){3}")
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    "; require-trusted-types-for 'script'"
)


def page(status: int, title: str, body: str, headers: Mapping[str, str] | None = None, *, refresh: int = 0) -> ApiReply:
    """Return a page. `title` is escaped here; `body` is HTML whose texts were escaped by whoever wrote it.

    `refresh`: after so many seconds the browser looks again, 0 for never.
    """
    again = f'<meta http-equiv="refresh" content="{refresh}">' if refresh else ""
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"{again}<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )
    return ApiReply(status, html=text, headers={"Content-Security-Policy": _POLICY, **(headers or {})})


def paragraph(text: str, *, quiet: bool = False) -> str:
    """Return a paragraph of plain text."""
    return f'<p class="quiet">{escape(text)}</p>' if quiet else f"<p>{escape(text)}</p>"


def link(address: str, words: str = "") -> str:
    """Return a link to an address that somebody else gave, or its text alone where a link might do other than lead."""
    shown = escape(words or address)
    if not leads(address):
        return escape(address)
    return f'<a rel="noopener noreferrer nofollow" href="{escape(address, quote=True)}">{shown}</a>'


def leads(address: str) -> bool:
    """Say whether an address does nothing but lead to where it says: on the web by TLS, or on this machine."""
    if _ODD.search(address):
        return False
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return False
    here = host in ("localhost", "::1") or host.endswith(".localhost") or bool(_LOOPBACK.fullmatch(host))
    return "@" not in parts.netloc and bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and here))


def front(call: Call) -> ApiReply:
    """Say that Workwright is running, and where to look."""
    body = (
        paragraph("Workwright turns what a team writes in Notion into finished work. It is running.")
        + '<ul><li><a href="/account">Your account, or sign in</a></li>'
        + '<li><a href="/openapi.json">The API, described for programs (OpenAPI 3.1)</a></li>'
        + '<li><a href="/v1/health">Health</a></li></ul>'
        + paragraph("In a terminal: workwright runs, workwright doctor.", quiet=True)
    )
    return page(200, "Workwright is running", body)


def wants_page(request: ApiRequest) -> bool:
    """Return whether a person's browser asks: people follow the links to runs that messages carry."""
    return request.header("accept").lower().startswith("text/html")


def render_refusal(error: RequestError) -> ApiReply:
    """Say on a page what a program is told as a problem."""
    titles = {401: "You need a key to see this", 404: "There is nothing here", 429: "Too many calls"}
    reason = paragraph(f"{make_sentence(str(error))} {error.not_lost}")
    body = reason + paragraph(way_out(error)) + '<p><a href="/">Workwright</a></p>'
    return page(error.status, titles.get(error.status, "This did not work"), body)


def landing_page(call: Call) -> ApiReply:
    """Say that an account was connected: where the browser lands after OAuth."""
    body = paragraph("The account is connected, and runs that were waiting for it go on.")
    body += '<p><a href="/account">Go on to your account</a></p>'
    body += paragraph(f"In a terminal: workwright login --url {call.deps.public_url}", quiet=True)
    return page(200, "Connected", body)
