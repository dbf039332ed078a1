"""Intent → effect → result for every external write, and a look before the next write after an unclear answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from shared.app.engine.deps import Deps
from shared.core.errors import Busy, IntegrationError, NeedsHuman, NotSettled, OutcomeUnknown, VersionConflict
from shared.core.run.faults import Fault
from shared.ports import Doc, Put
from shared.steps._kind import Repeat

Result = Mapping[str, Any]


class Effects:
    """The external writes of one scope (a step of a run, a notification), each done once.

    The caller holds the scope's lease, so nobody else is in here at the same time.
    """

    def __init__(
        self,
        deps: Deps,
        tenant: str,
        scope: str,
        label: str,
        system: str = "workwright",
        decided: datetime | None = None,
        watch: Callable[[], None] = lambda: None,
    ) -> None:
        """Know the writes of a scope; `decided` is when a person wanted it tried again, after any unclear answer.

        `watch` is asked before each write, and raises where nothing may be written now.
        """
        self._deps = deps
        self._tenant = tenant
        self._scope = scope
        self._label = label
        self._system = system
        self._decided = decided
        self._watch = watch
        self._began = deps.clock.now()

    def __call__(
        self,
        name: str,
        do: Callable[[], Result],
        *,
        repeat: Repeat,
        look: Callable[[], Result | None] | None = None,
        args: Any = None,
    ) -> Result:
        """Do it, unless it is known to be done; return its result, the same one every time.

        `look` finds what an earlier attempt may have left behind, in a restored house also one that has no record any
        more. Raises NotSettled while an earlier request may still arrive, NeedsHuman for an effect that can be
        neither looked up nor repeated, and Busy when the machine slept until another attempt may be at it.
        """
        key, digest = f"{self._scope}.{name}", _digest(args)
        doc = self._deps.store.get(self._tenant, "effects", key)
        if (result := _result_of(doc)) is not None:
            return result
        self._watch()
        self._refuse_overtaken(name)
        if doc is not None and doc.body["state"] == "intended":
            found = self._look(doc, name, repeat, look)
            if found is not None:
                return self._confirm(key, digest, name, found)
        else:
            if self._deps.restored and look is not None and (done := look()) is not None:
                return self._confirm(key, digest, name, done)
            self._point("intent.before", name)
            self._put(key, {"state": "intended", "args": digest, "at": self._deps.clock.now().isoformat()})
        self._point("effect.before", name)
        self._refuse_overtaken(name)
        return self._do(key, digest, name, do)

    def _refuse_overtaken(self, name: str) -> None:
        """Do nothing any more when the lease under which all of this was begun has run out.

        A machine whose lid is closed stops in the middle of an attempt. When it wakes the attempt goes on, and so does
        another one in its place, which finds that what was intended hours ago can no longer arrive.
        """
        if self._deps.clock.now() - self._began > self._deps.lease:
            raise Busy(f"{name}: this attempt was away for longer than its lease; another one may be at it")

    def known(self, name: str) -> Result | None:
        """Return the result of an effect that is known to have happened."""
        return _result_of(self._deps.store.get(self._tenant, "effects", f"{self._scope}.{name}"))

    def intended(self, name: str) -> bool:
        """Say whether the effect was at least begun."""
        return self._deps.store.get(self._tenant, "effects", f"{self._scope}.{name}") is not None

    def found(self, name: str, *, repeat: Repeat, look: Callable[[], Result | None] | None = None) -> Result | None:
        """Return the result of an effect that is not to be done any more, None when it was not done.

        What was begun is looked for. Raises NotSettled while an earlier request may still arrive, NeedsHuman where
        nobody can find out.
        """
        key, done = f"{self._scope}.{name}", None
        doc = self._deps.store.get(self._tenant, "effects", key)
        if (result := _result_of(doc)) is not None:
            return result
        if doc is not None and doc.body["state"] == "intended":
            done = self._look(doc, name, repeat, look)
        elif doc is None and self._deps.restored and look is not None:
            done = look()
        return None if done is None else self._confirm(key, str(doc.body["args"]) if doc else _digest(None), name, done)

    def begun(self, name: str) -> bool:
        """Say whether there may be something to take back; raises NotSettled while a request may still arrive."""
        doc = self._deps.store.get(self._tenant, "effects", f"{self._scope}.{name}")
        if doc is not None and doc.body["state"] == "intended":
            self._let_it_settle(self._settles_in(doc), name)
        return doc is not None

    def claim(self, thing: str) -> bool:
        """Say that this scope made a thing of that id; False when another scope has said so before."""
        claim = Put("claims", thing, {"by": self._scope}, expected="")
        with suppress(VersionConflict):
            self._deps.store.put(self._tenant, claim)
        doc = self._deps.store.get(self._tenant, "claims", thing)
        return doc is not None and doc.body["by"] == self._scope

    def only(self, run: str, what: str, name: str) -> str:
        """Say that the run makes this one of a sort; return the one that it makes: the first that was named."""
        place = f"only.{run}.{what}"
        with suppress(VersionConflict):
            self._deps.store.put(self._tenant, Put("claims", place, {"by": self._scope, "name": name}, expected=""))
        doc = self._deps.store.get(self._tenant, "claims", place)
        return str(doc.body["name"]) if doc is not None else name

    def _look(self, doc: Doc, name: str, repeat: Repeat, look: Callable[[], Result | None] | None) -> Result | None:
        left = self._settles_in(doc)  # before the look, which tells nothing of what arrives after it was asked
        if look is not None and (found := look()) is not None:
            return found
        if repeat is Repeat.ONCE and (self._decided is None or _time(doc) >= self._decided):
            raise NeedsHuman(
                self._system,
                f"{name}: may have happened before an interruption; that cannot be looked up, so it is not repeated",
                fault=Fault.MAY_HAVE_HAPPENED,
            )
        if repeat is not Repeat.SAME_END:
            self._let_it_settle(left, name)
        return None

    def _settles_in(self, doc: Doc) -> timedelta:
        """Return how long it takes until what an earlier attempt may have sent can no longer arrive.

        It was sent some time after its intent was written, at the latest when its process died: so the time counts
        from there where that is known, or a request that was long on its way would arrive after the one in its place.
        """
        since = _time(doc) if self._deps.born is None else max(_time(doc), self._deps.born)
        return self._deps.settle - abs(self._deps.clock.now() - since)

    def _let_it_settle(self, left: timedelta, name: str) -> None:
        if left > timedelta(0):
            raise NotSettled(self._system, f"{name}: an earlier request may still arrive", retry_after=left)

    def _do(self, key: str, digest: str, name: str, do: Callable[[], Result]) -> Result:
        try:
            result = do()
        except (OutcomeUnknown, NeedsHuman):
            self._put(key, {"state": "intended", "args": digest, "at": self._deps.clock.now().isoformat()})
            raise
        except IntegrationError:
            self._put(key, {"state": "refused", "args": digest, "at": self._deps.clock.now().isoformat()})
            raise
        self._point("effect.after", name)
        return self._confirm(key, digest, name, result)

    def _confirm(self, key: str, digest: str, name: str, result: Result) -> Result:
        now = self._deps.clock.now().isoformat()
        self._put(key, {"state": "confirmed", "args": digest, "at": now, "result": dict(result)})
        self._point("result.after", name)
        return result

    def _put(self, key: str, body: Mapping[str, Any]) -> None:
        self._deps.store.put(self._tenant, Put("effects", key, {**body, "name": key}))

    def _point(self, point: str, name: str) -> None:
        self._deps.crash_point(f"{point}/{self._label}/{name}")


def _time(doc: Doc) -> datetime:
    return datetime.fromisoformat(doc.body["at"])


def _digest(args: Any) -> str:
    text = json.dumps(args, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _result_of(doc: Doc | None) -> Result | None:
    """Return what came of the effect; None where it is not known to have happened."""
    return doc.body["result"] if doc is not None and doc.body["state"] == "confirmed" else None
