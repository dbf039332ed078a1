"""Switching a site's production from one deployment to another: the lock that keeps two apart, and the copying."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from shared.core.errors import IntegrationError, Missing, Unavailable
from shared.integrations.cloud_storage.bucket import Bucket, Changed, Object
from shared.integrations.cloud_storage.pages import order, way_in
from shared.integrations.cloud_storage.places import Places

JSON = "application/json"
FRESH = "no-cache"  # pages may be kept by browsers, but are asked for again each time: a switch is seen at once
_STALE = timedelta(minutes=11)  # after which a switch is given up for dead: an attempt is shorter


class Switching:
    """What a switch does in the bucket; who may do it, and what is written of it, is the host's affair."""

    def __init__(self, bucket: Bucket, places: Places) -> None:
        self._bucket = bucket
        self._places = places

    def is_switching(self, site: str) -> bool:
        """Say whether production may be half of one deployment and half of another."""
        try:
            self._bucket.look(self._places.lock(site))
        except Missing:
            return False
        return True

    def take(self, site: str, id: str, record: Mapping[str, Any]) -> Object:
        """Take the lock of a site's production; raises Unavailable while another switch is in progress."""
        name = self._places.lock(site)
        try:
            return self._bucket.put(name, b"{}", content_type=JSON, metadata={"to": id}, expected=0)
        except Changed:
            held = self._read_lock(site, name)
        free = held.metadata.get("to") in (id, record["production"]) or "left" in held.metadata
        if not free and self._time(site) - held.written < _STALE:
            raise Unavailable(
                "cloud_storage", f"another switch of {site} is in progress", retry_after=timedelta(seconds=30)
            )
        return self._bucket.put(name, b"{}", content_type=JSON, metadata={"to": id}, expected=held.generation)

    def _read_lock(self, site: str, lock: str) -> Object:
        try:
            return self._bucket.look(lock)
        except Missing as gone:  # in between: whoever held it is done
            again = timedelta(seconds=1)
            raise Unavailable("cloud_storage", f"another switch of {site} has just ended", retry_after=again) from gone

    def _time(self, site: str) -> datetime:
        """Return the bucket's own time: clocks of machines differ."""
        return self._bucket.put(self._places.state(site, "asked"), b"{}", content_type=JSON).written

    def let_go(self, lock: Object, id: str) -> None:
        """Say that nobody works at this switch any more, though it is not done; production stays marked as mixed."""
        with suppress(IntegrationError):  # then the lock is taken over when it is old
            self._bucket.put(
                lock.name, b"{}", content_type=JSON, metadata={"to": id, "left": "1"}, expected=lock.generation
            )

    def copy_to_production(self, site: str, token: str) -> None:
        """Make production what the deployment is, object by object; what is so already is left alone."""
        live, preview = self._places.live(site), f"{self._places.preview(token)}/"
        shown = {stored.name.removeprefix(live): stored for stored in self._bucket.list_below(live)}
        wanted = {stored.name.removeprefix(preview): stored for stored in self._bucket.list_below(preview)}
        for path in sorted(wanted, key=lambda each: order(f"/{each}")):
            if path not in shown or shown[path].md5 != wanted[path].md5:
                self._bucket.copy(wanted[path].name, f"{live}{path}")
        for path in shown.keys() - wanted.keys():
            self._bucket.remove(shown[path].name)
        if not shown:
            entry = way_in(site)
            self._bucket.put(live.removesuffix("/"), entry.content, content_type=entry.content_type, cache=FRESH)
