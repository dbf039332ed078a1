"""What all vendors' adapters do alike: ask once over HTTP, tell every failure by its class, and count the cost."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypedDict

import requests

from shared.backends.models.places import find_wrong_place
from shared.backends.models.turns import Reply, Turn, sendable
from shared.backends.models.vendor_words import LONGEST_WAIT, codes_of, read_duration, span, tokens_shown, wait_until
from shared.core.errors import (
    AgentError,
    IntegrationError,
    Missing,
    OutcomeUnknown,
    Overloaded,
    QuotaExhausted,
    RateLimited,
    Rejected,
    Unauthorized,
)
from shared.core.models.model_errors import ModelError
from shared.core.models.model_facts import KEY_REFUSED, Catalogue, Price, Tokens
from shared.core.run.run import Usage
from shared.http_answers import Answer, retry_after, vendor_message
from shared.http_client import HttpClient, Trace, json_bytes
from shared.ports import Clock, Secret
from shared.ports.model import ModelRequest, ModelResult, request_tokens

Key = Callable[[], Secret]

_OVERHEAD_TOKENS = 256  # roles and separators, which are billed too
_CONNECT_S = 5.0
_COUNT_S = 15.0
_MESSAGE = 200


class Options(TypedDict, total=False):
    """What every vendor's adapter may be given: `operators` says that the key is the operator's, and no tenant's."""

    session: requests.Session | None
    trace: Trace | None
    operators: bool


class Vendor(ABC):
    """One vendor's models by their ids. It never retries: the run does, and pays.

    `key` is asked at every call. `operators` says that the key is the operator's, so that a refused key is nothing a
    tenant could connect again.
    """

    list_path = "/models"  # of the vendor's list of models, which is free to ask for
    request_header = "x-request-id"  # where the vendor's name for the call stands
    request_field = "id"  # of the answer, where no header has it
    count_path = ""  # of the vendor's own counting of a prompt; empty: our estimate

    def __init__(
        self,
        name: str,
        base_url: str,
        key: Key | None,
        prices: Catalogue,
        clock: Clock,
        *,
        session: requests.Session | None = None,
        trace: Trace | None = None,
        operators: bool = False,
    ) -> None:
        self.name = name
        self._base = base_url.rstrip("/")
        self._key = key
        self._prices = prices
        self._clock = clock
        self._session = session
        self._trace = trace
        self._operators = operators

    @abstractmethod
    def _path(self, model: str) -> str:
        """Return the path that answers."""

    @abstractmethod
    def _body(self, model: str, turn: Turn, max_tokens: int) -> dict[str, Any]:
        """Return what is sent. Neither temperature nor thinking: each model's own defaults suit it best."""

    @abstractmethod
    def _tokens(self, answer: Mapping[str, Any]) -> Tokens | None:
        """Return what the call used; None where the answer does not say."""

    @abstractmethod
    def _reply(self, answer: Mapping[str, Any], turn: Turn) -> Reply:
        """Return what the model said; raises ModelError, or IntegrationError for a failure told in a good answer."""

    @abstractmethod
    def _read_token_count(self, answer: Mapping[str, Any]) -> int:
        """Return the tokens of the answer of the counting path."""

    def _count_body(self, model: str, turn: Turn) -> dict[str, Any]:
        """Return what the counting path is sent."""
        raise NotImplementedError

    def _refusal(self, answer: Answer, codes: frozenset[str], message: str) -> AgentError | None:
        """Return the vendor's own word on a refused call, or None for what the statuses say alike everywhere."""
        return None

    def _headers(self, secret: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {secret}"} if secret else {}

    def _micros(self, answer: Mapping[str, Any]) -> int | None:
        """Return the cost where the vendor tells it."""
        return None

    def _untold(self, request: ModelRequest, answer: Mapping[str, Any]) -> Tokens | None:
        """Return our own count of a call whose answer has none; None books the upper bound."""
        return None

    def estimate(self, model: str, request: ModelRequest) -> Usage:
        """Return an upper bound: no token is shorter than a byte, and thoughts are within the output limit."""
        return self._estimate_bound(model, request, self._build_request(model, Turn(request, self.name)))

    def window(self, model: str) -> int:
        """Return how many tokens, prompt and answer together, the model takes."""
        return self._prices.window(model, self.name)

    def count(self, model: str, request: ModelRequest) -> int:
        """Return the vendor's own count of the prompt, or our estimate where it cannot be had."""
        path = self._count_path(model)
        if not path:
            return request_tokens(request)
        try:
            body = sendable(self._count_body(model, Turn(request, self.name)), self.name)
            answer = self._exchange(path, body, _COUNT_S, self._secret(), read=True)
        except AgentError:
            return request_tokens(request)
        counted = self._read_token_count(answer.json) if answer.ok and isinstance(answer.json, Mapping) else 0
        return counted or request_tokens(request)

    def complete(self, model: str, request: ModelRequest) -> ModelResult:
        """Ask once. Raises IntegrationError and ModelError; `used` of it is what it cost, or at most may have cost."""
        turn = Turn(request, self.name)
        body = self._build_request(model, turn)
        price = self._prices.price(model, self._clock.now(), self.name)  # where there is none, nothing is asked
        bound = self._estimate_bound(model, request, body)
        secret = self._secret()
        try:
            answer = self._exchange(self._path(model), body, request.timeout.total_seconds(), secret)
            if not answer.ok:
                raise self._error(answer, secret)
            if not isinstance(answer.json, dict):
                raise OutcomeUnknown(self.name, f"{answer.status}, but the answer is not an object")
        except OutcomeUnknown as error:
            error.used = bound
            raise
        return self._result(model, turn, answer, price, bound)

    def check(self) -> None:
        """Ask for the list of models: free, and shows that the vendor answers and takes the key; raises as calls do."""
        secret = self._secret()
        answer = self._client(secret, _COUNT_S).call("GET", self.list_path, judge=lambda answer: answer)
        if not answer.ok:
            raise self._error(answer, secret)

    def _result(self, model: str, turn: Turn, answer: Answer, price: Price, bound: Usage) -> ModelResult:
        tokens = self._tokens(answer.json)
        if tokens is None or not tokens.total:
            tokens = self._untold(turn.request, answer.json)
        micros = self._micros(answer.json)
        usage = bound if tokens is None else Usage(tokens.total, price.micros(tokens) if micros is None else micros)
        try:
            reply = self._reply(answer.json, turn)
        except (ModelError, IntegrationError) as error:
            error.used = usage
            raise
        return ModelResult(
            answer=reply.answer,
            model=model,
            usage=usage,
            request_id=str(answer.headers.get(self.request_header) or answer.json.get(self.request_field) or ""),
            tokens=tokens_shown(tokens or Tokens()),
            calls=reply.calls,
        )

    def _build_request(self, model: str, turn: Turn) -> dict[str, Any]:
        body: dict[str, Any] = sendable(self._body(model, turn, self._count_max_tokens(model, turn.request)), self.name)
        return body

    def _estimate_bound(self, model: str, request: ModelRequest, body: Mapping[str, Any]) -> Usage:
        asked = len(json_bytes(body)) + _OVERHEAD_TOKENS
        output = self._count_max_tokens(model, request)
        micros = self._prices.compute_max_micros(model, self._clock.now(), asked, output, self.name)
        return Usage(asked + output, micros)

    def _count_path(self, model: str) -> str:
        return self.count_path

    def _count_max_tokens(self, model: str, request: ModelRequest) -> int:
        """Return the output limit: a limit above the model's own is refused."""
        return min(request.max_output_tokens, self._prices.facts(model, self.name).output)

    def _secret(self) -> str:
        secret = self._key().reveal() if self._key is not None else ""
        if not secret.isascii() or not secret.isprintable():
            raise self._refuse_key("the key holds characters that no key has; enter it again")
        return secret

    def _exchange(
        self, path: str, body: Mapping[str, Any], seconds: float, secret: str, *, read: bool = False
    ) -> Answer:
        """Return what came back, whatever its status. Raises Unavailable when nothing was sent, else OutcomeUnknown."""
        return self._client(secret, seconds).call("POST", path, json=body, read=read, judge=lambda answer: answer)

    def _client(self, secret: str, seconds: float) -> HttpClient:
        return HttpClient(
            self.name,
            self._base,
            None,
            headers=self._headers(secret),
            session=self._session,
            timeouts=(_CONNECT_S, seconds),
            trace=self._trace,
        )

    def _error(self, answer: Answer, secret: str) -> AgentError:
        """Return our error for a refused call (integrations, section 2.5)."""
        if isinstance(answer.json, list) and answer.json:  # some of Google's front ends wrap the error in a list
            answer = replace(answer, json=answer.json[0])
        codes, words = codes_of(answer.json), vendor_message(answer, [secret])[:_MESSAGE]
        message = f"{answer.status} {words}"
        status, wait = answer.status, self._wait(answer)
        if own := find_wrong_place(self.name, status, words) or self._refusal(answer, codes, words):
            return own
        if status == 402:
            return QuotaExhausted(self.name, message)
        if status in (401, 403):  # without the vendor's words, which may quote the key
            return self._refuse_key(f"{status}: {KEY_REFUSED}")
        if status == 429:
            return RateLimited(self.name, message, retry_after=wait)
        if status in (503, 529):
            return Overloaded(self.name, message, retry_after=wait)
        if status in (408, 499) or status >= 500:
            return OutcomeUnknown(self.name, message, retry_after=wait)
        return Missing(self.name, message) if status == 404 else Rejected(self.name, message)

    def _refuse_key(self, message: str) -> IntegrationError:
        return Rejected(self.name, message) if self._operators else Unauthorized(self.name, message)

    def _wait(self, answer: Answer) -> timedelta | None:
        """Return how long the vendor asks us to wait, in whichever of its headers it says so."""
        exact = answer.headers.get("retry-after-ms", "")
        wait = span(float(exact) / 1000) if exact.replace(".", "", 1).isdecimal() else retry_after(answer)
        if wait is None:
            wait = max(self._resets(answer.headers), default=None)
        return None if wait is None else min(max(wait, timedelta()), LONGEST_WAIT)

    def _resets(self, headers: Mapping[str, str]) -> Iterable[timedelta]:
        """Yield when the limits that are used up begin anew: a duration at OpenAI and xAI, a time at Anthropic."""
        for name, left in headers.items():
            lowered = name.lower()
            if left.strip() != "0" or "ratelimit" not in lowered or "remaining" not in lowered:
                continue
            reset = headers.get(lowered.replace("remaining", "reset"), "").strip()
            if (found := read_duration(reset) or wait_until(reset, self._clock.now())) is not None:
                yield found
