"""What may stand in something we write: no letters that nobody sees, no links that lead out, nothing that is fetched.

A text of a page or a model is shown to people before they approve anything. Rendering must therefore do nothing: an
external image, an embed or a bookmark would be fetched by the reader's browser and carry data out with its address, a
link would do so at one click, and invisible characters would tell a model what no person reads (security 7.2, 7.3).
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

Json = dict[str, Any]

MAX_QUERY = 60  # letters of a link's query; longer ones carry more than a page's name
_NOTION = frozenset({"notion.so", "www.notion.so", "app.notion.com", "www.notion.com"})
_ITEM_UNITS = 2000
_FETCHED = frozenset({"image", "video", "audio", "pdf", "file", "embed", "bookmark", "link_preview"})

_EMOJI = (
    "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u24c2\u25aa-\u27bf\u2934\u2935\u2b05-\u2b55"
    "\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
)
_JOINING = "\u0600-\u06ff\u0700-\u074f\u0750-\u077f\u08a0-\u08ff\u0900-\u0dff\u1000-\u109f\u1780-\u17ff\u1800-\u18af"
_UNSEEN = (
    "\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_SEEN = re.compile(
    # What an emoji is made of, and joiners where a script is misread without them, stay.
    "\U0001f3f4\U000e0067\U000e0062(?:\U000e0065\U000e006e\U000e0067|\U000e0073\U000e0063\U000e0074"
    "|\U000e0077\U000e006c\U000e0073)\U000e007f"
    f"|[{_EMOJI}][\ufe0e\ufe0f]?[\U0001f3fb-\U0001f3ff]?(?:\u200d[{_EMOJI}][\ufe0e\ufe0f]?[\U0001f3fb-\U0001f3ff]?)*"
    "|[0-9#*]\ufe0f\u20e3"
    f"|(?<=[{_JOINING}])[\u200c\u200d](?=[{_JOINING}])"
    f"|([{_UNSEEN}])"
)


def visible(text: str) -> str:
    """Return the text without characters that have no shape of their own, line ends and tabs excepted.

    Gone: the tag block, zero-width characters, bidirectional controls, variation selectors outside of emoji, fillers,
    other controls. Emoji with their joiners stay, and so do joiners between letters of scripts that need them.
    """
    if text.isascii() and text.isprintable():
        return text
    return _SEEN.sub(lambda found: "" if found.group(1) else found.group(0), text.replace("\r\n", "\n"))


def visible_in(value: Any) -> Any:
    """Return JSON-able data of which all texts, names too, are `visible`."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, Mapping):
        return {visible(key) if isinstance(key, str) else key: visible_in(each) for key, each in value.items()}
    return [visible_in(each) for each in value] if isinstance(value, list | tuple) else value


_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_ADDRESS = re.compile(r"(?i)\b(?:[a-z][a-z0-9+.-]{1,20}://|www\.)[^\s<>\"'`]+")


def hosts_of(*addresses: str) -> frozenset[str]:
    """Return the hosts, with their ports, of addresses that are ours or were given to us by a connected system."""
    return frozenset(host for address in addresses if (host := _host(address)))


def may_link(address: str, hosts: Iterable[str] = ()) -> bool:
    """Say whether a link may lead there: to Notion or one of `hosts`, with no query to speak of, and by no trick.

    `http` counts only for what was named with it, which is on this machine.
    """
    host = _host(address)
    if not host or address != visible(address) or not address.isprintable() or "\\" in address:
        return False
    parts = urlsplit(address)
    if parts.username is not None or len(parts.query) > MAX_QUERY or "%" in parts.query:
        return False
    return host in _NOTION or host in frozenset(hosts)


def _host(address: str) -> str:
    """Return `host` or `host:port`, with `http://` before it where that is the scheme; "" for anything else."""
    try:
        parts = urlsplit(address)
        name, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return ""
    if not name or parts.scheme not in ("http", "https"):
        return ""
    return f"{'http://' if parts.scheme == 'http' else ''}{name}{f':{port}' if port else ''}"


def plain(text: str, hosts: Iterable[str] = ()) -> str:
    """Return text in which no address with a scheme or `www.` is one that a mail or chat program makes a link of.

    What may be linked stays as it is.

    `https://evil.example/x?d=…` becomes `evil[.]example/x`: readable, and dead.
    """
    known = frozenset(hosts)
    return _ADDRESS.sub(lambda found: _dead(found.group(0), known), visible(text))


