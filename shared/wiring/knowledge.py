"""Where what is known of workspaces is kept, and what searches it by meaning; loaded when the first is asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from shared.ports import Embedder, Knowledge
from shared.settings import Settings
from shared.wiring import wire


def knowledge_of(tenant: str) -> Knowledge:
    """Return the tenant's index."""
    return _knowledge()(tenant)


def embedder_of(tenant: str) -> Embedder | None:
    """Return what embeds the tenant's texts; None where words alone are searched."""
    return _embedder()


@cache
def _knowledge() -> Callable[[str], Knowledge]:
    settings: Settings = wire().settings
    from shared.backends.local.knowledge import LocalKnowledge

    return LocalKnowledge(settings.data).of


@cache
def _embedder() -> Embedder | None:
    from shared.backends.local.embedder import local_embedder

    return local_embedder()
