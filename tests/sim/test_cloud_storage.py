"""The simulated Cloud Storage, judged by Google's own client, and held against the documented rules."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from google.api_core.exceptions import NotFound, PreconditionFailed
from google.cloud import storage  # type: ignore[attr-defined]
from google.oauth2.credentials import Credentials

from shared.local.simulators._server import serve
from shared.local.simulators.cloud_storage import CloudStorageSimulator

TOKEN = "-".join(["a", "token"])
WEBSITE = {"mainPageSuffix": "index.html", "notFoundPage": "live/404.html"}


@pytest.fixture
def sim() -> Iterator[CloudStorageSimulator]:
    simulator = CloudStorageSimulator()
    server = serve(simulator)
    seed = {"token": TOKEN, "bucket": "sites", "public": ["live/"], "website": WEBSITE}
    assert requests.post(f"{simulator.base_url}/_seed", json=seed, timeout=10).ok
    yield simulator
    server.shutdown()
    server.server_close()


def google(sim: CloudStorageSimulator) -> Any:
    options = {"api_endpoint": sim.base_url}
    client = storage.Client(project="p", credentials=Credentials(TOKEN), client_options=options)  # type: ignore[no-untyped-call]
    return client.bucket("sites")


def test_googles_client_writes_reads_copies_lists_and_deletes(sim: CloudStorageSimulator) -> None:
    bucket = google(sim)
    page = bucket.blob("live/a b/ü.html")
    page.cache_control, page.metadata = "no-cache", {"run": "r1"}
    page.upload_from_string(b"<h1>\r\nhi\n</h1>\r\n", content_type="text/html; charset=utf-8", if_generation_match=0)
    assert page.download_as_bytes() == b"<h1>\r\nhi\n</h1>\r\n"
    copy = bucket.blob("live/copy.html")
    assert copy.rewrite(page)[0] is None
    listed = list(bucket.list_blobs(prefix="live/", page_size=1))
    assert [one.name for one in listed] == ["live/a b/ü.html", "live/copy.html"]
    assert [(one.content_type, one.cache_control, one.metadata) for one in listed] == [
        ("text/html; charset=utf-8", "no-cache", {"run": "r1"})
    ] * 2
    copy.delete()
    assert (copy.exists(), page.exists(), bucket.exists()) == (False, True, True)
    with pytest.raises(NotFound):
        copy.delete()


def test_a_write_that_expects_another_generation_changes_nothing(sim: CloudStorageSimulator) -> None:
    bucket = google(sim)
    page = bucket.blob("live/a.html")
    page.upload_from_string("one", if_generation_match=0)
    first = page.generation
    with pytest.raises(PreconditionFailed):
        page.upload_from_string("two", if_generation_match=0)
    page.upload_from_string("two", if_generation_match=first)
    assert page.generation > first
    with pytest.raises(PreconditionFailed):
        page.delete(if_generation_match=first)
    assert bucket.blob("live/a.html").download_as_bytes() == b"two"


def test_of_many_writers_that_expect_the_same_one_wins(sim: CloudStorageSimulator) -> None:
    url, headers = f"{sim.base_url}/upload/storage/v1/b/sites/o", {"Authorization": f"Bearer {TOKEN}"}
    statuses: list[int] = []

    def write(number: int) -> None:
        params = {"uploadType": "media", "name": "lock", "ifGenerationMatch": "0"}
        answer = requests.post(url, params=params, data=b"%d" % number, headers=headers, timeout=10)
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] + [412] * 7


def test_who_has_no_token_or_a_wrong_one_is_turned_away(sim: CloudStorageSimulator) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        answer = requests.get(f"{sim.base_url}/storage/v1/b/sites/o", headers=headers, timeout=10)
        assert answer.status_code == 401
        assert answer.json()["error"]["errors"][0]["location"] == "Authorization"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/storage/v1/b/sites/o/live/a.html", 404),  # slashes of a name have to be escaped
        ("GET", "/storage/v1/b/other/o", 404),
        ("GET", "/storage/v1/b/sites/o?preffix=live", 400),
        ("POST", "/upload/storage/v1/b/sites/o?uploadType=media&name=live/a&ifGenerationMatch=x", 400),
        ("POST", "/upload/storage/v1/b/sites/o?name=live/a", 400),
        ("POST", "/upload/storage/v1/b/sites/o?uploadType=media", 400),
        ("POST", "/upload/storage/v1/b/sites/o?uploadType=multipart", 400),
        ("DELETE", "/storage/v1/b/sites/o/none", 404),
    ],
)
def test_calls_that_are_wrong_are_refused(sim: CloudStorageSimulator, method: str, path: str, status: int) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    answer = requests.request(method, sim.base_url + path, headers=headers, data=b"x", timeout=10)
    assert answer.status_code == status
    assert answer.json()["error"]["code"] == status


def test_pages_are_served_by_name_and_through_a_domain_as_a_website(sim: CloudStorageSimulator) -> None:
    bucket = google(sim)
    for name, text in (("live/dir/index.html", "index"), ("live/404.html", "missing"), ("state/x.json", "secret")):
        bucket.blob(name).upload_from_string(text, content_type="text/html")
    plain, domain = f"{sim.base_url}/sites", f"{sim.base_url}/_website/sites"
    shown = {
        f"{plain}/live/dir/index.html": (200, "index"),
        f"{domain}/live/dir/": (200, "index"),
        f"{domain}/live/dir": (200, "index"),
        f"{domain}/live/none.html": (404, "missing"),
    }
    for url, (status, text) in shown.items():
        answer = requests.get(url, timeout=10)
        assert (answer.status_code, answer.text) == (status, text), url
    for url, code in (
        (f"{plain}/live/dir/", "NoSuchKey"),  # without a domain there are no index pages
        (f"{plain}/state/x.json", "AccessDenied"),
        (f"{plain}/", "AccessDenied"),
        (f"{sim.base_url}/nobodys/a.html", "NoSuchBucket"),
    ):
        assert f"<Code>{code}</Code>" in requests.get(url, timeout=10).text, url
    assert requests.get(f"{domain}/state/x.json", timeout=10).text == "missing"


def test_what_was_answered_outlives_the_process(tmp_path: Path) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    for last in (False, True):
        simulator = CloudStorageSimulator(tmp_path)
        server = serve(simulator)
        if not last:
            seed = {"token": TOKEN, "bucket": "sites", "public": ["live/"]}
            requests.post(f"{simulator.base_url}/_seed", json=seed, timeout=10)
            upload = f"{simulator.base_url}/upload/storage/v1/b/sites/o?uploadType=media&name=live/a.html"
            first = requests.post(upload, data=b"kept", headers=headers, timeout=10).json()
        page = requests.get(f"{simulator.base_url}/sites/live/a.html", timeout=10)
        assert (page.text, page.headers["X-Goog-Generation"]) == ("kept", first["generation"])
        server.shutdown()
        server.server_close()
