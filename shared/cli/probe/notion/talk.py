"""Comments, files, and the search."""

from __future__ import annotations

from shared.cli.probe.calls import Ask, Call, Expect
from shared.cli.probe.notion.wording import (
    BLOCK,
    COMMENT,
    NOBODYS_ID,
    NOWHERE,
    PAGE,
    REFERENCE,
    UPLOAD,
    expect_list,
    refusal,
    text,
)
from shared.cli.probe.shapes import InOrder, Rows

SAID = "results[].rich_text[0].plain_text"
BOUNDARY = "workwright-probe-part"
FORM = (
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="probe.txt"\r\n'
    f"Content-Type: text/plain\r\n\r\nsmall\r\n--{BOUNDARY}--\r\n"
).encode()

COMMENTS = (
    Call(
        "a comment",
        "A comment on a page begins a discussion, whose id is in the answer.",
        REFERENCE + "create-a-comment",
        Ask("POST", "/v1/comments", {"parent": {"type": "page_id", "page_id": "{root}"}, "rich_text": text("one")}),
        Expect(body={**COMMENT, "parent": {"type": "=page_id", "page_id": "={root}"}}),
        keep={"discussion": "discussion_id", "comment": "id"},
    ),
    Call(
        "an answer to it",
        "An answer is given by the discussion alone and stands in it.",
        REFERENCE + "create-a-comment",
        Ask("POST", "/v1/comments", {"discussion_id": "{discussion}", "rich_text": text("two")}),
        Expect(body={**COMMENT, "discussion_id": "={discussion}"}),
        keep={"answer": "id"},
    ),
    Call(
        "a comment on a block",
        "A comment on a block has the block as its parent.",
        REFERENCE + "create-a-comment",
        Ask("POST", "/v1/comments", {"parent": {"type": "block_id", "block_id": "{first}"},
                                     "rich_text": text("three")}),
        Expect(body={**COMMENT, "parent": {"type": "=block_id", "block_id": "={first}"}}),
    ),
    Call(
        "the comments of a page",
        "The open comments of a page are listed, the oldest first; those on its blocks are not among them.",
        REFERENCE + "list-comments",
        Ask("GET", "/v1/comments", query={"block_id": "{root}", "page_size": 100}),
        Expect(body=expect_list(COMMENT, "comment", status=True), holds={SAID: InOrder("one", "two")}),
    ),
    Call(
        "the comments of a block",
        "Comments on a block are listed by the block.",
        REFERENCE + "list-comments",
        Ask("GET", "/v1/comments", query={"block_id": "{first}", "page_size": 100}),
        Expect(body=expect_list(COMMENT, "comment", status=True), holds={SAID: InOrder("three")}),
    ),
    Call(
        "one comment",
        "A comment is read by its id.",
        REFERENCE + "retrieve-comment",
        Ask("GET", "/v1/comments/{comment}"),
        Expect(body={**COMMENT, "id": "={comment}"}),
    ),
    Call(
        "a comment is changed",
        "PATCH comments replaces the text of a comment of ours.",
        REFERENCE + "update-a-comment",
        Ask("PATCH", "/v1/comments/{answer}", {"rich_text": text("two again")}),
        Expect(body={**COMMENT, "id": "={answer}"}, holds={"rich_text[0].plain_text": "=two again"}),
    ),
    Call(
        "a comment is deleted",
        "DELETE comments removes a comment of ours.",
        REFERENCE + "delete-a-comment",
        Ask("DELETE", "/v1/comments/{answer}"),
        Expect(body={"object": "=comment", "id": "={answer}", "*": "any"}),
    ),
    Call(
        "a comment that is gone",
        "A comment that is gone is 404 object_not_found.",
        REFERENCE + "retrieve-comment",
        Ask("GET", "/v1/comments/{answer}"),
        refusal(404, "object_not_found"),
    ),
    Call(
        "a comment on what is not shared",
        "A comment on a page that is not shared is 404 object_not_found.",
        REFERENCE + "create-a-comment",
        Ask("POST", "/v1/comments", {"parent": {"page_id": NOBODYS_ID}, "rich_text": text("nowhere")}),
        refusal(404, "object_not_found"),
    ),
)  # fmt: skip

