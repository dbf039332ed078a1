"""What the product says to people holds none of the phrases that an editor has struck out once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.sentences import ROOT, list_speaking_modules, sentences

# A word for a kind of phrase: what it looks like. New ones are patterns of a kind, never one sentence.
ODD = {
    "a superlative nobody uses": r"\boftener\b",
    "a genitive before its noun": r"\b[Oo]f (?:each|it|them|these) the\b",
    "a and an": r"\b[Aa] (?!one|uni|use|us\b|URL|euro)[aeio]\w|\b[Aa]n (?!hour|honest)[b-df-hj-np-tv-z][a-z]",
    "one of many": (
        r"(?<![\w.,:-])1 " r"(?:files|tests|steps|runs|pages|times|tasks|lines|bytes|seconds|minutes|requirements)\b"
    ),
    "a sentence told as a thing": r"\bwho was told\b|\bcome again\b|\bchanges all the time\b",
    "our name for Workwright on one machine": r"\b(?:the|a) houses?\b",
    "is no, where it is not a": r"(?<!there )(?<!There )\bis no (?!longer|more|need|such)[a-zA-Z“{]",
    "a list after there are": r"; there are: ",
    "a word written twice": r"\b([a-z]{2,}) \1\b(?<!that that)(?<!had had)",
    "no longer any more": r"\bno longer\b[^.]*\bany more\b",
    "a share in the plural": r"\bpercent of [^.]*\b(?:are|were|have)\b|\bUS dollars are spent",
    "words that stand or lie on a page": r"\b(?:stands?|lies?|lay|stood) (?:\{…\} times )?on (?:the|a|its) page\b",
    "of its own of": r"\bof (?:its|their|your) own of\b",
    "a place before its verb": r"(?:^|[.:] )(?:On|In|Below) (?:it |them )?(?:stands?|lies?|were found|was found)\b",
    "an hour that is anew": r"\bin today's way\b|\bbefore a while\b",
    "a space before a mark": r"[a-z] [,.!](?:\s|$)",
}
_NO_ENGLISH = re.compile(
    r"[^\x00-\x7f‘’“”…•›→–—·×✓✗≥]|« | les? | und | que |^a (?:about|an) |import |function |</|\b(?:SELECT|FROM)\b"
)


@pytest.fixture(scope="module")
def said() -> list[tuple[str, str]]:
    """Return where and what, English alone."""
    found = [
        (f"{path.relative_to(ROOT).as_posix()}:{line}", text)
        for path in list_speaking_modules()
        for line, text in sentences(path)
    ]
    assert len(found) > 2000  # the modules were found
    return [(where, text) for where, text in found if not _NO_ENGLISH.search(text)]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ODD)
def test_no_sentence_reads_oddly(said: list[tuple[str, str]], kind: str) -> None:
    odd = re.compile(ODD[kind])
    assert [f"{where}: {text}" for where, text in said if odd.search(text)] == []


def test_what_is_put_into_the_end_of_a_sentence_does_not_hide_it(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text(
        '"""What the module is for."""\n'
        "def told(name):\n"
        '    """Return what is told."""\n'
        '    return f"the file is not {name}", "body{color: red; margin: none}"\n'
        "PATTERN = None\n"
        '"""What a pattern is for."""\n'
        "@workwright.command()\n"
        "def list_them():\n"
        '    """List them all here."""\n'
    )
    assert list(sentences(module)) == [(9, "List them all here."), (4, "the file is not {…}")]
