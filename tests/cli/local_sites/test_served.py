"""What visitors of a folder's sites are answered, over HTTP: by name, by path, and with which headers."""

from __future__ import annotations

import http.client
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from shared.integrations.local_sites.disk import Disk
from shared.integrations.local_sites.hosting import LocalSites
from shared.lasting_port import find_lasting_port
from shared.local.serve import listen
from shared.local.sites.serving import SitesApp

FILES = {
    "index.html": b"<h1>Garden</h1>",
    "404.html": b"<h1>Not in this garden</h1>",
    "style.css": b"h1{}",
    "data.json": b"{}",
    "strange.qqq": b"\0\1",
    "old/index.html": b"<h1>Old</h1>",
    "old/a b é.txt": "ä".encode(),
    "empty/only.txt": b"",
    ".well-known/security.txt": b"Contact: x",
    ".hidden": b"no",
}
SECRET = b"what nobody may read"


@dataclass(frozen=True)
class World:
    """A served folder with a site that is live, and one whose preview is there alone."""

    folder: Path
    port: int
    site: str  # host names
    preview: str
    sites: LocalSites

    def ask(self, path: str, host: str = "", method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Send a path exactly as it is written."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        line.putrequest(method, path, skip_host=True)
        for name, value in {"Host": host or self.site, **headers}.items():
            line.putheader(name.replace("_", "-"), value)
        line.endheaders()
        answer = line.getresponse()
        body = answer.read()
        line.close()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, body


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("served") / "sites"
    disk = Disk(folder)
    disk.prepare()
    server = listen(SitesApp(folder, ("localhost", "sites.example")), find_lasting_port())
    sites = LocalSites(disk, "t-1", f"http://localhost:{server.server_port}")
    live = sites.deploy(sites.ensure_site("garden"), FILES, {})
    sites.promote("garden", live.id)
    preview = sites.deploy(sites.site("garden"), {**FILES, "index.html": b"<h1>Next</h1>"}, {})
    (folder.parent / "secret.txt").write_bytes(SECRET)
    yield World(folder, server.server_port, sites.site("garden").domain, preview.url, sites)
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("path", "kind", "body"),
    [
        ("/", "text/html; charset=utf-8", FILES["index.html"]),
        ("/index.html", "text/html; charset=utf-8", FILES["index.html"]),
        ("/?a=1", "text/html; charset=utf-8", FILES["index.html"]),
        ("/style.css", "text/css; charset=utf-8", FILES["style.css"]),
        ("/data.json", "application/json", FILES["data.json"]),
        ("/strange.qqq", "application/octet-stream", FILES["strange.qqq"]),
        ("/old/", "text/html; charset=utf-8", FILES["old/index.html"]),
        ("/old/a%20b%20%C3%A9.txt", "text/plain; charset=utf-8", "ä".encode()),
        ("/old%2Findex.html", "text/html; charset=utf-8", FILES["old/index.html"]),
        ("/empty/only.txt", "text/plain; charset=utf-8", b""),
        ("/.well-known/security.txt", "text/plain; charset=utf-8", b"Contact: x"),
    ],
)
def test_a_file_is_sent_whole_with_its_type(world: World, path: str, kind: str, body: bytes) -> None:
    status, headers, sent = world.ask(path)
    assert (status, headers["content-type"], sent) == (200, kind, body)
    assert headers["content-length"] == str(len(body))
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-cache"
    assert "last-modified" not in headers, "after going back an older file would count as not modified"
    status, of_head, sent = world.ask(path, method="HEAD")
    assert (status, sent) == (200, b"")
    assert {name: value for name, value in of_head.items() if name != "date"} == {
        name: value for name, value in headers.items() if name != "date"
    }


@pytest.mark.parametrize(
    "path",
    [
        *("/../secret.txt", "/..%2fsecret.txt", "/%2e%2e/secret.txt", "/%2e%2e%2f%2e%2e%2fsecret.txt", "//secret.txt"),
        *("/old/../../../../../secret.txt", "/..%5c..%5csecret.txt", "/%252e%252e/secret.txt", "/old/%00", "/%00"),
        *("/link.txt", "/folder/secret.txt", "/.hidden", "/.%68idden", "/old//index.html", "/./index.html", "/nowhere"),
        *("/empty/", "/empty", "/style.css/", "/style.css/index.html", "/pipe", f"/{'n' * 400}", "/%ff%fe"),
    ],
)
def test_what_is_not_a_file_of_the_site_is_not_there(world: World, path: str) -> None:
    (version,) = (world.folder / "versions").glob(f"*/*/{world.preview.split('.')[0].removeprefix('preview-')}")
    for name, target in (("link.txt", "secret.txt"), ("folder", ".")):
        if not (version / name).is_symlink():
            (version / name).symlink_to(world.folder.parent / target)
    if not (version / "pipe").exists():
        os.mkfifo(version / "pipe")
    status, headers, sent = world.ask(path, world.preview)
    assert (status, sent) == (404, FILES["404.html"])
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert headers["x-content-type-options"] == "nosniff"
    assert "etag" not in headers


