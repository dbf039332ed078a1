"""What a day or month has cost, and into what it went: read from what was recorded with every settlement."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.app.engine.deps import Deps
from shared.app.money.tenant_ledger import SPENDING, Book, allowance_of
from shared.core.money.spending import cost_of
from shared.core.run.run import NOTHING, Usage

# What the sum can be taken apart by: of a call, else of the step it was made for.
BY = ("run", "step", "kind", "agent", "model", "provider", "task", "task_class", "outcome")
_OF_CALLS = frozenset({"agent", "model", "provider", "task", "task_class", "outcome"})
_PAGE = 300


@dataclass
class Sum:
    """Some of the cost: how much, in how many calls, and how much of it went into attempts that failed."""

    used: Usage = NOTHING
    calls: int = 0
    failed: Usage = NOTHING

    def add(self, used: Usage, calls: int, ok: bool) -> None:
        self.used, self.calls = self.used + used, self.calls + calls
        if not ok:
            self.failed = self.failed + used


@dataclass
class Spent:
    """A day or month: the ledger's sums, the sum of all records, its parts, and what ended."""

    period: str
    used: Usage = NOTHING
    reserved: int = 0
    recorded: Sum = field(default_factory=Sum)
    parts: dict[str, Sum] = field(default_factory=dict)
    ended: dict[str, int] = field(default_factory=dict)  # runs, by how they ended

    @property
    def per_outcome(self) -> int | None:
        """Return what one finished outcome has cost, everything else included; None when nothing was finished."""
        done = self.ended.get("succeeded", 0)
        return self.used.micros // done if done else None


def sum_spent(deps: Deps, tenant: str, period: str, by: str = "") -> Spent:
    """Return what a day ("2026-11-22") or month ("2026-11") has cost, taken apart by one of BY."""
    ledger = Book(deps, tenant, allowance_of(deps, tenant)).ledger(period[:7])
    account = ledger if len(period) == 7 else ledger.get_account(period)
    found = Spent(period, Usage(account.tokens, account.spent), account.reserved)
    for body in _records(deps, tenant, period):
        for item in body["items"]:
            used, ok = cost_of(item), item["outcome"] == "ok"
            found.recorded.add(used, len(item["calls"]), ok)
            for key, part, calls, went_well in _parts(body, item, by) if by else ():
                found.parts.setdefault(key, Sum()).add(part, calls, ok and went_well)
        if ended := body.get("ended"):
            found.ended[ended["status"]] = found.ended.get(ended["status"], 0) + 1
    older = Usage(found.used.tokens - found.recorded.used.tokens, found.used.micros - found.recorded.used.micros)
    if by and older != NOTHING:  # counted before there were records
        found.parts.setdefault("unknown", Sum()).add(older, 0, ok=True)
    return found


def _records(deps: Deps, tenant: str, period: str) -> Iterator[Mapping[str, Any]]:
    after = period
    while docs := deps.store.list_docs(tenant, SPENDING, after=after, limit=_PAGE):
        for doc in docs:
            if not doc.id.startswith(period):
                return
            yield doc.body
        after = docs[-1].id


def _parts(body: Mapping[str, Any], item: Mapping[str, Any], by: str) -> Iterator[tuple[str, Usage, int, bool]]:
    """Yield what the item is made of by this key; what no call of it says goes under "unknown"."""
    used = cost_of(item)
    if by not in _OF_CALLS:
        yield _OF_ITEM[by](body, item), used, len(item["calls"]), True
        return
    for call in item["calls"]:
        cost = cost_of(call)
        used = Usage(used.tokens - cost.tokens, used.micros - cost.micros)
        yield str(call.get(by) or _NONE.get(by, "unknown")), cost, 1, call.get("outcome", "ok") == "ok"
    if used != NOTHING:
        yield str(item["outcome"]) if by == "outcome" else "unknown", used, 0, True


_NONE = {"agent": "none"}
_OF_ITEM: Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any]], str]] = {
    "run": lambda body, item: str(body["run"] or "outside of runs"),
    "step": lambda body, item: f"{body['run']}/{item['step']}" if "step" in item else str(item["kind"]),
    "kind": lambda body, item: str(item["kind"]),
}
