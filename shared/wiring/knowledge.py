"""Where what is known of workspaces is kept, and what searches it by meaning; loaded when the first is asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from shared.ports.knowledge import Embedder, Knowledge
from shared.wiring import wire

if TYPE_CHECKING:
    from shared.backends.models.vertex_embedder import VertexEmbedder


def knowledge_of(tenant: str) -> Knowledge:
    settings = wire().settings
    if settings.mode == "cloud":
        return _cloud(settings.project, settings.emulators.get("firestore", ""))(tenant)
    return _local(settings.data)(tenant)


def embedder_of(tenant: str) -> Embedder | None:
    """Return what embeds the tenant's texts; None where words alone are searched: no extra, or emulated services."""
    settings = wire().settings
    if settings.mode != "cloud":
        return _small_model()
    if settings.emulated:
        return None
    from shared.app.money.paid_embedder import PaidEmbedder

    return PaidEmbedder(wire().deps, tenant, _vertex(settings.project, settings.location))


@cache
def _cloud(project: str, emulator: str) -> Callable[[str], Knowledge]:
    """Return Firestore's; its client looks for the emulator by itself, so that another one takes another client."""
    from google.cloud import firestore

    from shared.backends.cloud.knowledge.index import CloudKnowledge

    return CloudKnowledge(firestore.Client(project=project)).open_for


@cache
def _vertex(project: str, location: str) -> VertexEmbedder:
    import requests

    from shared.backends.models.google_identity import google_token_source
    from shared.backends.models.vertex_embedder import VertexEmbedder

    return VertexEmbedder(project, location, google_token_source(), session=requests.Session())


@cache
def _local(folder: Path) -> Callable[[str], Knowledge]:
    from shared.backends.local.search.local_knowledge import LocalKnowledge

    return LocalKnowledge(folder).open_for


@cache
def _small_model() -> Embedder | None:
    from shared.backends.local.search.embedder import local_embedder

    return local_embedder()
