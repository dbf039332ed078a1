"""Sites in a folder: what lies on the disk, and what a web server would show."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from shared.integrations.hosting import Deployed
from shared.integrations.local_sites.disk import Disk
from shared.integrations.local_sites.hosting import LocalSites

ADDRESS = "http://localhost:8701"
ONE = {"index.html": b"<h1>One</h1>", "old/page.html": b"<p>old</p>"}
TWO = {"index.html": b"<h1>Two</h1>", "new/page.html": b"<p>new</p>"}


def opened(folder: Path, tenant: str = "t-1", passed: Callable[[str], None] = lambda what: None) -> LocalSites:
    disk = Disk(folder, passed)
    disk.prepare()
    return LocalSites(disk, tenant, ADDRESS)


def deployed(sites: LocalSites, files: dict[str, bytes], **meta: str) -> Deployed:
    return sites.deploy(sites.ensure_site("garden"), files, meta, fresh=True)


def files_of(folder: Path) -> dict[str, bytes]:
    """Return what a web server would find behind a link."""
    return {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def shown(folder: Path) -> dict[str, bytes]:
    """Return what a web server would find behind the one live link, {} where there is none."""
    links = [each for each in (folder / "live").iterdir() if not each.name.startswith(".")]
    return files_of(links[0]) if links else {}


def left(folder: Path) -> dict[str, int]:
    """Return how many versions, previews and records of versions there are."""
    return {
        "versions": len(list((folder / "versions").glob("*/*/*"))),
        "previews": len([each for each in (folder / "preview").iterdir() if not each.name.startswith(".")]),
        "records": len([each for each in (folder / "state").glob("*/*/*.json") if each.name != "site.json"]),
    }
