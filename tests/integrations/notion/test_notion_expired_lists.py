"""A list that expired is known by what was asked, not by a word that a refusal of something else may hold as well."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from shared.core.errors import Rejected
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.client.notion_refusals import CursorExpired
from shared.integrations.notion.row_batches import list_all_rows
from tests.support.simulators.repeated_answers import Repeater, refusal

TABLE = "0" * 31 + "1"
NO_SUCH_COLUMN = refusal(400, "validation_error") | {"message": "Could not find property with name or id: cursor"}
EXPIRED = refusal(400, "validation_error") | {"message": "The start_cursor provided is invalid: abc"}


class Forgetful:
    """A memory of nothing: each part is read when it is asked for."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def do_idempotently(self, name: str, do: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
        return do()

    @property
    def keep_text(self) -> Callable[[str], str]:
        return lambda text: self.texts.append(text) or str(len(self.texts) - 1)

    @property
    def get_text(self) -> Callable[[str], str]:
        return lambda ref: self.texts[int(ref)]


def test_a_column_that_is_called_cursor_is_no_list_that_expired(repeater: tuple[Repeater, Notion]) -> None:
    told, notion = repeater
    told.tell(NO_SUCH_COLUMN, status=400)
    with pytest.raises(Rejected, match="Could not find property") as refused:
        list_all_rows(
            notion, Forgetful(), TABLE, {"property": "cursor", "checkbox": {"equals": True}}, ["title"], "found"
        )
    assert not isinstance(refused.value, CursorExpired)
    assert len(told.asked) == 1


@pytest.mark.parametrize(("cursor", "expired"), [("abc", True), ("", False)])
def test_only_what_reads_on_can_have_expired(repeater: tuple[Repeater, Notion], cursor: str, expired: bool) -> None:
    told, notion = repeater
    told.tell(EXPIRED, status=400)
    with pytest.raises(Rejected) as refused:
        notion.query_part(TABLE, cursor=cursor)
    assert isinstance(refused.value, CursorExpired) is expired
