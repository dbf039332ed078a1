"""What a model is told: assembled in this one place from named parts, within a budget of tokens, and inspectable.

Instructions are the system prompt and trusted parts alone; everything else is fenced as data (`fence.py`). How the
room is shared: what must be there first, then in the order given, each name within its share; what shares leave free
goes to those who were cut. Passages that say nothing new are left out, and no page has more than 40 % of the room for
knowledge (retrieval, section 9).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from shared.core.models.model_errors import ContextTooLong
from shared.core.models.token_bound import token_weight
from shared.core.text.outgoing_text import visible
from shared.mind.packing import Count, cut_end, cut_start, repeats, threes
from shared.mind.safety.fence import fence_text, marker, preface

NAMES = frozenset({"task", "page", "knowledge", "history", "summary", "errors", "feedback", "preferences", "input"})
CUTS = frozenset({"end", "start", "whole"})
ORDER = "task"  # data of this name says what to do, as far as the system prompt lets it
ONE_PAGE = 0.4  # of the room for knowledge
_SCRAP = 24  # tokens: less of a text than this tells nobody anything
_EPSILON = 1e-6


@dataclass(frozen=True, slots=True)
class Part:
    """One text and where it comes from. `share` is how much of the budget all parts of its name may have; 0: no limit.

    Data named `task` is what the system prompt of an agent calls its order: only a declared field of its input is.
    `source` names a page and, after `#`, the place in it. `trusted` is said by us, never by a page, a person outside of
    it, or a model: it stands as an instruction and is never cut. `stable` is trusted too and stands first, where
    providers keep a cache. `cut` is what goes when the room is short: the "end", the "start", or it "whole".
    """

    name: str
    source: str
    text: str
    trusted: bool = False
    share: float = 0.0
    must: bool = False
    cut: str = "end"
    stable: bool = False

    def __post_init__(self) -> None:
        if self.name not in NAMES or self.cut not in CUTS or not 0 <= self.share <= 1:
            raise ValueError(
                f"part {self.name!r} ({self.cut!r}, {self.share}) is not one of {', '.join(sorted(NAMES))}"
            )
        if self.stable and not self.trusted:
            raise ValueError(f"part {self.name!r} of {self.source!r} is not trusted and must not come before the data")


@dataclass(frozen=True, slots=True)
class Placed:
    """What became of a part: `tokens` of it stand in the prompt, of `full`; `note` says why not all."""

    part: Part
    text: str
    tokens: float
    full: float
    note: str = ""

    @property
    def told(self) -> str:
        """Return which part it is, and why not all of it is there."""
        return f"{self.part.name} ({self.part.source}): {self.note}"


@dataclass(frozen=True, slots=True)
class Context:
    """The assembled prompt. Tokens are of `counted`: our "estimate", or the count of the "provider".

    `tokens` and `budget` are of the whole request: `fixed` is what is not a part (system prompt, schema, tools,
    the word about data).
    """

    placed: tuple[Placed, ...]
    mark: str
    budget: int
    tokens: int
    fixed: int = 0
    counted: str = "estimate"
    refused: tuple[int, ...] = ()  # sizes at which the provider said that it was too long
    stable: str = ""
    prompt: str = field(default="", repr=False)

    @property
    def dropped(self) -> tuple[str, ...]:
        """Return what is not in the prompt, or not all of it, in words."""
        return tuple(each.told for each in self.placed if each.note)

    @property
    def crowded_out(self) -> tuple[str, ...]:
        """Return what of it more room would have let in, in words."""
        return tuple(each.told for each in self.placed if each.note.startswith(_ROOM))

    @property
    def short(self) -> bool:
        """Say whether there was more to say than room for it."""
        return bool(self.crowded_out)

    def record(self) -> dict[str, Any]:
        """Return what there is to inspect, without the texts: parts with tokens, share of the budget and source."""
        parts = [
            {
                "name": each.part.name,
                "source": each.part.source,
                "trusted": each.part.trusted,
                "tokens": round(each.tokens),
                "of": round(each.full),
                "share": round(each.tokens / max(1, self.tokens), 4),
                "note": each.note,
            }
            for each in self.placed
        ]
        head = {"budget": self.budget, "tokens": self.tokens, "fixed": self.fixed, "counted": self.counted}
        return {**head, "refused": list(self.refused), "parts": parts, "dropped": list(self.dropped)}


_ROOM = "no room"  # how notes begin that more room would have made needless


def assemble(parts: Sequence[Part], *, budget: float, count: Count = token_weight, seed: str = "") -> Context:
    """Return the prompt of these parts within `budget` tokens; raises ContextTooLong when the trusted do not fit.

    `seed` is what the call is for (run, step, attempt): the same one gives the same prompt.
    """
    seen = [replace(part, text=visible(part.text).strip()) for part in parts]
    seen = [part for part in seen if part.text]
    mark = marker(seed, [text for part in seen for text in (part.text, part.source)])
    packing = _Packing(seen, mark, budget, count)
    placed = packing.pack()
    stable = "\n\n".join(piece.text for piece in placed if piece.part.stable)
    rendered = [_render_part(piece.part, piece.text, mark) for piece in placed if piece.text and not piece.part.stable]
    fences = any(piece.text and not piece.part.trusted for piece in placed)
    prompt = "\n\n".join([preface(mark, order=_has_order(seen)), *rendered] if fences else rendered)
    return Context(placed, mark, int(budget), round(count(stable) + count(prompt)), stable=stable, prompt=prompt)


def _has_order(parts: Sequence[Part]) -> bool:
    return any(part.name == ORDER and not part.trusted for part in parts)


def _render_part(part: Part, text: str, mark: str) -> str:
    return text if part.trusted else fence_text(text, mark, part.name, part.source)


class _Packing:
    """Gives each part its room; the state of one `assemble`."""

    def __init__(self, parts: Sequence[Part], mark: str, budget: float, count: Count) -> None:
        self._parts, self._mark, self._budget, self._count = parts, mark, budget, count
        word = preface(mark, order=_has_order(parts)) if any(not part.trusted for part in parts) else ""
        self._left = budget - (count(word) if word else 0)
        self._found: dict[int, Placed] = {}
        self._knows = any(part.name == "knowledge" for part in parts)
        self._there: set[tuple[str, ...]] = set()
        self._of_name: dict[str, float] = {}
        self._of_page: dict[str, float] = {}
        self._max_shares = {
            name: max(part.share for part in parts if part.name == name) for name in {p.name for p in parts}
        }
        self._frames = [count(_render_part(part, "", mark)) for part in parts]

    def pack(self) -> tuple[Placed, ...]:
        order = sorted(range(len(self._parts)), key=self._urgency)
        for number in order:
            self._place(number, within_share=True)
        for number in order:
            if self._found[number].note.startswith(_ROOM):
                self._place(number, within_share=False)
        return tuple(self._found[number] for number in range(len(self._parts)))

    def _urgency(self, number: int) -> tuple[int, int]:
        part = self._parts[number]
        return (0 if part.trusted else 1 if part.must and part.share else 2 if part.must else 3, number)

    def _place(self, number: int, *, within_share: bool) -> None:
        part, frame = self._parts[number], self._frames[number]
        before = self._found.get(number)
        self._give_back(part, before)
        full = self._count(part.text) + frame
        if before is None and part.name == "knowledge" and repeats(part.text, self._there):
            self._found[number] = Placed(part, "", 0, full, "said already by another part")
            return
        allowed, why = self._find_limit(part, within_share)
        text = part.text if full <= allowed + _EPSILON else self._cut(part, allowed - frame)
        if text != part.text and (part.trusted or (part.must and not text and not within_share)):
            raise ContextTooLong(f"{part.name} ({part.source}) needs {full:.0f} tokens, {max(0, allowed):.0f} are left")
        tokens = self._count(text) + frame if text else 0.0
        note = "" if text == part.text else f"{why}: {'left out' if not text else f'{tokens / full:.0%} of it kept'}"
        self._found[number] = Placed(part, text, tokens, full, note)
        self._left -= tokens
        self._of_name[part.name] = self._of_name.get(part.name, 0) + tokens
        self._of_page[_page(part)] = self._of_page.get(_page(part), 0) + tokens
        if self._knows:
            self._there |= threes(text)

    def _give_back(self, part: Part, before: Placed | None) -> None:
        if before is not None:
            self._left += before.tokens
            self._of_name[part.name] -= before.tokens
            self._of_page[_page(part)] -= before.tokens

    def _find_limit(self, part: Part, within_share: bool) -> tuple[float, str]:
        """Return how many tokens the part may have, and what sets the limit."""
        limits = [(self._left, _ROOM)]
        share = self._max_shares[part.name]
        if within_share and share and not part.trusted:
            limits.append((share * self._budget - self._of_name.get(part.name, 0), _ROOM))
        if part.name == "knowledge" and not part.must:
            limit = ONE_PAGE * (share or 1) * self._budget
            limits.append((limit - self._of_page.get(_page(part), 0), "enough of this page"))
        return min(limits)

    def _cut(self, part: Part, room: float) -> str:
        if part.cut == "whole" or room < _SCRAP:
            return ""
        return (cut_start if part.cut == "start" else cut_end)(part.text, room, self._count)


def _page(part: Part) -> str:
    return f"{part.name}/{part.source.partition('#')[0]}"
