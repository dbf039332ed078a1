"""Vendors that do not serve the place a call comes from: no key's fault, and no other key changes it.

Sources: OpenAI, "Error codes" (403, unsupported_country_region_territory); Google, "Troubleshooting guide" of the
Gemini API (400 FAILED_PRECONDITION, user location); Anthropic, "Supported countries" (403 forbidden, "Request not
allowed").
"""

from __future__ import annotations

import re

from shared.core.errors import NotAllowed

_WORDS = re.compile(
    r"country, region, or territory not supported|user location is not supported|^forbidden request not allowed"
    r"|^request not allowed|not available in your (?:country|region)",
    re.IGNORECASE,
)


def find_wrong_place(system: str, status: int, message: str) -> NotAllowed | None:
    """Return our error when the vendor's words say that it does not serve the place we call from."""
    if status not in (400, 403) or not _WORDS.search(message.strip()):
        return None
    way_out = "Run Workwright where this provider offers its service, or choose another provider."
    return NotAllowed(
        system, f"{status}: the provider does not serve the country or region of this machine", way_out=way_out
    )
