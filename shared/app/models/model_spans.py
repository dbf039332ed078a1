"""What is told of a call to a model, by OpenTelemetry's conventions for generative AI: who, how much, never what.

Of the conventions' attributes those that hold messages, instructions or tools are left out on purpose.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from shared import log
from shared.core.errors import IntegrationError
from shared.core.models.model_errors import ModelError
from shared.core.run.run import Usage
from shared.ports.model import ModelRequest, ModelResult
from shared.telemetry import spans, trace

_NAMES = {"vertex": "gcp.vertex_ai", "gemini": "gcp.gemini", "xai": "x_ai"}  # others are called there as we call them


class Told:
    """One call under way: hears how it ended."""

    def __init__(self, span: spans.Span, model: str, request: ModelRequest) -> None:
        self._span, self._model, self._request = span, model, request

    def tell_answer(self, result: ModelResult) -> None:
        tokens = result.tokens
        read = int(tokens.get("input", 0))
        written = int(tokens.get("output", 0)) + int(tokens.get("thoughts", 0))
        if not read and not written:  # a provider that counts only all of them together
            read = result.usage.tokens
        self._span.note(
            {
                "gen_ai.response.model": result.model,
                "gen_ai.response.id": result.request_id,
                "gen_ai.usage.cache_read.input_tokens": int(tokens.get("cached", 0)) or None,
            }
        )
        self._tell(result.usage, read, written, "INFO")

    def tell_failure(self, error: IntegrationError | ModelError) -> None:
        """Tell of an error, and what it has cost all the same."""
        self._tell(error.used, error.used.tokens, 0, "WARNING", **log.about(error))

    def _tell(self, used: Usage, read: int, written: int, severity: str, **more: str) -> None:
        self._span.note({"gen_ai.usage.input_tokens": read, "gen_ai.usage.output_tokens": written})
        self._span.note({"workwright.cost_micros": used.micros})
        log.event(
            "model.called",
            severity,
            model=self._model,
            agent_class=self._request.task_class,
            input_tokens=read,
            output_tokens=written,
            cost_micros=used.micros,
            duration_s=round(self._span.seconds(), 3),
            **more,
        )


@contextmanager
def asking(provider: str, model: str, request: ModelRequest) -> Iterator[Told]:
    prefix, _, agent = request.task.partition(".")
    with trace.span(f"chat {model}", kind="client") as span:
        span.note(
            {
                "gen_ai.operation.name": "chat",
                "gen_ai.provider.name": _NAMES.get(provider, provider),
                "gen_ai.request.model": model,
                "gen_ai.request.max_tokens": request.max_output_tokens,
                "gen_ai.output.type": "json",
                "gen_ai.agent.id": agent if prefix == "agent" else request.task,
                "workwright.task_class": request.task_class,
            }
        )
        yield Told(span, model, request)
