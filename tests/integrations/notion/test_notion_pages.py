"""Pages: every way to create, change, move and trash one, blocks on them, and comments."""

import pytest

from shared.core.errors import Missing, Rejected
from shared.integrations.notion.client.client import KEEP, normal_id
from shared.integrations.notion.client.files import build_upload_reference
from shared.integrations.notion.content import blocks
from shared.integrations.notion.values.property_values import property_value
from tests.integrations.conftest import ServedNotion

TITLE = {"title": property_value("title", "Page")}


def texts(desk: ServedNotion, block: str) -> list[str]:
    return [each.text for each in desk.notion.read_tree(block)]


def test_an_icon_is_set_changed_kept_and_cleared(desk: ServedNotion) -> None:
    notion = desk.notion
    picture = notion.upload("icon.png", b"\x89PNG")
    page = notion.create_page(page_id=desk.home, properties=TITLE, icon="🍞")
    assert page["icon"]["emoji"] == "🍞"
    changed = notion.update_page(page["id"], icon="https://e.example/i.png")
    assert changed["icon"]["external"]["url"] == "https://e.example/i.png"
    kept = notion.update_page(page["id"], {"title": property_value("title", "Other")}, icon=KEEP)
    assert kept["icon"]["type"] == "external"
    own = notion.update_page(page["id"], icon=build_upload_reference(picture))
    assert own["icon"]["type"] == "file"
    assert notion.update_page(page["id"], icon=None)["icon"] is None


def test_a_page_is_trashed_and_restored(desk: ServedNotion) -> None:
    notion = desk.notion
    page = desk.page()
    assert notion.update_page(page, in_trash=True)["in_trash"]
    assert not notion.update_page(page, in_trash=False)["in_trash"]


def test_a_page_moves_below_a_page_and_into_a_table(desk: ServedNotion) -> None:
    notion = desk.notion
    _, source = notion.create_database(desk.home, "Rows", {"Name": {"title": {}}})
    folder, page = desk.page("Folder"), desk.page("Leaf")
    bare = folder.replace("-", "").upper()
    assert notion.move_page(page, to_page=bare)["parent"]["page_id"] == folder
    assert notion.move_page(page, to_data_source=source)["parent"]["data_source_id"] == source
    assert [row["id"] for row in notion.query(source)] == [page]


def test_blocks_go_to_the_start_and_are_read_one_by_one(desk: ServedNotion) -> None:
    page = desk.page(children=[blocks.toggle("b", [blocks.paragraph("below")])])
    (first,) = desk.notion.append(page, [blocks.paragraph("a")], at_start=True)
    assert texts(desk, page) == ["a", "b"]
    assert desk.notion.block(first)["paragraph"]["rich_text"][0]["plain_text"] == "a"
    toggle = desk.notion.children(page)[1]["id"]
    assert texts(desk, toggle.replace("-", "")) == ["below"]
    assert desk.notion.update_block(first, "paragraph", {"rich_text": blocks.write_block_text("A")})["id"] == first
    assert texts(desk, page) == ["A", "b"]


def test_a_move_or_change_saved_but_answered_with_its_id_alone_is_read_again(desk: ServedNotion) -> None:
    page, folder = desk.page("Leaf"), desk.page("Folder")
    late = {"status": 503, "when": "after", "body": _saved_503(page)}
    desk.sim.fault(method="POST", path="/v1/pages/*/move", **late)
    assert desk.notion.move_page(page, to_page=folder)["parent"]["page_id"] == folder
    desk.sim.fault(method="PATCH", path="/v1/pages/*", **late)
    assert desk.notion.update_page(page, icon="🍞")["icon"]["emoji"] == "🍞"


def _saved_503(id: str) -> dict[str, object]:
    extra = {"committed_resource_id": id, "retry_guidance": ["re-read"]}
    said = {"status": 503, "code": "service_unavailable", "message": "saved"}
    return {"object": "error", **said, "additional_data": extra}


