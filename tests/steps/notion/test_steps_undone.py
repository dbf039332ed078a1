"""What a step has changed comes back as it was, and what cannot come back is named."""

from __future__ import annotations

from typing import Any

import pytest

from shared.core.run.run import Run, RunStatus, StepSpec, StepStatus
from shared.integrations.notion.client.files import build_upload_reference
from shared.integrations.notion.content import blocks
from shared.steps import KINDS
from tests.steps.bench import NOBODY, Bench, paragraph, titled
from tests.steps.notion.cases import club, lines, values


def run(bench: Bench, kind: str, **given: Any) -> Run:
    """Carry out a step of this kind and wait for a person behind it."""
    asked = KINDS[kind].input.model_validate(given).model_dump(mode="json")
    return bench.start(StepSpec("do", kind, input=asked, undoable=True), gate=True)


def test_replaced_blocks_come_back_themselves_and_pages_among_them_were_never_gone(bench: Bench) -> None:
    page, notion = bench.ids["club"], bench.notion
    below = notion.create_page(page_id=page, properties={"title": titled("Minutes")})["id"]
    notion.append(page, [paragraph("The end.")])
    ids = [child["id"] for child in notion.children(page)]
    notion.comment(page, "Is this so?", block_id=ids[0])
    after = run(bench, "notion.replace_content", page=page, markdown="New.")
    assert after.facts == {"kept": "1 block with pages in it"}
    assert next(child["id"] for child in notion.children(page)) == below
    assert lines(club(bench.look())) == ["New."]
    bench.cancel()
    assert [child["id"] for child in notion.children(page)] == ids
    assert [each["rich_text"][0]["plain_text"] for each in notion.comments(ids[0])] == ["Is this so?"]


def test_blocks_that_are_no_longer_in_the_trash_are_written_again_in_their_order(bench: Bench) -> None:
    page = bench.ids["club"]
    toggle = blocks.toggle("More", [blocks.to_do("one", checked=True), blocks.quote("two")])
    (more,) = bench.notion.append(page, [toggle], after=bench.ids["opens"])
    before = bench.look()
    run(bench, "notion.delete_blocks", blocks=[bench.ids["opens"], more])
    bench.sim.fault(method="PATCH", path=f"/v1/blocks/{bench.ids['opens']}", status=404)
    bench.sim.fault(method="PATCH", path=f"/v1/blocks/{more}", status=404)
    ended = bench.cancel()
    assert (ended.status, ended.undone_failed) == (RunStatus.CANCELLED, ())
    assert lines(club(bench.look())) == ["Closes at 5.", "We repair bicycles.", "Opens at 9.", "More"]
    (again,) = [block for block in club(bench.look())["blocks"] if block["type"] == "toggle"]
    assert again in club(before)["blocks"]


def test_a_file_that_lies_with_notion_cannot_be_written_again_and_that_is_said(bench: Bench) -> None:
    page = bench.ids["club"]
    upload = bench.notion.upload("plan.txt", b"a plan")
    (block,) = bench.notion.append(page, [{"object": "block", "type": "file", "file": build_upload_reference(upload)}])
    run(bench, "notion.delete_blocks", blocks=[block])
    bench.sim.fault(method="PATCH", path=f"/v1/blocks/{block}", status=404)
    ended = bench.cancel()
    assert (ended.status, ended.undone_failed) == (RunStatus.CANCELLED, ("do",))
    assert "file: its file is stored by Notion" in ended.steps[0].error


def test_files_in_a_column_are_not_lost_by_attaching_another(bench: Bench) -> None:
    row, notion = bench.ids["bell"], bench.notion
    upload = notion.upload("plan.txt", b"a plan")
    notion.update_page(row, {"Files": {"files": [{**build_upload_reference(upload), "name": "plan.txt"}]}})
    read = StepSpec("read", "notion.query_rows", input={"data_source": bench.ids["things"]})
    given = {"page": row, "from_step": "read", "name": "things.md", "column": "Files"}
    ended = bench.start(read, StepSpec("do", "notion.attach_file", input=given, depends_on=("read",)))
    assert ended.status == RunStatus.FAILED
    assert "would lose its files" in ended.failure
    assert values(bench.look(), "Files")["Bell"] == "plan.txt"


