"""Whether Notion delivers what happens, to an installation as a whole."""

from __future__ import annotations

from shared.app.engine.deps import Deps
from shared.core.documents.bots import HANDSHAKE, Handshake
from shared.ports import SYSTEM, get_as


def is_webhook_verified(deps: Deps) -> bool:
    """Say whether Notion has sent the token of a webhook, and so delivers what happens."""
    known = get_as(Handshake, deps.store, (SYSTEM, *HANDSHAKE))
    return known is not None and known.verified is not None
