"""Values that are sealed or changed by the operator: of a tenant's sites, and until when a secret before is taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.core.documents.codec import beside, unknown

SITE_VALUES = "site_values"  # documents of a tenant
ROTATIONS = "rotations"  # documents under SYSTEM, by the secret's name


@dataclass(frozen=True, slots=True)
class SiteValue:
    """A value for a tenant's sites, sealed; None once it was forgotten."""

    sealed: Mapping[str, Any] | None
    at: datetime
    id: str = beside("")
    more: Mapping[str, Any] = unknown()


@dataclass(frozen=True, slots=True)
class Rotation:
    """Until when the secret before the one in use is taken."""

    until: datetime
    at: datetime
    more: Mapping[str, Any] = unknown()
