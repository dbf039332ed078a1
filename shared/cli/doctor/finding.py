"""What a look at one thing has found."""

from __future__ import annotations

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
