"""One model made of many: asks the first choice, and the next one when it cannot answer, within one reservation.

Each try is a `ModelCall` of the result, or of the error, with what it cost and why it was made. Nothing is asked that
could cost more than `estimate` has said, so that whoever reserves that much is never overdrawn.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from shared import log
from shared.app.models.model_health import Health
from shared.app.models.model_spans import asking
from shared.app.models.model_verdicts import (
    LASTING,
    RATE_LIMITED,
    Failure,
    Next,
    NoModel,
    avoid_for,
    choose_next,
    outcome_of,
    worst,
)
from shared.core.errors import IntegrationError, QuotaExhausted, RateLimited, StoreError
from shared.core.models.model_errors import ModelError
from shared.core.models.model_facts import OFFLINE, Catalogue
from shared.core.models.routing import Choice, Mark, Needs, Routing, Rules, route
from shared.core.run.faults import Fault
from shared.core.run.run import NOTHING, Usage
from shared.ports import Clock
from shared.ports.model import ModelCall, ModelRequest, ModelResult, Provider, request_tokens

SPARE = 0.25  # of the dearest try: what a charged failure, mostly a refusal, may cost before another model is asked
PATIENCE = 1.5  # in time-outs of the request: no try begins later than this after the first
_NOBODYS_WINDOW = 100_000  # tokens, where there is no model to ask
_USED_UP = "the account's money or quota is used up"
_DEFAULT_WAIT = timedelta(seconds=20)  # where everybody limits us and nobody says for how long


class RoutedModel:
    """The models of one tenant as one. `providers` may build each provider when it is first asked for.

    `used_up` hears of providers whose account has no money or quota left.
    """

    def __init__(
        self,
        rules: Rules,
        providers: Mapping[str, Provider],
        catalogue: Catalogue,
        clock: Clock,
        health: Health,
        *,
        connected: Sequence[str],
        used_up: Callable[[str], None] = lambda provider: None,
    ) -> None:
        self._rules = rules
        self._providers = providers
        self._catalogue = catalogue
        self._clock = clock
        self._health = health
        self._connected = tuple(connected)
        self._used_up = used_up
        self.name = ", ".join(self._connected)

    # Where nobody may be asked, what only prepares a call says something harmless: a run is opened, and the call tells.

    def estimate(self, request: ModelRequest) -> Usage:
        """Return an upper bound: the dearest choice's, and where there are several, room for one charged failure."""
        choices = self._routing_of(request).choices
        return self._tries(request, choices).bound if choices else NOTHING

    def window(self, task_class: str) -> int:
        """Return how many tokens, prompt and answer together, the first choice for this class takes."""
        choices = self._route(task_class, Needs(), {}).choices
        return self._catalogue.window(choices[0].model, choices[0].provider) if choices else _NOBODYS_WINDOW

    def count(self, request: ModelRequest) -> int:
        """Return the tokens of the prompt as the first choice counts them."""
        choices = self._routing_of(request).choices
        if not choices:
            return request_tokens(request)
        return self._providers[choices[0].provider].count(choices[0].model, request)

    def complete(self, request: ModelRequest) -> ModelResult:
        """Answer, by the first choice that can.

        Raises NoModel when there is none to ask, and the most telling error of all tries otherwise, with `used`
        and `made` of all of them. Bad input, and an answer that cannot be used, are never sent to another model.
        """
        choices = self._choices(request)
        tries = self._tries(request, choices)
        for choice in self._worth_asking(choices):
            if not tries.allows(choice, self._clock.now()):
                continue
            try:
                result = self._ask_one(choice, request)
            except (IntegrationError, ModelError) as error:
                tries.note_failure(choice, error)
                self._remember(choice, error)
                if choose_next(error) == Next.STOP:
                    break
            else:
                if choice.mark is not None:
                    _try_to_remember(self._health.clear, choice.reference)
                return tries.note_answer(choice, result)
        raise tries.error()

    def _ask_one(self, choice: Choice, request: ModelRequest) -> ModelResult:
        """Ask one model, and tell who watches what that took; of an error what it has cost."""
        with asking(choice.provider, choice.model, request) as watched:
            try:
                result = self._providers[choice.provider].complete(choice.model, request)
            except (IntegrationError, ModelError) as error:
                watched.tell_failure(error)
                raise
            watched.tell_answer(result)
            return result

    def _choices(self, request: ModelRequest) -> tuple[Choice, ...]:
        routing = self._routing_of(request)
        if routing.choices:
            return routing.choices
        why = "; ".join(f"{name}: {reason}" for name, reason in routing.left_out) or "none is connected"
        way_out = "Connect a provider, or change the rules: GET /v1/models and `workwright models` show them."
        raise NoModel(f"no model may be asked for {request.task_class!r} ({why})", way_out=way_out)

    def _routing_of(self, request: ModelRequest) -> Routing:
        needs = Needs(request_tokens(request), request.max_output_tokens, bool(request.tools))
        marks = {} if self._connected == (OFFLINE,) else self._health.marks()
        return self._route(request.task_class, needs, marks)

    def _route(self, task_class: str, needs: Needs, marks: Mapping[str, Mark]) -> Routing:
        now = self._clock.now()
        return route(task_class, self._rules, self._catalogue, self._connected, marks, needs, now)

    def _worth_asking(self, choices: Sequence[Choice]) -> list[Choice]:
        """Return who is well; where nobody is, who may be again.

        Who told us to wait is not asked before that, and who is out of money not while such a wait is all it takes.
        """
        well = [each for each in choices if each.mark is None]
        found = well or [each for each in choices if each.mark is not None and each.mark.what not in LASTING]
        if found:
            return found
        ends = [each.mark.until for each in choices if each.mark is not None and each.mark.what == RATE_LIMITED]
        if not ends:
            return list(choices)
        wait = max(min(ends) - self._clock.now(), timedelta(seconds=1))
        names = ", ".join(each.reference for each in choices)
        waits = RateLimited("models", f"no model may be asked for a while: {names}", retry_after=wait)
        waits.fault = Fault.NO_MODEL
        raise waits

    def _remember(self, choice: Choice, error: Failure) -> None:
        if isinstance(error, QuotaExhausted):
            _try_to_remember(self._used_up, choice.provider)
        span = avoid_for(error)
        if span:
            until = self._clock.now() + span
            _try_to_remember(self._health.mark, choice.reference, outcome_of(error), until)

    def _tries(self, request: ModelRequest, choices: Sequence[Choice]) -> _Tries:
        bounds = {c.reference: self._providers[c.provider].estimate(c.model, request) for c in choices}
        windows = {c.reference: self._catalogue.window(c.model, c.provider) for c in choices}
        ceiling = Usage(max(each.tokens for each in bounds.values()), max(each.micros for each in bounds.values()))
        if len(bounds) > 1:
            ceiling = Usage(math.ceil(ceiling.tokens * (1 + SPARE)), math.ceil(ceiling.micros * (1 + SPARE)))
        return _Tries(request, bounds, windows, ceiling, self._clock.now())


