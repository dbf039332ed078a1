"""Answer somebody at the address that Slack gave with their press or command: five times, within half an hour.

The address is a secret for that long, and the only ones that are called are Slack's own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from shared.core.errors import Rejected
from shared.http_client import HttpClient

PLACE = "hooks.slack.com"


def is_answer_address(address: str, public_url: str) -> bool:
    """Return whether this is where Slack takes answers; on one machine, where a simulated Slack can be."""
    parts = urlsplit(address)
    if (parts.scheme, parts.netloc) == ("https", PLACE):
        return True
    ours = urlsplit(public_url)
    local = ours.scheme == "http" and ours.hostname == "127.0.0.1"
    return local and parts.scheme == "http" and re.fullmatch(r"127\.0\.0\.1:[0-9]{1,5}", parts.netloc) is not None


def post_answer(address: str, public_url: str, body: Mapping[str, Any], *, patience: float = 1.0) -> None:
    """Show it to who asked; `patience` is in seconds, to connect and to wait. Raises IntegrationError."""
    if not is_answer_address(address, public_url):
        raise Rejected("slack", "this is not an address for answers")
    parts = urlsplit(address)
    http = HttpClient("slack", f"{parts.scheme}://{parts.netloc}", None, timeouts=(patience, patience))
    http.call("POST", parts.path, json=dict(body), auth="none", text=True)


def show_alone(text: str, blocks: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """Return what is shown to who asked, and to nobody else; the text is escaped already."""
    shown = {"response_type": "ephemeral", "replace_original": False, "text": text}
    return shown | ({"blocks": blocks} if blocks else {})
