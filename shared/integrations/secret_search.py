"""The search for secrets with the tokens of all systems of the list, and what a path may hold by both."""

from __future__ import annotations

from collections.abc import Sequence

from shared.core.planning.file_plan import PathRules
from shared.core.secrets import secrets_in_text
from shared.core.secrets.secret_rules import Found, rules_with
from shared.integrations.systems import SYSTEMS

RULES = rules_with(look for each in SYSTEMS.values() for look in each.secret_looks)


def secrets_in(text: str) -> Sequence[Found]:
    """Return the secrets of a text, in order, none within another."""
    return secrets_in_text.secrets_in(text, RULES)


PATH_RULES = PathRules(secrets_in, tuple(name for each in SYSTEMS.values() for name in each.not_in_new))
