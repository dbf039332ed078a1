"""What a method of the simulated Slack is called with, and how a message looks on its page."""

import json
from html import escape
from typing import Any
from urllib.parse import parse_qsl

from werkzeug.wrappers import Request

Json = dict[str, Any]


def read_arguments(request: Request) -> tuple[Json, str]:
    """Read what a method is called with: JSON, or a form whose nested fields are JSON text."""
    kind = request.mimetype
    if request.method == "GET" or kind == "application/x-www-form-urlencoded" or not request.get_data():
        body = request.get_data().decode("utf-8", "replace")
        pairs: Json = {**request.args.to_dict(), **dict(parse_qsl(body, keep_blank_values=True))}
        for key in ("blocks", "metadata"):
            if isinstance(pairs.get(key), str):
                try:
                    pairs[key] = json.loads(pairs[key])
                except ValueError:
                    return {}, {"blocks": "invalid_blocks_format", "metadata": "invalid_metadata_format"}[key]
        return pairs, ""
    if kind != "application/json":
        return {}, "invalid_post_type"
    try:
        body_json = json.loads(request.get_data())
    except ValueError:
        return {}, "invalid_json"
    return (body_json, "") if isinstance(body_json, dict) else ({}, "json_not_object")


def message_row(message: Json) -> str:
    texts, buttons = [], []
    for block in message.get("blocks", []):
        inner = [block.get("text"), *block.get("fields", [])]
        inner += block.get("elements", []) if block["type"] == "context" else []
        texts += [
            element["text"] for element in inner if isinstance(element, dict) and isinstance(element.get("text"), str)
        ]
        elements = block.get("elements", []) if block["type"] == "actions" else []
        buttons += [element["text"]["text"] for element in elements if element["type"] == "button"]
    shown = "\n".join(texts) or message["text"]
    row = "".join(f'<span class="button">{escape(button)}</span>' for button in buttons)
    edited = ", edited" if "edited" in message else ""
    return f'<li><span class="soft">{message["ts"]}{edited}</span><pre class="text">{escape(shown)}</pre>{row}</li>'


def channel_rows(channels: dict[str, list[Json]]) -> str:
    """Return what the page shows of the channels."""
    return "".join(
        f"<h2>{escape(channel)}</h2><ul class='rows'>{''.join(map(message_row, messages))}</ul>"
        for channel, messages in channels.items()
    )
