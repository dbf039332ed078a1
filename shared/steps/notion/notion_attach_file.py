"""notion.attach_file: a text that an earlier step read or made, as a file on a page or in a files column."""

from __future__ import annotations

import mimetypes
from functools import partial
from typing import Any

from pydantic import Field

from shared.core.errors import Missing, Rejected
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.client.files import build_upload_reference, parts_of
from shared.integrations.notion.content import blocks
from shared.integrations.notion.content.restore_blocks import remove
from shared.integrations.notion.content.writer import write_tree, written_ids
from shared.integrations.notion.values.writable_values import column_of, value_again
from shared.steps._input import Input, Target
from shared.steps._kind import Done, Repeat, StepContext, StepKind
from shared.steps.notion._text_of import text_of_step

Json = dict[str, Any]
_TREE = "file"
_UPLOADS = 5  # one expires after an hour; then another is begun


class AttachFile(Input):
    """The text of the step `from_step` as a file ("tasks.md") on the page, or in its files column `column`."""

    page: Target = Field(min_length=1)
    from_step: str = Field(min_length=1, max_length=50)
    name: str = Field(pattern=r"^[\w][\w .()-]{0,80}\.(txt|md|csv|json)$")
    column: str = Field("", max_length=200)


def _run(wanted: AttachFile, ctx: StepContext) -> Done:
    notion = ctx.connect(Notion)
    page = ctx.target(wanted.page, "page")
    if wanted.column:
        ctx.keep_before("before", lambda: _read_column(notion, page, wanted.column))
    upload = _upload(notion, wanted, ctx)
    if wanted.column:
        ctx.do_idempotently("listed", lambda: _attach_to_column(notion, page, wanted, ctx, upload))
        return Done({"page": page, "upload": upload})
    made = write_tree(notion, ctx.create_if_absent, page, _block(wanted, upload), name=_TREE)
    return Done({"page": page, "upload": upload, "block": made[0]})


def _content(wanted: AttachFile, ctx: StepContext) -> bytes:
    return text_of_step(wanted.from_step, ctx).encode()


def _upload(notion: Notion, wanted: AttachFile, ctx: StepContext) -> str:
    """Return the id of the upload with all of the text in it; an abandoned one is forgotten by Notion itself."""
    content = _content(wanted, ctx)
    kind = mimetypes.guess_type(wanted.name)[0] or "text/plain"
    for number in range(_UPLOADS):
        begun = ctx.do_idempotently(
            f"upload-{number}",
            lambda: {"upload": notion.create_upload(wanted.name, kind, parts=parts_of(len(content)))["id"]},
        )
        upload = str(begun["upload"])
        try:
            ctx.do_idempotently(f"sent-{number}", partial(_send, notion, wanted.name, content, upload))
        except (Missing, Rejected):
            if _state(notion, upload) not in ("expired", "failed", "gone"):
                raise
            continue
        return upload
    raise Rejected("notion", f"{_UPLOADS} uploads of {wanted.name} expired before they were complete")


def _send(notion: Notion, name: str, content: bytes, upload: str) -> dict[str, Any]:
    return {"upload": notion.upload(name, content, upload_id=upload)}


def _state(notion: Notion, upload: str) -> str:
    try:
        return str(notion.file_upload(upload).get("status"))
    except Missing:
        return "gone"


def _block(wanted: AttachFile, upload: str) -> list[Json]:
    return [blocks.file(upload=upload, name=wanted.name)]


def _read_column(notion: Notion, page: str, column: str) -> Json:
    """Return the column's id and files; refuses a column whose files could not be written again."""
    name, value = column_of(notion.page(page)["properties"], column)
    if value.get("type") != "files":
        raise Rejected("notion", f"column: {name!r} holds {value.get('type')}, not files")
    try:
        return {"id": value["id"], "value": value_again(value)}
    except ValueError as error:
        raise Rejected("notion", f"column: {name!r} would lose its files, for {error}; attach to the page") from error


def _attach_to_column(notion: Notion, page: str, wanted: AttachFile, ctx: StepContext, upload: str) -> Json:
    before = ctx.recall("before")
    if _names(notion, page, before) == [*_former(before), wanted.name]:
        return {"page": page}  # an earlier request has arrived
    now = _read_column(notion, page, str(before["id"]))
    files = [*now["value"]["files"], {**build_upload_reference(upload), "name": wanted.name}]
    return {"page": notion.update_page(page, {before["id"]: {"files": files}})["id"]}


def _former(before: Json) -> list[str]:
    return [str(each["name"]) for each in before["value"]["files"]]


def _names(notion: Notion, page: str, before: Json) -> list[str]:
    """Return the names of the files that are in the column now."""
    _, value = column_of(notion.page(page)["properties"], str(before["id"]))
    return [str(each.get("name")) for each in value.get("files") or ()]


def _undo(wanted: AttachFile, ctx: StepContext) -> None:
    notion = ctx.connect(Notion)
    page = ctx.target(wanted.page, "page")
    before = ctx.recall("before")
    if before is not None and ctx.effect.was_begun("listed"):
        now, former = _names(notion, page, before), _former(before)
        if now not in (former, [*former, wanted.name]):
            reason = f"somebody has changed the files in {wanted.column!r} since; take ours out by hand"
            raise Rejected("notion", reason)
        ctx.do_idempotently("undo", lambda: {"page": notion.update_page(page, {before["id"]: before["value"]})["id"]})
    if ctx.effect.is_intended(f"{_TREE}-place"):
        sent = [ctx.effect.find_result(f"sent-{number}") for number in range(_UPLOADS)]
        upload = next(str(each["upload"]) for each in sent if each)
        written = written_ids(notion, ctx.find_settled, page, _block(wanted, upload), name=_TREE)
        remove(notion, ctx.do_idempotently, written, "undo-block")


NOTION_ATTACH_FILE = StepKind(
    "notion.attach_file",
    "Attach the text of an earlier step to a page as a file.",
    AttachFile,
    _run,
    Repeat.LOOK,
    undo=_undo,
    systems=("notion",),
    core=True,
)
