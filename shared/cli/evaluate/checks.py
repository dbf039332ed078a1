"""The kinds of checks a set may hold, by the word under `look`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from shared.cli.evaluate.fields import Fields
from shared.cli.evaluate.looks import files, forms, links, readable, rows, said, table, text, tool
from shared.cli.evaluate.looks import service_visit as service
from shared.cli.evaluate.looks.seen import Check

__all__ = ["LOOKS", "Check", "read_check"]

LOOKS: Mapping[str, Callable[[str, Fields], Check]] = {
    "text": text.read,
    "rows": rows.read,
    "links": links.read_links,
    "menu": links.read_menu,
    "form": forms.read,
    "readable": readable.read,
    "service": service.read,
    "tool": tool.read,
    "table": table.read,
    "said": said.read,
    "files": files.read,
}


def read_check(fields: Fields) -> Check:
    """Return the check that a table of a page's file describes; raises ConfigError naming the field."""
    name, look = fields.text("name"), fields.one_of("look", sorted(LOOKS))
    check = LOOKS[look](name, fields)
    fields.end()
    return check
