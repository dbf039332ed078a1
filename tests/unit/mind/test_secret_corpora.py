"""How well secrets are found, and how seldom ordinary lines are taken for them, in nine corpora and in real programs.

The bounds: 28 of 30 that are told plainly, 7 of 8 that are disguised, and 2 lines of 200 that are ordinary.
"""

from __future__ import annotations

import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType

import pytest

from shared.mind.safety.leaks import leaks, secrets_anywhere
from shared.mind.safety.redaction import Redactor
from tests.support.secret_corpora import (
    files,
    held_out,
    later_files,
    later_mixed,
    mixed,
    offices,
    teams,
    tuned,
    walks_of_life,
)

CORPORA = pytest.mark.parametrize(
    "corpus",
    [held_out, tuned, files, later_files, mixed, later_mixed, teams, walks_of_life, offices],
    ids=["held out", "tuned", "files", "later files", "mixed", "later mixed", "teams", "walks of life", "offices"],
)
WORDS = ("key", "token", "secret", "password", "pass ", "login", "sha", "id=", "with ", "://")
ENDINGS = (".py", ".cfg", ".toml", ".json", ".txt", ".html", ".css", ".pem", ".md", ".rst")


@CORPORA
def test_what_is_told_plainly_is_found(corpus: ModuleType) -> None:
    planted = corpus.planted()
    assert len(planted) >= 30
    missed = _missed(planted)
    assert len(missed) * 30 <= 2 * len(planted), missed


@CORPORA
def test_what_is_disguised_is_found(corpus: ModuleType) -> None:
    disguised = corpus.disguised()
    assert len(disguised) >= 8
    missed = _missed(disguised)
    assert len(missed) * 8 <= len(disguised), missed


def _missed(planted: Mapping[str, tuple[str, str]]) -> list[str]:
    """Return what is left when secrets are hidden, or may leave."""
    assert [name for name, (text, secret) in planted.items() if secret not in text] == []
    return [
        name for name, (text, secret) in planted.items() if secret in Redactor().hide(text) or not leaks({"file": text})
    ]


@CORPORA
def test_examples_names_and_hashes_are_no_secrets(corpus: ModuleType) -> None:
    taken = [line for line in corpus.HARMLESS if secrets_anywhere(line)]
    assert len(taken) * 200 <= 2 * len(corpus.HARMLESS), taken


def test_of_two_hundred_ordinary_lines_at_most_two_are_taken_for_secrets() -> None:
    lines = _ordinary_lines()
    assert len(lines) >= 1000
    taken = [line for line in lines if secrets_anywhere(line)]
    assert len(taken) * 200 <= 2 * len(lines), taken


def _ordinary_lines() -> Sequence[str]:
    """Return lines of the programs and settings that this machine's Python brings, those first that name secrets."""
    paths = sysconfig.get_paths()
    files = sorted(path for path in Path(paths["stdlib"]).glob("*.py"))
    files += sorted(path for path in Path(paths["purelib"]).glob("*/*") if path.suffix in ENDINGS)[::20]
    lines = [line for path in files for line in path.read_text(encoding="utf-8", errors="replace").splitlines()]
    hard = [line for line in lines if any(word in line.lower() for word in WORDS)]
    return [*hard[:: max(1, len(hard) // 1000)], *lines[:: max(1, len(lines) // 1000)]]
