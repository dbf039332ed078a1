"""A corpus of what software teams keep, written by somebody who had not seen the rules.

Asked for the first time, 28 of 30 were found and 4 of 8 disguised ones, and 2 lines of 200 were taken for secrets. What
that taught (names before calls, values before their names, groups of letters, messages after a mention) has been
learned since. No line here holds a whole secret.
"""

from __future__ import annotations

from tests.support.secret_corpora.teams.part_1 import planted_vendors
from tests.support.secret_corpora.teams.part_2 import planted_files, planted_prose
from tests.support.secret_corpora.teams.part_3 import disguised, harmless_ids
from tests.support.secret_corpora.teams.part_4 import harmless_code, harmless_configuration, harmless_words

__all__ = ["HARMLESS", "disguised", "harmless", "planted"]


def planted() -> dict[str, tuple[str, str]]:
    return {**planted_vendors(), **planted_files(), **planted_prose()}


def harmless() -> dict[str, str]:
    return {**harmless_ids(), **harmless_configuration(), **harmless_code(), **harmless_words()}


HARMLESS = [line for text in harmless().values() for line in text.splitlines()]
