"""What a look at one thing has found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

OK, MISSING, LATER = "ok", "missing", "later"  # `later`: not there yet, and nothing has to be done about it now


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. What is `needed` and missing makes Workwright unusable here."""

    name: str
    state: str
    detail: str
    way_out: str = ""
    needed: bool = True
    why: str = ""  # it matters, where that is not plain


def is_usable(found: Iterable[Finding]) -> bool:
    """Say whether nothing is missing that is needed."""
    return not any(each.needed and each.state == MISSING for each in found)