def test_what_excludes_each_other_is_refused_before_it_is_sent(desk: ServedNotion) -> None:
    notion, some = desk.notion, [blocks.paragraph("a")]
    for call, words in (
        (lambda: notion.create_page(properties=TITLE), "none was given; give exactly one of data_source_id, page_id"),
        (lambda: notion.create_page(page_id="a", data_source_id="b"), "data_source_id and page_id were given"),
        (lambda: notion.create_page(page_id="a", children=some, template="b"), "children and template exclude"),
        (lambda: notion.create_page(page_id="a", template="b/c"), r"create_page\.template: 'b/c' is not an id"),
        (lambda: notion.update_page("a", icon=""), r"update_page\.icon: '' is not a picture"),
        (lambda: notion.create_page(page_id="a/b"), r"create_page\.page_id: 'a/b' is not an id"),
        (lambda: notion.create_page(page_id="a..b"), r"create_page\.page_id: 'a\.\.b' is not an id"),
        (lambda: notion.move_page("a"), "give exactly one of to_page, to_data_source"),
        (lambda: notion.move_page("a", to_page="b", to_data_source="c"), "to_page and to_data_source were given"),
        (lambda: notion.append("a", some, after="b", at_start=True), "`after` and `at_start` exclude"),
        (lambda: notion.append("a", some, after="../x"), r"append\.after"),
    ):
        with pytest.raises(Rejected, match=words):
            call()
    for odd in ("../users/me", "a%2e%2e", "a/b", ""):
        with pytest.raises(Rejected):
            notion.block(odd)
    with pytest.raises(TypeError):
        notion.update_page("a", archived=True)  # type: ignore[call-arg]
    assert desk.asked == []


def test_comments_on_pages_and_blocks_are_answered_changed_and_deleted(desk: ServedNotion) -> None:
    notion = desk.notion
    page = desk.page(children=[blocks.paragraph("a")])
    block = notion.children(page)[0]["id"]
    first = notion.comment(page, "hello")
    answer = notion.reply(first["discussion_id"], "yes")
    assert answer["discussion_id"] == first["discussion_id"]
    on_block = notion.comment("", "here", block_id=block)
    assert on_block["parent"] == {"type": "block_id", "block_id": block}
    assert notion.update_comment(answer["id"], "no")["rich_text"][0]["plain_text"] == "no"
    assert notion.get_comment(answer["id"])["rich_text"][0]["plain_text"] == "no"
    assert [each["id"] for each in notion.comments(page)] == [first["id"], answer["id"]]
    assert [each["id"] for each in notion.comments(block)] == [on_block["id"]]
    notion.delete_comment(answer["id"])
    notion.delete_comment(answer["id"])
    with pytest.raises(Missing):
        notion.get_comment(answer["id"])
    desk.sim.fault(method="POST", path="/v1/comments", status=503, when="after", committed=True)
    assert notion.comment(page, "late")["rich_text"][0]["plain_text"] == "late"
    assert desk.sim.effects().count("comment.create") == 4
    before = len(desk.asked)
    for call, words in (
        (lambda: notion.comment(page, "x" * 200_001), "text: 101 runs of text; Notion takes at most 100"),
        (lambda: notion.reply("", "x"), r"reply\.discussion_id"),
    ):
        with pytest.raises(Rejected, match=words):
            call()
    assert len(desk.asked) == before


def test_people_and_their_emojis(desk: ServedNotion) -> None:
    seeded, notion = desk.seeded, desk.notion
    assert notion.user(seeded["people"][0]["id"])["name"] == "Ada Example"
    url = "https://e.example/w.png"
    cake = desk.sim.control("/_emojis", {"name": "cake", "url": url, "workspace_id": seeded["workspace_id"]})
    page = notion.create_page(page_id=desk.home, icon={"type": "custom_emoji", "custom_emoji": {"id": cake["id"]}})
    assert page["icon"]["custom_emoji"]["id"] == normal_id(cake["id"])
