"""A folder for sites holds sites alone: neither Workwright's keys nor anything else that visitors could then read."""

from pathlib import Path

import pytest

from shared.integrations.local_sites.trial import try_sites_folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    made = tmp_path / "house" / "data"
    made.mkdir(parents=True)
    (made / "key").write_text("k")
    return made


@pytest.mark.parametrize("below", ["sites", "new/deeper/sites", "house/data/sites", "house/data/sites/mine"])
def test_a_folder_of_its_own_is_good_and_is_not_made(tmp_path: Path, data: Path, below: str):
    before = sorted(tmp_path.rglob("*"))
    tried = try_sites_folder(str(tmp_path / below), data)
    assert tried.ok
    assert tried.says == f"Sites can be kept in {tmp_path / below}, which will be made."
    assert int(tried.facts["free_mb"]) > 0
    assert sorted(tmp_path.rglob("*")) == before


def test_a_folder_that_is_there_stays_as_it_is(tmp_path: Path, data: Path):
    place = tmp_path / "sites"
    place.mkdir()
    assert try_sites_folder(str(place), data).says.endswith("which is there.")
    assert list(place.iterdir()) == []


@pytest.mark.parametrize("below", ["house/data", "house", ".", "house/data/secrets", "house/data/../data"])
def test_keys_are_never_among_what_visitors_see(tmp_path: Path, data: Path, below: str):
    tried = try_sites_folder(str(tmp_path / below), data)
    assert not tried.ok
    assert "keys" in tried.says


def test_a_link_to_the_keys_is_followed(tmp_path: Path, data: Path):
    (tmp_path / "sites").symlink_to(data)
    assert "keys" in try_sites_folder(str(tmp_path / "sites"), data).says


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("", "No folder was named."),
        ("  ", "No folder was named."),
        ("sites", "not an absolute path"),
        ("/", "more than"),
    ],
)
def test_what_is_not_a_folder_for_sites(data: Path, given: str, says: str):
    tried = try_sites_folder(given, data)
    assert not tried.ok
    assert says in tried.says
    assert "/srv/sites" in tried.way_out


def test_a_file_is_not_a_folder(tmp_path: Path, data: Path):
    (tmp_path / "sites").write_text("")
    assert try_sites_folder(str(tmp_path / "sites"), data).says.endswith("is a file.")
    assert "is a file, so that" in try_sites_folder(str(tmp_path / "sites" / "below"), data).says


def test_links_in_a_circle(tmp_path: Path, data: Path):
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert not try_sites_folder(str(tmp_path / "a"), data).ok


def test_where_nothing_can_be_written_at_all(data: Path):
    assert "cannot be written to" in try_sites_folder("/proc/sites", data).says


def test_a_disk_that_is_nearly_full(tmp_path: Path, data: Path):
    """The disk stays as it is; what sites want grows."""
    tried = try_sites_folder(str(tmp_path / "sites"), data, min_free=1 << 60)
    assert not tried.ok
    assert "MB left" in tried.says