def test_a_file_goes_into_an_empty_column_and_out_again(bench: Bench) -> None:
    read = StepSpec("read", "notion.query_rows", input={"data_source": bench.ids["things"]})
    given = {"page": bench.ids["bell"], "from_step": "read", "name": "things.md", "column": "files"}
    step = StepSpec("do", "notion.attach_file", input=given, depends_on=("read",), undoable=True)
    bench.start(read, step, gate=True)
    assert values(bench.look(), "Files")["Bell"] == "things.md"
    assert bench.cancel().undone_failed == ()
    assert values(bench.look(), "Files")["Bell"] == ""


OPENS = [{"old": "Opens at 9", "new": "Opens at 10"}]


@pytest.mark.parametrize(
    ("old", "said"),
    [
        ("Opens at 8", "is not on the page. The nearest line is 'Opens at 9."),
        ("quite another", "is not on the page. The page begins 'Opens at 9."),
        (" at ", "is on the page 2 times: 'Opens at 9."),
    ],
)
def test_a_passage_that_is_not_there_exactly_once_changes_nothing_and_the_model_is_told_what_is(
    bench: Bench, old: str, said: str
) -> None:
    before = bench.look()
    ended = run(bench, "notion.edit_markdown", page=bench.ids["club"], edits=[*OPENS, {"old": old, "new": "x"}])
    ended = bench.until_rest() if not ended.status.final else ended
    assert ended.status == RunStatus.FAILED
    expected = said.replace("Opens at 9.", "Opens at 10.")  # the first edit would have been made by then
    assert expected in ended.failure
    assert bench.look() == before


def test_an_edit_is_taken_back_around_what_people_wrote_since(bench: Bench) -> None:
    page, notion = bench.ids["club"], bench.notion
    run(bench, "notion.edit_markdown", page=page, edits=OPENS)
    closes = next(c["id"] for c in notion.children(page) if "Closes" in str(c))
    notion.update_block(closes, "paragraph", {"rich_text": blocks.rich_text("Closes at 7.")})
    assert bench.cancel().undone_failed == ()
    assert lines(club(bench.look())) == ["Opens at 9.", "Closes at 7.", "We repair bicycles."]


def test_an_edit_that_people_have_edited_stays_and_is_named(bench: Bench) -> None:
    page, notion = bench.ids["club"], bench.notion
    run(bench, "notion.edit_markdown", page=page, edits=OPENS)
    opens = next(c["id"] for c in notion.children(page) if "Opens" in str(c))
    notion.update_block(opens, "paragraph", {"rich_text": blocks.rich_text("Opens at noon.")})
    ended = bench.cancel()
    assert ended.undone_failed == ("do",)
    assert "changed the same passages since" in ended.steps[0].error


def test_a_row_that_moves_out_of_its_table_comes_back_with_its_values(bench: Bench) -> None:
    before = bench.look()
    run(bench, "notion.move_page", page=bench.ids["bell"], to_page=bench.ids["archive"])
    assert "Bell" not in values(bench.look(), "Status")
    assert bench.cancel().undone_failed == ()
    assert bench.look() == before


def test_what_an_earlier_step_made_is_named_by_that_step(bench: Bench) -> None:
    made = {"page": bench.ids["club"], "title": "Members"}
    row = {"data_source": "step:table", "properties": {"name": "Ada"}}
    ended = bench.start(
        StepSpec("r2.table", "notion.create_database", input=made),
        StepSpec("r2.row", "notion.create_page", input=row, depends_on=("r2.table",)),
    )
    assert ended.status == RunStatus.SUCCEEDED
    (table,) = club(bench.look())["tables"]["Members"]
    assert [each["values"]["Name"] for each in table["rows"]] == ["Ada"]


