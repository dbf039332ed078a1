"""The folder on this machine that sites may go to, and the address it is seen under: read from the environment."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from shared.core.environment import Environment

_HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(\.(?!-)[a-z0-9-]{1,63})*")
_NUMBERS = re.compile(r"[0-9.]+")


@dataclass(frozen=True, slots=True)
class SitesFolder:
    """`path` is absolute, "" where there is none; `url` is the address below whose name each site has a name."""

    path: str = ""
    url: str = "http://localhost:8701"


def read_sites_folder(reader: Environment) -> SitesFolder:
    """Return the folder; what is wrong is a problem of the reader, with its variable and the way out."""
    path, url = (reader.text(name) for name in ("WORKWRIGHT_SITES_FOLDER", "WORKWRIGHT_SITES_FOLDER_URL"))
    if path and not PurePosixPath(path).is_absolute():
        reader.refuse(f"WORKWRIGHT_SITES_FOLDER is {path!r}; give an absolute path such as /srv/sites")
    if path and reader.text("WORKWRIGHT_MODE") == "cloud":
        reader.refuse(
            f"WORKWRIGHT_SITES_FOLDER is {path!r}; leave it out: in the cloud no folder lasts, and"
            " WORKWRIGHT_SITES_BUCKET names a bucket"
        )
    if url and not _is_base(url):
        reader.refuse(
            f"WORKWRIGHT_SITES_FOLDER_URL is {url!r}; give an address like https://sites.example, without a path: each"
            " site has a name below that one"
        )
    return SitesFolder(path, url.rstrip("/") or SitesFolder().url)


def _is_base(url: str) -> bool:
    """Say whether names can be below it: a scheme and the name of a host, perhaps with a port, and nothing else."""
    try:
        parts = urlsplit(url.rstrip("/"))
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    bare = host if port is None else f"{host}:{port}"
    named = _HOST.fullmatch(host) is not None and not _NUMBERS.fullmatch(host)
    return parts.scheme in ("http", "https") and named and port != 0 and url.rstrip("/") == f"{parts.scheme}://{bare}"
