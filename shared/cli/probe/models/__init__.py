"""The probes of the vendors of models: a few short questions to the model that a person names."""

from __future__ import annotations

from collections.abc import Mapping

from shared.cli.probe.calls import Probe
from shared.cli.probe.models import anthropic, chat, gemini, responses

MODEL_PROBES: Mapping[str, Probe] = {
    each.system: each
    for each in (
        anthropic.PROBE, responses.OPENAI, responses.XAI, gemini.DEVELOPER, gemini.VERTEX, chat.PROBE,
    )
}  # fmt: skip
