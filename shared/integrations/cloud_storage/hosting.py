"""Static sites in a bucket of Google Cloud Storage: the second host, for whoever has no Vercel.

Every deployment has objects of its own below a prefix nobody can guess, and stays until it is deleted or more than
KEPT newer ones exist. Production has a prefix of its own; to switch means to copy a deployment's objects there and then
to write the record of the site, guarded by its generation. Atomic is each object, and the record. A switch is not:
while it runs (about a second per ten objects) a visitor may meet a new page beside an old one, never half a page. Style
sheets and pictures come first, the first page last, and what is no longer there goes at the end. Two switches at once
are kept apart by a lock that is an object too; one that died is done again by whoever asks for it next.

The bucket is the operator's, and so is the identity: a tenant has no token here, and its client names no object outside
the tenant's own prefixes. Objects below `live/` and `preview/` may be read by everybody, those below `state/` by none.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from typing import Any, ClassVar
from urllib.parse import urlsplit

from shared.core.errors import Missing, RateLimited, Rejected, Unavailable
from shared.http_client import HttpClient
from shared.integrations.cloud_storage.bucket import Bucket, Changed, Object, md5_of, record_bytes
from shared.integrations.cloud_storage.erasing import erase_all, erase_site
from shared.integrations.cloud_storage.pages import order, served_objects, way_in
from shared.integrations.cloud_storage.places import Places, split_id
from shared.integrations.cloud_storage.switching import FRESH, JSON, Switching
from shared.integrations.hosting import Commit, Deployed, OwnParts, Site, Switch
from shared.integrations.systems import TO_BUILD, refuse_framework
from shared.ports import Secret

KEPT = 20  # deployments of a site beside those that were in production
_PAST = 5  # earlier productions a site remembers, and keeps to go back to
_OWN = "m-"  # begins the names of what we wrote to a deployment, among an object's metadata


class CloudStorage:
    """One tenant's sites in the installation's bucket; see `Hosting` for what the methods promise."""

    system: ClassVar[str] = "cloud_storage"

    def __init__(self, http: HttpClient, bucket: str, tenant: str, address: str, scheme: str = "") -> None:
        """`address` is where the bucket's objects are read, without a scheme: `storage.googleapis.com/my-bucket`.

        Its `scheme` is that of the API where none is said.
        """
        self.scheme = scheme or urlsplit(http.base_url).scheme
        self._bucket = Bucket(http, bucket)
        self._owner = hashlib.sha256(tenant.encode()).hexdigest()[:20]
        self._address = address.strip("/")
        self._places = Places(self._owner)
        self._switching = Switching(self._bucket, self._places)

    @classmethod
    def open_own(cls, parts: OwnParts) -> Callable[[str], CloudStorage] | None:
        """Return what opens a tenant's part of the operator's bucket; None where none is set."""
        if not parts.bucket:
            return None

        def open_part(tenant: str) -> CloudStorage:
            http = parts.connect(cls.system, tenant)
            scheme, _, address = (parts.url or f"{http.base_url}/{parts.bucket}").partition("://")
            return cls(http, parts.bucket, tenant, address, scheme)

        return open_part

    def ensure_site(self, name: str, framework: str | None = None) -> Site:
        """Return the site, made if need be; refuses what has to be built, because nothing is built here."""
        refuse_framework("cloud_storage", "a bucket", framework)
        try:
            return self.site(name)
        except Missing:
            body = record_bytes({"name": name, "production": "", "past": [], "switch": None})
        with suppress(Changed):  # somebody else made it in this moment
            self._bucket.put(self._places.record(name), body, content_type=JSON, expected=0)
        return self.site(name)

    def site(self, name_or_id: str) -> Site:
        """Return a site; a switch that is in progress shows as what was there before it."""
        return self._site(self._read(name_or_id)[0])

    def set_environment(self, site: Site, values: Mapping[str, Secret]) -> None:
        """Refuse variables: nothing here could read them."""
        if values:
            names = ", ".join(sorted(values))
            raise Rejected(
                self.system,
                f"a bucket has no environment for {names}: leave ship.site.environment empty or use {TO_BUILD}",
            )

    def deploy(
        self, site: Site, files: Mapping[str, bytes], meta: Mapping[str, str], *, framework: str | None = None,
        fresh: bool = False,
    ) -> Deployed:  # fmt: skip
        """Write the files below a new prefix; the deployment is there once its record is, after all its objects."""
        refuse_framework("cloud_storage", "a bucket", framework)
        objects = served_objects(files)
        content = hashlib.sha256(repr([(path, md5_of(each.content)) for path, each in objects.items()]).encode())
        known = self._ready(site.id)
        same = [record for record in known if record.metadata.get("content") == content.hexdigest()]
        if same and not fresh:
            return self._read_deployment(max(same, key=lambda record: record.written))
        token = secrets.token_hex(16)
        own = {"content": content.hexdigest(), **{f"{_OWN}{name}": value for name, value in meta.items()}}
        begun = self._bucket.put(
            self._places.state(site.id, "begun", token), b"{}", content_type=JSON, metadata=own, expected=0
        )
        for path in sorted(objects, key=order):
            served = objects[path]
            self._bucket.put(
                f"{self._places.preview(token)}{path}", served.content, content_type=served.content_type, cache=FRESH
            )
        entry = way_in(token)
        self._bucket.put(self._places.preview(token), entry.content, content_type=entry.content_type, cache=FRESH)
        if self._bucket.look(begun.name).generation != begun.generation:
            raise Unavailable(self.system, "the deployment was deleted while it was being written")
        ready = self._bucket.put(
            self._places.state(site.id, "ready", token), b"{}", content_type=JSON, metadata=own, expected=0
        )
        with suppress(RateLimited):  # one object is written about once a second; the mark is cleared away later
            self._bucket.remove(begun.name)
        self._expire(site.id, known)
        return self._read_deployment(ready)

    def deploy_commit(
        self, site: Site, commit: Commit, meta: Mapping[str, str], *, framework: str | None = None
    ) -> Deployed:
        """Refuse: a bucket fetches nothing."""
        raise Rejected(self.system, f"a bucket cannot fetch commits: set ship.site.source to files, or use {TO_BUILD}")

    def find_deployment(self, site_id: str, key: str, value: str) -> Deployed | None:
        """Return the newest deployment with this value; an upload of it that never ended is cleared away."""
        self._clear_begun(site_id, key, value)
        found = [record for record in self._ready(site_id) if record.metadata.get(f"{_OWN}{key}") == value]
        return self._read_deployment(max(found, key=lambda record: record.written)) if found else None

    def deployment(self, id: str) -> Deployed:
        """Return a deployment; one that is there is ready and answers."""
        site, token = split_id(id)
        return self._read_deployment(self._bucket.look(self._places.state(site, "ready", token)))

    def build_log(self, id: str) -> str:
        """Return nothing: files are not built here."""
        return ""

    def visit_headers(self, site_id: str) -> Mapping[str, Secret]:
        """Return nothing: who knows a preview's address may read it."""
        return {}

    def erase(self) -> int:
        """Delete all of the tenant's sites, what is live too; return how many objects that were."""
        return erase_all(self._bucket, self._owner)

    def remove_site(self, id: str) -> None:
        """Delete a site with all its deployments, what is live too; one that is gone counts as deleted."""
        with suppress(Missing):
            self._switching.take(id, "", self._read(id)[0])
            erase_site(self._bucket, self._owner, id)

    def promote(self, site_id: str, id: str) -> None:
        """Copy a deployment into production; when this returns, it is there."""
        self._switch(site_id, id, "promote")

    def rollback(self, site_id: str, id: str, why: str = "") -> None:
        """Copy an earlier deployment into production; when this returns, it is there."""
        self._switch(site_id, id, "rollback")

    def cancel(self, id: str) -> None:
        """Do nothing: a deployment is there whole or not at all."""

    def delete(self, id: str) -> None:
        """Delete a deployment's objects, and its record last; with the one in production the site shows nothing."""
        site, token = split_id(id)
        try:
            record, generation = self._read(site)
        except Missing:  # the site is another's, or gone
            return
        if record["production"] == id:
            lock = self._switching.take(site, "", record)
            for shown in self._bucket.list_below(self._places.live(site)):
                self._bucket.remove(shown.name)
            self._bucket.remove(self._places.live(site).removesuffix("/"))
            self._write(site, {**record, "production": ""}, generation)
            self._bucket.remove(lock.name)
        self._drop(site, token)

    def _switch(self, site: str, id: str, kind: str) -> None:
        of, token = split_id(id)
        record, generation = self._read(site)
        if of != site:
            raise Rejected(self.system, f"{id} is not a deployment of {site}")
        if record["production"] == id and not self._switching.is_switching(site):
            return
        self._bucket.look(self._places.state(site, "ready", token))
        lock = self._switching.take(site, id, record)
        with ExitStack() as undo:
            undo.callback(self._switching.let_go, lock, id)
            self._switching.copy_to_production(site, token)
            undo.pop_all()
        past = [each for each in (record["production"], *record["past"]) if each and each != id]
        switch = {"kind": kind, "to": id}
        self._write(site, {**record, "production": id, "past": past[:_PAST], "switch": switch}, generation)
        with suppress(RateLimited):  # a lock to what is in production is free to take
            self._bucket.remove(lock.name)

    def _read(self, site: str) -> tuple[dict[str, Any], int]:
        body, generation = self._bucket.read_json(self._places.record(site))
        return dict(body), generation

    def _write(self, site: str, record: Mapping[str, Any], generation: int) -> None:
        self._bucket.put(self._places.record(site), record_bytes(record), content_type=JSON, expected=generation)

    def _site(self, record: Mapping[str, Any]) -> Site:
        name, production, switch = str(record["name"]), str(record["production"]), record["switch"]
        last = Switch(str(switch["kind"]), "done", str(switch["to"])) if switch else None
        domain = f"{self._address}/{self._places.live(name)}".rstrip("/") if production else ""
        return Site(name, name, production, domain, last_switch=last)

    def _ready(self, site: str) -> list[Object]:
        return self._bucket.list_below(self._places.state(site, "ready"))

    def _read_deployment(self, ready: Object) -> Deployed:
        *_, site, _ready, token = ready.name.split("/")
        meta = {name.removeprefix(_OWN): value for name, value in ready.metadata.items() if name.startswith(_OWN)}
        return Deployed(
            f"{site}.{token}", f"{self._address}/{self._places.preview(token)}", "ready", live=True, meta=meta
        )

    def _clear_begun(self, site: str, key: str, value: str) -> None:
        """Clear away uploads that ended in the middle: who looks for one has given its writer up."""
        for begun in self._bucket.list_below(self._places.state(site, "begun")):
            if begun.metadata.get(f"{_OWN}{key}") == value:
                token = begun.name.rpartition("/")[2]
                try:
                    self._bucket.look(self._places.state(site, "ready", token))
                except Missing:
                    self._drop(site, token)
                else:  # it ended; only its mark was left
                    self._bucket.remove(begun.name)

    def _expire(self, site: str, known: list[Object]) -> None:
        """Delete what has more than KEPT newer deployments, but for what is or was lately in production."""
        surplus = sorted(known, key=lambda stored: stored.written)[: max(0, len(known) + 1 - KEPT)]
        if not surplus:
            return
        record, _ = self._read(site)
        needed = {record["production"], *record["past"]}
        for old in surplus:
            token = old.name.rpartition("/")[2]
            if f"{site}.{token}" not in needed:
                self._drop(site, token)

    def _drop(self, site: str, token: str) -> None:
        for each in self._bucket.list_below(self._places.preview(token)):
            self._bucket.remove(each.name)
        self._bucket.remove(self._places.state(site, "ready", token))
        self._bucket.remove(self._places.state(site, "begun", token))
