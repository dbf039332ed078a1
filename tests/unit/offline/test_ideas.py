"""The example ideas are there, and are what people write: each has a title, properties, and many kinds of blocks."""

from __future__ import annotations

from pathlib import Path

import pytest

IDEAS = sorted((Path(__file__).resolve().parents[2] / "ideas").glob("*.md"))


def test_there_are_six_ideas_and_one_asks_for_a_program() -> None:
    assert len(IDEAS) >= 6
    assert [idea.stem for idea in IDEAS if "GET " in idea.read_text(encoding="utf-8")] == ["village-library-api"]


@pytest.mark.parametrize("idea", IDEAS, ids=lambda idea: str(idea.stem))
def test_an_idea_looks_like_a_page_of_a_real_person(idea: Path) -> None:
    lines = idea.read_text(encoding="utf-8").splitlines()
    assert 30 <= len(lines) <= 120
    assert ": " in lines[0] + lines[1]
    for start in ("# ", "- ", "- [x] ", "- [ ] ", "| ", "> ", "<details>"):
        assert any(line.startswith(start) for line in lines), start
    assert "](https://example.org/" in "\n".join(lines)
