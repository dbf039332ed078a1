"""What is asked only where it may be found is found as if it were asked everywhere."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.core.secrets import secret_disguises
from shared.core.secrets.secret_disguises import decode_all
from shared.core.secrets.secret_lines import Looked
from tests.support.secret_corpora import files, held_out, later_files, tuned

_HEX = st.text("67452ab", min_size=38, max_size=60)
_BETWEEN = st.text("\n \\n|+/=_-gZ3x\"'é", max_size=6)
_TEXTS = st.lists(st.one_of(_HEX, _BETWEEN, st.text(max_size=8)), max_size=8).map("".join)


def _everywhere(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in secret_disguises._HEX.finditer(text)]


def _where_it_may_be(text: str) -> list[tuple[int, int]]:
    spans = [match.span() for match in secret_disguises._CODED.finditer(text)]
    return [match.span() for match in secret_disguises.hexadecimal(text, spans)]


@given(_TEXTS)
@example("\\n" + "61" * 24 + "\\n  | " + "62" * 24)
@example("é" + "61" * 24 + "\n" + "62" * 450)
def test_hexadecimal_is_found_in_any_text_as_if_it_were_looked_for_everywhere(text: str) -> None:
    assert _where_it_may_be(text) == _everywhere(text)


@pytest.mark.parametrize("corpus", [files, held_out, later_files, tuned])
def test_hexadecimal_is_found_in_the_corpora_as_if_it_were_looked_for_everywhere(corpus: object) -> None:
    given_texts = [text for text, _ in {**corpus.planted(), **corpus.disguised()}.values()]  # type: ignore[attr-defined]
    for text in (*given_texts, "\n".join(given_texts)):
        assert _where_it_may_be(text) == _everywhere(text)


def test_hexadecimal_is_read() -> None:
    told = "password: " + "crust" + "7oven"
    assert told in decode_all(Looked(f"x = {told.encode().hex()}")).text
