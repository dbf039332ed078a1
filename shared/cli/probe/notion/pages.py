"""Who asks, how a call is refused at the door, and pages."""

from __future__ import annotations

from shared.cli.probe.calls import Ask, Call, Expect
from shared.cli.probe.notion.wording import (
    ASKED,
    BLOCK,
    NOBODYS_ID,
    NOWHERE,
    PAGE,
    REFERENCE,
    RICH_TEXT,
    USER,
    build_title,
    expect_list,
    paragraph,
    refusal,
    text,
)

ME = {
    **USER,
    "type": "=bot",
    "bot": {
        "owner": {"type": "=workspace|=user", "workspace?": True, "user?": "object"},
        "workspace_id": "uuid",
        "workspace_name": "text|null",
        "workspace_limits": {"max_file_upload_size_in_bytes": "whole"},
    },
}

DOOR = (
    Call(
        "who we are",
        "The bot of a token is a user with its owner, its workspace and the size of file it takes; every answer has an "
        "id in the header x-notion-request-id.",
        REFERENCE + "get-self",
        Ask("GET", "/v1/users/me"),
        Expect(body=ME, headers={"x-notion-request-id": "words", "content-type": "words"}),
    ),
    Call(
        "no version",
        "A call without the header Notion-Version is refused with missing_version.",
        REFERENCE + "versioning",
        Ask("GET", "/v1/users/me", headers={"Notion-Version": None}),
        refusal(400, "missing_version", "Notion-Version"),
    ),
    Call(
        "a version that is none",
        "A version that does not exist is refused as a validation_error.",
        REFERENCE + "status-codes",
        Ask("GET", "/v1/users/me", headers={"Notion-Version": "1999-01-01"}),
        refusal(400, "validation_error", "Notion-Version"),
    ),
    Call(
        "a stranger's token",
        "A token that is not valid is refused with 401 unauthorized, the sign to renew it or to ask for consent again.",
        REFERENCE + "status-codes",
        Ask("GET", "/v1/users/me", trusted=False),
        refusal(401, "unauthorized", "token", "invalid"),
    ),
    Call(
        "an address that is none",
        "A path that does not exist is refused with 400 invalid_request_url, not with 404.",
        REFERENCE + "status-codes",
        Ask("GET", "/v1/no_such_thing"),
        refusal(400, "invalid_request_url", "URL"),
    ),
    Call(
        "people in parts",
        "People and bots are listed in parts of the size that is asked for.",
        REFERENCE + "get-users",
        Ask("GET", "/v1/users", query={"page_size": 1}),
        Expect(body=expect_list(USER, "user")),
        keep={"person": "results[0].id"},
    ),
    Call(
        "one of the people",
        "A user is read by id, with the same fields as in the list.",
        REFERENCE + "get-user",
        Ask("GET", "/v1/users/{person}"),
        Expect(body={**USER, "id": "={person}"}),
    ),
    Call(
        "nobody",
        "A user who is not there is 404 object_not_found.",
        REFERENCE + "get-user",
        Ask("GET", f"/v1/users/{NOBODYS_ID}"),
        refusal(404, "object_not_found", "not find"),
    ),
    Call(
        "the workspace's own emojis",
        "Custom emojis are a list with id, name and address.",
        REFERENCE + "list-custom-emojis",
        Ask("GET", "/v1/custom_emojis", query={"page_size": 1}),
        Expect(
            body={
                **expect_list({"id": "uuid", "name": "text", "url": "url"}, "custom_emoji"),
                "custom_emoji?": "object",
            }
        ),
    ),
)

