"""Intent → effect → result for every external write, and a look before the next write after an unclear answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from shared.app.engine.deps import Deps
from shared.core.documents.codec import to_body
from shared.core.documents.effect import CLAIMS, CONFIRMED, EFFECTS, INTENDED, REFUSED, Claim, Effect
from shared.core.errors import Busy, IntegrationError, NeedsHuman, NotSettled, OutcomeUnknown, VersionConflict
from shared.core.run.faults import Fault
from shared.core.run.run import fit_key
from shared.ports import Put, get_as
from shared.steps._kind import Repeat

Result = Mapping[str, Any]
Look = Callable[[], Result | None]


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
        look: Look | None = None,
        args: Any = None,
    ) -> Result:
        """Do it, unless it is known to be done; return its result, the same one every time.

        `look` finds what an earlier attempt may have left behind, in a restored house also one that has no record any
        more. Raises NotSettled while an earlier request may still arrive, NeedsHuman for an effect that can be
        neither looked up nor repeated, and Busy when the machine slept until another attempt may be at it.
        """
        key, digest = fit_key(f"{self._scope}.{name}"), _digest(args)
        before = self._effect(name)
        if (result := _result_of(before)) is not None:
            return result
        self._watch()
        self._refuse_overtaken(name)
        if before is not None and before.is_intended:
            found = self._look(before, name, repeat, look)
            if found is not None:
                return self._confirm(key, digest, name, found)
        else:
            if self._deps.restored and look is not None and (done := look()) is not None:
                return self._confirm(key, digest, name, done)
            self._point("intent.before", name)
            self._put(key, INTENDED, digest)
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

    def find_result(self, name: str) -> Result | None:
        return _result_of(self._effect(name))

    def is_intended(self, name: str) -> bool:
        """Say whether the effect was at least begun."""
        return self._effect(name) is not None

    def find_done(self, name: str, *, repeat: Repeat, look: Look | None = None) -> Result | None:
        """Return the result of an effect that is not to be done any more, None when it was not done.

        What was begun is looked for. Raises NotSettled while an earlier request may still arrive, NeedsHuman where
        nobody can find out.
        """
        key, done = fit_key(f"{self._scope}.{name}"), None
        before = self._effect(name)
        if (result := _result_of(before)) is not None:
            return result
        if before is not None and before.is_intended:
            done = self._look(before, name, repeat, look)
        elif before is None and self._deps.restored and look is not None:
            done = look()
        return None if done is None else self._confirm(key, before.args if before else _digest(None), name, done)

    def was_begun(self, name: str) -> bool:
        """Say whether there may be something to take back; raises NotSettled while a request may still arrive."""
        before = self._effect(name)
        if before is not None and before.is_intended:
            self._let_it_settle(self._settles_in(before), name)
        return before is not None

    def claim(self, thing: str) -> bool:
        """Say that this scope made a thing of that id; False when another scope has said so before."""
        claim = self._claim(thing, Claim(self._scope))
        return claim is not None and claim.by == self._scope

    def claim_only(self, run: str, what: str, name: str) -> str:
        """Say that the run makes this one of a sort; return the one that it makes: the first that was named."""
        claim = self._claim(f"only.{run}.{what}", Claim(self._scope, name))
        return claim.name if claim is not None else name

    def _claim(self, place: str, claim: Claim) -> Claim | None:
        place = fit_key(place)
        with suppress(VersionConflict):
            self._deps.store.put(self._tenant, Put(CLAIMS, place, to_body(claim), expected=""))
        return get_as(Claim, self._deps.store, (self._tenant, CLAIMS, place))

    def _effect(self, name: str) -> Effect | None:
        return get_as(Effect, self._deps.store, (self._tenant, EFFECTS, fit_key(f"{self._scope}.{name}")))

    def _look(self, before: Effect, name: str, repeat: Repeat, look: Look | None) -> Result | None:
        left = self._settles_in(before)  # before the look, which tells nothing of what arrives after it was asked
        if look is not None and (found := look()) is not None:
            return found
        if repeat is Repeat.ONCE and (self._decided is None or before.at >= self._decided):
            raise NeedsHuman(
                self._system,
                f"{name}: may have happened before an interruption; that cannot be looked up, so it is not repeated",
                fault=Fault.MAY_HAVE_HAPPENED,
            )
        if repeat is not Repeat.SAME_END:
            self._let_it_settle(left, name)
        return None

    def _settles_in(self, before: Effect) -> timedelta:
        """Return how long it takes until what an earlier attempt may have sent can no longer arrive.

        It was sent some time after its intent was written, at the latest when its process died: so the time counts
        from there where that is known, or a request that was long on its way would arrive after the one in its place.
        """
        since = before.at if self._deps.born is None else max(before.at, self._deps.born)
        return self._deps.settle - abs(self._deps.clock.now() - since)

    def _let_it_settle(self, left: timedelta, name: str) -> None:
        if left > timedelta(0):
            raise NotSettled(self._system, f"{name}: an earlier request may still arrive", retry_after=left)

    def _do(self, key: str, digest: str, name: str, do: Callable[[], Result]) -> Result:
        try:
            result = do()
        except (OutcomeUnknown, NeedsHuman):
            self._put(key, INTENDED, digest)
            raise
        except IntegrationError:
            self._put(key, REFUSED, digest)
            raise
        self._point("effect.after", name)
        return self._confirm(key, digest, name, result)

    def _confirm(self, key: str, digest: str, name: str, result: Result) -> Result:
        self._put(key, CONFIRMED, digest, result)
        self._point("result.after", name)
        return result

    def _put(self, key: str, state: str, args: str, result: Result | None = None) -> None:
        effect = Effect(state=state, args=args, at=self._deps.clock.now(), result=result, name=key)
        self._deps.store.put(self._tenant, Put(EFFECTS, key, to_body(effect)))

    def _point(self, point: str, name: str) -> None:
        self._deps.crash_point(f"{point}/{self._label}/{name}")


def _digest(args: Any) -> str:
    text = json.dumps(args, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _result_of(effect: Effect | None) -> Result | None:
    """Return what came of the effect; None where it is not known to have happened."""
    return effect.result if effect is not None and effect.is_confirmed else None
