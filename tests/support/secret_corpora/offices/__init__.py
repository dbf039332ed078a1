"""A corpus of offices, clinics and small companies, written by somebody who had not seen the rules.

Asked for the first time, 25 of 30 were found and 4 of 8 disguised ones, and 1 line of 200 was taken for a secret. What
that taught (keys of applications, signatures of links, words with a number between hyphens, a message at the very
bottom) has been learned since. No line here holds a whole secret.
"""

from __future__ import annotations

from tests.support.secret_corpora.offices.disguised_texts import disguised
from tests.support.secret_corpora.offices.harmless_texts import harmless
from tests.support.secret_corpora.offices.planted_texts import of_people, of_programs
from tests.support.secret_corpora.offices.vendor_texts import of_vendors

__all__ = ["HARMLESS", "disguised", "harmless", "planted"]


def planted() -> dict[str, tuple[str, str]]:
    """Return thirty texts with a secret that is told plainly, and the secret."""
    return {**of_vendors(), **of_programs(), **of_people()}


HARMLESS = [line for text in harmless().values() for line in text.splitlines()]