PAGES = (
    Call(
        "a page is created",
        "POST pages makes a page below a page, with blocks, and answers with the whole page object.",
        REFERENCE + "post-page",
        Ask("POST", "/v1/pages", {
            "parent": {"type": "page_id", "page_id": "{place}"}, "properties": build_title("{mark}"),
            "children": [paragraph("first"), paragraph("second"), paragraph("third")],
        }),
        Expect(body={**PAGE, "parent": {"type": "=page_id", "page_id": "={place}"}, "in_trash": False},
               holds={"properties.title.title[0].plain_text": "={mark}"}),
        keep={"root": "id"},
    ),
    Call(
        "an id without dashes",
        "Ids are taken with and without dashes and answered with them.",
        REFERENCE + "retrieve-a-block",
        Ask("GET", "/v1/blocks/{place_bare}"),
        Expect(body={**BLOCK, "id": "={place}", "type": "=child_page"}),
    ),
    Call(
        "the page is read",
        "GET pages answers the same object; times are whole minutes; nothing says what is on the page.",
        REFERENCE + "retrieve-a-page",
        Ask("GET", "/v1/pages/{root}"),
        Expect(body={**PAGE, "id": "={root}", "icon": None, "properties": {
            "title": {"id": "=title", "type": "=title", "title": [RICH_TEXT]}}}),
    ),
    Call(
        "only one property",
        "filter_properties leaves the properties that are not named out of a page.",
        REFERENCE + "retrieve-a-page",
        Ask("GET", "/v1/pages/{root}", query={"filter_properties": "title"}),
        Expect(body={**PAGE, "properties": {"title": "object"}}),
    ),
    Call(
        "a title and an icon",
        "PATCH pages changes what it names and answers with the page as it is then.",
        REFERENCE + "patch-page",
        Ask("PATCH", "/v1/pages/{root}", {"properties": build_title("{mark} renamed"),
                                          "icon": {"type": "emoji", "emoji": "🔎"}}),
        Expect(body={**PAGE, "icon": {"type": "=emoji", "emoji": "=🔎"}},
               holds={"properties.title.title[0].plain_text": "={mark} renamed"}),
    ),
    Call(
        "no icon any more",
        "Null clears an icon.",
        REFERENCE + "patch-page",
        Ask("PATCH", "/v1/pages/{root}", {"icon": None, "properties": build_title("{mark}")}),
        Expect(body={**PAGE, "icon": None}),
    ),
    Call(
        "a field that is none",
        "An unknown field in a body is refused, and the message names it with its path.",
        REFERENCE + "status-codes",
        Ask("PATCH", "/v1/pages/{root}", {"nonsense": True}),
        refusal(400, "validation_error", "body.nonsense", "not present"),
    ),
    Call(
        "a page that is not shared",
        "What does not exist and what is not shared are the same 404 object_not_found.",
        REFERENCE + "status-codes",
        Ask("GET", f"/v1/pages/{NOBODYS_ID}"),
        refusal(404, "object_not_found", "not find", "shared"),
    ),
    Call(
        "an id that is none",
        "An id that is none is refused as a validation_error of the path.",
        REFERENCE + "status-codes",
        Ask("GET", "/v1/pages/not-an-id"),
        refusal(400, "validation_error", "path", "uuid"),
    ),
    Call(
        "a page below the page",
        "A page may be made below a page that was just made.",
        REFERENCE + "post-page",
        Ask("POST", "/v1/pages", {"parent": {"page_id": "{root}"}, "properties": build_title("one")}),
        Expect(body={**PAGE, "parent": {"type": "=page_id", "page_id": "={root}"}}),
        keep={"one": "id"},
    ),
    Call(
        "a page of Markdown",
        "A page made of Markdown takes its first heading for its title.",
        REFERENCE + "post-page",
        Ask("POST", "/v1/pages", {"parent": {"page_id": "{root}"}, "markdown": "# two\n\nA paragraph.\n\n- [ ] to do"}),
        Expect(body=PAGE, holds={"properties.title.title[0].plain_text": "=two"}),
        keep={"two": "id"},
    ),
    Call(
        "a title in full",
        "The endpoint of one property gives a title as a list of items, whose head says what they are.",
        REFERENCE + "retrieve-a-page-property",
        Ask("GET", "/v1/pages/{one}/properties/title", query={"page_size": 100}),
        Expect(body={
            **expect_list({"object": "=property_item", "id": "=title", "type": "=title", "title": RICH_TEXT},
                     "property_item"),
            "property_item": {"id": "=title", "type": "=title", "title": "object", "next_url": "text|null"}}),
    ),
    Call(
        "a page is moved",
        "POST pages/{id}/move puts a page below another one and answers with it.",
        REFERENCE + "move-page",
        Ask("POST", "/v1/pages/{two}/move", {"parent": {"type": "page_id", "page_id": "{one}"}}),
        Expect(body={**PAGE, "parent": {"type": "=page_id", "page_id": "={one}"}}),
    ),
    Call(
        "a page is put into the trash",
        "in_trash puts a page into the trash.",
        REFERENCE + "patch-page",
        Ask("PATCH", "/v1/pages/{two}", {"in_trash": True}),
        Expect(body={**PAGE, "in_trash": True}),
    ),
    Call(
        "a page in the trash is read",
        "What is in the trash can be read and says that it is there.",
        NOWHERE,
        Ask("GET", "/v1/pages/{two}"),
        Expect(body={**PAGE, "in_trash": True}),
    ),
    Call(
        "a page in the trash is changed",
        "What is in the trash is not changed: a validation_error that speaks of what is archived.",
        NOWHERE,
        Ask("PATCH", "/v1/pages/{two}", {"properties": {"title": {"title": text("again")}}}),
        refusal(400, "validation_error", "archived"),
    ),
    Call(
        "a page comes back",
        "in_trash with false takes a page out of the trash, to where it stood.",
        REFERENCE + "patch-page",
        Ask("PATCH", "/v1/pages/{two}", {"in_trash": False}),
        Expect(body={**PAGE, "in_trash": False, "parent": {"type": "=page_id", "page_id": "={one}"}}),
    ),
    Call(
        "a page whose parent is not shared",
        "Creating below what is not shared is 404 object_not_found.",
        REFERENCE + "post-page",
        Ask("POST", "/v1/pages", {"parent": {"page_id": NOBODYS_ID}, "properties": build_title("nowhere")}),
        refusal(404, "object_not_found", "not find"),
    ),
)  # fmt: skip

