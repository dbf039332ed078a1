"""File uploads: one part, several, from elsewhere; attached everywhere; addresses and uploads expire."""

import threading
from collections.abc import Iterator

import pytest
import requests
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from tests.support.simulators.seeded_notion import VERSION, Notion, text

NOWHERE = "00000000-0000-4000-8000-000000000000"


def _send(notion: Notion, upload: dict, content: bytes, kind: str = "image/png", **form: str) -> requests.Response:
    headers = {"Authorization": f"Bearer {notion.seeded['token']}", "Notion-Version": VERSION}
    files = {"file": (upload["filename"] or "x", content, kind)}
    return requests.post(upload["upload_url"], files=files, data=form, headers=headers, timeout=10)


def _create(notion: Notion, **body) -> dict:
    return notion.call("POST", "/v1/file_uploads", body).json()


def _uploaded(notion: Notion, content: bytes = b"picture", name: str = "a.png", kind: str = "image/png") -> str:
    upload = _create(notion, filename=name, content_type=kind)
    assert _send(notion, upload, content, kind).json()["status"] == "uploaded"
    return str(upload["id"])


def _of(upload_id: str) -> dict:
    return {"type": "file_upload", "file_upload": {"id": upload_id}}


def test_a_file_in_one_part_is_uploaded_once_sent(notion: Notion):
    upload = _create(notion, filename="a.png")
    assert (upload["status"], upload["content_type"], upload["content_length"]) == ("pending", "image/png", None)
    sent = _send(notion, upload, b"12345").json()
    assert (sent["status"], sent["content_length"], "upload_url" in sent) == ("uploaded", 5, False)
    assert _send(notion, upload, b"again").status_code == 400


def test_parts_are_put_together_in_their_order(notion: Notion):
    notion.control("/_config", {"part_least_bytes": 4, "part_most_bytes": 5})
    upload = _create(notion, mode="multi_part", filename="a.bin", number_of_parts=3)
    assert _send(notion, upload, b"too short"[:3], part_number="1").status_code == 400
    assert _send(notion, upload, b"too long", part_number="1").status_code == 400
    assert _send(notion, upload, b"over", part_number="4").status_code == 400
    for number, part in ((2, b"bbbb"), (1, b"aaaa")):
        assert _send(notion, upload, part, part_number=str(number)).json()["status"] == "pending"
    early = notion.call("POST", f"/v1/file_uploads/{upload['id']}/complete")
    assert (early.status_code, "2 of 3 parts" in early.json()["message"]) == (400, True)
    assert _send(notion, upload, b"c", part_number="3").json()["number_of_parts"] == {"total": 3, "sent": 3}
    done = requests.post(upload["complete_url"], headers=_headers(notion), timeout=10).json()
    assert (done["status"], done["content_length"]) == ("uploaded", 9)
    block = {"type": "file", "file": _of(upload["id"])}
    shown = notion.append(notion.page(), block).json()["results"][0]["file"]
    assert requests.get(shown["file"]["url"], timeout=10).content == b"aaaabbbbc"
    assert shown["name"] == "a.bin"


