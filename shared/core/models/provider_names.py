"""What people call the providers of models that settings name by an id."""

from __future__ import annotations

from collections.abc import Mapping

PROVIDER_NAMES: Mapping[str, str] = {
    "anthropic": "Anthropic",
    "openai": "OpenAI",
    "xai": "xAI",
    "gemini": "Google's Gemini",
}
