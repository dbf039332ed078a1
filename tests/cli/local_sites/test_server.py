"""The server of the folder: on the port of its last start, and not at all where something is in the way."""

from __future__ import annotations

import json
import shutil
import socket
from pathlib import Path

import pytest
import requests

from shared.core.errors import ConfigError
from shared.core.loopback import resolve_loopback
from shared.integrations.local_sites.disk import Disk
from shared.integrations.local_sites.hosting import LocalSites
from shared.local.sites.server import KEPT, SitesServer


def started(data: Path, folder: Path, **env: str) -> SitesServer:
    data.mkdir(exist_ok=True)
    server = SitesServer.start(data, {"WORKWRIGHT_SITES_FOLDER": str(folder), **env})
    assert server is not None
    return server


def test_without_a_folder_nothing_is_served(tmp_path: Path) -> None:
    assert SitesServer.start(tmp_path, {}) is None
    assert list(tmp_path.iterdir()) == []


def test_addresses_that_were_handed_out_lead_to_the_same_sites_after_a_restart(tmp_path: Path) -> None:
    first = started(tmp_path / "data", tmp_path / "sites")
    sites = LocalSites(Disk(tmp_path / "sites"), "t-1", first.url)
    made = sites.deploy(sites.ensure_site("garden"), {"index.html": b"<h1>Garden</h1>"}, {})
    first.stop()
    again = started(tmp_path / "data", tmp_path / "sites")
    try:
        assert again.url == first.url
        assert 20_000 <= int(again.url.rpartition(":")[2]) < 32_768, "not among the ports of outgoing connections"
        where, meant = resolve_loopback(f"http://{made.url}/")
        assert requests.get(where, headers=meant, timeout=10).text == "<h1>Garden</h1>"
    finally:
        again.stop()


def test_behind_a_reverse_proxy_sites_are_seen_at_the_public_address_and_served_here_all_the_same(
    tmp_path: Path,
) -> None:
    server = started(tmp_path / "data", tmp_path / "sites", WORKWRIGHT_SITES_FOLDER_URL="https://sites.example")
    try:
        assert server.url == "https://sites.example"
        sites = LocalSites(Disk(tmp_path / "sites"), "t-1", server.url)
        made = sites.deploy(sites.ensure_site("garden"), {"index.html": b"<h1>Garden</h1>"}, {})
        assert (sites.scheme, made.url.partition(".")[2]) == ("https", "sites.example")
        port = json.loads((tmp_path / "data" / KEPT).read_text())["port"]
        answer = requests.get(f"http://127.0.0.1:{port}/", headers={"Host": made.url}, timeout=10)
        assert answer.text == "<h1>Garden</h1>"
    finally:
        server.stop()


def test_a_port_that_is_taken_is_named_with_the_way_out(tmp_path: Path) -> None:
    started(tmp_path / "data", tmp_path / "sites").stop()
    port = json.loads((tmp_path / "data" / KEPT).read_text())["port"]
    with socket.create_server(("127.0.0.1", port)), pytest.raises(ConfigError) as refused:
        started(tmp_path / "data", tmp_path / "sites")
    assert f"port {port}, where sites are served, is in use" in str(refused.value)
    assert str(tmp_path / "data" / KEPT) in str(refused.value)


def test_a_folder_that_had_sites_and_is_empty_now_is_not_begun_anew_by_itself(tmp_path: Path) -> None:
    started(tmp_path / "data", tmp_path / "sites").stop()
    shutil.rmtree(tmp_path / "sites")
    (tmp_path / "sites").mkdir()
    with pytest.raises(ConfigError, match=r"is gone or empty, and there were sites in it: bring it back"):
        started(tmp_path / "data", tmp_path / "sites")
    assert list((tmp_path / "sites").iterdir()) == []
    (tmp_path / "data" / KEPT).unlink()
    started(tmp_path / "data", tmp_path / "sites").stop()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"/file is a file, .* It is named by WORKWRIGHT_SITES_FOLDER"):
        started(tmp_path / "data", tmp_path / "file" / "sites")
    with pytest.raises(ConfigError, match="is not an absolute path"):
        started(tmp_path / "data", Path("sites"))
    with pytest.raises(ConfigError, match="which visitors of a site must never reach"):
        started(tmp_path / "data", tmp_path / "data")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["data", "file"]
    assert list((tmp_path / "data").iterdir()) == []
