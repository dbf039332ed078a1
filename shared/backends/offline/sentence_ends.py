"""Where the sentences of a text end, also where somebody forgot the space behind a full stop."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shared.backends.offline.page_blocks import clean

_CAPITAL = "A-ZÀ-ÖØ-ÞĄĆČĎĐĘĚĞİŁŃŇŌŐŒŘŚŞŠŤŪŮŰŹŻŽΑ-ΩА-ЯЁ"
_END = re.compile(
    r"\n"
    r"|(?<=[.!?؟])\s+"  # a price, a version or an address has no space behind its dots
    r"|(?<=[。！？؟])(?![。！？؟])"
    rf"|(?<=[^\W\d_{_CAPITAL}]{{2}}[.!?])(?=[\"'‘“„«(]?[{_CAPITAL}])"
)


def sentences_of(text: str) -> Iterator[str]:
    """Yield the sentences of a text, none of them blank."""
    return (sentence for part in _END.split(clean(text)) if (sentence := part.strip()))
