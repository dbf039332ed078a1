"""A data folder on a network file system is refused, wherever it is mounted, and one on a disk is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.backends.local.file_system import refuse_network
from shared.core.errors import ConfigError

MOUNTS = "\n".join(
    (
        "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw",
        "30 22 0:40 / /home/ada rw,relatime shared:9 - nfs4 nas:/home rw,vers=4.2",
        "31 30 8:17 / /home/ada/disk rw - xfs /dev/sdb1 rw",
        "32 22 0:41 / /mnt/the\\040share rw - cifs //nas/share rw",
        "33 22 0:42 / /mnt/far rw,nosuid - fuse.sshfs ada@far:/ rw",
        "34 22 0:43 / /mnt/near rw - fuse.ntfs-3g /dev/sdc1 rw",
        "35 22 0:44 / /mnt/over rw - ext4 /dev/sdd1 rw",
        "36 35 0:45 / /mnt/over rw - nfs nas:/over rw",
    )
)


@pytest.mark.parametrize("folder", ["/home/ada/.workwright", "/mnt/the share/a/b", "/mnt/far", "/mnt/over/data"])
def test_a_network_file_system_is_refused_with_the_way_out(folder: str) -> None:
    with pytest.raises(ConfigError, match="network file system") as refused:
        refuse_network(Path(folder), MOUNTS)
    assert "--data" in str(refused.value)


@pytest.mark.parametrize("folder", ["/srv/data", "/home/adam", "/home/ada/disk/data", "/mnt/near/data", "/mnt/farther"])
def test_a_disk_is_not(folder: str) -> None:
    refuse_network(Path(folder), MOUNTS)