def test_a_step_that_made_nothing_is_no_target(bench: Bench) -> None:
    read = StepSpec("read", "notion.query_rows", input={"data_source": bench.ids["things"]})
    ended = bench.start(read, StepSpec("do", "notion.trash_page", input={"page": "step:read"}, depends_on=("read",)))
    assert ended.step("do").status == StepStatus.FAILED  # type: ignore[union-attr]
    assert "that step has made no page" in ended.failure


@pytest.mark.parametrize(
    "address",
    [
        NOBODY.upper(),
        NOBODY.replace("-", ""),
        f"https://www.notion.so/acme/Feed-beef-{NOBODY.replace('-', '')}?pvs=4",
        f"https://app.notion.com/p/0123456789abcdef0123456789abcdef#{NOBODY.replace('-', '')}",
    ],
)
def test_a_target_is_an_id_in_any_form(address: str) -> None:
    assert KINDS["notion.trash_page"].input.model_validate({"page": address}).model_dump() == {"page": NOBODY}


@pytest.mark.parametrize("address", ["", "Club", "step:", "https://evil.example/x", "../pages", f"{NOBODY}x"])
def test_what_is_no_id_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="page"):
        KINDS["notion.trash_page"].input.model_validate({"page": address})


def test_a_table_that_was_read_is_one_line_a_row_whatever_is_in_it(bench: Bench) -> None:
    awkward = "a | b \\ c\nd " + "x" * 300
    bench.notion.update_page(bench.ids["bell"], {"Note": {"rich_text": blocks.rich_text(awkward)}})
    given = {"data_source": bench.ids["things"], "columns": ["Name", "Note"], "limit": 2,
             "sorts": [{"property": "Name", "direction": "ascending"}]}  # fmt: skip
    read = StepSpec("read", "notion.query_rows", input=given)
    write = {"page": bench.ids["archive"], "from_step": "read"}
    ended = bench.start(read, StepSpec("do", "notion.append_blocks", input=write, depends_on=("read",)))
    assert ended.status == RunStatus.SUCCEEDED
    assert ended.steps[0].output["more"]
    archive = bench.look()["pages"]["Archive"][0]
    cells = [["".join(s["text"] for s in cell) for cell in row["cells"]] for row in archive["blocks"][0]["children"]]
    assert cells == [["Name", "Note"], ["Bell", "a | b \\ c d " + "x" * 187 + "…"], ["Chain", ""]]
    assert lines(archive)[1:] == ["The first 2 rows; there are more."]


def test_what_would_be_fetched_or_lead_out_is_not_written(bench: Bench) -> None:
    text = "![p](https://evil.example/p.png?d=1)\n\n[here](https://evil.example/x)\n\nhttps://evil.example/y"
    run(bench, "notion.append_blocks", page=bench.ids["archive"], markdown=text)
    archive = bench.look()["pages"]["Archive"][0]
    assert "https://evil.example" not in str(archive)
    assert [block["type"] for block in archive["blocks"]] == ["paragraph"] * 3


@pytest.mark.parametrize("icon", ["http://a.bc/p", "//a.bc/p.png", "icon"])
def test_an_icon_is_an_emoji_and_never_an_address(icon: str) -> None:
    for kind in ("notion.create_page", "notion.update_page"):
        with pytest.raises(ValueError, match="icon"):
            KINDS[kind].input.model_validate({"page": NOBODY, "title": "x", "icon": icon})


def test_a_zero_in_a_column_that_goes_comes_back_and_so_does_what_is_empty(bench: Bench) -> None:
    bench.notion.update_page(bench.ids["bell"], {"Estimate": {"number": 0}})
    before = bench.look()
    source = bench.ids["things"]
    run(bench, "notion.change_schema", data_source=source, remove=["Estimate", "Status"], allow_removing=True)
    assert values(bench.look(), "Estimate")["Bell"] == ""
    assert bench.cancel().undone_failed == ()
    assert values(bench.look(), "Estimate") == values(before, "Estimate")
    assert values(bench.look(), "Status") == values(before, "Status")
    assert values(before, "Estimate")["Bell"] == "0"
