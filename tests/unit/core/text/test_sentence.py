"""A message becomes a sentence: capital letter, full stop; names that it begins with are left alone."""

from __future__ import annotations

import pytest

from shared.core.text.sentence import make_sentence


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        ("the body is not JSON", "The body is not JSON."),
        ("field 'days' must be a whole number", "Field 'days' must be a whole number."),
        ("is it there? Look at it", "Is it there? Look at it."),
        ("This is closed.", "This is closed."),
        ("it says “Done.”", "It says “Done.”"),
        ("it says “done”", "It says “done”."),
        ("kept_back: 5 is more than day (3)", "kept_back: 5 is more than day (3)."),
        ("code.checks_end_s is too low", "code.checks_end_s is too low."),
        ("text: too long", "text: too long."),
        ("run-0a has no version 3", "run-0a has no version 3."),
        ("'x' is given twice", "'x' is given twice."),
        ("ändere es", "Ändere es."),
        ("  ", ""),
    ],
)
def test_a_message_becomes_a_sentence(message: str, sentence: str) -> None:
    assert make_sentence(message) == sentence
    assert make_sentence(sentence) == sentence