MARKDOWN_GUIDE = "https://developers.notion.com/guides/data-apis/working-with-markdown-content"
MARKDOWN = (
    Call(
        "a page as Markdown",
        "The Markdown of a page comes with what could not be written, and whether it is all.",
        MARKDOWN_GUIDE,
        Ask("GET", "/v1/pages/{two}/markdown"),
        Expect(body={"object": "=page_markdown", "id": "={two}", "markdown": "=A paragraph.\n- [ ] to do",
                     "truncated": False, "unknown_block_ids": ["uuid"], **ASKED}),
    ),
    Call(
        "a passage is replaced",
        "update_content puts one text in the place of another and answers with the whole page.",
        MARKDOWN_GUIDE,
        Ask("PATCH", "/v1/pages/{two}/markdown", {"type": "update_content", "update_content": {
            "content_updates": [{"old_str": "A paragraph.", "new_str": "Another paragraph."}]}}),
        Expect(body={"object": "=page_markdown", "id": "={two}", "markdown": "=Another paragraph.\n- [ ] to do",
                     "truncated": False, "unknown_block_ids": ["uuid"], **ASKED}),
    ),
    Call(
        "a passage that is not there",
        "A passage that is not on the page is a validation_error, and nothing is changed.",
        MARKDOWN_GUIDE,
        Ask("PATCH", "/v1/pages/{two}/markdown", {"type": "update_content", "update_content": {
            "content_updates": [{"old_str": "nowhere on the page", "new_str": "x"}]}}),
        refusal(400, "validation_error"),
    ),
    Call(
        "a task that is none",
        "A task that is not there, or whose result has expired, is 404.",
        REFERENCE + "retrieve-async-task",
        Ask("GET", "/v1/async_tasks/task_that_nobody_began"),
        refusal(404, "object_not_found"),
    ),
)  # fmt: skip
