"""What can be told from a credential's own look, before it is sent: that it is none, or another vendor's.

A vendor may change how its tokens look, so a token of an unknown look is always tried. One that is known to be another
vendor's is not: sending it would tell it to somebody whom it is no business of.
"""

from __future__ import annotations

from shared.integrations.systems import SYSTEMS, name_system
from shared.ports import Secret

_LOOKS = {  # as the vendors publish them, for their own and others' secret scanning
    **{look: each.name for each in SYSTEMS.values() for look in each.token_looks},
    "sk-ant-": "anthropic",
    "sk-proj-": "openai",
    "xai-": "xai",
    "AIza": "gemini",
}
_LONGEST = 4096


def find_misfit(system: str, token: Secret) -> str:
    """Return the sentence that says why this cannot be a credential of the system; "" when it may be one."""
    text, name = token.reveal(), name_system(system)
    if not text.strip():
        return "Nothing was given."
    if "://" in text or text.startswith("www."):
        return f"That is an address, not a token of {name}."
    if not text.isascii() or not text.isprintable() or " " in text or len(text) > _LONGEST:
        return f"That is not a token of {name}: it holds blanks, line breaks or letters that no token has."
    for look, owner in _LOOKS.items():
        if text.startswith(look) and owner != system:
            return f"That is a token of {name_system(owner)}, and {name} was to be tried; it was not sent."
    return ""
