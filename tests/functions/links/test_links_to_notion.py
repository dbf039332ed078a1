"""Where a simulated Notion stands in for the real one, nothing that is shown leads to the real one."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.app.knowledge.knowledge_scope import address_of
from shared.wiring import wire
from tests.support.rigs.house import forget_wiring

PAGE, BLOCK = "0f1e2d3c-4b5a-4978-8796-a5b4c3d2e1f0", "11111111-2222-4333-8444-555555555555"


@pytest.mark.parametrize(
    ("simulated", "page", "block"),
    [
        ("", "https://www.notion.so/0f1e2d3c4b5a49788796a5b4c3d2e1f0", "#11111111222243338444555555555555"),
        (
            "https://api.notion.com",
            "https://www.notion.so/0f1e2d3c4b5a49788796a5b4c3d2e1f0",
            "#11111111222243338444555555555555",
        ),
        ("http://127.0.0.1:4100", f"http://127.0.0.1:4100/p/{PAGE}", "#11111111222243338444555555555555"),
    ],
)
def test_a_source_leads_to_the_notion_it_was_read_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, simulated: str, page: str, block: str
) -> None:
    monkeypatch.setenv("WORKWRIGHT_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("WORKWRIGHT_NOTION_URL", raising=False)
    if simulated:
        monkeypatch.setenv("WORKWRIGHT_NOTION_URL", simulated)
    forget_wiring()
    try:
        wired = wire()
        assert (address_of(wired.deps, PAGE), address_of(wired.deps, PAGE, BLOCK)) == (page, page + block)
        assert wired.local_store is not None
        wired.local_store.close()
    finally:
        forget_wiring()
