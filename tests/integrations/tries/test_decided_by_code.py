"""No decision rests on words that are searched for in a sentence, ours or a vendor's: both are reworded at any time.

Where a vendor gives nothing else, not even a code, the place stands here with what is looked for.
"""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SENTENCE = re.compile(r"""(?<!\w)(["'])([^"'\n]*[a-z]{2} [a-z][^"'\n]*)\1(?: not)? in (?![\[({"'])""")
ASKED = r"(?:str\((?:error|exc)|(?:error|words|vendor_message|read_error_message)\b(?!\[))"
WORDS = re.compile(rf"""(?<!\w)(["'])([^"'\n]*)\1(?: not)? in {ASKED}""")
NO_CODE = {
    "backends/models/anthropic.py": {"credit balance is too low"},  # 400 invalid_request_error, as for all else
    "core/code/repo_map_conventions.py": {"import pytest"},  # a program's text
    "cli/evaluate/looks/programs.py": {"unittest"},  # the words of a command
    "integrations/github/client.py": {"not allowed on this repository"},  # 405, as for what cannot be merged
    "integrations/github/trial.py": {"forbids access", "admin access"},  # 403 and the call's own documentation_url
    "integrations/github/wire.py": {"not accessible by personal access token", "forbids access via"},  # 403 alone
    "integrations/notion/client/notion_refusals.py": {"cursor"},  # 400 validation_error, as for all else
}


def _found(text: str) -> set[str]:
    return {match[2] for pattern in (SENTENCE, WORDS) for match in pattern.finditer(text)}


def test_nothing_is_decided_by_a_sentence_but_where_there_is_no_code() -> None:
    paths = (path for path in (ROOT / "shared").rglob("*.py") if "simulators" not in path.parts)
    found = {path.relative_to(ROOT / "shared").as_posix(): _found(path.read_text(encoding="utf-8")) for path in paths}
    assert {path: words for path, words in found.items() if words} == NO_CODE


def test_a_sentence_that_is_searched_is_seen() -> None:
    for code in (
        'if "was revoked" in said:',
        'if "not found" not in answer.text:',
        'if "certificate" in str(error):',
        'if "branch" not in read_error_message(answer).lower():',
    ):
        assert _found(code), code
    for code in ('if "slack" in house.simulators:', 'if name in ("a word", "two words"):', '"a b" in ("a b", "c")'):
        assert not _found(code), code
