"""Sites in a folder of this machine when a process dies or the disk fails: the old site or the new, and what to do."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.core.errors import Unavailable
from tests.support.measures.folder_sites import ONE, TWO, deployed, files_of, left, opened, shown
from tests.support.parts import require

# --- deaths ---


def _story(folder: Path, passed: Callable[[str], None]) -> None:
    """Deploy a second version beside one that is live, show it, go back, and delete it."""
    sites = opened(folder, passed=passed)
    first = sites.find_deployment("garden", "run", "one")
    assert first is not None
    second = deployed(sites, TWO, run="two")
    sites.promote("garden", second.id)
    sites.rollback("garden", first.id)
    sites.delete(second.id)


def _dies(folder: Path, number: int) -> bool:
    """Tell the story in a process that is killed at its durable action of that number; say whether it was."""
    child = os.fork()
    if child == 0:
        passes = iter(range(number))
        try:
            _story(
                folder, lambda what: None if next(passes, None) is not None else os.kill(os.getpid(), signal.SIGKILL)
            )
        finally:
            os._exit(1)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def _points(folder: Path) -> list[str]:
    passed: list[str] = []
    _story(folder, passed.append)
    return passed


@pytest.fixture
def before(tmp_path: Path) -> Callable[[str], Path]:
    """Return what makes a folder in which the first version is live."""
    sites = opened(tmp_path / "first")
    sites.promote("garden", deployed(sites, ONE, run="one").id)
    return lambda name: Path(shutil.copytree(tmp_path / "first", tmp_path / name, symlinks=True))


def test_a_death_between_any_two_durable_actions_leaves_the_old_site_or_the_new_one(
    before: Callable[[str], Path],
) -> None:
    points = _points(before("undisturbed"))
    assert len(points) >= 10
    assert {"files", "link preview", "link live", "removed tree"} <= set(points)
    seen = []
    for number, point in enumerate(points):
        folder = before(f"dies-{number}")
        assert _dies(folder, number), point
        now = shown(folder)
        assert now in (ONE, TWO), f"killed after {number}, {point}"
        sites = opened(folder)
        at = sites.site("garden").production
        assert at
        assert files_of(folder / "preview" / sites.deployment(at).url.partition(".")[0]) == now
        seen.append(now == TWO)
        lost = sites.find_deployment("garden", "run", "two")
        if lost is not None:  # it counts as deployed: then it is whole
            assert files_of(folder / "preview" / lost.url.partition(".")[0]) == TWO
        one = sites.find_deployment("garden", "run", "one")
        assert one is not None
        sites.rollback("garden", one.id)
        if lost is not None:
            sites.delete(lost.id)
        assert shown(folder) == ONE
        assert left(folder) == {"versions": 1, "previews": 1, "records": 1}, f"killed after {number}, {point}"
    switched = points.index("link live")
    assert seen[:switched] == [False] * switched
    assert seen[switched] is True
    assert seen[-1] is False


# --- a disk that does not do what it should ---


def test_a_folder_that_is_gone_says_so_with_the_way_out_and_nothing_is_made_in_its_place(tmp_path: Path) -> None:
    sites = opened(tmp_path / "sites")
    made = deployed(sites, ONE)
    sites.promote("garden", made.id)
    (tmp_path / "sites").rename(tmp_path / "unmounted")
    acts: list[Callable[[], object]] = [
        lambda: sites.site("garden"),
        lambda: sites.ensure_site("meadow"),
        lambda: sites.deployment(made.id),
        lambda: sites.find_deployment("garden", "run", "r1"),
        lambda: sites.delete(made.id),
        lambda: sites.erase(),
    ]
    for act in acts:
        with pytest.raises(Unavailable, match=r"is gone: bring it back \(is a disk not mounted\?\)"):
            act()
    assert not (tmp_path / "sites").exists()
    (tmp_path / "unmounted").rename(tmp_path / "sites")
    assert sites.site("garden").production == made.id


_IN_A_BOX = """
from pathlib import Path
from shared.core.errors import IntegrationError
from tests.support.measures.folder_sites import ONE, deployed, opened, left, shown
folder = Path("/mnt")
sites = opened(folder)
sites.promote("garden", deployed(sites, ONE).id)
large = {"index.html": b"Two", "large.bin": b"x" * 4_000_000}
for wanted in (lambda: deployed(sites, large), lambda: opened(Path("/media"))):
    try:
        wanted()
    except IntegrationError as error:
        print(error.error_class.value, error)
sites.find_deployment("garden", "run", "none")
print(shown(folder) == ONE, left(folder), deployed(sites, {"index.html": b"small"}).state)
"""


def test_a_full_disk_and_one_that_cannot_be_written_say_so_with_the_way_out_and_what_was_live_stays(
    tmp_path: Path,
) -> None:
    require("bubblewrap")
    disks = ["--size", "1000000", "--tmpfs", "/mnt", "--ro-bind", str(tmp_path), "/media"]
    command = ["bwrap", "--dev-bind", "/", "/", *disks, sys.executable, "-c", _IN_A_BOX]
    root = str(Path(__file__).resolve().parents[3])
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    full, read_only, after = done.stdout.splitlines()
    assert full.startswith("transient local_sites: the disk that the folder for sites is on is full: make room there")
    assert read_only.startswith(
        "permanent local_sites: the folder for sites cannot be written (Read-only file system). Let the user"
    )
    assert "name another folder in WORKWRIGHT_SITES_FOLDER" in read_only
    assert after == "True {'versions': 1, 'previews': 1, 'records': 1} ready"
