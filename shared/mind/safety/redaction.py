"""Secrets become placeholders before any text leaves for a model, in this one place.

Every model and embedder that tools hand out is wrapped here, so no caller can forget it (security, sections 3 and 7.3).
`data`, which only the rules of `offline` read, is treated like the prompt: what a model is told must not depend on
which one is asked, and what it writes is published. An answer is never turned back; where it repeats a placeholder, a
sign stands that strangers may see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Any

from shared.core.models.model_errors import InvalidOutput
from shared.core.run.run import Usage
from shared.core.secrets.secret_places import hide_places_in
from shared.core.secrets.secrets_in_text import secret_value
from shared.core.text.outgoing_text import visible
from shared.mind.safety.leaks import MIN_KNOWN, secrets_anywhere
from shared.ports.knowledge import Embedder, Vector
from shared.ports.model import Message, Model, ModelRequest, ModelResult, ToolCall

_SIGNS = "[[secret:"
_NO_TEXT = frozenset({"id", "type", "block", "source", "edited_at", "color"})  # of data: names and numbers

Known = Callable[[], Iterable[str]]


def list_no_secrets() -> Iterable[str]:
    """Return no secrets."""
    return ()


class Redactor:
    """Hides secrets of one request: the same secret gets the same placeholder, `[[secret:kind:n]]`.

    `known` are values that are secret whatever they look like. Placeholders and values are kept in memory only.
    """

    def __init__(self, known: Iterable[str] = ()) -> None:
        self._known = sorted({secret for secret in known if len(secret) >= MIN_KNOWN}, key=len, reverse=True)
        self._places: dict[str, str] = {}
        self._learned: dict[str, str] = {}  # its kind by the value

    @property
    def kinds(self) -> tuple[str, ...]:
        """Return the kinds of what was hidden, one for each secret, to tell people; never a value."""
        return tuple(place.split(":")[1] for place in self._places.values())

    def learn(self, value: Any) -> None:
        """Remember the secrets of JSON-able data that are seen in all of it only: one half here, the other there."""
        pieces = [piece for piece in _walk_texts(value) if piece]
        starts = list(accumulate((len(piece) for piece in pieces[:-1]), initial=0))
        for secret in secrets_anywhere("".join(pieces)):
            for start, piece in zip(starts, pieces, strict=True):
                part = piece[max(0, secret.start - start) : max(0, secret.end - start)].strip()
                if len(part) >= MIN_KNOWN:
                    self._learned[part] = secret.kind

    def hide(self, text: str) -> str:
        """Return the text with placeholders for its secrets, and without letters that nobody sees."""
        text = visible(text)
        for value in self._known:
            if value in text:
                text = text.replace(value, self._place(value, "known"))
        for value, kind in self._learned.items():
            if value in text:
                text = text.replace(value, self._place(value, kind))
        kept, at = [], 0
        for secret in secrets_anywhere(text):
            kept += [text[at : secret.start], self._place(text[secret.start : secret.end], secret.kind)]
            at = secret.end
        return "".join([*kept, text[at:]])

    def hide_in(self, value: Any, name: str = "") -> Any:
        """Return JSON-able data with placeholders in all its texts; `name` is that of the field it is the value of."""
        if isinstance(value, str):
            hidden = self.hide(value)
            return self._place(value, "key") if hidden == value and name and secret_value(name, value) else hidden
        if isinstance(value, Mapping):
            return {self._name(key): self.hide_in(each, str(key)) for key, each in value.items()}
        return [self.hide_in(each, name) for each in value] if isinstance(value, list | tuple) else value

    def restore(self, text: str) -> str:
        """Return the text with what was hidden by this redactor: for the sandbox of code that people trust, alone."""
        for value, place in self._places.items():
            text = text.replace(place, value)
        return text

    def _name(self, key: Any) -> Any:
        return self.hide(key) if isinstance(key, str) else key

    def _place(self, value: str, kind: str) -> str:
        if value.startswith(_SIGNS):
            return value
        return self._places.setdefault(value, f"{_SIGNS}{kind}:{len(self._places) + 1}]]")


def _walk_texts(value: Any, name: str = "") -> Iterator[str]:
    """Yield the texts of data in order, each block or cell a line: runs of one text in several styles are one text."""
    if isinstance(value, str):
        if name not in _NO_TEXT:
            yield value
            yield "\n"
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _walk_texts(each, str(key))
    elif isinstance(value, list | tuple):
        if value and all(isinstance(each, Mapping) and isinstance(each.get("text"), str) for each in value):
            for each in value:
                yield str(each["text"])
            yield "\n"
        else:
            for each in value:
                yield from _walk_texts(each, name)


def hide_request(request: ModelRequest, redactor: Redactor) -> ModelRequest:
    """Return the request with placeholders for the secrets of every text in it, and in its data the sign."""
    redactor.learn(request.data)
    return replace(
        request,
        system=redactor.hide(request.system),
        stable=redactor.hide(request.stable),
        prompt=redactor.hide(request.prompt),
        messages=tuple(_hide_message(message, redactor) for message in request.messages),
        tools=tuple(replace(tool, purpose=redactor.hide(tool.purpose)) for tool in request.tools),
        data=hide_places_in(redactor.hide_in(dict(request.data))),  # rules write what they read into what they make
    )


def _hide_message(message: Message, redactor: Redactor) -> Message:
    calls = tuple(ToolCall(call.id, call.name, redactor.hide_in(dict(call.input))) for call in message.calls)
    return replace(message, text=redactor.hide(message.text), calls=calls)


class _DiscreetModel:
    """A model that is told no secrets."""

    def __init__(self, model: Model, known: Known) -> None:
        self.inner = model
        self._known = known
        self._last: tuple[ModelRequest, ModelRequest] | None = None
        self.name = model.name

    def estimate(self, request: ModelRequest) -> Usage:
        """Return an upper bound of what the call may cost."""
        return self.inner.estimate(self._hide_once(request))

    def window(self, task_class: str) -> int:
        return self.inner.window(task_class)

    def count(self, request: ModelRequest) -> int:
        """Return the tokens of the prompt: a provider that is asked to count reads it too."""
        return self.inner.count(self._hide_once(request))

    def complete(self, request: ModelRequest) -> ModelResult:
        """Answer the request with placeholders in it; where the answer repeats one, the sign stands in it."""
        try:
            result = self.inner.complete(self._hide_once(request))
        except InvalidOutput as error:
            error.answer = hide_places_in({"said": error.answer})["said"]
            raise
        calls = tuple(replace(call, input=hide_places_in(dict(call.input))) for call in result.calls)
        return replace(result, answer=hide_places_in(result.answer), calls=calls)

    def _hide_once(self, request: ModelRequest) -> ModelRequest:
        """Return the request with placeholders; it is mostly asked for the one it was asked for just before."""
        last = self._last
        if last is None or last[0] is not request:
            last = self._last = (request, hide_request(request, Redactor(self._known())))
        return last[1]


class _DiscreetEmbedder:
    """An embedder that is told no secrets: where it is a service, it reads every text."""

    def __init__(self, embedder: Embedder, known: Known) -> None:
        self.inner = embedder
        self._known = known
        self.id, self.dimensions = embedder.id, embedder.dimensions

    def embed(self, texts: Sequence[str], kind: str) -> list[Vector]:
        """Return one vector per text, of the text with placeholders."""
        known = tuple(self._known())
        return self.inner.embed([Redactor(known).hide(text) for text in texts], kind)


def discreet_model(model: Model, known: Known = list_no_secrets) -> Model:
    """Return the model, told no secrets, wrapped once; `known` are values that are secret whatever they look like."""
    return _DiscreetModel(model.inner if isinstance(model, _DiscreetModel) else model, known)


def discreet_embedder(embedder: Embedder | None, known: Known = list_no_secrets) -> Embedder | None:
    """Return the embedder, told no secrets; None where there is none."""
    if embedder is None:
        return None
    return _DiscreetEmbedder(embedder.inner if isinstance(embedder, _DiscreetEmbedder) else embedder, known)
