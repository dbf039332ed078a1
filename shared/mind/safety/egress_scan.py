"""The last look at what leaves for a connected system: no secret goes out, whoever wrote the request.

Every client that a step or use case is handed looks here before each write. Where strangers may read (a forge, a host
of sites) a request with a secret in it, or with a placeholder for one, is refused; of a comment in Notion the secret
becomes a placeholder, because people are told something by it that they have to know (security, section 3).
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from shared import log
from shared.core.errors import Rejected
from shared.core.secrets.secret_places import places_in
from shared.integrations.systems import SYSTEMS

Body = Any  # JSON, or the bytes of a file
Leaving = Callable[[str, str, Body], Body]
Known = Callable[[], Iterable[str]]

_PUBLISHING = frozenset(each.name for each in SYSTEMS.values() if each.publishes)
_MEANT = re.compile(  # where a secret is sent because it is kept there
    r"(?:/v[0-9]+/projects/[^/?]+/env|/(?:repos/[^/?]+/[^/?]+|(?:api/v4/)?projects/[^/?]+)/hooks"
    r"|/app/installations/[0-9]+/access_tokens)(?:[/?].*)?"
)
_COMMENTS = re.compile(r"/comments(?:[/?]|$)")
_BASE64 = re.compile(r"[A-Za-z0-9+/\s]{16,}={0,2}\s*")
_TOKEN = 512  # letters: what is longer in base64 is a file
_SEEN = 2_000_000  # letters of one text; files are limited long before


def make_egress_check(system: str, known: Known = tuple) -> Leaving | None:
    """Return what looks at each write to that system, and returns what is sent; None where nothing of ours is shown.

    `known` are values that are secret whatever they look like. It raises Rejected, which names where the secret stands,
    and never the secret.
    """
    if system in _PUBLISHING:
        return lambda method, path, body: _refuse(system, path, body, known)
    return (lambda method, path, body: _hide(path, body, known)) if system == "notion" else None


def _refuse(system: str, path: str, body: Body, known: Known) -> Body:
    from shared.mind.safety.leaks import leaks  # reads its rules when it is needed first

    if not _MEANT.fullmatch(path):
        texts = dict(_texts(body, ""))
        found = [str(each) for each in leaks(texts, known())]
        found += [
            f"placeholder for a secret ({kind.replace('-', ' ')}) in {where}, line {line}"
            for where, text in texts.items()
            for kind, line in places_in(text)
        ]
        if found:
            log.event("security.refused", "WARNING", what="leak", system=system)
            leaks_found = "; ".join(found[:5])
            raise Rejected(
                system, f"not sent: {leaks_found}. Take the secret out, renew it, and name it in an environment"
            )
    return body


def _hide(path: str, body: Body, known: Known) -> Body:
    if not _COMMENTS.search(path) or not isinstance(body, Mapping) or "rich_text" not in body:
        return body
    from shared.mind.safety.redaction import Redactor

    redactor = Redactor(known())
    return {**body, "rich_text": [_hide_item(item, redactor.hide) for item in body["rich_text"]]}


def _hide_item(item: Mapping[str, Any], hide: Callable[[str], str]) -> Mapping[str, Any]:
    text = item.get("text")
    if not isinstance(text, Mapping):
        return item
    content = str(text.get("content", ""))
    hidden = hide(content)
    return item if hidden == content else {**item, "text": {**text, "content": hidden}}


def _texts(body: Body, where: str) -> Iterator[tuple[str, str]]:
    """Return every text of a request by its place; a file in base64 as the text it is, none of what is no text."""
    if isinstance(body, bytes | bytearray):
        yield from _decode(bytes(body), where or "the file")
    elif isinstance(body, str):
        decoded = _from_base64(body)
        if decoded is not None:
            yield from _decode(decoded, where or "the file")
        if decoded is None or len(body) < _TOKEN:  # it may be a word by itself that only looks so
            yield (where or "the text") + (" as it is sent" if decoded is not None else ""), body[:_SEEN]
    elif isinstance(body, Mapping):
        for name, value in body.items():
            yield from _texts(value, f"{where}.{name}" if where else str(name))
    elif isinstance(body, list | tuple):
        for number, value in enumerate(body):
            yield from _texts(value, f"{where}[{number}]")


def _from_base64(text: str) -> bytes | None:
    if not _BASE64.fullmatch(text):
        return None
    try:
        return binascii.a2b_base64(text)
    except binascii.Error:
        return None


def _decode(content: bytes, where: str) -> Iterator[tuple[str, str]]:
    from shared.mind.safety.leaks import read_text

    text = read_text(content[:_SEEN])
    if "\0" not in text[:8000]:
        yield where, text
