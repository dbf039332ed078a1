"""Model calls outside of runs: answers to questions, chat, vectors. They cost the tenant's day and month too.

Before each call its upper bound is set aside in the ledger, under a key of its own; afterwards what it has cost takes
its place. Where nobody comes back with that, it counts as spent after a time: whoever uses the ledger next, or looks at
it, sees to it, so that no look at all tenants is needed for it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from shared.app.engine.deps import Deps, fresh_owner
from shared.app.money.budget import BudgetedModel, BudgetExceeded, Purse, refuse_above
from shared.app.money.tenant_ledger import SPENDING, Book, allowance_of, explain_shortage
from shared.core.errors import VersionConflict
from shared.core.money.run_budget import name_asker
from shared.core.money.spending import Open, day_of
from shared.core.people.actor import Actor
from shared.core.retries import LEDGER
from shared.core.run.events import Calls
from shared.core.run.run import NOTHING, Usage
from shared.ports import Put
from shared.ports.model import Model

PATIENCE = timedelta(minutes=15)  # after which a call that was begun is taken for lost; longer than any can take
MAX_CONFLICTS = LEDGER.tries


def meter_model(
    deps: Deps, tenant: str, model: Model, purpose: str, *, vital: bool = False, asker: Actor | None = None
) -> BudgetedModel:
    """Return the model on the tenant's day and month. `purpose` is a word or two, shown in the accounts.

    Where it is known who asks, it is on their account of the month too.

    Its calls raise BudgetExceeded, before anything is sent, where the day or the month has no room; `vital` ones may
    use what is kept back for telling people and taking things back.
    """
    return BudgetedModel(model, _TenantPurse(deps, tenant, purpose, vital, name_asker(asker)))


def purse_of(deps: Deps, tenant: str, purpose: str) -> Purse:
    """Return the tenant's day and month as the purse of ONE call that is no model's."""
    return _TenantPurse(deps, tenant, purpose, vital=False)


class _TenantPurse:
    def __init__(
        self, deps: Deps, tenant: str, purpose: str, vital: bool, centres: tuple[str, ...] = ()
    ) -> None:  # fmt: skip
        self._centres = centres
        self._deps, self._tenant, self._purpose, self._vital = deps, tenant, purpose, vital
        self._key, self._day = "", ""

    def open(self, ceiling: Usage) -> None:
        """Set the upper bound aside."""
        self._key, now = "", self._deps.clock.now()
        self._day = day_of(now)
        if not ceiling.micros:
            return
        allowed = allowance_of(self._deps, self._tenant)
        if allowed.call is not None:
            refuse_above(ceiling, allowed.call)
        key = f"c{fresh_owner()}"
        held = Open(self._day, ceiling.micros, now + PATIENCE, self._purpose)
        why = ""

        def hold(book: Book) -> tuple[Put, ...]:
            nonlocal why
            left = book.room(self._day, vital=self._vital, centres=self._centres)
            why = "" if ceiling.micros <= left.micros else explain_shortage(ceiling.micros, left)
            if why:
                book.tell(self._day, left.scope if ceiling.micros > left.limit - left.spent else "")
            else:
                book.change(book.ledger(self._day[:7]).reserve(key, held, self._centres))
            return ()

        _save(self._deps, self._tenant, hold)
        if why:
            raise BudgetExceeded(why)
        self._key = key
        self._deps.crash_point(f"call.begun/{self._purpose}")

    def settle(self, used: Usage, calls: Calls) -> None:
        """Put what it has cost in place of what was set aside."""
        key, month = self._key, self._day[:7]
        if not key and used == NOTHING:
            return

        def close(book: Book) -> tuple[Put, ...]:
            ledger = book.ledger(month)
            if key and key not in ledger.open:
                return ()  # taken for lost meanwhile, and counted in full
            if key:
                book.change(ledger.settle(key, used))
            else:
                held = Open(self._day, 0, self._deps.clock.now() + PATIENCE)
                book.change(ledger.reserve("now", held, self._centres).settle("now", used))
            book.tell(self._day)
            return (self._record(key or f"c{fresh_owner()}", used, calls),)

        _save(self._deps, self._tenant, close)

    def _record(self, key: str, used: Usage, calls: Calls) -> Put:
        failed = any(call.get("outcome") not in (None, "ok") for call in calls[-1:])
        item: dict[str, Any] = {"kind": self._purpose, "outcome": "failed" if failed else "ok"}
        item |= {"tokens": used.tokens, "micros": used.micros, "calls": [dict(call) for call in calls]}
        body = {"at": self._deps.clock.now().isoformat(), "run": "", "items": [item]}
        return Put(SPENDING, f"{self._day}.call.{key}", body)


def _save(deps: Deps, tenant: str, change: Callable[[Book], tuple[Put, ...]]) -> None:
    """Change the ledger and save it; again while others are faster.

    Who is to be told is handed over first: what is spent only grows, so it stays true, and twice is told once.
    """
    for tries in range(MAX_CONFLICTS):
        book = Book(deps, tenant, allowance_of(deps, tenant))
        more = change(book)
        puts = (*book.puts(), *more)
        if not puts:
            return
        if commands := book.commands():
            deps.queue.enqueue(commands)
        try:
            deps.store.put(tenant, *puts)
        except VersionConflict:  # several documents at once, or this would be `change_doc`
            deps.stand_back(tries)
            continue
        return
    raise VersionConflict(f"the ledger of {tenant} was changed by others {MAX_CONFLICTS} times in a row")
