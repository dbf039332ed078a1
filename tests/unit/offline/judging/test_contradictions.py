"""A page of which two sentences cannot both hold is asked about; two places, seasons and exceptions are left alone."""

from __future__ import annotations

import pytest

from shared.core.page import ANSWER
from tests.unit.offline.judging.held_out import ASK, SITE
from tests.unit.offline.judging.judged import outcome, page_of

CONTRADICTING = (
    (
        "# Pool\n\nWelcome! We are open daily, 7:00–21:00.\n\n## Good to know\n\nThe pool is closed on Thursdays.\n",
        "Thursdays",
    ),
    ("# Bäckerei\n\nWillkommen! Täglich geöffnet, 6:30–18:00.\n\nMontags geschlossen.\n", "Montags"),
    ("# Castle\n\nAdmission is free for everybody.\n\n## Tickets\n\nTickets cost 8 € at the gate. Welcome!\n", "8 €"),
    ("# Concert\n\nFree entry. Everybody is welcome.\n\nSunday 17:00–18:30.\n\nAdults: 12 €.\n", "12 €"),
    ("# Summer school\n\nA page for our visitors. The week costs 90 €.\n\nPlease do not mention any prices.\n", "90 €"),
    ("# Reopening\n\nWe need a web page. We open on 3 May.\n\nPlease do not give the date yet.\n", "3 May"),
    (
        "# Marathon\n\nWelcome! The start is on Sunday, 5 June 2027, at 9:00.\n",
        "Saturday",
    ),  # a Saturday by the calendar
    ("# Flohmarkt\n\nWillkommen! Am Sonntag, 8. Mai 2027, 8:00–14:00 auf dem Dorfplatz.\n", "Samstag"),
)
CONSISTENT = (
    "# Two shops\n\nWelcome! In Harbour Street we are open daily. In Mill Lane we are closed on Mondays.\n",
    "# Florist\n\nWelcome! Carnival week we open every day.\n\n| Day | Open |\n| --- | --- |\n| Sunday | closed |\n",
    "# Kiosk\n\nWelcome! In summer we are open every day. In winter: closed on Mondays.\n",
    "# Café\n\nWelcome! Open every day except Monday, 9:00–18:00. Tea 3 €, cake 4 €.\n",
    "# Library\n\nWelcome! Open Tuesday to Saturday, 10:00–18:00. Closed on Sundays and Mondays.\n",
    "# Museum\n\nAdmission 6 €. On the first Sunday of the month admission is free. Everybody is welcome.\n",
    "# Zoo\n\nWelcome! Admission is free for children. Adults: 9 €.\n",
    "# Concert\n\nFree entry, everybody is welcome. Soup 4 €, cake 2 €. Saturday 17:00–18:30.\n",
    "# Marathon\n\nWelcome! The start is on Saturday, 5 June 2027, at 9:00.\n",
    "# Workshop\n\nWelcome on Friday, 7 May! A day costs 20 €. Please do not put any stickers on the walls.\n",
)


@pytest.mark.parametrize(("text", "named"), CONTRADICTING, ids=[text.partition("\n")[0] for text, _ in CONTRADICTING])
def test_a_page_that_contradicts_itself_is_asked_about_with_what_it_says(text: str, named: str) -> None:
    kind, answer = outcome(page_of(text))
    assert kind == ASK
    assert named in answer["questions"][0]


@pytest.mark.parametrize("text", CONSISTENT, ids=lambda text: text.partition("\n")[0])
def test_what_holds_for_another_place_time_or_person_is_no_contradiction(text: str) -> None:
    assert outcome(page_of(text))[0] == SITE


def test_who_answers_that_it_is_to_be_a_site_gets_one() -> None:
    assert outcome(page_of(CONTRADICTING[0][0], (ANSWER, "Please just make the website as it stands.")))[0] == SITE
