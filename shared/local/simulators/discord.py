"""The simulated webhooks of Discord: what a message may hold, and how one is refused.

Sources: discord.com/developers/docs/resources/webhook#execute-webhook, /resources/message (limits of embeds, allowed
mentions) and /topics/rate-limits. `POST /_config` with `busy` has so many messages answered 429 first.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from werkzeug.wrappers import Request, Response

from shared.local.simulators._channel import ChannelSimulator
from shared.local.simulators._server import json_response

PATH = "/api/webhooks/123456789012345678/"
TOKEN = "-".join(["token", "of", "the", "simulated", "channel"])
_PARTS = ("content", "username", "avatar_url", "tts", "embeds", "allowed_mentions", "flags")
_EMBED = ("title", "description", "url", "timestamp", "color", "footer", "fields")


class DiscordSimulator(ChannelSimulator):
    """One channel with one webhook, and what was written there."""

    name = "discord"

    def answer(self, request: Request) -> Response:
        """Take a message, or refuse it as Discord does."""
        if request.method != "POST" or request.path != f"{PATH}{TOKEN}":
            return json_response({"message": "Unknown Webhook", "code": 10015}, 404)
        if self.count_busy():
            limited = {"message": "You are being rate limited.", "retry_after": 7200.0, "global": False}
            return json_response(limited, 429, {"Retry-After": "7200"})
        body = request.get_json(silent=True)
        if wrong := find_fault(body):
            self.state["refused"].append(wrong)
            return json_response({"message": "Invalid Form Body", "code": 50035, "errors": {wrong: {}}}, 400)
        self.state["taken"].append(body)
        self.effect("message.post", body=body)
        return Response(status=204)


def find_fault(body: Any) -> str:
    """Return what of a body is wrong, "" for nothing."""
    if not isinstance(body, Mapping) or set(body) - set(_PARTS):
        return "_"
    embeds, content = body.get("embeds", []), body.get("content", "")
    parse = set(body.get("allowed_mentions", {}).get("parse", ()))
    if not (content or embeds) or len(content) > 2000:
        return "content"
    if parse - {"roles", "users", "everyone"}:
        return "allowed_mentions"
    wrong = next((each for each in map(_find_embed_fault, embeds) if each), "")
    return wrong or ("embeds" if len(embeds) > 10 or sum(map(_count_letters, embeds)) > 6000 else "")


def _find_embed_fault(embed: Mapping[str, Any]) -> str:
    if set(embed) - set(_EMBED):
        return "embeds._"
    if len(embed.get("title", "")) > 256 or len(embed.get("description", "")) > 4096:
        return "embeds.title"
    if "url" in embed and urlsplit(embed["url"]).scheme not in ("http", "https"):
        return "embeds.url"
    fields = embed.get("fields", [])
    whole = all(0 < len(each["name"]) <= 256 and 0 < len(each["value"]) <= 1024 for each in fields)
    if len(fields) > 25 or not whole:
        return "embeds.fields"
    return "" if _is_time(embed.get("timestamp", "2026-11-24T12:00:00+00:00")) else "embeds.timestamp"


def _count_letters(embed: Mapping[str, Any]) -> int:
    fields = sum(len(each["name"]) + len(each["value"]) for each in embed.get("fields", ()))
    return fields + len(embed.get("title", "")) + len(embed.get("description", ""))


def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text) is not None
    except ValueError:
        return False
