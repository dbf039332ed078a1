"""Refused calls at OpenAI, xAI and servers that speak like them (integrations, section 2.5)."""

from __future__ import annotations

import re

from shared.core.errors import AgentError, Overloaded, QuotaExhausted
from shared.core.models.model_errors import ContextTooLong, Refused
from shared.http_answers import Answer

_SPENT = frozenset(
    {
        "insufficient_quota",
        "credit_balance_exhausted",
        "billing_hard_limit_reached",
        "organization_spend_limit_exceeded",
        "project_spend_limit_exceeded",
        "organization_usage_limit_exceeded",
    }
)
_SPENT_WORDS = re.compile(r"used all available credits|monthly spending limit", re.IGNORECASE)  # xAI: 429, also 403
_POLICY = frozenset({"content_filter", "content_policy_violation", "invalid_prompt"})
_TOO_LONG = frozenset({"context_length_exceeded", "exceed_context_size_error"})  # the second is llama.cpp's
_TOO_LONG_WORDS = re.compile(r"maximum (context|prompt) length|exceeds? the available context", re.IGNORECASE)
_FULL = frozenset({"server_is_overloaded", "slow_down"})


def refusal(system: str, answer: Answer, codes: frozenset[str], message: str) -> AgentError | None:
    """Return our error for what the vendor's own code or words say, None where only the status does."""
    reason = f"{answer.status} {message}"
    if codes & _SPENT or (answer.status in (403, 429) and _SPENT_WORDS.search(message)):
        return QuotaExhausted(system, reason)
    if answer.status in (400, 413, 422) and (codes & _TOO_LONG or _TOO_LONG_WORDS.search(message)):
        return ContextTooLong(f"{system}: {reason}")
    if answer.status == 400 and codes & _POLICY:
        return Refused(f"the vendor's filter stopped the prompt: {message}")
    if answer.status == 503 and codes & _FULL:
        return Overloaded(system, reason)
    return None
