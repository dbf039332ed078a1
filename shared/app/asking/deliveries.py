"""How long to wait for what Notion may still deliver about a change that was found by asking."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from shared.app.asking import asks_often
from shared.app.engine.deps import Deps
from shared.ports import SYSTEM

TOLD_WITHIN = timedelta(minutes=6)  # Notion delivers within 5 (notion-api: webhooks)


def told_within(deps: Deps, settings: Mapping[str, Any]) -> timedelta:
    """Return within what time a change is delivered; no time where there is no webhook, and so never."""
    if not asks_often(settings):
        return TOLD_WITHIN
    webhook = deps.store.get(SYSTEM, "webhook", "notion")
    return TOLD_WITHIN if webhook is not None and webhook.body.get("verified") else timedelta(0)
