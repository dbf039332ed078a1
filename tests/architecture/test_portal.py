"""Where one makes a connection of Notion is named in one place, and is what Notion's own guide names."""

from __future__ import annotations

import re
from pathlib import Path

from shared.cli.setup.notion_part import HOW
from shared.integrations.notion.trial import PORTAL

ROOT = Path(__file__).resolve().parents[2]
_ADDRESS = re.compile(r"notion\.(?:so|com)/[a-z/-]*(?:integrations|connections)\b")


def test_one_address_is_named_everywhere() -> None:
    """It is the one of developers.notion.com/guides/get-started/internal-connections."""
    read = [*(ROOT / "shared").rglob("*.py"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")]
    named = {path: _ADDRESS.findall(path.read_text(encoding="utf-8")) for path in read}
    assert {each for found in named.values() for each in found} == {"notion.so/developers/connections"}
    assert [path.name for path, found in named.items() if found and path.suffix == ".py"] == ["trial.py"]
    assert PORTAL in HOW[0]
