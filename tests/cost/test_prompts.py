"""The bench of prompts: what it tells adds up, and what a plan costs to ask for stays small."""

from __future__ import annotations

import pytest

from shared.cli.bench_prompts import as_text, bench_prompts

pytestmark = pytest.mark.slow


def test_twelve_situations_are_measured_and_their_parts_add_up() -> None:
    found = bench_prompts()["situations"]
    assert len(found) == 12
    for name, told in found.items():
        parts = told["parts"]
        assert abs(sum(parts.values()) - told["tokens"]) <= len(parts), name  # each is rounded down
        assert parts["system"] > 0, name
    assert (
        max(found[f"plan, {each}"]["tokens"] for each in ("work in Notion", "code", "change of a repository")) <= 4000
    )
    for window, most in (("8k", 8192), ("32k", 32_768)):
        assert found[f"plan, large page, window {window}"]["tokens"] <= 0.75 * most  # a quarter is for the answer
    assert "page" in found["outline"]["parts"]
    assert as_text({"situations": found}).count("\n") == 12
