"""Our client of Cloud Storage: what a deployment consists of, and what a switch that is disturbed leaves behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
import requests

from shared.core.errors import IntegrationError, Rejected, Unavailable
from shared.integrations.cloud_storage.hosting import KEPT, CloudStorage
from shared.integrations.cloud_storage.pages import served_objects
from shared.integrations.hosting import Deployed
from shared.local.simulators.cloud_storage import CloudStorageSimulator
from shared.ports import Secret
from tests.integrations.conftest import Served

TOKEN = "-".join(["a", "token"])
ONE = {"index.html": b"<h1>One</h1>", "style.css": b"h1{}", "a.html": b"<h1>A</h1>", "gone.html": b"<h1>Gone</h1>"}
TWO = {"index.html": b"<h1>Two</h1>", "style.css": b"h1{}", "a.html": b"<h1>A 2</h1>"}


class Bucket:
    """One bucket, and the client of one tenant."""

    def __init__(self, sim: Served) -> None:
        self.sim = sim
        sim.control("/_seed", {"token": TOKEN, "bucket": "sites", "public": ["live/", "preview/"]})
        self.mine = self.of("one")

    def of(self, tenant: str) -> CloudStorage:
        http = self.sim.http("cloud_storage", TOKEN)
        return CloudStorage(http, "sites", tenant, f"{self.sim.url.partition('://')[2]}/sites")

    def deployed(self, files: dict[str, bytes], name: str = "garden", **meta: str) -> Deployed:
        return self.mine.deploy(self.mine.ensure_site(name), files, meta, fresh=True)

    def get(self, address: str, path: str = "/index.html") -> requests.Response:
        return requests.get(f"http://{address}{path}", timeout=10)

    def live(self, path: str = "/index.html") -> bytes:
        return self.get(self.mine.site("garden").domain, path).content

    def names(self, below: str = "") -> list[str]:
        return sorted(
            one["name"] for one in self.sim.simulator.state["objects"].scan() if one["name"].startswith(below)
        )

    def written(self, below: str) -> list[str]:
        effects = [effect for entry in self.sim.journal() for effect in entry["effects"]]
        return [effect["name"] for effect in effects if effect["name"].startswith(below)]

    def later(self, seconds: float) -> None:
        self.sim.control("/_clock", {"offset_s": self.sim.simulator.offset.total_seconds() + seconds})


@pytest.fixture
def desk(served: Callable[..., Served]) -> Bucket:
    return Bucket(served(CloudStorageSimulator()))


def test_a_tenant_reaches_nothing_of_another_with_a_site_of_the_same_name(desk: Bucket) -> None:
    made = desk.deployed(ONE, run="r1")
    desk.mine.promote("garden", made.id)
    before, other = desk.names(), desk.of("two")
    other.ensure_site("garden")
    assert other.site("garden").production == ""
    assert other.find_deployment("garden", "run", "r1") is None
    for asked in (other.promote, other.rollback):
        with pytest.raises(IntegrationError):
            asked("garden", made.id)
    other.delete(made.id)
    assert set(before) <= set(desk.names())
    assert desk.live() == ONE["index.html"]


def test_the_end_of_a_tenant_takes_all_of_its_sites_and_no_others(desk: Bucket) -> None:
    desk.mine.promote("garden", desk.deployed(ONE).id)
    mine = desk.names()
    other = desk.of("two")
    other.deploy(other.ensure_site("garden"), ONE, {}, fresh=True)
    theirs = [name for name in desk.names() if name not in mine]
    assert desk.mine.erase() == len(mine) > 10
    assert desk.names() == theirs
    assert desk.mine.erase() == 0


@pytest.mark.parametrize("name", ["", "../two", "a/b", "A", "-a", "a" * 101, "state"])
def test_a_site_is_named_by_small_letters_digits_and_hyphens_alone(desk: Bucket, name: str) -> None:
    if name == "state":
        assert desk.mine.ensure_site(name).name == "state"
        return
    with pytest.raises(Rejected, match="cannot be a site's name"):
        desk.mine.ensure_site(name)


def test_nobody_without_our_identity_reads_records_or_lists_the_bucket(desk: Bucket) -> None:
    made = desk.deployed(ONE)
    (record,) = [name for name in desk.names("state/") if "/ready/" in name]
    assert requests.get(f"{desk.sim.url}/sites/{record}", timeout=10).status_code == 403
    assert requests.get(f"{desk.sim.url}/storage/v1/b/sites/o", timeout=10).status_code == 401
    assert requests.get(f"{desk.sim.url}/sites/", timeout=10).status_code == 403
    token = made.url.rpartition("/")[2]
    assert len(token) == 32
    assert desk.deployed(ONE).url.rpartition("/")[2] != token


def test_the_address_without_a_slash_leads_to_the_site(desk: Bucket) -> None:
    made = desk.deployed(ONE)
    desk.mine.promote("garden", made.id)
    for address, name in ((made.url, made.url.rpartition("/")[2]), (desk.mine.site("garden").domain, "garden")):
        page = desk.get(address, "")
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        assert f'content="0;url={name}/"' in page.text
        assert desk.get(address, "/").content == ONE["index.html"]
        assert desk.get(address, "/").headers["Cache-Control"] == "no-cache"


def test_a_switch_copies_what_differs_style_sheets_first_and_the_first_page_last(desk: Bucket) -> None:
    first, second = desk.deployed(ONE), desk.deployed(TWO)
    desk.mine.promote("garden", first.id)
    before = len(desk.written("live/"))
    desk.mine.promote("garden", second.id)
    assert [name.partition("/garden")[2] for name in desk.written("live/")][:before] == [
        "/style.css", "/a.html", "/gone.html", "/", "/index.html", "",
    ]  # fmt: skip
    changed = [name.partition("/garden")[2] for name in desk.written("live/")[before:]]
    assert changed == ["/a.html", "/", "/index.html", "/gone.html"]  # written, and then the page that is no more


def test_a_switch_that_failed_in_the_middle_is_finished_by_the_next_attempt(desk: Bucket) -> None:
    first, second = desk.deployed(ONE), desk.deployed(TWO)
    desk.mine.promote("garden", first.id)
    desk.sim.fault(method="POST", path="*/rewriteTo/*", status=503, skip=1)
    with pytest.raises(IntegrationError):
        desk.mine.promote("garden", second.id)
    assert desk.mine.site("garden").production == first.id
    desk.mine.promote("garden", second.id)
    assert desk.mine.site("garden").production == second.id
    assert (desk.live(), desk.live("/a.html")) == (TWO["index.html"], TWO["a.html"])
    assert not [name for name in desk.names("state/") if name.endswith("switching")]


def test_what_half_a_switch_left_is_put_right_by_going_back_to_what_is_on_record(desk: Bucket) -> None:
    first, second = desk.deployed(ONE), desk.deployed(TWO)
    desk.mine.promote("garden", first.id)
    desk.sim.fault(method="POST", path="*/rewriteTo/*", status=503, skip=1)
    with pytest.raises(IntegrationError):
        desk.mine.promote("garden", second.id)
    assert desk.live("/a.html") == TWO["a.html"]
    desk.mine.rollback("garden", first.id, "it failed")
    assert (desk.live(), desk.live("/a.html"), desk.live("/gone.html")) == (
        ONE["index.html"], ONE["a.html"], ONE["gone.html"],
    )  # fmt: skip


def test_two_switches_at_once_are_kept_apart_until_the_first_is_dead(desk: Bucket) -> None:
    first, second = desk.deployed(ONE), desk.deployed(TWO)
    desk.sim.fault(method="POST", path="*/rewriteTo/*", status=503, skip=1)
    desk.sim.fault(method="POST", path="/upload/*", status=503, skip=1)  # died: nobody could say that it let go
    with pytest.raises(IntegrationError):
        desk.mine.promote("garden", first.id)
    with pytest.raises(Unavailable, match="in progress") as busy:
        desk.mine.promote("garden", second.id)
    assert busy.value.retry_after is not None
    desk.later(11 * 60 + 1)
    desk.mine.promote("garden", second.id)
    assert desk.live() == TWO["index.html"]


def test_a_switch_that_ended_in_this_moment_is_waited_for_and_not_missed(desk: Bucket) -> None:
    first, second = desk.deployed(ONE), desk.deployed(TWO)
    desk.sim.fault(method="POST", path="/storage/*/rewriteTo/*", status=503)
    with pytest.raises(IntegrationError):
        desk.mine.promote("garden", first.id)
    desk.sim.fault(method="GET", path="/storage/*switching", status=404)
    with pytest.raises(Unavailable, match="just ended"):
        desk.mine.promote("garden", second.id)
    desk.mine.promote("garden", second.id)
    assert desk.live() == TWO["index.html"]


@pytest.mark.parametrize("path", ["100%.html", ".well-known/x.txt", "größe.html", "About.html", "a b+c&d=e.html", ".x"])
def test_a_file_of_any_name_is_served_where_a_browser_asks_for_it(desk: Bucket, path: str) -> None:
    made = desk.deployed({"index.html": b"<p>", path: b"here", path.lower() + "x": b"not here"})
    desk.mine.promote("garden", made.id)
    for address in (made.url, desk.mine.site("garden").domain):
        answer = desk.get(address, f"/{quote(path)}")
        assert (answer.content, answer.headers["Cache-Control"]) == (b"here", "no-cache")


def test_an_upload_that_died_is_no_deployment_and_is_cleared_away_by_who_looks_for_it(desk: Bucket) -> None:
    site = desk.mine.ensure_site("garden")
    desk.sim.fault(method="POST", path="/upload/*", status=503, skip=3)
    with pytest.raises(IntegrationError):
        desk.mine.deploy(site, ONE, {"run": "r1"}, fresh=True)
    assert desk.names("preview/")
    assert desk.mine.find_deployment(site.id, "run", "r2") is None
    assert desk.names("preview/")
    assert desk.mine.find_deployment(site.id, "run", "r1") is None
    assert desk.names("preview/") == []
    made = desk.mine.deploy(site, ONE, {"run": "r1"}, fresh=True)
    assert desk.mine.deploy(site, ONE, {}, fresh=False).id == made.id


def test_old_deployments_go_and_those_that_were_in_production_stay(desk: Bucket) -> None:
    first = desk.deployed(ONE)
    desk.mine.promote("garden", first.id)
    others = [desk.deployed({"index.html": b"%d" % number}) for number in range(KEPT + 2)]
    kept = [name.rpartition("/")[2] for name in desk.names("state/") if "/ready/" in name]
    assert len(kept) == KEPT + 1
    assert {one.id.partition(".")[2] for one in [first, *others[2:]]} == set(kept)
    assert desk.get(others[0].url).status_code == 404
    desk.mine.promote("garden", others[-1].id)
    desk.mine.rollback("garden", first.id)
    assert desk.live() == ONE["index.html"]


def test_what_a_bucket_cannot_do_is_refused_with_the_way_out(desk: Bucket) -> None:
    site = desk.mine.ensure_site("garden")
    desk.mine.set_environment(site, {})
    with pytest.raises(Rejected, match=r"no environment for API_URL.*Vercel"):
        desk.mine.set_environment(site, {"API_URL": Secret("x")})
    with pytest.raises(Rejected, match=r"cannot build anything \(nextjs\): set ship.site.system to vercel"):
        desk.mine.ensure_site("shop", "nextjs")
    for path in ("../a.html", "/a.html", "a//b.html", "a\nb", "a?b", "v1..v2.html", ""):
        with pytest.raises(Rejected, match="cannot be part of an address"):
            served_objects({path: b""})


def test_a_site_goes_live_where_each_object_may_be_written_once_a_second(desk: Bucket) -> None:
    made = desk.deployed(ONE)
    desk.later(2)
    desk.sim.control("/_config", {"object_write_gap_s": 1})
    desk.mine.promote("garden", made.id)
    assert desk.mine.site("garden").production == made.id
    assert desk.live() == ONE["index.html"]
    other = desk.deployed(TWO)
    desk.later(2)
    desk.mine.promote("garden", other.id)
    assert desk.live() == TWO["index.html"]


def test_an_object_that_was_damaged_on_its_way_is_refused(desk: Bucket) -> None:
    def calls() -> list[Any]:
        return [entry for entry in desk.sim.journal() if entry["status"] == 400]

    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "multipart/related; boundary=x"}
    body = b'--x\r\nContent-Type: application/json\r\n\r\n{"name":"a","md5Hash":"AAAA"}\r\n--x\r\n'
    body += b"Content-Type: text/plain\r\n\r\nhello\r\n--x--\r\n"
    url = f"{desk.sim.url}/upload/storage/v1/b/sites/o?uploadType=multipart"
    assert requests.post(url, data=body, headers=headers, timeout=10).status_code == 400
    assert len(calls()) == 1
    assert desk.names() == []
