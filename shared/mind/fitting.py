"""A prompt within a model's window, by the provider's own count, and shrunk when it is refused as too long.

Our estimate of tokens differs from each tokenizer by a factor. It is remembered per model, so that usually one count is
asked for, and none for a prompt that is far below the limit.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from shared.core.errors import IntegrationError
from shared.core.models.model_errors import ContextTooLong
from shared.core.models.token_bound import answer_room
from shared.core.run.run import Usage
from shared.mind.context import Context, Part, assemble
from shared.ports.model import Model, ModelRequest, request_tokens

R = TypeVar("R")

FULL = 0.98  # of the budget: what is used when there is enough to say
SHRUNK = 0.7  # of what a provider has refused as too long
SHRINKS = 3
_AIM = 0.992  # between FULL and the limit: what is cut ends where a sentence does
_ROUNDS = 12
_DEARER = 0.8  # of the room, when the call might cost more than there is
_UNSURE = 1.6  # by how much a tokenizer may count more than our estimate, of texts in ASCII
_MODELS = 256  # whose factors are remembered


class Factors:
    """What providers counted, by what we had estimated, per model; of this process."""

    def __init__(self) -> None:
        self._of: dict[str, float] = {}
        self._lock = threading.Lock()

    def get_factor(self, model: str) -> float:
        """Return the factor; 1 when nothing is known."""
        return self._of.get(model, 1.0)

    def learn(self, model: str, factor: float) -> None:
        """Remember what was seen last: the next prompt of the same work is most like it."""
        with self._lock:
            if len(self._of) >= _MODELS and model not in self._of:
                self._of.clear()
            self._of[model] = factor


FACTORS = Factors()


def fit(
    model: Model,
    request_of: Callable[[str], ModelRequest],
    parts: Sequence[Part],
    *,
    answer_tokens: int,
    max_tokens: int = 0,
    seed: str = "",
    reserved: Usage | None = None,
    factors: Factors = FACTORS,
) -> tuple[ModelRequest, Context]:
    """Return the request of these parts that fills the model's window at most, and what became of each part.

    `answer_tokens` are kept free for the answer, a quarter of the window at most: the request asks for no more then.
    `max_tokens` limits the whole prompt further, in tokens, and `reserved` by what the call may cost. Raises
    ContextTooLong when what must not be cut does not fit.
    """
    window = model.window(request_of("").task_class)
    free = answer_room(window, answer_tokens)

    def brief(prompt: str) -> ModelRequest:
        request = request_of(prompt)
        if free == answer_tokens or request.max_output_tokens <= free:
            return request
        return replace(request, max_output_tokens=free)

    budget = min(window - free, max_tokens) if max_tokens else window - free
    return _Fitting(model, brief, parts, budget, seed, reserved, factors).fit()


def ask_within(
    model: Model,
    request_of: Callable[[str], ModelRequest],
    parts: Sequence[Part],
    ask: Callable[[ModelRequest], R],
    *,
    answer_tokens: int,
    max_tokens: int = 0,
    seed: str = "",
    reserved: Usage | None = None,
    keep: Callable[[Context], None] | None = None,
    factors: Factors = FACTORS,
) -> tuple[R, Context]:
    """Return what `ask` returns for the fitted request; refused as too long, it is asked again with a shorter one.

    `keep` is shown each context before it is asked with. Raises ContextTooLong when shortening does not help.
    """
    refused: tuple[int, ...] = ()
    while True:
        request, context = fit(
            model, request_of, parts, answer_tokens=answer_tokens, max_tokens=max_tokens, seed=seed, reserved=reserved,
            factors=factors,
        )  # fmt: skip
        context = replace(context, refused=refused)
        if keep is not None:
            keep(context)
        try:
            return ask(request), context
        except ContextTooLong:
            if len(refused) == SHRINKS:
                raise
            refused, max_tokens = (*refused, context.tokens), int(SHRUNK * context.tokens)


class _Fitting:
    """The search of one `fit`: how much room, by our estimate, fills the budget by the provider's count."""

    def __init__(
        self,
        model: Model,
        request_of: Callable[[str], ModelRequest],
        parts: Sequence[Part],
        budget: int,
        seed: str,
        reserved: Usage | None,
        factors: Factors,
    ) -> None:
        self._model, self._request_of, self._parts = model, request_of, parts
        self._budget, self._seed, self._reserved, self._factors = budget, seed, reserved, factors
        bare = request_of("")
        self._fixed, self._key = request_tokens(bare), f"{model.name}/{bare.task_class}"

    def fit(self) -> tuple[ModelRequest, Context]:
        """Return the request and its context."""
        factor = self._factors.get_factor(self._key)
        room, low, high = _AIM * self._budget / factor, 0.0, float("inf")
        best: tuple[ModelRequest, Context] | None = None
        before: ModelRequest | None = None
        for _ in range(_ROUNDS):
            context = assemble(self._parts, budget=room - self._fixed, seed=self._seed)
            request = replace(self._request_of(context.prompt), stable=context.stable)
            if request == before:
                break  # more room adds nothing
            before, estimated = request, request_tokens(request)
            if not self._affordable(request):
                high = room = min(room, estimated)
                room = room * _DEARER if low < room * _DEARER else (low + high) / 2
                continue
            if not context.short and self._surely_fits(request, estimated * max(factor, 1.0)):
                return request, self._note_measure(context, estimated * factor, factor, "estimate")
            actual, counted = self._count(request, estimated)
            seen = actual / max(1, estimated)
            self._factors.learn(self._key, seen)
            if actual <= self._budget:
                best, low = (request, self._note_measure(context, actual, seen, counted)), room
                if not context.short or actual >= FULL * self._budget:
                    return best
            else:
                high = room = min(room, estimated)
            room = room * _AIM * self._budget / actual
            room = room if low < room < high else (low + high) / 2
        if best is None:
            raise ContextTooLong(
                f"the prompt cannot be cut to the {self._budget} tokens, or the money, there is for it"
            )
        return best

    def _affordable(self, request: ModelRequest) -> bool:
        if self._reserved is None:
            return True
        ceiling = self._model.estimate(request)
        return ceiling.tokens <= self._reserved.tokens and ceiling.micros <= self._reserved.micros

    def _surely_fits(self, request: ModelRequest, guess: float) -> bool:
        """Say whether no tokenizer can find more than the budget: none needs more than a token for each byte."""
        text = request.system + request.stable + request.prompt
        return _UNSURE * guess + len(text.encode()) - len(text) <= self._budget

    def _count(self, request: ModelRequest, estimated: int) -> tuple[int, str]:
        try:
            return self._model.count(request), "provider"
        except IntegrationError:  # the question itself will say so again, if it lasts
            return round(estimated * self._factors.get_factor(self._key)), "estimate"

    def _note_measure(self, context: Context, total: float, factor: float, counted: str) -> Context:
        placed = tuple(replace(each, tokens=each.tokens * factor, full=each.full * factor) for each in context.placed)
        fixed = round(total - sum(each.tokens for each in placed))
        return replace(context, placed=placed, budget=self._budget, tokens=round(total), fixed=fixed, counted=counted)
