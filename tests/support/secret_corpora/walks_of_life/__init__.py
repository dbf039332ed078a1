"""A corpus of an agency, a hospital, a game studio, a school, a shop and a laboratory, written unseen.

Asked for the first time, 23 of 30 were found and 5 of 8 disguised ones, and 3 lines of 200 were taken for secrets. What
that taught (what programs are told by a call, phrases between quotes, cells of pages) has been learned since. No line
here holds a whole secret.
"""

from __future__ import annotations

from tests.support.secret_corpora.walks_of_life.part_1 import planted_agency, planted_hospital, planted_studio
from tests.support.secret_corpora.walks_of_life.part_2 import planted_lab, planted_school, planted_shop
from tests.support.secret_corpora.walks_of_life.part_3 import disguised, harmless_agency, harmless_hospital
from tests.support.secret_corpora.walks_of_life.part_4 import harmless_lab, harmless_school, harmless_studio

__all__ = ["HARMLESS", "disguised", "harmless", "planted"]


def planted() -> dict[str, tuple[str, str]]:
    return {
        **planted_agency(),
        **planted_hospital(),
        **planted_studio(),
        **planted_school(),
        **planted_shop(),
        **planted_lab(),
    }


def harmless() -> dict[str, str]:
    return {**harmless_agency(), **harmless_hospital(), **harmless_studio(), **harmless_school(), **harmless_lab()}


HARMLESS = [line for text in harmless().values() for line in text.splitlines()]
