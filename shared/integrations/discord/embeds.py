"""A message as an embed, which pings nobody, and in which no text of others becomes a link or a mention.

Source: discord.com/developers/docs/resources/webhook#execute-webhook and /resources/message#embed-object-embed-limits.
"""

from __future__ import annotations

import re
from typing import Any

from shared.core.notify.message_words import Words, is_address

MAX_TITLE, MAX_NAME, MAX_VALUE, MAX_FIELDS, MAX_ALL = 256, 256, 1024, 25, 6000
_MARKS = re.compile(r"([\\*_~`|>#\[\]()<:-])")


def write_embed(words: Words) -> dict[str, Any]:
    """Return the body of a message."""
    left = MAX_ALL - MAX_TITLE
    fields: list[dict[str, Any]] = []
    for name, value in words.facts[:MAX_FIELDS]:
        field = {"name": escape_text(name)[:MAX_NAME], "value": _write_value(value), "inline": False}
        left -= len(str(field["name"])) + len(str(field["value"]))
        if left < 0:
            break
        fields.append(field)
    embed: dict[str, Any] = {"title": _cut(escape_text(words.title), MAX_TITLE), "fields": fields}
    embed |= {"url": words.url} if words.url else {}
    embed |= {"timestamp": words.at} if words.at else {}
    return {"embeds": [embed], "allowed_mentions": {"parse": []}}


def escape_text(text: str) -> str:
    """Return text that is shown as it is: no link, no style, no mention."""
    return _MARKS.sub(r"\\\1", text).replace("@", "@\u200b")


def _write_value(value: str) -> str:
    """Return a value; an address stays one, between brackets, where nothing in it is taken for style."""
    return f"<{value}>" if is_address(value) and len(value) < MAX_VALUE - 2 else _cut(escape_text(value), MAX_VALUE)


def _cut(text: str, limit: int) -> str:
    """Return at most so many letters, without half of an escaped sign at the end."""
    return text if len(text) <= limit else text[: limit - 1].rstrip("\\") + "…"
