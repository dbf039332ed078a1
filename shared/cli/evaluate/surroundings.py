"""What of this machine's environment an evaluation's house is given: its model, its sandbox, nothing else real."""

from __future__ import annotations

from collections.abc import Mapping

from shared.settings import MODEL_SYSTEMS

_OURS = "WORKWRIGHT_"
_KEPT = frozenset({
    *(f"WORKWRIGHT_{name.upper()}_URL" for name in MODEL_SYSTEMS),
    *(f"WORKWRIGHT_COMPATIBLE_{name}" for name in ("MODEL", "WINDOW", "PRICE")),
    "WORKWRIGHT_MODELS", "WORKWRIGHT_MODEL_LOCATION", "WORKWRIGHT_NPM_REGISTRY", "WORKWRIGHT_PIP_INDEX",
    "WORKWRIGHT_REGISTRY_HOSTS", "WORKWRIGHT_BROWSER",
})  # fmt: skip
_TELLS_OTHERS = ("OTEL_", "SENTRY_")  # an evaluation is not this installation's work


def environment(given: Mapping[str, str], model: str) -> dict[str, str]:
    """Return the environment of a page's house: whatever names a real system or another folder is left out."""
    kept = {
        name: value for name, value in given.items() if name in _KEPT or not name.startswith((_OURS, *_TELLS_OTHERS))
    }
    return {**kept, "WORKWRIGHT_MODEL": model}
