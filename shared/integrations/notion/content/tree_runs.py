"""Siblings cut into the fewest requests, each at most 100 siblings, 1,000 blocks and 500 KB.

Every sibling comes with several ways to send it (whole, in part, bare), which weigh differently and cost a different
number of requests later. The search goes along the siblings and keeps, for each beginning of the list, the fewest
requests and how full the last one is. One request more is never worth keeping: whoever has one less can begin a new
request now and is at least as well off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MAX_SIBLINGS = 100
MAX_BLOCKS = 1000
MAX_BYTES = 499_000  # Notion's 500 KB, less what surrounds the blocks in a request
_NESTED_UP_TO = 200  # siblings; the search for nested groups takes time in the square of it


@dataclass(frozen=True, slots=True)
class Option:
    """One way to send a block: `first` to `last` of its children come with it, the others in requests that follow.

    `cost` is how many follow; `blocks` and `size` (bytes) are what it puts into its own request. `parts` is set where
    children come with it that are not whole themselves; a read then learns their ids.
    """

    cost: int
    blocks: int
    size: int
    first: int = 0
    last: int = 0
    parts: tuple[Option, ...] = ()
    left: State | None = None  # the requests for the children before `first`
    right: State | None = None  # and for those from `last` on


Run = list[tuple[int, Option]]  # one request: which siblings, and how


@dataclass(slots=True)
class State:
    """A beginning of the siblings, cut: `cost` requests in all, the last of them this full."""

    cost: int = 0
    blocks: int = 0
    size: int = 0
    count: int = MAX_SIBLINGS  # nothing is open yet
    before: State | None = None
    taken: tuple[Option, ...] = ()  # one sibling; or several, in a request of their own inside the open one
    joined: bool = False  # to the request of the sibling before
    nested: bool = False


def fewest(siblings: Sequence[Sequence[Option]]) -> list[list[State]]:
    """Return for every beginning of the list the best states: all of least cost, none fuller than another.

    First runs of neighbours alone are tried. Where a simple lower bound says that less might be possible, a group of
    neighbours may also come in a request of its own into the middle of another one.
    """
    plain = _search(siblings, nested=False)
    if plain[-1][0].cost <= _compute_lower_bound(siblings) or len(siblings) > _NESTED_UP_TO:
        return plain
    return _search(siblings, nested=True)


def _compute_lower_bound(siblings: Sequence[Sequence[Option]]) -> int:
    blocks = sum(min(way.blocks for way in ways) for ways in siblings)
    size = sum(min(way.size for way in ways) for ways in siblings)
    full = max(-(-len(siblings) // MAX_SIBLINGS), -(-blocks // MAX_BLOCKS), -(-size // MAX_BYTES))
    return full + sum(min(way.cost for way in ways) for ways in siblings)


def _search(siblings: Sequence[Sequence[Option]], *, nested: bool) -> list[list[State]]:
    found: list[list[State]] = [[] for _ in range(len(siblings) + 1)]
    found[0].append(State())
    for index, ways in enumerate(siblings):
        here = found[index] = _best(found[index])
        found[index + 1] += [after for state in here for way in ways for after in _extend_state(state, way)]
        if nested and index:
            _group(siblings, index, here, found)
    found[-1] = _best(found[-1])
    return found


def _extend_state(state: State, way: Option) -> list[State]:
    cost = state.cost + way.cost
    after = [State(cost + 1, way.blocks, way.size, 1, state, (way,))]
    blocks, size = state.blocks + way.blocks, state.size + way.size
    if state.count < MAX_SIBLINGS and blocks <= MAX_BLOCKS and size <= MAX_BYTES:
        after.append(State(cost, blocks, size, state.count + 1, state, (way,), joined=True))
    return after


def _group(siblings: Sequence[Sequence[Option]], start: int, here: list[State], found: list[list[State]]) -> None:
    """Let the next few siblings come in one request of their own, so that the open one goes on behind them."""
    taken: list[Option] = []
    blocks = size = cost = 0
    for index in range(start, min(start + MAX_SIBLINGS, len(siblings) - 1)):
        way = min(siblings[index], key=lambda each: (each.cost, each.blocks, each.size))
        blocks, size, cost = blocks + way.blocks, size + way.size, cost + way.cost
        if blocks > MAX_BLOCKS or size > MAX_BYTES:
            return
        taken.append(way)
        found[index + 1] += [
            State(s.cost + 1 + cost, s.blocks, s.size, s.count, s, tuple(taken), nested=True)
            for s in here
            if s.count < MAX_SIBLINGS
        ]


def _best(states: list[State]) -> list[State]:
    min_cost = min(state.cost for state in states)
    kept: list[State] = []
    for state in sorted((s for s in states if s.cost == min_cost), key=lambda s: (s.count, s.blocks, s.size)):
        if not any(k.count <= state.count and k.blocks <= state.blocks and k.size <= state.size for k in kept):
            kept.append(state)
    return kept


def runs(last: State, first: int = 0, *, backwards: bool = False) -> list[Run]:
    """Return the requests of a state, in the order of their first sibling; `first` is the number of the first sibling.

    `backwards` is for states that were found along the reversed list.
    """
    steps: list[State] = []
    state: State | None = last
    while state is not None and state.taken:
        steps.append(state)
        state = state.before
    if not backwards:
        steps.reverse()
    found: list[Run] = []
    closed = True
    index = first
    open_run: Run = []
    for step in steps:
        ways = step.taken[::-1] if backwards else step.taken
        numbered: Run = [(index + offset, way) for offset, way in enumerate(ways)]
        index += len(ways)
        if step.nested:
            found.append(numbered)
            continue
        if closed if backwards else not step.joined:
            open_run = []
            found.append(open_run)
        open_run += numbered
        closed = not step.joined
    return sorted(found, key=lambda run: run[0][0])
