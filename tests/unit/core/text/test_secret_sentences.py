"""A weak password that people tell each other is a secret; in a program's settings and in tests it is none."""

from __future__ import annotations

from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.secrets.secret_lines import Looked
from shared.core.secrets.secret_sentences import find_in_line, find_told
from shared.core.secrets.secrets_in_text import apart, secret_value
from shared.integrations.secret_search import secrets_in
from shared.mind.safety.leaks import leaks, secrets_anywhere
from tests.support.secret_corpora import files, held_out, later_files, later_mixed, mixed, tuned

WELCOME, ADMIN, SEASON = "Wel" + "come123", "adm" + "in123", "Som" + "mer2024!"

TOLD = (
    (f"The wifi password is {WELCOME}.", WELCOME),
    (f"Das WLAN-Passwort lautet {WELCOME}", WELCOME),
    (f"Passwort: {ADMIN}", ADMIN),
    (f"* **Wifi password**: {WELCOME}", WELCOME),
    (f"Till: admin / {ADMIN}", ADMIN),
    (f"admin / {SEASON}", SEASON),
    (f"Log in as office with {WELCOME}", WELCOME),
    (f"| Service | Password |\n|---|---|\n| Till | {ADMIN} |", ADMIN),
    (f"What is the password of the till?\nBen: {WELCOME}", WELCOME),
    (f"The password is {WELCOME}, ask ben@example.test when it fails.", WELCOME),
)
NOT_TOLD = (
    f"    password: {ADMIN}",
    f"ADMIN_PASSWORD={ADMIN}",
    f'client.login("ben", "{ADMIN}")',
    f"For the test shop the password is {WELCOME}.",
    f"An example: the password is {WELCOME}",
    f"A dummy login: admin / {ADMIN}",
    f"Password: {ADMIN} (changeme)",
    "The password is secret, and it is hashed with sha256.",
    "The password is base64 encoded, and has min8 letters.",
)


@pytest.mark.parametrize(("text", "secret"), TOLD)
def test_a_weak_password_that_people_tell_is_a_secret(text: str, secret: str) -> None:
    assert secret in [text[each.start : each.end] for each in secrets_in(text)]


@pytest.mark.parametrize("text", NOT_TOLD)
def test_one_of_settings_and_of_tests_is_none(text: str) -> None:
    assert [text[each.start : each.end] for each in secrets_in(text)] == []


@pytest.mark.parametrize(
    "path", ["tests/support/pages.md", "docs/examples/till.md", "src/login.spec.ts", ".env.example"]
)
def test_a_file_of_tests_or_examples_says_it_too(path: str) -> None:
    text = f"The wifi password is {WELCOME}."
    assert secrets_anywhere(text, path) == ()
    assert leaks({"docs/latest.md": text}) != []


def test_a_column_of_a_page_is_judged_as_what_people_tell() -> None:
    assert secret_value("Wifi password", WELCOME)
    assert not secret_value("Owner", WELCOME)


CORPORA = (files, held_out, later_files, later_mixed, mixed, tuned)
_WORD = st.sampled_from(
    [
        "password",
        "PIN",
        "wifi:",
        "admin",
        " / ",
        "/",
        "with",
        "is",
        WELCOME,
        SEASON,
        "4711",
        ":",
        "\n",
        " ",
        "?",
        "door code",
    ]
)
_TEXTS = st.lists(st.one_of(_WORD, st.text(max_size=6)), max_size=16).map(" ".join)


def _is_left_out(text: str) -> bool:
    """Say whether something is told in a line that was not read."""
    found = apart(find_told(Looked(text)))
    at = 0
    for line in text.split("\n"):
        for each in find_in_line(text, at, at + len(line)):
            if not any(one.start <= each.start and each.end <= one.end for one in found):
                return True
        at += len(line) + 1
    return False


@pytest.mark.parametrize("corpus", CORPORA, ids=lambda corpus: corpus.__name__.rpartition(".")[2])
def test_no_line_of_the_corpora_is_left_out_that_tells_something(corpus: ModuleType) -> None:
    texts = [text for text, _ in (*corpus.planted().values(), *corpus.disguised().values())]
    assert [text for text in (*texts, "\n".join(corpus.HARMLESS)) if _is_left_out(text)] == []


@given(_TEXTS)
def test_no_line_is_left_out_that_tells_something(text: str) -> None:
    assert not _is_left_out(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("password " * 8_000, id="the word alone"),
        pytest.param("| password " * 6_000, id="cells"),
        pytest.param("password,a\nb,c\n" * 4_000, id="tables"),
        pytest.param("admin / " * 8_000, id="slashes"),
        pytest.param("with password " * 5_000, id="sentences"),
        pytest.param("password? " * 6_000 + "\n", id="questions"),
        pytest.param("wifi a " * 8_000, id="networks"),
        pytest.param('login("a", ' * 6_000, id="calls"),
        pytest.param("door code a " * 6_000, id="codes"),
    ],
)
def test_text_made_to_keep_us_busy_is_read_like_any_other(text: str) -> None:
    assert len(secrets_in(text)) <= len(text)
