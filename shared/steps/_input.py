"""What a plan fills in for a step: its fields, and how it names things that are there or that an earlier step makes."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from shared.integrations.notion.ids import id_named


def _compact(schema: dict[str, Any]) -> None:
    """Take the titles out of a schema: they only repeat the names, and every planner's prompt holds all schemas."""
    schema.pop("title", None)
    for field_schema in schema.get("properties", {}).values():
        field_schema.pop("title", None)


class Input(BaseModel):
    """What the plan fills in; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra=_compact)

    def exactly_one(self, *names: str) -> None:
        """Raise ValueError unless one of these fields is given, and no other."""
        given = [name for name in names if getattr(self, name) not in ("", None)]
        if len(given) != 1:
            raise ValueError(f"give exactly one of {', '.join(names)}; {' and '.join(given) or 'none'} was given")


STEP = re.compile(r"step:((?:r[0-9]{1,4}\.)?[A-Za-z0-9_-]{1,40})")


def _target(value: str) -> str:
    value = value.strip()
    if not value or STEP.fullmatch(value):
        return value
    found = id_named(value.partition("#")[2]) or id_named(value)
    if not found:
        raise ValueError(f"{value[:80]!r} is not the 32 digits of an id, an address in Notion, or step:ID")
    return found


Target = Annotated[str, Field(max_length=500, description="id, address or step:ID"), AfterValidator(_target)]
"""Something in Notion: an id, an address, or `step:ID` for what an earlier step of the same plan made. May be empty."""

Emoji = Annotated[str, Field(max_length=20, pattern=r"^[^A-Za-z/:.]*$", description="one emoji")]
"""An icon. An address is none: a picture that lies elsewhere would be fetched by whoever looks at the page."""
