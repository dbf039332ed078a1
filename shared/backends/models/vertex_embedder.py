"""Vectors of Vertex AI: `:predict` of a text embedding model, over our HTTP client (gcp 1.3, retrieval 8.5).

Documents and questions are embedded as what they are (the task type). Vectors are scaled to length one here: a
shortened one no longer is. A request holds at most 250 texts and 20,000 tokens; a text beyond 2,048 tokens is cut by
the service without a word, so it is cut here, at an estimate on the high side. Nothing is retried here;
an error says what was paid for until then.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import requests

from shared.backends.models.vertex_address import vertex_root
from shared.core.errors import IntegrationError, OutcomeUnknown
from shared.core.models.token_bound import estimate_tokens
from shared.core.run.run import Usage
from shared.http_client import HttpClient, Trace, segment
from shared.ports import Secret
from shared.ports.knowledge import Vector

MODEL = "text-multilingual-embedding-002"
DIMENSIONS = 768

_SYSTEM = "vertex"
_MAX_TEXTS, _MAX_TOKENS = 250, 20_000
_MAX_TOKENS_OF_A_TEXT = 2_048
_TASKS = {"document": "RETRIEVAL_DOCUMENT", "query": "RETRIEVAL_QUERY"}
_TIMEOUTS = (5.0, 60.0)
_PER_TOKEN, _PER_CHARACTER = 0.15, 0.025  # micro-dollars: the dearest text model's price, and this one's (gcp 1.3)


class VertexEmbedder:
    """One text embedding model of a Google Cloud project; `token` gives access tokens of a Google identity."""

    def __init__(
        self,
        project: str,
        location: str,
        token: Callable[[], str],
        *,
        model: str = MODEL,
        dimensions: int = DIMENSIONS,
        base_url: str = "",
        session: requests.Session | None = None,
        trace: Trace | None = None,
    ) -> None:
        self.id = f"{model}/{dimensions}"
        self.dimensions = dimensions
        self._root = vertex_root(project, location, base_url)
        self._path = f"/publishers/google/models/{segment(model)}:predict"
        self._token = token
        self._session = session
        self._trace = trace

    def embed(self, texts: Sequence[str], kind: str) -> list[Vector]:
        """Return one vector of unit length per text, in the order of the texts. Raises IntegrationError."""
        task, paid, found = _TASKS[kind], list[str](), list[Vector]()
        for some in _requests(texts):
            try:
                found += self._ask(some, task)
            except IntegrationError as error:
                error.used = self.estimate(paid + some if isinstance(error, OutcomeUnknown) else paid)
                raise
            paid += some
        return found

    def estimate(self, texts: Sequence[str]) -> Usage:
        """Return what embedding these costs at most: the price is told by the character here, by the token there."""
        sent = [_cut(text) for text in texts]
        tokens, characters = sum(map(estimate_tokens, sent)), sum(map(len, sent))
        return Usage(tokens, max(math.ceil(tokens * _PER_TOKEN), math.ceil(characters * _PER_CHARACTER)))

    def _ask(self, texts: Sequence[str], task: str) -> list[Vector]:
        body = {
            "instances": [{"content": text, "task_type": task} for text in texts],
            "parameters": {"outputDimensionality": self.dimensions},
        }
        client = HttpClient(
            _SYSTEM, self._root, Secret(self._token()), session=self._session, timeouts=_TIMEOUTS, trace=self._trace
        )
        answer = client.call("POST", self._path, json=body, read=True)
        found = answer.json.get("predictions") if isinstance(answer.json, Mapping) else None
        if not isinstance(found, list) or len(found) != len(texts):
            raise OutcomeUnknown(_SYSTEM, f"{answer.status}, but not one vector for each of {len(texts)} texts")
        return [self._unit(each) for each in found]

    def _unit(self, prediction: Any) -> Vector:
        try:
            values = [float(number) for number in prediction["embeddings"]["values"]]
        except (TypeError, KeyError, ValueError):
            raise OutcomeUnknown(_SYSTEM, "a prediction without a vector") from None
        length = math.sqrt(math.fsum(number * number for number in values))
        if len(values) != self.dimensions or not math.isfinite(length) or not length:
            raise OutcomeUnknown(_SYSTEM, f"a vector of {len(values)} numbers where {self.dimensions} were asked for")
        return [number / length for number in values]


def _requests(texts: Sequence[str]) -> Iterator[list[str]]:
    """Yield texts in order, as many at once as one request may hold."""
    held: list[str] = []
    tokens = 0
    for text in texts:
        text = _cut(text)
        needed = max(estimate_tokens(text), 1)
        if held and (len(held) == _MAX_TEXTS or tokens + needed > _MAX_TOKENS):
            yield held
            held, tokens = [], 0
        held.append(text)
        tokens += needed
    if held:
        yield held


def _cut(text: str) -> str:
    """Return the text, cut where it is surely too long; an empty one as a mark: the service refuses nothing at all."""
    text = text.encode("utf-8", "replace").decode()  # half of a surrogate pair cannot be sent
    while estimate_tokens(text) > _MAX_TOKENS_OF_A_TEXT:
        text = text[: int(len(text) * 0.9)]
    return text.strip() or "."
