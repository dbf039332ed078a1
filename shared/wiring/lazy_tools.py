"""For a function that seldom works itself: what attempts may use is loaded when a request asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.app.engine.tools import Tools


def tools() -> Tools:
    """Return what attempts may use."""
    from shared.wiring.tools import wire_tools

    return wire_tools()
