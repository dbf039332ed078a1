"""The systems that teams connect by a link, and whose grants are renewed at a token endpoint."""

from __future__ import annotations

from collections.abc import Mapping

from shared.core.system import OAuthProvider
from shared.integrations.systems import SYSTEMS

PROVIDERS: Mapping[str, OAuthProvider] = {
    each.name: each.oauth for each in SYSTEMS.values() if each.by_link and each.oauth is not None
}
