"""The README stays short, and the index of the documents leads to each of them."""

from __future__ import annotations

from tests.support.repository.documents import ROOT, links

README = (ROOT / "README.md").read_text(encoding="utf-8")
KINDS = ("start", "guides", "reference", "why")


def test_the_readme_has_at_most_150_lines_and_7_kilobytes() -> None:
    assert len(README.splitlines()) <= 150
    assert len(README.encode("utf-8")) <= 7 * 1024


def test_every_picture_is_shown_and_loads_quickly() -> None:
    pictures = set((ROOT / "docs").rglob("*.png"))
    shown = {(path.parent / link).resolve() for path in (ROOT / "docs").rglob("*.md") for link in links(path)}
    assert len(pictures) > 2
    assert pictures - shown == set()
    assert {path.name: path.stat().st_size for path in pictures if path.stat().st_size > 150 * 1024} == {}


def test_every_document_is_of_a_kind_and_the_index_leads_to_it() -> None:
    folder = ROOT / "docs"
    pages = {path.relative_to(folder).as_posix() for path in folder.rglob("*.md")} - {"README.md"}
    assert len(pages) > 30
    assert {page.partition("/")[0] for page in pages} == set(KINDS)
    assert pages - {link.partition("#")[0] for link in links(folder / "README.md")} == set()
