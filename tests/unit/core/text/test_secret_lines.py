"""Rules are asked only where they may find something, and find there what they would find anywhere."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.core.secrets import secret_disguises, secret_pairs
from shared.core.secrets.secret_lines import MIN_LONG, Looked, lower_in_place
from shared.core.secrets.secret_rules import Rule
from shared.integrations.secret_search import RULES
from tests.support.secret_corpora import files, held_out, later_files, later_mixed, mixed, tuned

CORPORA = (files, held_out, later_files, later_mixed, mixed, tuned)
_PIECE = st.sampled_from(
    [
        "pass",
        "password",
        "PassWord",
        "secret",
        "İ",
        "a1B2c3",
        "AbCdEf0123456789",
        "ghp_",
        "x-y-z-a-b-c-d",
        "k e y s x y",
    ]
)
_BETWEEN = st.sampled_from([" ", "  ", "\n", "-", " - ", ".", "·", ",", "=", "/", "\\n", "|", "é", "\u3000"])
_TEXTS = st.lists(st.one_of(_PIECE, _BETWEEN, st.text(max_size=8)), max_size=60).map("".join)
_WORDS = ("pass", "password", "passe", "secret", "keys", "İ", "密码")


def _planted() -> list[str]:
    found = [text for corpus in CORPORA for text, _ in (*corpus.planted().values(), *corpus.disguised().values())]
    return [*found, "\n".join(found), *("\n".join(corpus.HARMLESS) for corpus in CORPORA)]


def _spans(found: Iterable[re.Match[str]]) -> list[tuple[int, int]]:
    return [match.span() for match in found]


def _is_found_alike(text: str) -> None:
    looked = Looked(text)
    assert looked.long_words == _spans(
        re.finditer(rf"\S{{{MIN_LONG},}}", text.translate(dict.fromkeys(range(28, 32), 32)))
    )
    assert _spans(secret_pairs._tokens(looked)) == _spans(secret_pairs._TOKEN.finditer(text))
    assert _spans(secret_disguises._find_encoded(looked)) == _spans(secret_disguises._CODED.finditer(text))
    if secret_disguises._SPELLED.search(text):
        assert secret_disguises._LETTERS_APART.search(text)
    by_dashes = re.search(rf"(?<![^\s\"'(`:=]){secret_disguises._APART_BY_DASHES}", text)
    assert by_dashes is None or secret_disguises._DASHES.search(text)


@given(_TEXTS)
@example("A" + "b1" * 20 + "\n" + "Cd2" * 9 + " " + "Ef3" * 9)
@example("_" + "aB1" * 8 + "==" + "aB1" * 8)
def test_what_is_looked_for_in_long_words_is_what_stands_in_any_text(text: str) -> None:
    _is_found_alike(text)


def test_what_is_looked_for_in_long_words_is_what_stands_in_the_corpora() -> None:
    for text in _planted():
        _is_found_alike(text)


@given(_TEXTS.map(lambda text: text * 9))  # long enough for words to be found by how they begin
def test_a_word_is_found_wherever_it_begins_and_its_line_with_it(text: str) -> None:
    looked, lower = Looked(text), lower_in_place(text)
    for word in _WORDS:
        assert list(looked.places(word)) == [at for at in range(len(lower)) if lower.startswith(word, at)]
    at, lines = 0, []
    for line in lower.split("\n"):
        lines += [(at, at + len(line))] if any(word in line for word in _WORDS) else []
        at += len(line) + 1
    assert looked.lines_with(_WORDS) == lines


@pytest.mark.parametrize("rule", [rule for rule in RULES.every if not rule.short], ids=lambda rule: rule.kind)
def test_what_is_looked_for_in_long_words_alone_can_stand_in_no_other(rule: Rule) -> None:
    assert re._parser.parse(rule.pattern.pattern).getwidth()[0] >= MIN_LONG  # type: ignore[attr-defined]
    assert not re.search(r"\\s|\\n| |\(\?s:|\[\^", rule.pattern.pattern)
