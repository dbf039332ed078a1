"""Sites in a folder of this machine: what is on the disk, who can reach it, and what a death or a bad disk leaves."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.core.errors import IntegrationError, Missing, Rejected, Unavailable
from shared.integrations.hosting import Commit, Deployed
from shared.integrations.local_sites.disk import Disk
from shared.integrations.local_sites.hosting import LocalSites
from shared.integrations.local_sites.versions import KEPT
from shared.ports import Secret
from tests.support.parts import require

ADDRESS = "http://localhost:8701"
ONE = {"index.html": b"<h1>One</h1>", "old/page.html": b"<p>old</p>"}
TWO = {"index.html": b"<h1>Two</h1>", "new/page.html": b"<p>new</p>"}


def opened(folder: Path, tenant: str = "t-1", passed: Callable[[str], None] = lambda what: None) -> LocalSites:
    disk = Disk(folder, passed)
    disk.prepare()
    return LocalSites(disk, tenant, ADDRESS)


def deployed(sites: LocalSites, files: dict[str, bytes], **meta: str) -> Deployed:
    return sites.deploy(sites.ensure_site("garden"), files, meta, fresh=True)


def files_of(folder: Path) -> dict[str, bytes]:
    """Return what a web server would find behind a link."""
    return {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def shown(folder: Path) -> dict[str, bytes]:
    """Return what a web server would find behind the one live link, {} where there is none."""
    links = [each for each in (folder / "live").iterdir() if not each.name.startswith(".")]
    return files_of(links[0]) if links else {}


def left(folder: Path) -> dict[str, int]:
    """Return how many versions, previews and records of versions there are."""
    return {
        "versions": len(list((folder / "versions").glob("*/*/*"))),
        "previews": len([each for each in (folder / "preview").iterdir() if not each.name.startswith(".")]),
        "records": len([each for each in (folder / "state").glob("*/*/*.json") if each.name != "site.json"]),
    }


def test_a_version_lies_whole_where_a_web_server_can_read_it_and_nobody_can_change_it(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        sites = opened(tmp_path / "sites")
        made = deployed(sites, ONE, run="r1")
        sites.promote("garden", made.id)
    finally:
        os.umask(before)
    assert shown(tmp_path / "sites") == ONE
    (version,) = (tmp_path / "sites" / "versions").glob("*/*/*")
    assert {each.stat().st_mode & 0o777 for each in version.rglob("*") if each.is_file()} == {0o444}
    served = [tmp_path / "sites" / name for name in ("live", "preview", "versions")]
    assert {each.stat().st_mode & 0o777 for each in [*served, *version.parents[:2], version / "old"]} == {0o755}
    assert (tmp_path / "sites" / "state").stat().st_mode & 0o777 == 0o700
    target = os.readlink(next((tmp_path / "sites" / "live").iterdir()))
    assert not os.path.isabs(target), "the folder may be moved, or be seen at another place by a web server"


def test_a_version_is_named_by_its_content_and_meta_and_nobody_else_can_work_the_name_out(tmp_path: Path) -> None:
    made = [deployed(opened(tmp_path / name), ONE, run="r1") for name in ("a", "b")]
    assert made[0].id != made[1].id, "two installations have keys of their own"
    sites = opened(tmp_path / "a")
    again = deployed(sites, ONE, run="r1")
    other = deployed(sites, ONE, run="r2")
    assert len({made[0].id, again.id, other.id}) == 3, "each is a deployment of its own"
    same = sites.deploy(sites.site("garden"), ONE, {"run": "r3"})
    assert (same.id, same.meta) == (other.id, {"run": "r2"}), "not fresh: the newest with these files"


def test_tenants_sites_of_one_name_are_two_sites_at_two_names(tmp_path: Path) -> None:
    first, second = opened(tmp_path, "t-1"), opened(tmp_path, "t-2")
    for sites, files in ((first, ONE), (second, TWO)):
        sites.promote("garden", deployed(sites, files).id)
    names = {sites.site("garden").domain for sites in (first, second)}
    assert len(names) == 2
    assert {len(name.split(".")) for name in names} == {2}
    owners = {each.name for each in (tmp_path / "versions").iterdir()}
    assert len(owners) == 2
    assert second.erase() > 0
    assert {each.name for each in (tmp_path / "versions").iterdir()} < owners
    assert shown(tmp_path) == ONE
    with pytest.raises(Missing):
        second.site("garden")


@pytest.mark.parametrize("name", ["garden", "xn--80ak6aa92e", "a" * 100, "a--b", f"{'a' * 60}-{'b' * 30}"])
def test_every_name_of_a_site_becomes_a_label_that_a_host_name_may_have(tmp_path: Path, name: str) -> None:
    sites = opened(tmp_path)
    made = sites.deploy(sites.ensure_site(name), ONE, {})
    sites.promote(name, made.id)
    for address in (made.url, sites.site(name).domain):
        label, _, base = address.partition(".")
        assert base == "localhost:8701"
        assert len(label) <= 63  # RFC 1035, section 2.3.4
        assert not label.startswith(("-", "xn--"))
        assert label.strip("abcdefghijklmnopqrstuvwxyz0123456789-") == ""


@pytest.mark.parametrize("name", ["", ".", "..", "../t-2", "Garden", "a/b", "a" * 101, "-a", "ä"])
def test_no_name_of_a_site_leads_elsewhere(tmp_path: Path, name: str) -> None:
    sites = opened(tmp_path / "sites")
    for act in (sites.ensure_site, sites.site, lambda name: sites.promote(name, f"{name}.{'0' * 32}")):
        with pytest.raises(IntegrationError):
            act(name)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["sites"]


@pytest.mark.parametrize("path", ["../out.html", "/etc/x", "a/../../b", "a//b", "a\\b", "a?b", "a\0b", "", "./a"])
def test_a_path_that_is_no_address_is_refused_and_nothing_is_written(tmp_path: Path, path: str) -> None:
    sites = opened(tmp_path / "sites")
    site = sites.ensure_site("garden")
    with pytest.raises(Rejected, match="cannot be part of an address"):
        sites.deploy(site, {"index.html": b"", path: b"x"}, {})
    assert left(tmp_path / "sites") == {"versions": 0, "previews": 0, "records": 0}


def test_files_that_cannot_be_beside_each_other_are_refused_by_name_and_leave_nothing(tmp_path: Path) -> None:
    sites = opened(tmp_path)
    site = sites.ensure_site("garden")
    for files in ({"a": b"1", "a/b": b"2"}, {f"{'n' * 300}.html": b"1"}):
        with pytest.raises(Rejected, match="cannot be beside the others"):
            sites.deploy(site, files, {})
    assert sites.find_deployment("garden", "run", "r1") is None
    assert left(tmp_path) == {"versions": 0, "previews": 0, "records": 0}


def test_old_versions_go_and_those_to_go_back_to_stay(tmp_path: Path) -> None:
    sites = opened(tmp_path)
    first, second = deployed(sites, ONE), deployed(sites, TWO)
    for each in (first, second):
        sites.promote("garden", each.id)
    later = [deployed(sites, {"index.html": str(number).encode()}) for number in range(KEPT + 3)]
    assert left(tmp_path) == dict.fromkeys(("versions", "previews", "records"), KEPT + 2)
    for gone in later[:3]:
        with pytest.raises(Missing):
            sites.deployment(gone.id)
    sites.rollback("garden", first.id)
    assert shown(tmp_path) == ONE
    assert sites.site("garden").production == first.id


def test_what_needs_a_server_or_a_forge_is_refused_with_the_way_out(tmp_path: Path) -> None:
    sites = opened(tmp_path)
    site = sites.ensure_site("garden")
    with pytest.raises(Rejected, match=r"cannot build anything \(nextjs\): set ship.site.system to vercel"):
        sites.deploy(site, ONE, {}, framework="nextjs")
    with pytest.raises(Rejected, match=r"cannot build"):
        sites.ensure_site("meadow", "nextjs")
    with pytest.raises(Rejected, match=r"set ship.site.source to files"):
        sites.deploy_commit(site, Commit("github", 1, "main", "0" * 40), {})
    with pytest.raises(Rejected, match=r"no environment for KEY: leave ship.site.environment empty"):
        sites.set_environment(site, {"KEY": Secret("x")})
    sites.set_environment(site, {})


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
from tests.integrations.hosts.test_local_sites import ONE, deployed, opened, left, shown
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
