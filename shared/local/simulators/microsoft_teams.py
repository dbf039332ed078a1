"""The simulated workflow of Microsoft Teams that posts to a channel what it is sent: Adaptive Cards, and nothing else.

Sources: learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors and /connectors/teams (28 KB, cards alone),
adaptivecards.io/explorer (the fields of an element). `POST /_config` with `busy` has so many messages answered 429.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from werkzeug.wrappers import Request, Response

from shared.local.simulators._channel import ChannelSimulator
from shared.local.simulators._server import json_response

PATH = "/workflows/0123456789abcdef0123456789abcdef/triggers/manual/paths/invoke"
SIGNATURE = "-".join(["signature", "of", "the", "simulated", "workflow"])
MAX_BYTES = 28 * 1024
_CARD = "application/vnd.microsoft.card.adaptive"
_VERSIONS = ("1.0", "1.1", "1.2", "1.3", "1.4", "1.5")
_FIELDS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {  # of an element: what it must and what it may have
    "TextBlock": (("text",), ("weight", "size", "wrap", "color", "isSubtle")),
    "FactSet": (("facts",), ()),
    "Action.OpenUrl": (("title", "url"), ()),
}
_WORDS = {
    "weight": ("Default", "Lighter", "Bolder"),
    "size": ("Default", "Small", "Medium", "Large", "ExtraLarge"),
}


class MicrosoftTeamsSimulator(ChannelSimulator):
    """One workflow and its channel."""

    name = "microsoft_teams"

    def answer(self, request: Request) -> Response:
        """Take a message, or refuse it."""
        if request.method != "POST" or request.path != PATH or request.args.get("sig") != SIGNATURE:
            return json_response({"error": {"code": "DirectApiAuthorizationRequired"}}, 401)
        if self.count_busy():
            return json_response({"error": {"code": "TooManyRequests"}}, 429, {"Retry-After": "7200"})
        if len(request.get_data()) > MAX_BYTES:
            return json_response({"error": {"code": "RequestEntityTooLarge"}}, 413)
        body = request.get_json(silent=True)
        if wrong := find_fault(body):
            self.state["refused"].append(wrong)
            return json_response({"error": {"code": "InvalidRequestContent", "message": wrong}}, 400)
        self.state["taken"].append(body)
        self.effect("card.post", body=body)
        return Response(status=202)


def find_fault(body: Any) -> str:
    """Return what of a body no card is posted from, "" for nothing."""
    if not isinstance(body, Mapping) or body.get("type") != "message" or not body.get("attachments"):
        return "attachments"
    for each in body["attachments"]:
        if each.get("contentType") != _CARD:
            return "contentType"
        card = each["content"]
        if card.get("type") != "AdaptiveCard" or card.get("version") not in _VERSIONS:
            return "AdaptiveCard"
        parts = [*card.get("body", ()), *card.get("actions", ())]
        if wrong := next((found for found in map(_find_part_fault, parts) if found), ""):
            return wrong
    return ""


def _find_part_fault(part: Mapping[str, Any]) -> str:
    kind = str(part.get("type"))
    if kind not in _FIELDS:
        return kind
    needed, more = _FIELDS[kind]
    if set(needed) - set(part) or set(part) - {"type", *needed, *more}:
        return kind
    if any(part.get(name) not in (None, *words) for name, words in _WORDS.items()):
        return kind
    if "url" in part and urlsplit(part["url"]).scheme not in ("http", "https"):
        return kind
    whole = all(set(fact) == {"title", "value"} and all(map(_is_text, fact.values())) for fact in part.get("facts", ()))
    return "" if whole else kind


def _is_text(value: Any) -> bool:
    return isinstance(value, str)
