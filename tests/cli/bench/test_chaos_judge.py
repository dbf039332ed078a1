"""The judge of `bench chaos` sees whatever a page lacks, has twice, or was not told about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shared.bench.chaos.judge import Judge
from shared.bench.chaos.person import Page
from shared.bench.chaos.story import Plan, Story, as_text, figures
from shared.core.pages import marks

Effect = dict[str, Any]

# What the journals of the simulators have of one page, as they write it: by system, kind and what it shows.
ASKED = ("Approve the plan for “Repairs in {}”", "Approve that “Repairs in {}” goes live", "“Repairs in {}” is live")


def led_to(page: Page, second: int) -> list[Effect]:
    """Return what a page leads to, all of it in the second it is given."""
    place, at = page.place, f"2026-03-02T10:00:{second:02d}.000000+00:00"
    on_page = {"system": "notion", "page_id": page.id, "parent_id": page.id}
    found: list[Effect] = [
        {"system": "notion", "kind": "page.create", "id": page.id, "title": f"Repairs in {place}"},
        {**on_page, "kind": "block.append", "id": f"plan-{page.id}", "type": "callout", "text": f"Plan for {place}"},
        {**on_page, "kind": "block.append", "id": f"left-{page.id}", "type": "toggle", "text": "About to leave"},
        {"system": "github", "kind": "repo.create", "repo": f"acme/repairs-in-{place.lower()}-0a1b2c"},
        {"system": "vercel", "kind": "deployment.create", "id": f"dpl_{page.id}", "name": f"in-{place}"},
        {"system": "vercel", "kind": "deployment.promote", "deployment": f"dpl_{page.id}", "project": place},
    ]
    for number, words in enumerate(ASKED):
        said = words.format(place)
        found += [
            {**on_page, "kind": "comment.create", "id": f"c{number}-{page.id}", "text": said},
            {"system": "ses", "kind": "email.send", "to": ["ada@example.test"], "subject": said},
            {"system": "slack", "kind": "message.post", "ts": f"{number}.{page.id}", "text": f"{said}\nLook at it."},
        ]
    return [{**effect, "at": at} for effect in found]


CALM, PAGE = Page("p-1", "Aldham", marks.DONE), Page("p-2", "Birling", marks.DONE)
BEFORE = {"system": "notion", "kind": "page.create", "id": "x", "title": "Example", "at": "2026-03-02T09:00:00+00:00"}


def judged(effects: list[Effect], page: Page = PAGE) -> dict[str, Any]:
    """Return the figures of one page beside the calm one."""
    judge = Judge([BEFORE, *led_to(CALM, 1), *effects], CALM)
    return figures(Plan(runs=1, kills=3, seed=1, faults=0), Story(), judge, [page])


def without(*, system: str, kind: str, number: int = 0) -> list[Effect]:
    """Return what the page led to, but for one effect."""
    effects = led_to(PAGE, 2)
    gone = [each for each in effects if (each["system"], each["kind"]) == (system, kind)][number]
    return [each for each in effects if each is not gone]


def again(*, system: str, kind: str, number: int = 0) -> list[Effect]:
    """Return what the page led to, one effect of it twice: as a thing of its own, under an id of its own."""
    effects = led_to(PAGE, 2)
    twice = [each for each in effects if (each["system"], each["kind"]) == (system, kind)][number]
    return [*effects, {**twice, "id": "another", "ts": "9.9"}]


def wrong(found: dict[str, Any]) -> dict[str, int]:
    """Return the figures that are not 0."""
    counts = {name: found[name] for name in ("lost", "doubled", "untold", "untrue")} | {"strays": len(found["strays"])}
    return {name: count for name, count in counts.items() if count}


def test_a_page_that_led_to_the_same_as_the_calm_one_is_good() -> None:
    found = judged(led_to(PAGE, 2))
    assert wrong(found) == {}
    assert (found["ok"], found["ended"], found["told_percent"], found["messages"]) == (True, 1, 100.0, 9)


def test_a_run_that_did_not_end_is_not_good() -> None:
    found = judged(led_to(PAGE, 2), Page(PAGE.id, PAGE.place, marks.BUILDING))
    assert (found["ok"], found["ended"]) == (False, 0)


THINGS = [
    ("notion", "block.append"), ("github", "repo.create"), ("vercel", "deployment.create"),
    ("vercel", "deployment.promote"),
]  # fmt: skip
MESSAGES = [(system, kind, number) for number in range(3) for system, kind in (
    ("notion", "comment.create"), ("ses", "email.send"), ("slack", "message.post"),
)]  # fmt: skip


@pytest.mark.parametrize(("system", "kind"), THINGS)
def test_a_thing_that_is_missing_is_lost(system: str, kind: str) -> None:
    found = judged(without(system=system, kind=kind))
    assert (found["ok"], wrong(found)) == (False, {"lost": 1})


@pytest.mark.parametrize(("system", "kind", "number"), MESSAGES)
def test_a_message_that_is_missing_is_untold(system: str, kind: str, number: int) -> None:
    found = judged(without(system=system, kind=kind, number=number))
    assert (found["ok"], wrong(found)) == (False, {"untold": 1})
    assert found["told_percent"] == pytest.approx(100 * 8 / 9, abs=0.01)


@pytest.mark.parametrize(("system", "kind", "number"), [*((*thing, 0) for thing in THINGS), *MESSAGES])
def test_what_is_there_twice_is_doubled(system: str, kind: str, number: int) -> None:
    found = judged(again(system=system, kind=kind, number=number))
    assert (found["ok"], wrong(found)) == (False, {"doubled": 1})


def test_a_mail_of_which_the_page_says_that_nobody_knows_is_told() -> None:
    said = {"system": "notion", "kind": "comment.update", "id": "c0-p-2", "page_id": "p-2", "at": "2026-03-02T10:00:03"}
    said |= {"text": "It is not known whether the e-mail about the approval of the plan went out."}
    found = judged([*without(system="ses", kind="email.send"), said])
    assert (found["ok"], found["not_known"], wrong(found)) == (True, 1, {})


def on_page(second: int, *events: tuple[str, str]) -> list[Effect]:
    """Return what the page showed: a status by us or by the person, or words of the callout."""
    us, her = {"type": "bot"}, {"type": "person"}
    kinds: dict[str, Effect] = {
        "status": {"kind": "page.update", "id": PAGE.id, "by": us},
        "answer": {"kind": "page.update", "id": PAGE.id, "by": her},
        "words": {"kind": "block.update", "id": f"plan-{PAGE.id}", "page_id": PAGE.id, "by": us},
    }
    found = []
    for what, said in events:
        shown = {"text": f"Building\n{said}\nRun"} if what == "words" else {"properties": {"Status": said}}
        found.append({"system": "notion", **kinds[what], **shown, "at": f"2026-03-02T10:00:{second:02d}"})
    return found


ASKED_AND_ANSWERED = (("status", "Plan ready"), ("answer", "Approved"), ("status", "Building"))
UNSENT = "The Slack message about the approval of the plan was not sent, because somebody had approved before."


def test_a_message_of_which_the_page_says_that_nobody_needed_it_any_more_is_told() -> None:
    effects = [*without(system="slack", kind="message.post"), *on_page(3, *ASKED_AND_ANSWERED, ("words", UNSENT))]
    found = judged(effects)
    assert (found["ok"], found["told_percent"], found["not_sent"], wrong(found)) == (True, 100.0, 1, {})
    assert "1 as no longer needed" in as_text(found)


def test_of_several_messages_in_one_sentence_each_is_told() -> None:
    effects = without(system="slack", kind="message.post")
    effects = [each for each in effects if each.get("id") != f"c0-{PAGE.id}"]
    both = UNSENT.replace("The Slack message", "The comment and the Slack message").replace("was", "were")
    found = judged([*effects, *on_page(3, *ASKED_AND_ANSWERED, ("words", both))])
    assert (found["ok"], found["not_sent"], wrong(found)) == (True, 2, {})


TALES: dict[str, tuple[tuple[str, str], ...]] = {
    "before she has answered": (("status", "Plan ready"), ("words", UNSENT), ("answer", "Approved")),
    "before she has answered, and again": (
        ("status", "Plan ready"), ("words", UNSENT), ("answer", "Approved"), ("words", UNSENT),
    ),
    "when she answered another question": (("status", "Release ready"), ("answer", "Approved"), ("words", UNSENT)),
    "of another message": (*ASKED_AND_ANSWERED, ("words", UNSENT.replace("Slack message", "comment"))),
    "of another question": (
        *ASKED_AND_ANSWERED, ("status", "Production ready"), ("answer", "Approved"),
        ("words", UNSENT.replace("the plan", "going live")),
    ),
    "without a reason": (*ASKED_AND_ANSWERED, ("words", UNSENT.partition(",")[0] + ".")),
    "by the person": (*ASKED_AND_ANSWERED, ("answer", UNSENT)),
    "not at all": ASKED_AND_ANSWERED,
}  # fmt: skip


@pytest.mark.parametrize("tale", TALES)
def test_a_lost_message_is_not_hidden_by_what_the_page_says(tale: str) -> None:
    found = judged([*without(system="slack", kind="message.post"), *on_page(3, *TALES[tale])])
    assert (found["ok"], found["untold"], found["not_sent"]) == (False, 1, 0)
    assert found["told_percent"] < 100


def test_a_page_that_denies_a_message_which_went_out_is_not_good() -> None:
    found = judged([*led_to(PAGE, 2), *on_page(3, *ASKED_AND_ANSWERED, ("words", UNSENT))])
    assert (found["ok"], wrong(found)) == (False, {"untrue": 1})
    assert "untrue slack message.post" in as_text(found)


@pytest.mark.parametrize("change", [lambda words: "The preview: http://127.0.0.1/_site/dpl", lambda words: ""])
def test_a_message_that_names_no_page_is_seen_all_the_same(change: Callable[[str], str]) -> None:
    """Each message of a kind belonged to no page once, so that none of them could be missed or seen twice."""
    story = [*led_to(CALM, 1), *led_to(PAGE, 2)]
    nameless = [{**each, "text": change(each["text"])} if each["kind"] == "message.post" else each for each in story]
    judge = Judge([BEFORE, *nameless], CALM)
    found = figures(Plan(runs=1, kills=3, seed=1, faults=0), Story(), judge, [PAGE])
    assert (found["ok"], wrong(found)) == (False, {"strays": 6})
    assert "of no page: slack message.post" in as_text(found)
