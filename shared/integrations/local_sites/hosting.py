"""Static sites in a folder of this machine: what `Hosting` promises, without anybody else's service.

A deployment is a folder of its own, named by what is in it, that nobody changes. What visitors see is one link, and to
switch is to replace it: before that moment they see the whole old version, afterwards the whole new one, and so does
whoever comes after a crash. A deployment is there once its record is; what has none was begun by somebody who died, and
is cleared away by whoever works at that site next. What happened to production is written down before the link moves,
and counts if the link leads there.

A client is made for one tenant, and every path it builds begins with that tenant's own part of the folder.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from shared.core.errors import Missing, Rejected
from shared.core.ship.site_files import find_unaddressable
from shared.integrations.hosting import Commit, Deployed, Leaving, OwnParts, Site, Switch
from shared.integrations.local_sites.disk import Disk
from shared.integrations.local_sites.layout import SYSTEM, id_parts, owner_of, preview_label, site_label
from shared.integrations.local_sites.versions import Record, Versions
from shared.integrations.systems import TO_BUILD, refuse_framework
from shared.ports import Secret


def _leave_unchanged(method: str, path: str, body: Any) -> Any:
    return body


class LocalSites:
    """One tenant's sites in the folder; see `Hosting` for what the methods promise."""

    system: ClassVar[str] = SYSTEM

    def __init__(self, disk: Disk, tenant: str, address: str, leaving: Leaving | None = None) -> None:
        """`address` is below which names the folder is seen; `leaving` looks at each file before it is published."""
        self._owner = owner_of(tenant)
        self._versions = Versions(disk, self._owner)
        self._there = disk.ensure_there
        self._base = urlsplit(address).netloc
        self._leaving = leaving or _leave_unchanged
        self.scheme = urlsplit(address).scheme

    @classmethod
    def open_own(cls, parts: OwnParts) -> Callable[[str], LocalSites] | None:
        """Return what opens a tenant's part of the operator's folder; None where none is set."""
        if not parts.folder:
            return None
        disk = Disk(Path(parts.folder), lambda what: parts.passed(f"{SYSTEM}.after/{what}"))
        return lambda tenant: cls(disk, tenant, parts.folder_url, parts.look(SYSTEM, tenant))

    def ensure_site(self, name: str, framework: str | None = None) -> Site:
        """Return the site, made if need be; refuses what has to be built, because nothing is built here."""
        refuse_framework(SYSTEM, "a folder", framework)
        with self._versions.alone(name, new=True):
            self._versions.make(name)
        return self.site(name)

    def site(self, name_or_id: str) -> Site:
        """Return a site; what its own address shows is what the link says."""
        with self._there():
            record, live = self._versions.read(name_or_id), self._versions.live(name_or_id)
        if not live:
            return Site(name_or_id, name_or_id)
        done = next((each for each in record["switches"] if each["to"] == live), None)
        production, domain = f"{name_or_id}.{live}", f"{site_label(self._owner, name_or_id)}.{self._base}"
        last = Switch(str(done["kind"]), "done", production) if done else None
        return Site(name_or_id, name_or_id, production, domain, last_switch=last)

    def set_environment(self, site: Site, values: Mapping[str, Secret]) -> None:
        """Refuse variables: nothing here could read them."""
        if values:
            raise Rejected(
                SYSTEM,
                f"a folder has no environment for {', '.join(sorted(values))}: leave ship.site.environment empty or use"
                f" {TO_BUILD}",
            )

    def deploy(
        self, site: Site, files: Mapping[str, bytes], meta: Mapping[str, str], *, framework: str | None = None,
        fresh: bool = False,
    ) -> Deployed:  # fmt: skip
        """Write the files into a folder of their own; the deployment is there once its record is."""
        refuse_framework(SYSTEM, "a folder", framework)
        if refused := find_unaddressable(files):
            raise Rejected(SYSTEM, refused)
        for path in sorted(files):
            self._leaving("PUT", f"/{path}", files[path])
        content = _digest(files)
        with self._versions.alone(site.id):
            same = (
                []
                if fresh
                else [version for version in self._versions.list_versions(site.id) if version["content"] == content]
            )
            if same:
                return self._read_deployment(site.id, same[-1])
            made = self._versions.write(site.id, files, content, meta)
            self._versions.expire(site.id)
        return self._read_deployment(site.id, made)

    def deploy_commit(
        self, site: Site, commit: Commit, meta: Mapping[str, str], *, framework: str | None = None
    ) -> Deployed:
        """Refuse: nothing here fetches from a forge."""
        raise Rejected(SYSTEM, f"a folder cannot fetch commits: set ship.site.source to files, or use {TO_BUILD}")

    def find_deployment(self, site_id: str, key: str, value: str) -> Deployed | None:
        """Return the newest deployment with this value; what was begun and never ended is cleared away."""
        found: list[Record] = []
        with suppress(Missing), self._versions.alone(site_id):  # a site that is not there has none
            self._versions.clear(site_id)
            found = [version for version in self._versions.list_versions(site_id) if version["meta"].get(key) == value]
        return self._read_deployment(site_id, found[-1]) if found else None

    def deployment(self, id: str) -> Deployed:
        """Return a deployment; one that is there is ready and answers."""
        site, token = id_parts(id)
        with self._there():
            return self._read_deployment(site, self._read_version(site, token))

    def build_log(self, id: str) -> str:
        """Return nothing: files are not built here."""
        return ""

    def visit_headers(self, site_id: str) -> Mapping[str, Secret]:
        """Return nothing: who knows a preview's address may read it."""
        return {}

    def promote(self, site_id: str, id: str) -> None:
        """Show a deployment at the site's own address; when this returns, it is there."""
        self._switch(site_id, id, "promote")

    def rollback(self, site_id: str, id: str, why: str = "") -> None:
        """Show an earlier deployment at the site's own address; when this returns, it is there."""
        self._switch(site_id, id, "rollback")

    def cancel(self, id: str) -> None:
        """Do nothing: a deployment is there whole or not at all."""

    def delete(self, id: str) -> None:
        """Delete a deployment; with the one in production the site shows nothing."""
        site, token = id_parts(id)
        with suppress(Missing), self._versions.alone(site):  # missing is a site that is another's, or gone
            if self._versions.live(site) == token:
                self._versions.show_nothing(site)
            self._versions.drop(site, token)

    def remove_site(self, id: str) -> None:
        """Delete a site with all its deployments, what is live too; one that is gone counts as deleted."""
        with suppress(Missing), self._versions.alone(id):
            self._versions.remove(id)

    def erase(self) -> int:
        """Delete all of the tenant's sites, what is live too; return how many files and links that were."""
        with self._there():
            return self._versions.erase()

    def _switch(self, site: str, id: str, kind: str) -> None:
        of, token = id_parts(id)
        if of != site:
            raise Rejected(SYSTEM, f"{id} is not a deployment of {site}")
        with self._versions.alone(site):
            self._read_version(site, token)
            if self._versions.live(site) != token:
                self._versions.switch(site, token, kind)

    def _read_version(self, site: str, token: str) -> Record:
        found = self._versions.read_version(site, token)
        if found is None:
            raise Missing(SYSTEM, f"there is no deployment {site}.{token}")
        return found

    def _read_deployment(self, site: str, record: Record) -> Deployed:
        token, meta = str(record["token"]), dict(record["meta"])
        return Deployed(f"{site}.{token}", f"{preview_label(token)}.{self._base}", "ready", live=True, meta=meta)


def _digest(files: Mapping[str, bytes]) -> str:
    parts = [(path, hashlib.sha256(content).hexdigest()) for path, content in sorted(files.items())]
    return hashlib.sha256(repr(parts).encode()).hexdigest()
