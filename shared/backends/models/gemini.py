"""Model on Vertex AI: one question, one answer, over plain REST. It never retries: the reducer does, and pays."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any

import requests
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from shared.backends.models import gemini_wire as gemini
from shared.backends.models.prices import Prices, Tokens
from shared.core.errors import ConfigError, ModelError, OutcomeUnknown, Unavailable
from shared.core.run import Usage
from shared.ports import Clock, ModelRequest, ModelResult, request_tokens

_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_CONNECT_S = 5.0
_OVERHEAD_TOKENS = 256  # roles and separators, which are billed too
_MULTI_REGIONS = frozenset({"us", "eu"})


class VertexModel:
    """Gemini in one project. `models` maps task classes to model ids where they differ from the price table's."""

    name = gemini.SYSTEM

    def __init__(
        self,
        project: str,
        location: str,
        token_source: Callable[[], str],
        session: requests.Session,
        prices: Prices,
        clock: Clock,
        *,
        models: Mapping[str, str] | None = None,
        base_url: str = "",
    ) -> None:
        self._root = f"{base_url.rstrip('/') or _host(location)}/v1beta1/projects/{project}/locations/{location}"
        self._token = token_source
        self._session = session
        self._prices = prices
        self._clock = clock
        self._models = {**prices.classes, **(models or {})}

    def estimate(self, request: ModelRequest) -> Usage:
        """Return an upper bound: no token is shorter than a byte, and thoughts are within the output limit."""
        asked = len(json.dumps(gemini.body_of(request), ensure_ascii=False).encode("utf-8", "replace"))
        most = Tokens(input=asked + _OVERHEAD_TOKENS, output=request.max_output_tokens)
        return self._usage(self._model_for(request), most)

    def window(self, task_class: str) -> int:
        """Return the context window of the model."""
        return 1_000_000

    def count(self, request: ModelRequest) -> int:
        """Return our estimate."""
        return request_tokens(request)

    def complete(self, request: ModelRequest) -> ModelResult:
        """Answer with JSON. A ModelError carries what the call cost as `used`."""
        model = self._model_for(request)
        self._prices.of(model, self._clock.now())  # before anything is spent
        answer = self._ask(model, request)
        tokens = gemini.tokens_of(answer)
        usage = self._usage(model, tokens)
        try:
            content = gemini.content_of(answer)
        except ModelError as error:
            raise gemini.billed(error, usage) from error.__cause__
        return ModelResult(
            answer=content,
            model=model,
            usage=usage,
            request_id=str(answer.get("responseId", "")),
            tokens={
                "input": tokens.input,
                "cached": tokens.cached,
                "output": tokens.output,
                "thoughts": tokens.thoughts,
            },
        )

    def _ask(self, model: str, request: ModelRequest) -> dict[str, Any]:
        url = f"{self._root}/publishers/google/models/{model}:generateContent"
        try:
            response = self._session.post(
                url,
                data=json.dumps(gemini.body_of(request)).encode(),
                headers={"Authorization": f"Bearer {self._token()}", "Content-Type": "application/json"},
                timeout=(_CONNECT_S, request.timeout.total_seconds()),
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise _no_answer(error) from error
        if response.status_code != 200:
            raise gemini.error_of(response.status_code, response.headers, response.text)
        try:
            answer = response.json()
        except ValueError as error:
            raise OutcomeUnknown(self.name, "200, but the answer is not JSON") from error
        if not isinstance(answer, dict):
            raise OutcomeUnknown(self.name, "200, but the answer is not an object")
        return answer

    def _usage(self, model: str, tokens: Tokens) -> Usage:
        return Usage(tokens.total, self._prices.of(model, self._clock.now()).micros(tokens))

    def _model_for(self, request: ModelRequest) -> str:
        try:
            return self._models[request.task_class]
        except KeyError:
            raise ConfigError(f"no model is set for the task class {request.task_class!r}") from None


def google_token_source(session: requests.Session | None = None) -> Callable[[], str]:
    """Return a source of access tokens of this machine's Google identity, which asks only when the last one ends."""
    import google.auth
    from google.auth.exceptions import GoogleAuthError
    from google.auth.transport.requests import Request

    credentials: Any
    credentials, _ = google.auth.default(scopes=[_SCOPE])
    lock, request = threading.Lock(), Request(session)

    def token() -> str:
        with lock:
            if not credentials.valid:
                try:
                    credentials.refresh(request)
                except GoogleAuthError as error:
                    raise Unavailable("google-auth", f"no access token: {type(error).__name__}") from error
            return str(credentials.token)

    return token


def _host(location: str) -> str:
    if location == "global":
        return "https://aiplatform.googleapis.com"
    if location in _MULTI_REGIONS:
        return f"https://aiplatform.{location}.rep.googleapis.com"
    return f"https://{location}-aiplatform.googleapis.com"


def _no_answer(error: requests.RequestException) -> Unavailable | OutcomeUnknown:
    """Tell a call that never left from one that may have been carried out, and charged."""
    cause = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(error, requests.ConnectTimeout) or isinstance(cause, NewConnectionError | ConnectTimeoutError):
        return Unavailable(gemini.SYSTEM, f"cannot be reached: {type(error).__name__}")
    return OutcomeUnknown(gemini.SYSTEM, f"no answer: {type(error).__name__}")
