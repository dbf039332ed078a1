"""What became of each page, told by the journals of the systems outside alone.

One page was finished before the first death: what it led to is what every other page has to lead to, once.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.bench.chaos.person import Page
from shared.bench.chaos.shown import MESSAGES, not_known, not_sent

Effect = Mapping[str, Any]
Counts = Counter[str]

# What leads to something of its own, that people meet. What brings a thing up to date may take any number of writes.
MADE: Mapping[str, frozenset[str]] = {
    "notion": frozenset({"block.append", "comment.create", "page.create"}),
    "github": frozenset({"repo.create", "pull.create"}),
    "vercel": frozenset({"project.create", "deployment.create", "deployment.promote"}),
    "slack": frozenset({"message.post"}),
    "ses": frozenset({"email.send"}),
}
_SHOWS: Mapping[str, tuple[str, ...]] = {  # by which of its words two such effects are the same
    "block.append": ("type", "text"),
    "comment.create": ("text",),
    "page.create": ("title",),
    "repo.create": ("repo",),
    "pull.create": ("repo", "title"),
    "project.create": ("name",),
    "deployment.create": ("name", "target"),
    "deployment.promote": (),
    "message.post": ("text",),
    "email.send": ("to", "subject"),
}
_SUBJECTS = {  # by what the page calls a question: what its messages begin with
    "the plan": "Approve the plan for ",
    "what leaves": "Approve what leaves for ",
    "going live": "Approve that .* goes live",
}
_NAMES = re.compile(r"https?://\S+|(?<=-)[0-9a-f]{6}\b|[0-9a-f]{8,}|\d+")
_ENOUGH = 120  # letters: the simulated Slack journals the beginning of a text


@dataclass
class Verdict:
    """What is wrong with one page; all empty when nothing is."""

    place: str
    status: str
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    untold: list[str] = field(default_factory=list)
    not_known: list[str] = field(default_factory=list)  # messages that may have gone out, as people were told
    not_sent: list[str] = field(default_factory=list)  # messages that nobody needed any more, as people were told
    untrue: list[str] = field(default_factory=list)  # messages that were sent although people were told otherwise
    other: list[str] = field(default_factory=list)  # what the calm page did not lead to

    def as_data(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {key: value for key, value in vars(self).items() if value}


class Judge:
    """Compares pages with the one that met no death."""

    def __init__(self, effects: Iterable[Effect], calm: Page) -> None:
        self._effects = list(effects)
        self._calm = calm
        self._wanted = self._count_made(calm)

    @property
    def messages(self) -> int:
        """Return how many messages a page leads to."""
        return sum(count for key, count in self._wanted.items() if _is_message(key))

    def verdict(self, page: Page) -> Verdict:
        """Return what is wrong with this page."""
        found, made = Verdict(page.place, page.status), self._count_made(page)
        unclear, unsent = not_known(self._effects, page.id), not_sent(self._effects, page.id)
        for key, count in sorted(self._wanted.items()):
            less, more = max(0, count - made[key]), max(0, made[key] - count)
            found.doubled += [key] * more
            if not _is_message(key):
                found.lost += [key] * less
                continue
            unsent_count = _count_unsent(key, unsent)
            found.not_sent += [key] * min(less, unsent_count)
            found.untrue += [key] * max(0, unsent_count - less)
            less -= min(less, unsent_count)
            unclear_count = min(less, unclear) if key.startswith("ses") else 0
            unclear -= unclear_count
            found.not_known += [key] * unclear_count
            found.untold += [key] * (less - unclear_count)
        found.other = sorted((made - self._wanted).keys() - self._wanted.keys())
        return found

    def strays(self, pages: Iterable[Page]) -> list[str]:
        """Return what was made since the first page and belongs to none: nobody would see that it is there twice."""
        known = {id(effect) for page in (self._calm, *pages) for effect in self._of(page)}
        begun = min((effect["at"] for effect in self._of(self._calm)), default="")
        return sorted(
            _key(effect, self._calm.place)
            for effect in self._effects
            if _is_made(effect) and id(effect) not in known and effect["at"] >= begun
        )

    def _count_made(self, page: Page) -> Counts:
        return Counter(_key(effect, page.place) for effect in self._of(page) if _is_made(effect))

    def _of(self, page: Page) -> list[Effect]:
        """Return what happened because of this page: it names the place, the page, or something of the page's."""
        known, mine = {page.id}, []
        place = page.place.lower()
        for effect in self._effects:
            words = {str(value) for value in effect.values() if isinstance(value, str | int)}
            if known & words or place in json.dumps(effect, ensure_ascii=False).lower():
                mine.append(effect)
                if "id" in effect and effect["kind"].endswith((".create", ".append")):
                    known.add(str(effect["id"]))
        return mine


def _is_made(effect: Effect) -> bool:
    return effect["kind"] in MADE.get(effect["system"], ())


def _is_message(key: str) -> bool:
    return any(key.startswith(f"{system} {kind} ") for system, kind in MESSAGES)


def _count_unsent(key: str, unsent: Mapping[tuple[str, str], int]) -> int:
    """Return of how many of these messages the page says that they were not sent."""
    system = key.partition(" ")[0]
    return next((unsent.get((system, gate), 0) for gate, words in _SUBJECTS.items() if re.search(words, key)), 0)


def _key(effect: Effect, place: str) -> str:
    words = " ".join(json.dumps(effect.get(name), ensure_ascii=False) for name in _SHOWS[effect["kind"]])
    same = re.sub(re.escape(place), "PLACE", words, flags=re.IGNORECASE)
    cut = same[:_ENOUGH] if effect["kind"] == "message.post" else same
    return f"{effect['system']} {effect['kind']} {_NAMES.sub('#', cut)}"
