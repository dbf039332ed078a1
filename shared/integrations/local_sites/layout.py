"""Where everything is in the folder for sites, and which host name leads to which part of it.

    live/SITE            a link to the version that visitors see; it alone says which that is
    preview/PREVIEW      a link to one version, whose address nobody can guess
    versions/OWNER/SITE/TOKEN/   the files of one version, never changed once they are there
    state/               records, locks and a key: ours alone

Web servers need `live`, `preview` and `versions` and nothing else. SITE and PREVIEW are labels of host names: each site
and each preview is an origin of its own, which shares neither cookies nor storage with another one or with our API.
Cookies know no ports, so a port for each site would have kept them apart from nobody, and would need as many open ports
as there are sites. On this machine the names are below `localhost`: browsers take those for this machine by themselves,
and our own looks do so by `shared/core/loopback.py`. Behind a reverse proxy they are below a domain of one's own.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from shared.core.errors import Missing, Rejected

SYSTEM = "local_sites"
LIVE, PREVIEW, VERSIONS, STATE = "live", "preview", "versions", "state"
LOCAL_BASE = "localhost"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")
_ID = re.compile(r"([a-z0-9][a-z0-9-]{0,99})\.([0-9a-f]{32})")
_PREVIEW_LABEL = re.compile(r"preview-[0-9a-f]{32}")
_SITE_LABEL = re.compile(r"[a-z0-9][a-z0-9-]{0,50}-[0-9a-f]{10}")
_TARGET = re.compile(r"\.\./versions/([0-9a-f]{20})/([a-z0-9-]{1,62})/([0-9a-f]{32})")
_LONGEST = 50  # letters of a name in its label; a label has at most 63 (RFC 1035, section 2.3.4)


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a site in the folder, by the names of its parts."""

    owner: str
    label: str
    token: str

    @property
    def target(self) -> str:
        """Return what a link in `live` or `preview` points to."""
        return f"../{VERSIONS}/{self.owner}/{self.label}/{self.token}"

    def files(self, root: Path) -> Path:
        return root / VERSIONS / self.owner / self.label / self.token

    def preview(self, root: Path) -> Path:
        """Return the link behind its own address."""
        return root / PREVIEW / preview_label(self.token)


def owner_of(tenant: str) -> str:
    """Return what a tenant's parts of the folder are called."""
    return hashlib.sha256(tenant.encode()).hexdigest()[:20]


def site_label(owner: str, name: str) -> str:
    """Return the label of a site's host name; raises Rejected for a name that is none.

    It tells tenants' sites of one name apart, and no two hyphens stand together: what begins with `xn--` would be read
    as something else.
    """
    if not _NAME.fullmatch(name):
        raise Rejected(SYSTEM, f"{name[:60]!r} cannot be a site's name: use small letters, digits and hyphens")
    readable = re.sub("-+", "-", name)[:_LONGEST].rstrip("-")
    return f"{readable}-{hashlib.sha256(f'{owner} {name}'.encode()).hexdigest()[:10]}"


def preview_label(token: str) -> str:
    """Return the label of a preview's host name."""
    return f"preview-{token}"


def id_parts(id: str) -> tuple[str, str]:
    """Return the site and the token of a deployment's id; raises Missing for what is none."""
    found = _ID.fullmatch(id)
    if found is None:
        raise Missing(SYSTEM, f"{id[:80]!r} is not a deployment here")
    return found.group(1), found.group(2)


def linked_version(link: Path) -> Version | None:
    """Return the version that one of our links leads to; None where there is none, or a link that we have not made."""
    try:
        found = _TARGET.fullmatch(os.readlink(link))
    except OSError:
        return None
    return Version(*found.groups()) if found else None


def link_named(root: Path, host: str, bases: tuple[str, ...]) -> Path | None:
    """Return the link behind a host name, as a request names it; None where it is none of ours.

    `bases` are the domains below which our names are. Whoever asks by another name, such as an address in numbers or
    a name that somebody else has pointed here, is shown nothing.
    """
    try:
        name = (urlsplit(f"//{host}").hostname or "").removesuffix(".")
    except ValueError:
        return None
    label, _, base = name.partition(".")
    if base not in bases:
        return None
    if _PREVIEW_LABEL.fullmatch(label):
        return root / PREVIEW / label
    return root / LIVE / label if _SITE_LABEL.fullmatch(label) else None
