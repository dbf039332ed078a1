"""The README of a generated repository."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from shared.backends.offline.page_blocks import Requirement, collapse_line, shorten

_LONG = 200


def readme(
    title: str, about: str, requirements: Sequence[Requirement], tests: Sequence[Mapping[str, str]], more: str = ""
) -> str:
    """Return the README: what it is, what was asked for, how to test it. `more` is our own Markdown."""
    covered = {item["requirement"]: item["test"] for item in tests}
    rows = "\n".join(
        f"| {plain(item.id)} | {plain(shorten(item.text, _LONG))} | `{covered.get(item.id, '')}` |"
        for item in requirements
    )
    return f"""# {plain(title)}

{about}

Built by Workwright's offline model, which works by rules: it takes over what the page says and adds nothing of its own.

{more}## What the page asks for

| | Requirement | Test |
|---|---|---|
{rows}

Texts longer than {_LONG} characters are shortened in this table; `tests/requirements.json` has them whole.

## Test

```sh
python3 -m unittest discover -s tests -v
```

Python 3.9 or newer, nothing to install.
"""


def plain(text: str) -> str:
    """Return text that Markdown shows as it is, in a paragraph or a table cell."""
    return re.sub(r"([\\`*_{}\[\]<>#|~@!&$])", r"\\\1", collapse_line(text)).replace("\\@", "@\u2060")
