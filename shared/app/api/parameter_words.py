"""What the parameters of the API's addresses mean, by their names: what stands in a path means the same everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_WORDS: Mapping[str, str] = {
    "account": "The id of a service account.",
    "after": "The `next` of the page before; the first page without it.",
    "agent": "The name of an agent.",
    "again": "Whether somebody who is signed in shows once more that it is them.",
    "browser": "What follows from the cookie of the browser that asks.",
    "by": "What the cost is divided by.",
    "chat": "The id of a conversation.",
    "delivery": "The id of a delivery.",
    "digest": "What names a sign-in of a terminal.",
    "endpoint": "The id of an endpoint.",
    "format": "In which form it is written.",
    "hook": "The id of a webhook.",
    "invitation": "The id of an invitation.",
    "keep": "Whether the device is one that the person keeps.",
    "key": "The id of a key, which is not the key.",
    "letter": "The id of a dead letter.",
    "limit": "At most so many.",
    "login": "What the sign-in of one browser has been given; it is signed.",
    "made": "The id of what was made.",
    "member": "The id of a person of the team.",
    "n": "The number of a version of the work; the first is 1.",
    "other": "Whether somebody else is to sign in than who is signed in.",
    "page": "The id of a page in Notion.",
    "pattern": "The name of a pattern.",
    "preference": "The id of a preference.",
    "provider": "The name of a provider of models.",
    "recipient": "The id of somebody who is told.",
    "run": "The id of a run.",
    "session": "The id of a session.",
    "site": "The id of a site.",
    "status": "Only runs of this status.",
    "step": "The id of a step of the run.",
    "system": "The name of another system.",
    "tenant": "The id of a team; it grants nothing.",
    "token": "What the link in a message carries; it is signed.",
    "weeks": "So many weeks, the present one among them.",
}


def describe_parameter(name: str, schema: Mapping[str, Any]) -> str:
    """Return what the parameter is, in the words of its schema, else ours; "" for neither, which a test finds."""
    return str(schema.get("description") or _WORDS.get(name, ""))
