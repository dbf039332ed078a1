"""Files that documents name below `shared` or `tests`, without that folder's own name, are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.repository.documents import DOCUMENTS, ROOT, name

BELOW = [ROOT, ROOT / "shared", ROOT / "tests"]
_TOPS = "|".join(sorted({re.escape(it.name) for folder in BELOW[1:] for it in folder.iterdir() if it.is_dir()}))
_SHORT = re.compile(rf"`((?:{_TOPS})/[\w./*-]+)`")


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_short_names_of_files_lead_to_files(path: Path) -> None:
    named = [
        it for it in _SHORT.findall(path.read_text(encoding="utf-8")) if not it.startswith("terraform/")
    ]  # held as whole names
    there = {it for it in named for folder in BELOW for end in ("", ".py") if list(folder.glob(it.rstrip("/") + end))}
    assert set(named) - there == set()
