"""What a message to an endpoint says in words, for those that show it to people: what happened, and no contents."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_ADDRESS = re.compile(r"https?://[A-Za-z0-9._~:/?#@!$&'*+,;=%-]{1,1000}")
_MAX_VALUE = 500  # letters


@dataclass(frozen=True, slots=True)
class Words:
    """A title, facts beneath it, and where to look; `url` is an address as it stands, or ""."""

    title: str
    facts: tuple[tuple[str, str], ...] = ()
    url: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """How a service is told that takes webhooks in a shape of its own, and at which addresses alone."""

    name: str  # as people choose it, and as it is stored
    title: str
    hosts: tuple[str, ...]  # whole names; with a dot before them all below
    path: str  # a pattern of the path with its query
    example: str
    writes: Callable[[Words], dict[str, Any]]  # the body of a message

    def fits(self, host: str) -> bool:
        """Say whether a host is one of the service's."""
        return any(host.endswith(each) if each.startswith(".") else host == each for each in self.hosts)

    def takes(self, path: str) -> bool:
        """Say whether a path with its query is one of a webhook there."""
        return re.fullmatch(self.path, path) is not None


_TITLES = {
    "run.ended": "A run has {status}",
    "step.ended": "The step {step} has {status}",
    "approval.asked": "Somebody is asked to decide",
    "approval.given": "Somebody has said yes",
    "approval.refused": "Somebody has said no",
    "site.live": "A site is live",
    "site.rolled_back": "The version before is live again",
    "site.taken_down": "A site was taken down",
    "budget.alert": "{percent} percent of a budget has been spent",
    "test": "This is a test. Messages arrive.",
}
_STATUS = {"cancelled": "been cancelled"}
_FACTS = (
    ("run", "Run"), ("kind", "Kind"), ("page", "Page"), ("gate", "Gate"), ("via", "Decided in"), ("scope", "Of"),
    ("period", "Period"), ("limit_usd", "Limit in US dollars"), ("site", "Site"), ("pull_request", "Change"),
    ("url", "Over the API"),
)  # fmt: skip


def describe_message(body: Mapping[str, Any]) -> Words:
    """Return what the body of a message says; a kind that is not known is named."""
    kind, data = str(body["type"]), body["data"]
    known = {name: str(value) for name, value in data.items()}
    known["status"] = _STATUS.get(known.get("status", ""), known.get("status", ""))
    title = _TITLES.get(kind, kind).format_map({"step": "", "percent": "", **known})
    facts = tuple((label, known[name][:_MAX_VALUE]) for name, label in _FACTS if known.get(name))
    url = next((known[name] for name in ("site", "pull_request") if is_address(known.get(name, ""))), "")
    return Words(title, facts, url, str(body.get("timestamp", "")))


def is_address(text: str) -> bool:
    """Say whether a text is an address and nothing else, without brackets that could end a link."""
    return _ADDRESS.fullmatch(text) is not None
