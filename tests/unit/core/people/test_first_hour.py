"""Each state of a team's first hour says how it stands and what to do next; nothing is left without a next step."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from shared.core.people.first_hour import Known, State, list_steps
from shared.core.people.obstacles import RIGHTS, Obstacle
from shared.core.people.sessions import name_browser

NEW = Known(connected=True, databases=0, wanted=4)
SET_UP = replace(NEW, databases=4, budget=True, later=("code", "people"))


def step(known: Known, name: str) -> tuple[State, str, str]:
    found = next(each for each in list_steps(known) if each.name == name)
    return found.state, found.says, found.next


@pytest.mark.parametrize(
    ("known", "name", "state", "says", "next_step"),
    [
        (replace(NEW, connected=False), "notion", State.BLOCKED, "not connected", "Connect Notion again"),
        (replace(NEW, connected=False), "place", State.BLOCKED, "needs the connection", ""),
        (NEW, "notion", State.DONE, "connected", ""),
        (NEW, "place", State.OPEN, "as databases on a page of yours", "which pages are shared"),
        (replace(NEW, setup="working"), "place", State.WORKING, "asking Notion", ""),
        (replace(NEW, setup="choosing"), "place", State.BLOCKED, "No page of your Notion is shared", "Connections"),
        (replace(NEW, setup="choosing", pages=2), "place", State.OPEN, "the page you choose", "Choose a page"),
        (replace(NEW, setup="asking"), "place", State.OPEN, "not clear yet", "Answer the question"),
        (
            replace(NEW, setup="failed", problem="403. Share the page first"),
            "place", State.BLOCKED, "did not let it be done: 403. Share the page first", "look again",
        ),
        (replace(NEW, setup="failed", why="plan"), "place", State.BLOCKED, "allows no more blocks", "Settings › Plans"),
        (replace(NEW, setup="failed", why="not_shared"), "place", State.BLOCKED, "not shared", "Connections"),
        (replace(NEW, setup="failed", why="right"), "place", State.BLOCKED, "may not change that page", "Share menu"),
        (replace(NEW, setup="failed", why="blocked"), "place", State.BLOCKED, "has blocked", "support"),
        (replace(NEW, setup="failed", why="ended"), "place", State.BLOCKED, "taken back", "Connect Notion again"),
        (replace(NEW, setup="failed", why="right", guest=True), "place", State.BLOCKED, "You are a guest", "a member"),
        (replace(NEW, setup="choosing", guest=True), "place", State.BLOCKED, "You are a guest", "a member"),
        (replace(NEW, setup="choosing", guest=True, pages=1), "place", State.OPEN, "the page you choose", "Choose"),
        (replace(NEW, setup="choosing", pages=1, lacking=("Read comments",)), "place", State.BLOCKED,
         "lacks “Read comments”, so Workwright cannot hear what people answer in comments", "Capabilities"),
        (replace(NEW, workspace="Garden"), "notion", State.DONE, "the workspace “Garden”", ""),
        (replace(NEW, workspace="Garden", connected=False), "notion", State.BLOCKED, "taken back", "“Garden” there"),
        (replace(NEW, databases=3), "place", State.OPEN, "", "which pages"),
        (replace(NEW, databases=4), "place", State.DONE, "in your Notion", ""),
        (NEW, "people", State.OPEN, "Invite colleagues", "go on"),
        (replace(NEW, channels=("mail",), invited=1), "people", State.OPEN, "Invite colleagues", "go on"),
        (SET_UP, "people", State.LATER, "in Notion alone", ""),
        (replace(SET_UP, invited=2), "people", State.DONE, "Nobody else is in the team, 2 invited", ""),
        (replace(NEW, colleagues=1), "people", State.DONE, "1 colleague is in the team. You are told in Notion.", ""),
        (replace(SET_UP, channels=("mail", "Chat")), "people", State.DONE, "told in Notion, by mail and by Chat.", ""),
        (replace(NEW, example="planning"), "people", State.LATER, "Nobody is invited", ""),
        (NEW, "limits", State.OPEN, "no more than this", "Keep the limits"),
        (SET_UP, "limits", State.DONE, "set", ""),
        (replace(SET_UP, later=("people",)), "code", State.OPEN, "for later", "Connect it"),
        (SET_UP, "code", State.LATER, "Not connected yet", ""),
        (replace(SET_UP, forges=("GitHub", "GitLab")), "code", State.DONE, "GitHub and GitLab", ""),
        (NEW, "example", State.BLOCKED, "needs the databases", ""),
        (SET_UP, "example", State.OPEN, "Nothing is built before you agree", "Try the example"),
        (replace(SET_UP, example="planning"), "example", State.WORKING, "being written", ""),
        (replace(SET_UP, example="awaiting_approval"), "example", State.OPEN, "ready", "decide"),
        (replace(SET_UP, example="executing"), "example", State.DONE, "decided", ""),
        (replace(SET_UP, example="cancelled"), "example", State.DONE, "decided", ""),
    ],
)  # fmt: skip
def test_each_state_has_its_words(known: Known, name: str, state: State, says: str, next_step: str) -> None:
    found = step(known, name)
    assert found[0] == state
    assert says in found[1]
    assert (next_step in found[2]) if next_step else found[2] == ""


def test_the_first_step_that_is_not_over_always_says_what_to_do() -> None:
    for setup, connected, databases, example, why, lacking, guest in product(
        ("", "working", "choosing", "asking", "failed"), (True, False), (0, 3, 4),
        ("", "received", "planning", "awaiting_approval", "executing", "failed"),
        ("", *Obstacle, "of a later version"), ((), tuple(RIGHTS)), (True, False),
    ):  # fmt: skip
        known = Known(connected, databases, 4, setup, why=why, lacking=lacking, guest=guest, example=example)
        first = next((each for each in list_steps(known) if not each.is_over), None)
        assert first is None or first.next or first.state == State.WORKING


# As the browsers of 2026 introduce themselves (MDN, User-Agent).
LIKE = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0"


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (f"Mozilla/5.0 (X11; Linux x86_64) {LIKE} Safari/537.36", "Chrome on Linux"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 15.6; rv:143.0) Gecko/20100101 Firefox/143.0", "Firefox on macOS"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) Version/18.6 Safari/604.1", "Safari on iPhone"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {LIKE} Safari/537.36 Edg/140.0.0.0", "Edge on Windows"),
        (f"Mozilla/5.0 (Linux; Android 10; K) {LIKE} Mobile Safari/537.36", "Chrome on Android"),
        ("curl/8.5", "curl/8.5"),
        ("", "A browser"),
    ],
)
def test_a_browser_has_a_name_that_people_know(agent: str, name: str) -> None:
    assert name_browser(agent) == name
