"""A text of an earlier step as a file: larger than one request takes, broken off, attached once, taken away again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shared.core.run.run import RunStatus, StepSpec
from shared.integrations.notion.client.files import LARGEST_SINGLE
from shared.local.simulators.notion.simulator import NotionSimulator
from shared.steps import KINDS
from shared.steps._input import Input
from shared.steps._kind import Done, Repeat, StepContext, StepKind
from tests.integrations.conftest import Served
from tests.steps.bench import prepared
from tests.support.rigs.small_house import SmallHouse
from tests.support.simulators import kept_open

TEXT = "0123456789é\n" * (LARGEST_SINGLE // 13 + 1) + "the end"


def test_a_text_too_large_for_one_request_goes_in_parts_and_on_where_it_broke_off(
    house: Callable[..., SmallHouse], served: Callable[[Any], Served]
) -> None:
    def write(wanted: Input, ctx: StepContext) -> Done:
        return Done({"text": ctx.keep_text(TEXT)})

    kinds = {**KINDS, "test.step": StepKind("test.step", "Write a text.", Input, write, Repeat.SAME_END)}
    notion = served(NotionSimulator())
    bench = prepared(house(endpoints={"notion": notion.url}, kinds=kinds), notion)
    page = bench.ids["club"]
    before = bench.look()
    notion.fault(method="POST", path="/v1/file_uploads/*/send", skip=1, drop=True)
    given = {"page": page, "from_step": "read", "name": "all.txt"}
    step = StepSpec("do", "notion.attach_file", input=given, depends_on=("read",), undoable=True)
    bench.start(StepSpec("read", "test.step"), step, gate=True)
    assert bench.until_rest().status == RunStatus.AWAITING_APPROVAL
    (file,) = [block for block in bench.notion.children(page) if block["type"] == "file"]
    assert kept_open.get(file["file"]["file"]["url"], timeout=10).content == TEXT.encode()
    sent = [each for each in notion.journal() if each["path"].endswith("/send")]
    assert len(sent) == 4  # three parts, and the one whose answer was lost again
    assert bench.cancel().undone_failed == ()
    assert bench.look() == before