def _try_to_remember(remember: Callable[..., None], *what: Any) -> None:
    """Do what later calls profit from; where it fails, this one must lose neither its answer nor what it has cost."""
    try:
        remember(*what)
    except (StoreError, IntegrationError) as error:
        log.line("WARNING", "how a model was could not be remembered", **log.about(error))


@dataclass
class _Tries:
    """What has been tried for one request, and what may still be."""

    request: ModelRequest
    bounds: Mapping[str, Usage]  # of each choice, by reference
    windows: Mapping[str, int]
    bound: Usage  # of all tries together
    began: datetime
    spent: Usage = NOTHING
    made: list[ModelCall] = field(default_factory=list)
    errors: list[Failure] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    refused: int = 0
    too_small: int = 0  # tokens of the largest window that was not enough

    def allows(self, choice: Choice, now: datetime) -> bool:
        """Say whether this choice may be asked after what has happened; the first one always may."""
        if not self.errors:
            return True
        reason = ""
        total = self.spent + self.bounds[choice.reference]
        if self.refused > 1:
            reason = "two models have refused"
        elif self.windows[choice.reference] <= self.too_small:
            reason = "takes no longer requests than one that was too short"
        elif now - self.began > self.request.timeout * PATIENCE:
            reason = "there was no time left"
        elif total.tokens > self.bound.tokens or total.micros > self.bound.micros:
            reason = "might cost more than is reserved"
        if reason:
            self.skipped.append(f"{choice.reference} not asked: {reason}")
        return not reason

    def note_failure(self, choice: Choice, error: Failure) -> None:
        """Note a try that failed, and what it cost or may have cost."""
        self.spent = self.spent + error.used
        self.errors.append(error)
        self.made.append(self._call(choice, error.used, outcome_of(error)))
        following = choose_next(error)
        self.refused += following == Next.ONCE
        if following == Next.LARGER:
            self.too_small = max(self.too_small, self.windows[choice.reference])

    def note_answer(self, choice: Choice, result: ModelResult) -> ModelResult:
        """Return the answer, with all tries. The model's name is the one we asked for, whatever the server says."""
        made = (*self.made, self._call(choice, result.usage, "ok", result.request_id))
        return replace(result, model=choice.model, usage=self.spent + result.usage, made=made)

    def error(self) -> Failure:
        """Return the most telling error, with all that was spent and tried."""
        found = worst(self.errors)
        if isinstance(found, RateLimited) and found.retry_after is None:
            found.retry_after = _DEFAULT_WAIT
        tried = zip(self.made, self.errors, strict=True)
        others = [f"{call.provider}/{call.model}: {each}" for call, each in tried if each is not found]
        if isinstance(found, QuotaExhausted):
            found.args, found.fault = (f"{found} ({_USED_UP})",), Fault.QUOTA
        if others or self.skipped:
            found.args = (f"{found} (also: {'; '.join([*others, *self.skipped])})",)
        found.used, found.made = self.spent, tuple(self.made)
        return found

    def _call(self, choice: Choice, used: Usage, outcome: str, request_id: str = "") -> ModelCall:
        request = self.request
        prefix, _, agent = request.task.partition(".")
        return ModelCall(
            model=choice.model,
            provider=choice.provider,
            task=request.task,
            task_class=request.task_class,
            usage=used,
            outcome=outcome,
            why=self._explain(choice),
            request_id=request_id,
            agent=agent if prefix == "agent" else "",
        )

    def _explain(self, choice: Choice) -> str:
        before = [f"{call.provider}/{call.model} was {call.outcome}" for call in self.made]
        return "; ".join([choice.why, *before])
