"""Published descriptions of Vercel's API as judges of requests; VERCEL_DESCRIPTIONS names their folder.

The vendor's own document is a year old and knows fewer paths; it judges those it knows.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from tests.support.descriptions.api_description import BESIDE, Api

CURRENT, OLD = "vercel-openapi-derived.json", "vercel-openapi-2025-10-27-trimmed.json"


def find_descriptions() -> list[Path]:
    """Return where the descriptions are on this machine, the current one first; none where it is absent."""
    folder = Path(os.environ.get("VERCEL_DESCRIPTIONS") or BESIDE)
    current = folder / CURRENT
    return [path for path in (current, folder / OLD) if path.is_file()] if current.is_file() else []


def nullable(schema: Any) -> Any:
    """Return the schema so that `nullable`, which JSON Schema does not know, counts."""
    if isinstance(schema, list):
        return [nullable(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: nullable(value) for key, value in schema.items()}
    if made.pop("nullable", False) is True:
        made.pop("default", None)
        return {"anyOf": [made, {"type": "null"}]}
    return made


_API = Api(
    find=find_descriptions,
    prepare=nullable,
    signed=True,  # `limit=-1` asks for all of a log
    left_out=(("GET", "/v10/projects"),),  # of the derived one; the vendor's own document has it, and judges
)
of_exchange, violations = _API.of_exchange, _API.violations