def leading_out(text: str, hosts: Iterable[str] = ()) -> frozenset[str]:
    """Return the addresses in a text that may not stand, also those a reader of Markdown or HTML would unescape."""
    known = frozenset(hosts)
    bare = _ESCAPED.sub(r"\1", html.unescape(visible(text)))
    found = {each for reading in (text, bare) for each in _ADDRESS.findall(reading)}
    return frozenset(each for each in found if _dead(each, known) != each)


def _dead(address: str, hosts: frozenset[str]) -> str:
    bare = address.rstrip(".,;:!?)]}»”’")
    if may_link(bare, hosts):
        return address
    tail = address[len(bare) :]
    rest = bare.partition("://")[2] or bare
    place, question, _ = rest.partition("?")
    host, slash, path = place.partition("/")
    return f"{host.replace('.', '[.]')}{slash}{path}{'?…' if question else ''}{tail}"


def tame(blocks: Sequence[Mapping[str, Any]], hosts: Iterable[str] = ()) -> list[Json]:
    """Return blocks, in the shape they are sent in, of which nothing is fetched and no link leads out.

    What would be fetched becomes a paragraph that says what stood there; texts are `plain`; a link that may not stand
    leaves its text; a mention leaves nothing, because it tells somebody.
    """
    known = frozenset(hosts)
    return [_tame(block, known) for block in blocks]


def _tame(block: Mapping[str, Any], hosts: frozenset[str]) -> Json:
    kind = str(block.get("type", ""))
    body = block.get(kind)
    if kind in _FETCHED:
        notice = f"({kind.replace('_', ' ')} left out: {plain(_address_in(body), ())})"
        return {"object": "block", "type": "paragraph", "paragraph": {"rich_text": [_text(notice)]}}
    kept = {key: value for key, value in block.items() if key != kind}
    return {**kept, kind: _tame_body(body, hosts)} if isinstance(body, Mapping) else dict(block)


def _tame_body(body: Mapping[str, Any], hosts: frozenset[str]) -> Json:
    tamed: Json = {}
    for name, value in body.items():
        if name in ("rich_text", "caption"):
            tamed[name] = tame_text(value, hosts)
        elif name == "cells":
            tamed[name] = [tame_text(cell, hosts) for cell in value]
        elif name == "children":
            tamed[name] = tame(value, hosts)
        elif name == "icon" and isinstance(value, Mapping) and value.get("type") == "external":
            continue
        else:
            tamed[name] = value
    return tamed


def tame_text(items: Sequence[Mapping[str, Any]], hosts: Iterable[str] = ()) -> list[Json]:
    """Return rich text, in the shape it is sent in, without links that may not stand, and without mentions."""
    known = frozenset(hosts)
    tamed = (_tame_item(item, known) for item in items)
    return [part for item in tamed if item is not None for part in _fitting(item)]


def _fitting(item: Json) -> Iterator[Json]:
    """Cut an item that dead addresses have made longer than Notion takes, 2,000 UTF-16 units."""
    content = str((item.get("text") or {}).get("content", ""))
    if 2 * len(content) <= _ITEM_UNITS or len(content.encode("utf-16-le", "surrogatepass")) <= 2 * _ITEM_UNITS:
        yield item
        return
    for start in range(0, len(content), _ITEM_UNITS // 2):
        yield {**item, "text": {**item["text"], "content": content[start : start + _ITEM_UNITS // 2]}}


def _tame_item(item: Mapping[str, Any], hosts: frozenset[str]) -> Json | None:
    if item.get("type", "text") == "equation":
        return dict(item)
    body = item.get("text")
    if not isinstance(body, Mapping):
        return None
    link = body.get("link")
    stands = isinstance(link, Mapping) and may_link(str(link.get("url", "")), hosts)
    return {**item, "text": {"content": plain(str(body.get("content", "")), hosts), "link": link if stands else None}}


def _text(text: str) -> Json:
    return {"type": "text", "text": {"content": text[:500], "link": None}}


def _address_in(body: Any) -> str:
    for holder in (body, *(body.values() if isinstance(body, Mapping) else ())):
        if isinstance(holder, Mapping) and isinstance(holder.get("url"), str):
            return str(holder["url"])
    return "no address"


def fold(text: str) -> str:
    """Return the text for comparison: one shape for letters that look alike, no case, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", visible(text)).casefold().split())
