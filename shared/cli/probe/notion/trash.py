"""Blocks that are removed, and come back."""

from __future__ import annotations

from shared.cli.probe.calls import Ask, Call, Expect
from shared.cli.probe.notion.blocks import CHILDREN
from shared.cli.probe.notion.wording import NOWHERE, PARAGRAPH, REFERENCE, expect_list, refusal, text

TRASH = (
    Call(
        "a block is removed",
        "DELETE blocks puts a block into the trash and answers with it.",
        REFERENCE + "delete-a-block",
        Ask("DELETE", "/v1/blocks/{second}"),
        Expect(body={**PARAGRAPH, "id": "={second}", "in_trash": True}),
    ),
    Call(
        "a block in the trash is changed",
        "A block in the trash is not changed: a validation_error that speaks of what is archived.",
        NOWHERE,
        Ask("PATCH", "/v1/blocks/{second}", {"paragraph": {"rich_text": text("x")}}),
        refusal(400, "validation_error", "archived"),
    ),
    Call(
        "a block comes back",
        "in_trash with false takes a block out of the trash.",
        REFERENCE + "update-a-block",
        Ask("PATCH", "/v1/blocks/{second}", {"in_trash": False}),
        Expect(body={**PARAGRAPH, "id": "={second}", "in_trash": False}),
    ),
    Call(
        "back where it stood",
        "A block that comes back stands where it stood before.",
        NOWHERE,
        Ask("GET", CHILDREN, query={"page_size": 5}),
        Expect(body=expect_list(PARAGRAPH, "block", more=True), holds={
            "results[3].id": "={second}", "results[4].paragraph.rich_text[0].plain_text": "=third"}),
    ),
    Call(
        "a block that is not there",
        "A block that does not exist is 404 object_not_found.",
        REFERENCE + "delete-a-block",
        Ask("DELETE", "/v1/blocks/00000000-0000-4000-8000-000000000000"),
        refusal(404, "object_not_found", "not find"),
    ),
)  # fmt: skip
