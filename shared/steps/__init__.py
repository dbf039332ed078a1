"""Every kind of step the agent can do. A new kind is one file and one line in `_table.py`.

They are loaded when the first of them is asked for: most requests need what `_kind` says, and none of the kinds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from shared.steps._kind import StepKind

if TYPE_CHECKING:
    from shared.steps._kind import StepKind

    ALL: tuple[StepKind, ...]
    KINDS: dict[str, StepKind]


def __getattr__(name: str) -> Any:
    """Return ALL and KINDS, which are the same objects each time."""
    if name == "ALL":
        return tuple(_kinds().values())
    if name == "KINDS":
        return _kinds()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class KindsWhenAsked(Mapping[str, "StepKind"]):
    """KINDS, not loaded before somebody looks into it: for functions that seldom attempt a step."""

    def __getitem__(self, name: str) -> StepKind:
        """Return a kind; raises KeyError."""
        return _kinds()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_kinds())

    def __len__(self) -> int:
        return len(_kinds())


@cache
def _kinds() -> dict[str, StepKind]:
    from shared.steps import _table

    return {kind.name: kind for kind in vars(_table).values() if isinstance(kind, StepKind)}
