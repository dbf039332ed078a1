"""Where a tenant's sites lie in the bucket: what is live, the previews, and the records of both."""

from __future__ import annotations

import re

from shared.core.errors import Missing, Rejected

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")
_ID = re.compile(r"([a-z0-9][a-z0-9-]{0,99})\.([0-9a-f]{32})")


class Places:
    """The names of one tenant's objects; none is outside of the tenant's own prefixes."""

    def __init__(self, owner: str) -> None:
        self._owner = owner

    def live(self, site: str) -> str:
        """Return where the objects of a site's production lie."""
        return f"live/{self._owner}/{site}/"

    def preview(self, token: str) -> str:
        """Return below what prefix, which nobody can guess, a deployment lies."""
        return f"preview/{self._owner}/{token}"

    def record(self, site: str) -> str:
        """Return the name of a site's record; raises Rejected for what cannot be a site's name."""
        if not _NAME.fullmatch(site):
            raise Rejected(
                "cloud_storage", f"{site[:60]!r} cannot be a site's name: use small letters, digits and hyphens"
            )
        return f"state/{self._owner}/{site}/site.json"

    def state(self, site: str, state: str, token: str = "") -> str:
        """Return where something is noted of a site, or of one deployment of it."""
        return f"{self.record(site).removesuffix('site.json')}{state}/{token}"

    def lock(self, site: str) -> str:
        """Return the name of the lock of a site's production."""
        return f"{self.record(site).removesuffix('site.json')}switching"


def split_id(id: str) -> tuple[str, str]:
    """Return the site and the token in a deployment's id; raises Missing for what is none."""
    found = _ID.fullmatch(id)
    if found is None:
        raise Missing("cloud_storage", f"{id[:80]!r} is not a deployment here")
    return found.group(1), found.group(2)
