"""A command that came while its tenant was paused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.core.documents.codec import turned, unknown
from shared.core.run.commands import Command, command_from_data, command_to_data


@dataclass(frozen=True, slots=True)
class HeldCommand:
    """The command, and when it came."""

    command: Command = turned(None, command_from_data, command_to_data)
    at: str = ""
    more: Mapping[str, Any] = unknown()
