"""Where a data folder lies: not on a network, whose locks and writes are none that a database can stand on."""

from __future__ import annotations

import re
from pathlib import Path

from shared.core.errors import ConfigError

_MOUNTS = Path("/proc/self/mountinfo")
_REFUSED = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "9p", "ceph", "glusterfs", "lustre", "gfs2", "ocfs2", "davfs"}
)
_LOCAL_FUSE = frozenset({"fuse.fuse-overlayfs", "fuse.ntfs-3g", "fuse.exfat"})  # disks of this machine behind FUSE
_OCTAL = re.compile(r"\\([0-7]{3})")


def refuse_network(folder: Path, mounts: str | None = None) -> None:
    """Raise ConfigError for a folder on a network file system; where nothing is told of mounts, nothing is refused."""
    if mounts is None:
        try:
            mounts = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
        except OSError:
            return
    kind = _kind_of(folder.absolute().resolve(), mounts)
    if kind in _REFUSED or (kind.startswith("fuse.") and kind not in _LOCAL_FUSE):
        raise ConfigError(
            f"the data folder {folder} is on a network file system ({kind}), where a database does not keep what was"
            " written; name a folder on a disk of this machine with --data"
        )


def _kind_of(folder: Path, mounts: str) -> str:
    """Return the type of the file system that a folder is on: of the innermost mount, the latest of several."""
    found, depth = "", -1
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        fields = before.split(" ")
        if len(fields) < 5 or not after:
            continue
        point = Path(_OCTAL.sub(lambda code: chr(int(code[1], 8)), fields[4]))
        if folder.is_relative_to(point) and len(point.parts) >= depth and point != Path("/"):
            found, depth = after.split(" ")[0], len(point.parts)
    return found
