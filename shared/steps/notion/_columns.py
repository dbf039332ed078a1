"""A column as a plan wants it, for steps that make or change tables."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import Field, field_validator

from shared.core.text.outgoing_text import plain
from shared.integrations.notion.values.columns import column_config
from shared.steps._input import Input, Target
from shared.steps._kind import StepContext

Json = dict[str, Any]
_LEADS_OUT = re.compile(r"//|www\.|\blink\s*\(", re.IGNORECASE)


class Column(Input):
    """`options` of a select, `format` of a number (percent, euro …), `relates_to` a data source."""

    type: Literal[
        "rich_text", "number", "select", "multi_select", "status", "date", "people", "files", "checkbox", "url",
        "email", "phone_number", "relation", "formula", "created_time", "last_edited_time", "created_by",
        "last_edited_by", "unique_id",
    ]  # fmt: skip
    options: list[str] = Field(default_factory=list, max_length=100)
    format: str = Field("", max_length=50)
    relates_to: Target = ""
    expression: str = Field("", max_length=1000)

    @field_validator("expression")
    @classmethod
    def _leads_nowhere(cls, expression: str) -> str:
        if _LEADS_OUT.search(expression):  # it would show a link, which can carry a row's values out
            raise ValueError("expression: a formula of ours holds no address and no link(); leave them out")
        return expression

    def config(self, ctx: StepContext) -> Json:
        """Return the column as it is sent."""
        return column_config(
            self.type,
            options=[plain(each) for each in self.options],
            format=self.format,
            relates_to=ctx.target(self.relates_to, "data_source"),
            expression=self.expression,
        )
