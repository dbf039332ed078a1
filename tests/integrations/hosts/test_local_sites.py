"""Sites in a folder of this machine: what is on the disk, who can reach it, and what a death or a bad disk leaves."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from shared.core.errors import IntegrationError, Missing, Rejected
from shared.integrations.hosting import Commit
from shared.integrations.local_sites.versions import KEPT
from shared.ports import Secret
from tests.support.measures.folder_sites import ONE, TWO, deployed, left, opened, shown


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
