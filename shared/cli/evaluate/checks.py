"""The kinds of checks a set may hold, by the word under `look`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from shared.cli.evaluate.fields import Fields
from shared.cli.evaluate.looks import answer_topics, files, forms, links, readable, rows, table, text, tool
from shared.cli.evaluate.looks import service_visit as service
from shared.cli.evaluate.looks.page_outcome import Check

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
    "said": answer_topics.read,
    "files": files.read,
}


def read_check(fields: Fields) -> Check:
    """Return the check that a table of a page's file describes; raises ConfigError naming the field."""
    name, look = fields.text("name"), fields.one_of("look", sorted(LOOKS))
    check = LOOKS[look](name, fields)
    fields.end()
    return check
