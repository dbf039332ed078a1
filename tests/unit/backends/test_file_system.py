"""A data folder on a network file system is refused, wherever it is mounted, and one on a disk is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from shared.backends.local.folder import data_folder
from shared.backends.local.folder.data_folder import DataFolder, refuse_if_held, refuse_network
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


@pytest.mark.parametrize("begin", [DataFolder, refuse_if_held])
def test_the_data_folder_is_looked_at_before_anything_is_made(
    begin: Callable[[Path], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "mountinfo"  # of a machine on which this folder is a share
    told.write_text(f"22 1 8:1 / / rw - ext4 /dev/sda1 rw\n30 22 0:40 / {tmp_path.resolve()} rw - nfs4 nas:/x rw\n")
    monkeypatch.setattr(data_folder, "_MOUNTS", told)
    with pytest.raises(ConfigError, match="network file system"):
        begin(tmp_path / "data")
    assert not (tmp_path / "data").exists()