def _headers(notion: Notion) -> dict[str, str]:
    return {"Authorization": f"Bearer {notion.seeded['token']}", "Notion-Version": VERSION}


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ({"mode": "multi_part", "filename": "a.png"}, "body.number_of_parts"),
        ({"mode": "multi_part", "number_of_parts": 2}, "body.filename"),
        ({"mode": "multi_part", "filename": "a.png", "number_of_parts": 1001}, "`1000`"),
        ({"mode": "single_part", "number_of_parts": 2}, "body.number_of_parts"),
        ({"mode": "external_url", "filename": "a.png"}, "body.external_url"),
        ({"mode": "external_url", "filename": "a.png", "external_url": "http://e.test/a.png"}, "public HTTPS"),
        ({"filename": "ä" * 451}, "`900`, instead was `902`"),
        ({"mode": "folder"}, "body.mode"),
    ],
)
def test_a_wrong_upload_is_refused_by_its_field(notion: Notion, body, part):
    answer = notion.call("POST", "/v1/file_uploads", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")
    assert part in answer.json()["message"]


def test_a_free_workspace_takes_five_mebibytes(notion: Notion):
    notion.simulator.state["workspaces"][notion.seeded["workspace_id"]]["plan"] = "free"
    limits = notion.call("GET", "/v1/users/me").json()["bot"]["workspace_limits"]
    assert limits["max_file_upload_size_in_bytes"] == 5 * 1024**2
    fits, above = _create(notion, filename="a.png"), _create(notion, filename="b.png")
    assert _send(notion, fits, bytes(5 * 1024**2)).status_code == 200
    assert _send(notion, above, bytes(5 * 1024**2 + 1)).status_code == 400


def test_what_was_declared_is_what_is_sent(notion: Notion):
    upload = _create(notion, filename="a.png")
    assert _send(notion, upload, b"x", kind="text/plain").status_code == 400
    as_json = notion.call("POST", f"/v1/file_uploads/{upload['id']}/send", {"file": "x"})
    assert (as_json.status_code, "multipart/form-data" in as_json.json()["message"]) == (400, True)


def test_a_file_is_attached_everywhere_and_reads_as_a_signed_address(notion: Notion):
    upload = _uploaded(notion)
    body = {
        "parent": {"type": "page_id", "page_id": notion.home},
        "initial_data_source": {"properties": {"Name": {"title": {}}, "Files": {"files": {}}}},
    }
    source = notion.call("POST", "/v1/databases", body).json()["data_sources"][0]["id"]
    row = {
        "parent": {"data_source_id": source},
        "icon": _of(upload),
        "cover": _of(upload),
        "properties": {"Files": {"files": [{**_of(upload), "name": "shown.png"}]}},
        "children": [{"type": "image", "image": _of(upload)}],
    }
    page = notion.call("POST", "/v1/pages", row).json()
    files = page["properties"]["Files"]["files"]
    image = notion.call("GET", f"/v1/blocks/{page['id']}/children").json()["results"][0]["image"]
    comment = {"parent": {"page_id": page["id"]}, "rich_text": text("c"), "attachments": [{"file_upload_id": upload}]}
    attached = notion.call("POST", "/v1/comments", comment).json()["attachments"][0]
    assert (files[0]["name"], attached["category"]) == ("shown.png", "image")
    for shown in (page["icon"], page["cover"], files[0], image, attached):
        assert requests.get(shown["file"]["url"], timeout=10).content == b"picture"
    written_back = {"properties": {"Files": {"files": files}}}
    assert notion.call("PATCH", f"/v1/pages/{page['id']}", written_back).status_code == 200


def test_a_signed_address_ends_after_an_hour_and_a_read_brings_a_new_one(notion: Notion):
    page = notion.page(children=[{"type": "image", "image": _of(_uploaded(notion))}])
    old = notion.call("GET", f"/v1/blocks/{page}/children").json()["results"][0]["image"]["file"]["url"]
    notion.control("/_clock", {"offset_s": 3700})
    new = notion.call("GET", f"/v1/blocks/{page}/children").json()["results"][0]["image"]["file"]["url"]
    assert [requests.get(url, timeout=10).status_code for url in (old, new)] == [403, 200]
    assert requests.get(new.replace("signature=", "signature=0"), timeout=10).status_code == 403


def test_an_upload_nobody_attached_expires_and_an_attached_one_stays(notion: Notion):
    kept, lost = _uploaded(notion), _uploaded(notion)
    notion.page(children=[{"type": "image", "image": _of(kept)}])
    notion.control("/_clock", {"offset_s": 3700})
    states = [notion.call("GET", f"/v1/file_uploads/{key}").json() for key in (kept, lost)]
    assert [state["status"] for state in states] == ["uploaded", "expired"]
    assert states[0]["expiry_time"] is None
    late = notion.append(notion.home, {"type": "image", "image": _of(lost)})
    assert (late.status_code, "is expired" in late.json()["message"]) == (400, True)
    listed = notion.call("GET", "/v1/file_uploads?status=expired").json()["results"]
    assert [upload["id"] for upload in listed] == [lost]


@pytest.mark.parametrize("upload", [NOWHERE, "pending"])
def test_only_an_uploaded_file_of_ones_own_is_attached(notion: Notion, upload):
    named = _create(notion, filename="a.png")["id"] if upload == "pending" else upload
    answer = notion.append(notion.home, {"type": "image", "image": _of(named)})
    assert answer.status_code == (400 if upload == "pending" else 404)
    assert notion.effects("block.append") == []


def test_another_connections_upload_does_not_exist(notion: Notion):
    other = notion.connect()["access_token"]
    upload = _uploaded(notion)
    assert notion.call("GET", f"/v1/file_uploads/{upload}", token=other).status_code == 404


@pytest.fixture
def elsewhere() -> Iterator[str]:
    @Request.application
    def answer(request: Request) -> Response:
        return Response(b"from elsewhere", 200 if request.path == "/a.png" else 404, content_type="image/png")

    server = make_server("127.0.0.1", 0, answer, threaded=True)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_file_from_elsewhere_is_imported_in_its_time(notion: Notion, elsewhere: str):
    found, missing = (
        _create(notion, mode="external_url", filename=name, external_url=f"{elsewhere}/{name}")
        for name in ("a.png", "b.png")
    )
    assert (found["status"], "upload_url" in found) == ("pending", False)
    notion.control("/_clock", {"offset_s": 5})
    done, failed = (notion.call("GET", f"/v1/file_uploads/{one['id']}").json() for one in (found, missing))
    assert (done["status"], done["content_length"], done["file_import_result"]["type"]) == ("uploaded", 14, "success")
    assert (failed["status"], failed["file_import_result"]["error"]["status_code"]) == ("failed", 404)


def test_files_outlive_the_process(kept_notion: Notion):
    upload = _uploaded(kept_notion)
    page = kept_notion.page(children=[{"type": "image", "image": _of(upload)}])
    second = type(kept_notion.simulator)(kept_notion.simulator.data)
    assert second.read_bytes(f"{upload}.1") == b"picture"
    assert second.state["uploads"][upload]["expiry_time"] is None
    assert page in second.state["nodes"]
