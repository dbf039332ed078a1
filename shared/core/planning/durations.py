"""How long steps usually take: a table, so that no model has to guess. Waiting for people is in none of it.

The figures are orders of magnitude for planning, from the vendors' documented limits and from what the demo's run
takes; they promise nothing. Seconds from and to, by kind, else by the kind's system: as the system itself says it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from shared.core.run.run import StepSpec

TYPICAL: Mapping[str, tuple[int, int]] = {
    "code.generate": (10, 180),
    "code": (5, 120),
    "code.test": (5, 600),
    "release": (2, 60),
    "repository": (5, 30),
    "site": (5, 30),
    "site.deploy": (30, 240),
    "site.promote": (5, 60),
    "notion": (1, 15),
    "notion.attach_file": (5, 120),
    "notion.update_rows": (5, 600),
    "made": (1, 15),
    "knowledge": (1, 10),
    "agent": (5, 60),
    "agent.loop": (20, 300),
    "pattern": (30, 600),
}
UNKNOWN = (5, 90)
Usual = Mapping[str, tuple[int, int]]


def typical(kind: str, systems: Usual = MappingProxyType({})) -> tuple[int, int]:
    """Return from and to how many seconds a step of this kind usually takes, `systems` being what systems say of it."""
    system = kind.partition(".")[0]
    return TYPICAL.get(kind) or systems.get(system) or TYPICAL.get(system) or UNKNOWN


def typical_of(specs: Sequence[StepSpec], systems: Usual = MappingProxyType({})) -> tuple[int, int]:
    """Return from and to how many seconds a plan takes, steps side by side where they may be; specs in plan order."""
    ends: dict[str, tuple[int, int]] = {}
    for spec in specs:
        low, high = typical(spec.kind, systems)
        before = [ends[name] for name in spec.depends_on if name in ends]
        begin = (max((b[0] for b in before), default=0), max((b[1] for b in before), default=0))
        ends[spec.id] = (begin[0] + low, begin[1] + high)
    return max((e[0] for e in ends.values()), default=0), max((e[1] for e in ends.values()), default=0)


def describe_span(low: int, high: int) -> str:
    """Return a span of seconds as people say it."""
    if high < 90:
        return f"{low} to {high} seconds" if low < high else f"{high} seconds"
    first, last = max(1, round(low / 60)), round(high / 60)
    return f"{first} to {last} minutes" if first < last else f"about {last} minutes"
