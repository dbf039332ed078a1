"""Uploads: single, in parts, broken off and gone on with, refused before anything is sent."""

import pytest
import requests

from shared.core.errors import OutcomeUnknown, Rejected
from shared.integrations.notion.client.files import LARGEST_SINGLE, MIB, PART, build_upload_reference, parts_of
from tests.integrations.conftest import ServedNotion

LARGE = bytes(range(256)) * (LARGEST_SINGLE // 256) + b"the end"  # 20 MiB and a little: three parts


def content_of(desk: ServedNotion, upload: str) -> bytes:
    """Put the file on a page and read it where its signed address leads."""
    page = desk.page("Holder")
    desk.notion.append(page, [{"object": "block", "type": "file", "file": build_upload_reference(upload)}])
    (block,) = desk.notion.children(page)
    return requests.get(block["file"]["file"]["url"], timeout=10).content


def test_a_small_file_is_one_part_and_comes_back_whole(desk: ServedNotion) -> None:
    content = b"a;b\r\n--part-1\r\n\x00\xff"
    upload = desk.notion.upload('résumé "1".csv', content)
    assert desk.notion.file_upload(upload)["status"] == "uploaded"
    assert desk.notion.file_upload(upload)["filename"] == 'résumé "1".csv'
    assert content_of(desk, upload) == content
    assert [path for _, path in desk.told()].count("/v1/users/me") == 0  # every workspace takes a file this small


def test_a_large_file_goes_in_parts_and_goes_on_where_it_broke_off(desk: ServedNotion) -> None:
    notion = desk.notion
    assert (parts_of(LARGEST_SINGLE), parts_of(len(LARGE))) == (0, 3)
    upload = notion.create_upload("large.bin", "application/octet-stream", parts=3)["id"]
    desk.sim.fault(method="POST", path="/v1/file_uploads/*/send", skip=2, drop=True)
    with pytest.raises(OutcomeUnknown):
        notion.upload("large.bin", LARGE, upload_id=upload)
    assert notion.file_upload(upload)["number_of_parts"] == {"total": 3, "sent": 2}
    before = len(desk.asked)
    assert notion.upload("large.bin", LARGE, upload_id=upload) == upload
    sent = [path.rpartition("/")[2] for _, path in desk.told()[before:]]
    assert sent.count("send") == 1  # the two that had arrived were not sent again
    assert notion.file_upload(upload)["content_length"] == len(LARGE)
    assert content_of(desk, upload) == LARGE
    assert notion.upload("large.bin", LARGE, upload_id=upload) == upload  # once more changes nothing
    other = notion.create_upload("large.bin", "", parts=2)["id"]
    with pytest.raises(Rejected, match="begun with 2 parts, and this file has 3"):
        notion.upload("large.bin", LARGE, upload_id=other)


@pytest.mark.parametrize("order", [{"status": 503}, {"status": 504}, {"drop": True}])
def test_what_was_saved_and_not_answered_is_looked_up_and_counts(desk: ServedNotion, order: dict[str, object]) -> None:
    desk.sim.fault(method="POST", path="/v1/file_uploads", status=503, when="after", committed=True)
    desk.sim.fault(method="POST", path="/v1/file_uploads/*/send", when="after", **order)
    upload = desk.notion.upload("note.txt", b"hello")
    assert [desk.sim.effects().count(f"file_upload.{done}") for done in ("create", "send")] == [1, 1]
    assert content_of(desk, upload) == b"hello"
    desk.sim.fault(method="POST", path="/v1/file_uploads/*/send", when="before", **order)
    with pytest.raises(OutcomeUnknown):
        desk.notion.upload("note.txt", b"hello")


def test_an_upload_that_has_expired_is_not_gone_on_with(desk: ServedNotion) -> None:
    upload = desk.notion.create_upload("a.png", "image/png")
    assert upload["status"] == "pending"
    desk.sim.control("/_clock", {"offset_s": 2 * 3600})
    assert desk.notion.file_upload(upload["id"])["status"] == "expired"
    with pytest.raises(Rejected, match="is expired; begin a new one"):
        desk.notion.upload("a.png", b"x", upload_id=upload["id"])


def test_what_cannot_be_taken_is_refused_with_its_number_before_it_is_sent(desk: ServedNotion) -> None:
    notion = desk.notion
    for call, words in (
        (lambda: notion.upload("ż" * 451, b"x"), "name: 902 bytes"),
        (lambda: notion.upload("a\r\nb", b"x"), "name: .* characters that a file name must not have"),
        (lambda: notion.create_upload("a", "text/plain\r\nX: 1"), "content_type: .* is not a content type"),
        (lambda: notion.upload("a", b""), "upload.content: the file is empty"),
        (lambda: notion.create_upload("a", "", parts=1001), "create_upload.parts: 1001 parts; Notion takes 1 to 1000"),
        (lambda: notion.send_part("u", b"x" * (LARGEST_SINGLE + 1)), f"{LARGEST_SINGLE + 1} bytes in one part"),
        (lambda: notion.send_part("u", b"x", 1001), "part 1001"),
        (lambda: parts_of(1000 * PART + 1), "can be sent in parts"),
    ):
        with pytest.raises(Rejected, match=words):
            call()  # type: ignore[no-untyped-call]
    assert desk.asked == []


def test_a_free_workspace_takes_five_mebibytes(desk: ServedNotion) -> None:
    free = desk.sim.control("/_seed", {"workspace": "Free", "plan": "free", "internal": True})
    notion = type(desk.notion)(desk.sim.http("notion", free["token"]))
    with pytest.raises(
        Rejected, match=(rf"{6 * MIB} bytes; this workspace takes at most {5 * MIB} \(a " rf"paid plan takes more\)")
    ):
        notion.upload("six.bin", b"x" * 6 * MIB)
    assert "file_upload.create" not in desk.sim.effects()
