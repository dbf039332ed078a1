"""The index of a workspace: filled by its crawl, kept by deliveries, passes and a slow round; nothing stale."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.accounts.accounts import Accounts
from shared.app.intake.reconcile import order_passes
from shared.app.knowledge.knowledge_sync import begin_sync, progress
from shared.core.errors import Unavailable
from shared.core.pages import marks
from shared.core.rate_window import Rate
from tests.support.ports.counting_store import CountingStore
from tests.support.ports.local_ports import ScriptedModel
from tests.support.rigs.read_workspace import LATER, Reading, block_body, write_pages
from tests.support.rigs.small_house import TENANT
from tests.support.simulators import kept_open

pytestmark = pytest.mark.slow


def test_the_first_sync_of_300_pages_keeps_to_the_budget_in_small_parts_and_says_how_far_it_is(
    reading: Reading,
) -> None:
    pages, house, limit = write_pages(reading, 300), reading.desk.house, 120
    at = house.accounts.endpoints
    slow = Accounts(house.store, house.secrets, house.clock, at, lambda: "slow", rate=Rate(limit=limit))
    house.tools = replace(house.tools, accounts=slow)
    store = CountingStore(house.store)
    house.deps = replace(house.deps, store=store)
    reading.set_clocks(LATER)
    order_passes(house.deps)
    house.work()
    seen, minutes, most = [], 0, 0
    store.read = 0
    while not progress(house.deps, TENANT)["ended"]:
        before = reading.requests_of()
        for _ in range(3):
            house.clock.move(seconds=20)
            parts = _parts_of(reading)
            most = max([most, *parts])
        assert reading.requests_of(before) <= limit
        seen.append(progress(house.deps, TENANT)["read"])
        minutes += 1
        assert minutes < 10
    assert minutes >= 300 // limit
    assert seen == sorted(seen)
    assert any(0 < read < 300 for read in seen)
    assert 0 < most <= 20
    assert store.read <= 12 * 300  # a few per page, however many commands there are
    assert {page: reading.texts(page) for page in pages[::50]} == {
        page: [f"Text of number {50 * number}."] for number, page in enumerate(pages[::50])
    }
    state = progress(house.deps, TENANT)
    assert state["read"] == state["known"] >= 301
    assert (state["failed"], state["waiting"], state["lost"], state["alert"]) == (0, 0, 0, "")
    assert len(reading.embedder.asked) == len(set(reading.embedder.asked)) == state["embedded"]
    assert house.queue.dead_letters(TENANT) == []


def _parts_of(reading: Reading) -> list[int]:
    """Deliver what is due; return how many pages each command wrote to the index."""
    parts, written = [], reading.known.writes
    while reading.desk.house.dispatcher.deliver_one():
        parts.append(reading.known.writes - written)
        written = reading.known.writes
    return parts


def test_a_sync_of_an_unchanged_workspace_embeds_and_writes_nothing(reading: Reading) -> None:
    write_pages(reading, 3)
    reading.row("A row")
    reading.sync()
    reading.sync()
    asked, writes = len(reading.embedder.asked), reading.known.writes
    reading.sync()
    begin_sync(reading.desk.house.deps, TENANT)
    reading.sync()
    assert (len(reading.embedder.asked), reading.known.writes) == (asked, writes)
    assert progress(reading.desk.house.deps, TENANT)["read"] >= 5  # although everything was read again


def test_a_changed_sentence_embeds_one_chunk_and_a_new_name_none(reading: Reading) -> None:
    lines = [line for n in range(4) for line in (f"# Part {n}", f"Sentence of part {n}. " * 40)]
    page = reading.write(reading.home, "Guide", *lines)
    reading.sync()
    assert len(reading.texts(page)) >= 4
    asked = len(reading.embedder.asked)
    reading.rewrite(page, 3, "Sentence of part 1. " * 39 + "And another one.")
    reading.sync()
    assert len(reading.embedder.asked) == asked + 1
    assert any("And another one." in text for text in reading.texts(page))
    title = {"properties": {"title": {"title": [{"text": {"content": "Handbook"}}]}}}
    reading.desk.as_person("PATCH", f"/v1/pages/{page}", title)
    reading.sync()
    assert len(reading.embedder.asked) == asked + 1
    assert {chunk.path[1] for chunk in reading.known.chunks(page)} == {"Handbook"}


def test_a_database_and_its_only_source_are_one_place_on_the_way_to_a_row(reading: Reading) -> None:
    row = reading.row("Bicycle club")
    reading.sync()
    ways = {chunk.path for chunk in reading.known.chunks(row)}
    assert [way.count("Ideas") for way in ways] == [1] * len(ways)
    assert ways


def test_a_row_is_known_by_its_columns_and_what_we_write_ourselves_is_not_known(reading: Reading) -> None:
    row = reading.row("Bicycle club", Status={"select": {"name": "Idea"}})
    note = reading.write(reading.home, "Note", "By a person.")
    ours = {"rich_text": [{"text": {"content": "By us.", "link": {"url": "https://ours.test/runs/r#workwright-plan"}}}]}
    reading.desk.as_person("PATCH", f"/v1/blocks/{note}/children", {"children": [{"paragraph": ours}]})
    reading.sync()
    assert reading.texts(note) == ["By a person."]
    assert "Bicycle club" in reading.texts(row)[0]
    assert not any(name in reading.texts(row)[0] for name in marks.OUR_PROPERTIES)


def test_a_delivered_change_is_read_after_the_minute_in_which_it_was_made(reading: Reading) -> None:
    page = reading.write(reading.home, "Page", "Before.")
    reading.sync()
    reading.set_clocks(LATER)
    before = reading.requests_of()
    reading.rewrite(page, 0, "After.")
    for _ in range(3):
        reading.desk.deliver("page.content_updated", page)
    assert reading.texts(page) == ["Before."]
    reading.set_clocks(timedelta(seconds=70))
    reading.desk.house.work()
    assert reading.texts(page) == ["After."]
    assert reading.requests_of(before) <= 4  # of ours: the page and its blocks, however often it was told


def test_what_nobody_told_of_is_found_by_the_round_within_a_day(reading: Reading) -> None:
    page, gone = reading.write(reading.home, "Page", "Before."), reading.write(reading.home, "Gone", "Soon.")
    reading.sync()
    kept_open.post(f"{reading.desk.url}/_config", json={"search_lag_s": 360_000}, timeout=10)  # no search finds it
    reading.rewrite(page, 0, "After.")
    reading.trash(gone)
    reading.set_clocks(timedelta(hours=25))
    reading.sync()
    assert reading.texts(page) == ["After."]
    assert reading.texts(gone) == []


def test_a_page_is_read_completely_or_stays_as_it_was(reading: Reading) -> None:
    page = reading.write(reading.home, "Page", "Before.")
    inner = [block_body("Inside.")]
    toggle = {"type": "toggle", "toggle": {"rich_text": [{"text": {"content": "More"}}], "children": inner}}
    reading.desk.as_person("PATCH", f"/v1/blocks/{page}/children", {"children": [toggle]})
    reading.sync()
    before = reading.texts(page)
    assert "Inside." in before[0] + before[-1]
    blocks = reading.desk.as_person("GET", f"/v1/blocks/{page}/children")["results"]
    reading.rewrite(page, 0, "After.")
    fault = {"path": f"/v1/blocks/{blocks[1]['id']}/children", "status": 503, "times": 3}
    kept_open.post(f"{reading.desk.url}/_faults", json=fault, timeout=10)
    reading.desk.deliver("page.content_updated", page)
    reading.set_clocks(timedelta(seconds=70))
    reading.desk.house.work()
    assert reading.texts(page) == before
    reading.sync()
    reading.sync()
    assert "After." in reading.texts(page)[0]
    assert "Inside." in "".join(reading.texts(page))


def test_pages_that_the_crawl_was_not_shown_once_are_asked_for_again(reading: Reading) -> None:
    pages = write_pages(reading, 6)
    reading.set_clocks(timedelta(days=2))  # no search lists them as edited lately
    body = {"object": "error", "status": 404, "code": "object_not_found", "message": "Could not find block."}
    for page in pages:
        slip = {"path": f"/v1/blocks/{page}/children", "status": 404, "body": body, "times": 2}
        kept_open.post(f"{reading.desk.url}/_faults", json=slip, timeout=10)
    reading.sync()
    assert not any(reading.texts(page) for page in pages)
    kept_open.delete(f"{reading.desk.url}/_faults", timeout=10)
    reading.sync()
    assert all(reading.texts(page) and reading.served(page) for page in pages)


def test_a_page_of_too_many_blocks_is_counted_as_not_read_and_keeps_nothing_up(reading: Reading) -> None:
    large, small = reading.write(reading.home, "Large", "Text."), reading.write(reading.home, "Small", "Text.")
    body = {"object": "error", "status": 400, "code": "validation_error", "message": "Too large."}
    odd = {"path": f"/v1/blocks/{large}/children", "status": 400, "body": body, "times": 1000}
    kept_open.post(f"{reading.desk.url}/_faults", json=odd, timeout=10)
    reading.sync()
    assert (reading.texts(large), reading.texts(small)) == ([], ["Text."])
    state = progress(reading.desk.house.deps, TENANT)
    assert (state["failed"], bool(state["ended"])) == (1, True)


def test_a_planner_is_told_what_other_pages_say_and_not_the_page_twice(reading: Reading) -> None:
    reading.write(reading.home, "Prices", "A repair of bicycles costs twelve francs.")
    idea = reading.desk.write_idea("Bicycle repairs")
    reading.sync()
    reading.desk.house.model = model = ScriptedModel([{}])
    reading.desk.set_status(idea, marks.PLAN_IT)
    reading.desk.deliver("page.properties_updated", idea)
    told = model.asked[0].prompt
    assert 'part="knowledge"' in told
    assert "costs twelve francs" in told
    assert told.count("We repair bicycles on Saturdays.") == 1


def test_words_are_there_although_the_embedder_does_not_answer_and_vectors_follow(reading: Reading) -> None:
    reading.embedder.error = Unavailable("vertex", "down")
    page = reading.write(reading.home, "Page", "Text.")
    reading.sync()
    assert (reading.texts(page), reading.known.count()["vectors"]) == (["Text."], 0)
    reading.embedder.error = None
    writes = reading.requests_of()
    reading.sync()
    assert reading.known.list_without_vectors(reading.embedder.id) == []
    assert reading.requests_of(writes) < 20


def test_another_embedder_gets_its_own_vectors(reading: Reading) -> None:
    reading.write(reading.home, "Page", "Text.")
    reading.sync()
    asked = list(reading.embedder.asked)
    reading.embedder.id = "words-64-b"
    read = progress(reading.desk.house.deps, TENANT)["read"]
    reading.sync()
    assert sorted(reading.embedder.asked) == sorted(asked * 2)
    assert progress(reading.desk.house.deps, TENANT)["read"] == read  # no page had to be read for it


def test_many_texts_without_vectors_are_embedded_in_several_commands(reading: Reading) -> None:
    page = reading.write(reading.home, "Page", "Text.")
    reading.sync()
    known = reading.known.page(page)
    one = reading.known.chunks(page)[0]
    many = [replace(one, id=f"{one.id}-{n}", text=f"Text {n}.", key=f"key-{n}", position=n) for n in range(600)]
    reading.known.replace(known, many)  # as if no embedder had been there
    reading.sync()
    assert reading.known.list_without_vectors(reading.embedder.id) == []
    assert len(reading.embedder.asked) >= 600


def test_an_older_reading_does_not_replace_a_newer_one(reading: Reading) -> None:
    page = reading.write(reading.home, "Page", "Text.")
    reading.sync()
    before = reading.known.page(page)
    newer = replace(before, edited_at="2999-01-01T00:00:00.000Z")
    reading.known.replace(newer, reading.known.chunks(page))
    begin_sync(reading.desk.house.deps, TENANT)
    reading.sync()
    assert reading.known.page(page) == newer