FILES = (
    Call(
        "an upload is begun",
        "An upload begins as pending, with the address to send it to and a time in which to end it.",
        REFERENCE + "create-a-file-upload",
        Ask("POST", "/v1/file_uploads", {"mode": "single_part", "filename": "probe.txt", "content_type": "text/plain"}),
        Expect(body={**UPLOAD, "status": "=pending", "upload_url": "url", "filename": "=probe.txt"}),
        keep={"upload": "id"},
    ),
    Call(
        "a file is sent",
        "A small file is sent as a form in one part and is uploaded then.",
        REFERENCE + "send-a-file-upload",
        Ask("POST", "/v1/file_uploads/{upload}/send", raw=FORM,
            headers={"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}),
        Expect(body={**UPLOAD, "id": "={upload}", "status": "=uploaded", "content_length": 5}),
    ),
    Call(
        "an upload is looked at",
        "An upload is read by its id, with its status.",
        REFERENCE + "retrieve-a-file-upload",
        Ask("GET", "/v1/file_uploads/{upload}"),
        Expect(body={**UPLOAD, "id": "={upload}", "status": "=uploaded"}),
    ),
    Call(
        "uploads in parts",
        "Uploads are listed by their status.",
        REFERENCE + "list-file-uploads",
        Ask("GET", "/v1/file_uploads", query={"status": "uploaded", "page_size": 1}),
        Expect(body={**expect_list(UPLOAD, "file_upload", status=True), "results": Rows(1, UPLOAD)}),
    ),
    Call(
        "a file on the page",
        "An upload is shown by a block that names it, and reads back as a file with a signed address that expires.",
        REFERENCE + "block",
        Ask("PATCH", "/v1/blocks/{root}/children", {"children": [
            {"type": "file", "file": {"type": "file_upload", "file_upload": {"id": "{upload}"}}}]}),
        Expect(body=expect_list({**BLOCK, "type": "=file"}, "block"), holds={"results[0].file": {
            "type": "=file", "file": {"url": "url", "expiry_time": "time"}, "caption": "list", "name": "text"}}),
    ),
    Call(
        "an upload in one part is completed",
        "Only uploads in several parts are completed: for one that was sent whole that is refused.",
        NOWHERE,
        Ask("POST", "/v1/file_uploads/{upload}/complete"),
        refusal(400, "validation_error"),
    ),
)  # fmt: skip

SEARCH = (
    Call(
        "the page is found",
        "The search finds a page by the words of its title, a while after it was made.",
        REFERENCE + "post-search",
        Ask("POST", "/v1/search", {"query": "{mark}", "filter": {"property": "object", "value": "page"},
                                   "page_size": 100}),
        Expect(body={**expect_list(PAGE, "page_or_data_source", status=True), "results": Rows(1, PAGE)},
               holds={"results[0].id": "={root}"}),
        patience=120.0, every=5.0,
    ),
    Call(
        "by the last change",
        "The search lists by the time of the last change, the newest first.",
        REFERENCE + "post-search",
        Ask("POST", "/v1/search", {"query": "", "sort": {"timestamp": "last_edited_time", "direction": "descending"},
                                   "page_size": 2}),
        Expect(body=expect_list({"object": "=page|=data_source", "id": "uuid", "*": "any"}, "page_or_data_source",
                           status=True)),
    ),
    Call(
        "tables are found",
        "The search finds data sources, not databases.",
        REFERENCE + "post-search",
        Ask("POST", "/v1/search", {"query": "", "filter": {"property": "object", "value": "data_source"},
                                   "page_size": 1}),
        Expect(body=expect_list({"object": "=data_source", "id": "uuid", "*": "any"},
                                "page_or_data_source", status=True)),
    ),
    Call(
        "databases are not found",
        "The older word database in the filter is refused.",
        REFERENCE + "post-search",
        Ask("POST", "/v1/search", {"filter": {"property": "object", "value": "database"}, "page_size": 1}),
        refusal(400, "validation_error", "filter"),
    ),
)  # fmt: skip
