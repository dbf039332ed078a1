"""One tenant's part of the folder: the versions of its sites with their records, and what is cleared away of them.

A version is there once its record is. One without a record was begun by somebody who died.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from shared.core.errors import Missing
from shared.integrations.local_sites.disk import Disk, read_record
from shared.integrations.local_sites.layout import (
    LIVE,
    PREVIEW,
    STATE,
    SYSTEM,
    VERSIONS,
    Version,
    linked_version,
    site_label,
)

KEPT = 20  # versions of a site beside those that were in production
_PAST = 5  # earlier productions that are kept to go back to
_SITE, _LOCK, _KEY = "site.json", "lock", "key.json"

Record = dict[str, Any]


class Versions:
    """What a tenant, by the name of its part, has in the folder. Whoever changes a site does so within `alone`."""

    def __init__(self, disk: Disk, owner: str) -> None:
        self.disk = disk
        self._root = disk.root
        self._owner = owner

    @contextmanager
    def alone(self, site: str, *, new: bool = False) -> Iterator[None]:
        """Work at a site while nobody else does; raises Missing for one that is not there and not `new`."""
        if not new:
            with self.disk.ensure_there():
                self.read(site)
        with self.disk.alone(self._state(site) / _LOCK):
            yield

    def read(self, site: str) -> Record:
        """Return the record of a site; raises Missing."""
        record = read_record(self._state(site) / _SITE)
        if record is None:
            raise Missing(SYSTEM, f"there is no site {site[:80]!r}")
        return record

    def make(self, site: str) -> None:
        """Make a site where there is none."""
        if read_record(self._state(site) / _SITE) is None:
            self.disk.write_record(self._state(site) / _SITE, {"name": site, "switches": []})

    def live(self, site: str) -> str:
        """Return the token of what the site's link leads to, "" for nothing that is there."""
        found = linked_version(self._live(site))
        ours = found is not None and found == self._version(site, found.token)
        return found.token if found is not None and ours and self.read_version(site, found.token) is not None else ""

    def switch(self, site: str, token: str, kind: str) -> None:
        """Let the site's link lead to a version; what is about to happen is written down first."""
        record = self.read(site)
        switches = [{"kind": kind, "to": token}, *record["switches"]][: 2 * KEPT]
        self.disk.write_record(self._state(site) / _SITE, {**record, "switches": switches})
        self.disk.point(self._live(site), self._version(site, token).target)

    def show_nothing(self, site: str) -> None:
        """Take the site's link away."""
        self.disk.remove(self._live(site))

    def read_version(self, site: str, token: str) -> Record | None:
        """Return a version's record; None where there is none, or the files are gone."""
        record = read_record(self._state(site) / f"{token}.json")
        if record is None or not self._version(site, token).files(self._root).is_dir():
            return None
        return {**record, "token": token}

    def list_versions(self, site: str) -> list[Record]:
        """Return the site's versions, oldest first."""
        tokens = [each.stem for each in _list_below(self._state(site)) if len(each.stem) == 32]
        found = [version for token in tokens if (version := self.read_version(site, token)) is not None]
        return sorted(found, key=lambda version: int(version["number"]))

    def write(self, site: str, files: Mapping[str, bytes], content: str, meta: Mapping[str, str]) -> Record:
        """Make another version; return its record, which is written last."""
        known = self.list_versions(site)
        self.clear(site)
        version = self._find_unused(site, content, meta)
        number = known[-1]["number"] + 1 if known else 1
        record = {"content": content, "meta": dict(meta), "number": number}
        self.disk.write_files(version.files(self._root), files)
        self.disk.point(version.preview(self._root), version.target)
        self.disk.write_record(self._state(site) / f"{version.token}.json", record)
        return {**record, "token": version.token}

    def drop(self, site: str, token: str) -> None:
        """Delete a version: first its record, from when on it is not there, and its files last."""
        version = self._version(site, token)
        self.disk.remove(self._state(site) / f"{token}.json")
        self.disk.remove(version.preview(self._root))
        self.disk.remove_tree(version.files(self._root))

    def clear(self, site: str) -> None:
        """Clear away versions without a record: within `alone` nobody is at work at them."""
        shown = linked_version(self._live(site))
        kept = {str(version["token"]) for version in self.list_versions(site)} | ({shown.token} if shown else set())
        for folder in _list_below(self._version(site, "").files(self._root)):
            if folder.name not in kept:
                self.drop(site, folder.name)

    def expire(self, site: str) -> None:
        """Delete what has KEPT newer versions, but for what is or was lately in production."""
        surplus = self.list_versions(site)[:-KEPT]
        past = list(dict.fromkeys(str(each["to"]) for each in self.read(site)["switches"]))[: _PAST + 1]
        for token in {str(version["token"]) for version in surplus} - {self.live(site), *past}:
            self.drop(site, token)

    def remove(self, site: str) -> None:
        """Delete a site: its link first, and its record last, which says until then that there is something left."""
        self.show_nothing(site)
        for version in self.list_versions(site):
            self.drop(site, str(version["token"]))
        self.clear(site)
        self.disk.remove(self._state(site) / _SITE)

    def erase(self) -> int:
        """Delete all of the tenant's sites, what is live too; return how many files and links that were."""
        links = [each for part in (LIVE, PREVIEW) for each in _list_below(self._root / part) if self._is_ours(each)]
        trees = [self._root / part / self._owner for part in (VERSIONS, STATE)]
        count = len(links) + sum(len(files) for tree in trees for _, _, files in os.walk(tree))
        for link in links:
            self.disk.remove(link)
        for tree in trees:  # records last: until then what is left can be told to be a site's
            self.disk.remove_tree(tree)
        return count

    def _state(self, site: str) -> Path:
        return self._root / STATE / self._owner / site_label(self._owner, site)

    def _live(self, site: str) -> Path:
        return self._root / LIVE / site_label(self._owner, site)

    def _version(self, site: str, token: str) -> Version:
        return Version(self._owner, site_label(self._owner, site), token)

    def _is_ours(self, link: Path) -> bool:
        found = linked_version(link)
        return found is not None and found.owner == self._owner

    def _find_unused(self, site: str, content: str, meta: Mapping[str, str]) -> Version:
        """Return a version named by its content and its meta, such as is not there yet; nobody else can work it out."""
        key, identity, number = self._key(), repr((self._owner, site, content, sorted(meta.items()))), 1
        while True:
            token = hmac.new(key, f"{number} {identity}".encode(), hashlib.sha256).hexdigest()[:32]
            if not self._version(site, token).files(self._root).is_dir():
                return self._version(site, token)
            number += 1

    def _key(self) -> bytes:
        """Return the key of the names of the tenant's versions; made once, by whoever needs it first."""
        place = self._root / STATE / self._owner / _KEY
        found = read_record(place)
        if found is None:
            found = {"key": secrets.token_hex(32)}
            self.disk.write_record(place, found)
        return bytes.fromhex(str(found["key"]))


def _list_below(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []
