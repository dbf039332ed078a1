"""Which families of steps a page may need: guessed from its words, in several languages, and never held against it.

The guess decides how much a planner is told of a family, not what it may plan.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from shared.core.planning.plan_refusals import AGENTS, CODE, NOTION
from shared.core.text.outgoing_text import fold

__all__ = ["AGENTS", "CODE", "NOTION", "Families", "count_spoken", "families_for", "family_of", "read_words"]

_OF_PREFIX = {
    "code": CODE, "repository": CODE, "site": CODE,
    "notion": NOTION, "knowledge": NOTION,
    "agent": AGENTS, "pattern": AGENTS,
}  # fmt: skip
_BEGINS = {  # how words begin that speak of it; a whole word ends with a dot
    CODE: """
        site websit webseit homepag startseit web. pagina página app. apps. anwendung api. apis. endpoint /health json.
        cli. command-line befehlszeile kommandozeile terminal tool. tools. werkzeug script skript program logiciel
        herramient outil. service. server. backend frontend software code. repository repo. branch pull-request bug.
        python node.js next.js javascript typescript html css deploy test. tests. calculator rechner bot.
        страниц сайт サイト ページ 网站 网页 موقع صفحة
    """,
    NOTION: """
        task aufgab tâche tache tarea compito notion database datenbank row. rows. zeile column spalte colonne columna
        overdue überfällig retard vencid property properties comment kommentar comentario backlog tracker inbox archiv
        template vorlage subpage unterseite wöchentlich weekly daily. täglich digest summaris summariz zusammenfass
        résum resum bericht agenda minutes. protokoll
        タスク データベース 任务 数据库 مهام задач
    """,
    AGENTS: """
        decide decision entscheid entschluss décid decisi specialist spezialist expert fachleut argue argument. debat
        pros. cons. vorteil nachteil trade-off tradeoff compare vergleich comparar comparer recommend empfehl recommand
        recomend opinion meinung avis. opinión weigh. abwäg assess bewert evaluat second-opinion estimate. estimates.
        schätz risk. risks. risik research recherch translat übersetz traduc traduir
    """,
}
_FAR_LESS = 3  # times
_NO_SPACES = "\u2e80"  # from here on
_ADDRESS = re.compile(r"https?://\S+")
_MARKS = re.compile(r"[^\W_]+(?:[-./][^\W_]+)*|/\w+")


def family_of(kind: str) -> str:
    """Return the family of a kind of step; a kind of no known family is one of its own."""
    prefix = kind.partition(".")[0]
    return _OF_PREFIX.get(prefix, prefix)


@dataclass(frozen=True, slots=True)
class Families:
    """The families a page may need; `sure` where its words say so."""

    names: frozenset[str]
    sure: bool = True


def families_for(text: str, kinds: Iterable[str]) -> Families:
    """Return the families that a page of this text may need, of those these kinds are of.

    Where nothing tells these are all but agents, whom people ask for by what they are to do. A family of which a page
    speaks far less than of another one is none of them. Kinds of no family are told one by one (plan_fitting.py).
    """
    families, words = {family_of(kind) for kind in kinds} & set(_WORDS), read_words(text)
    counted = {name: count_spoken(words, begins) for name, begins in _WORDS.items() if name in families}
    max_count = max(counted.values(), default=0)
    if not max_count:
        return Families(frozenset(families - {AGENTS}), sure=False)
    found = {name for name, times in counted.items() if times * _FAR_LESS >= max_count}
    return Families(frozenset(found))


def read_words(text: str) -> str:
    """Return the words of a text as they are compared: each on its own line, a dot behind it; no addresses."""
    found = _MARKS.findall(_ADDRESS.sub(" ", fold(text)))
    words = dict.fromkeys(f"{word}." for each in found for word in (each, *each.split("-")))
    return "\n".join(["", *words])


def count_spoken(words: str, begins: Iterable[str]) -> int:
    """Return how many of these words are spoken, each counted once; scripts without spaces hold words anywhere."""
    return sum((begin if begin >= _NO_SPACES else f"\n{begin}") in words for begin in begins)


_WORDS = {family: tuple(fold(word) for word in words.split()) for family, words in _BEGINS.items()}