def test_a_folder_without_its_slash_leads_to_the_one_with_it_on_the_same_site(world: World) -> None:
    status, headers, _ = world.ask("/old?a=1")
    assert (status, headers["location"]) == (308, "/old/?a=1")
    for path in ("//old", "//example.com/old", "/%2f/old", "/\\old"):
        assert world.ask(path)[1].get("location", "/old/") == "/old/", "never to another host"


def test_what_a_visitor_has_is_sent_again_only_when_it_has_changed(world: World) -> None:
    tag = world.ask("/")[1]["etag"]
    assert tag.startswith('"')
    for method in ("GET", "HEAD"):
        status, headers, sent = world.ask("/", method=method, If_None_Match=tag)
        assert (status, sent, headers["etag"]) == (304, b"", tag)
        assert headers["cache-control"] == "no-cache"
    assert world.ask("/", If_None_Match='"another"')[0] == 200
    assert world.ask("/", world.preview)[1]["etag"] != tag
    for path in ("/style.css", "/old/"):
        assert world.ask(path)[1]["etag"] == world.ask(path, world.preview)[1]["etag"] != tag


def test_a_web_server_that_knows_sizes_and_seconds_alone_tells_two_versions_apart_and_back(world: World) -> None:
    pages = [b"<h1>One</h1>", b"<h1>Two</h1>", b"<h1>One</h1>"]  # of one length, written in the same second
    site, about = world.sites.ensure_site("quick"), []
    for page in pages:
        token = world.sites.deploy(site, {"index.html": page}, {}, fresh=True).id.partition(".")[2]
        (file,) = (world.folder / "versions").glob(f"*/*/{token}/index.html")
        about.append((file.stat().st_size, int(file.stat().st_mtime)))
    assert about[0] == about[2] != about[1]
    assert all(time < file.stat().st_ctime for _, time in about), "a time to come would be none that a server takes"


def test_a_preview_is_kept_out_of_search_and_its_address_to_itself(world: World) -> None:
    status, headers, sent = world.ask("/", world.preview)
    assert (status, sent) == (200, b"<h1>Next</h1>")
    assert headers["x-robots-tag"] == "noindex, nofollow"
    assert headers["referrer-policy"] == "no-referrer"
    assert "x-robots-tag" not in world.ask("/")[1]


def test_names_that_are_not_ours_are_shown_nothing(world: World) -> None:
    label = world.site.partition(".")[0]
    others = ["localhost", f"127.0.0.1:{world.port}", f"{label}.example", f"x.{label}.localhost", "", "[::1", label]
    others += [f"..localhost:{world.port}", f"%2e%2e.localhost:{world.port}", f"preview-{'0' * 32}.localhost"]
    for host in (
        *others,
        f"{label}x.localhost",
        f"{label[:-1]}g.localhost",
        "state.localhost",
        f"{label}.localhost.evil",
    ):
        assert world.ask("/", host or " ")[0] in (400, 404), host
    for host in (f"{label}.sites.example", f"{label.upper()}.LOCALHOST:{world.port}", f"{label}.localhost."):
        assert world.ask("/", host)[2] == FILES["index.html"], host


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_nothing_can_be_done_but_reading(world: World, method: str) -> None:
    status, headers, _ = world.ask("/", method=method, Content_Length="0")
    assert (status, headers["allow"]) == (405, "GET, HEAD")


def test_a_site_without_a_page_for_what_is_missing_answers_with_ours_and_one_that_is_gone_too(world: World) -> None:
    made = world.sites.deploy(world.sites.ensure_site("bare"), {"a.txt": b"a"}, {})
    for path in ("/", "/b.txt"):
        status, headers, sent = world.ask(path, made.url)
        assert (status, headers["content-type"]) == (404, "text/html; charset=utf-8")
        assert b"There is no such page here" in sent
    world.sites.delete(made.id)
    assert world.ask("/a.txt", made.url)[0] == 404


def test_a_folder_that_is_gone_for_a_while_is_no_reason_to_forget_its_pages(world: World) -> None:
    away = world.folder.rename(world.folder.with_name("away"))
    try:
        status, headers, _ = world.ask("/")
        assert (status, headers["retry-after"]) == (503, "10")
    finally:
        away.rename(world.folder)
    assert world.ask("/")[0] == 200
