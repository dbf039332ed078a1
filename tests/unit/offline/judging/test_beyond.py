"""What a page wants done, a text cannot do: it is asked about, and what only says how things are is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.backends.offline.judging.clues.signs import BEYOND, NOTES
from shared.backends.offline.judging.talk.questions import question_of
from shared.backends.offline.judging.understanding import understand
from shared.core.page import ANSWER
from tests.unit.offline.judging.held_out import ASK, REFUSE, SERVICE, SITE
from tests.unit.offline.judging.judged import outcome, page_of

LADDER = """# Badminton club ladder

We have 24 members. Everybody can challenge somebody at most three places above. When the challenger wins, the two swap
places.

- Anybody can see the ladder without logging in
- A match is entered with both names and the score (best of three, to 21)
- An impossible score is refused
- The page shows the last ten matches
- Members who did not play for 60 days sink one place per week
"""
HOURS = """# Opening hours page

Our library in Lindau needs one page with our opening hours: Tue to Fri 10–18, Sat 10–14. Address Inselgasse 3. Should
say whether we are open right now. Please no cookies, no trackers.
"""
QUOTES = """# Quote calculator API

POST /quotes with `length_m`, `width_m`, `material` returns the price: area times 84.50 for oak, 62 for beech, plus 15 %
waste, plus 19 % VAT, rounded to cents. GET /materials lists the prices.
"""
WISHES = (
    "It should calculate the price from the number of nights.",
    "Visitors should be able to filter the list by price.",
    "The list must sort itself by date automatically.",
    "There should be a contact form.",
    "People can vote there without logging in.",
    "Guests want to be able to book a table online on the site.",
    "The site remembers what somebody has chosen.",
    "When somebody clicks a photo it gets bigger.",
    "Die Seite soll anzeigen, ob wir gerade geöffnet haben.",
    "Besucher sollen dort direkt einen Platz reservieren können.",
    "Le site doit calculer le prix.",
    "Les visiteurs peuvent réserver en ligne.",
    "La página debe mostrar si estamos abiertos.",
    "O site deve calcular o preço.",
    "La pagina deve calcolare il prezzo.",
    "De site moet de prijs berekenen.",
    "页面应该自动计算价格。",
)
CONTENT = (
    "Members must wear helmets.",
    "You can book by phone until noon.",
    "Dogs should be on a lead; they are not allowed in the hall.",
    "Orders must be paid in cash and can be collected on Saturday.",
    "Late entries are refused.",
    "Children can try the telescope, and grown-ups can ask what they like.",
    "The search for the lost treasure begins at ten.",
    "Anyone can join, whether or not they have played before.",
    "Sign up at the desk or by mail.",
    "The menu is updated every week.",
    "Pub quiz every Thursday at eight.",
    "Hunde müssen an die Leine. Anmeldung im Büro.",
    "Les chiens doivent être tenus en laisse.",
    "Los niños deben ir acompañados.",
)
SHOP = "# Harbour café\n\nWe serve coffee and cake at the old quay, open daily from 9 to 18.\n\n{line}\n"


@pytest.mark.parametrize("text", [LADDER, HOURS], ids=["ladder", "hours"])
def test_a_page_that_wants_behaviour_is_not_published_as_its_own_wish_list(text: str) -> None:
    page = page_of(text)
    assert understand(page).judgement.taken_for == BEYOND
    kind, answer = outcome(page)
    assert (kind, answer["steps"]) == (REFUSE, [])


def test_an_api_that_computes_is_no_keeper_of_records() -> None:
    kind, answer = outcome(page_of(QUOTES))
    assert kind == REFUSE
    assert "“POST /quotes with length_m" in answer["questions"][0]


@pytest.mark.parametrize("line", WISHES)
def test_a_wish_for_behaviour_among_public_words_is_asked_about_in_its_own_words(line: str) -> None:
    kind, answer = outcome(page_of(SHOP.format(line=line)))
    assert kind == REFUSE
    assert line.rstrip(".。")[:60] in answer["questions"][0]


@pytest.mark.parametrize("line", CONTENT)
def test_what_only_says_how_things_are_is_published(line: str) -> None:
    assert outcome(page_of(SHOP.format(line=line)))[0] == SITE


@pytest.mark.parametrize(("said", "kind"), [("site", SITE), ("service", SERVICE)])
def test_who_wants_it_all_the_same_gets_it_and_is_told_what_is_only_text(said: str, kind: str) -> None:
    got, answer = outcome(page_of(LADDER, (ANSWER, said)))
    assert got == kind
    assert kind == SERVICE or "only shown as text: “Anybody can see the ladder without logging in”" in answer["summary"]


def test_who_wants_plain_records_of_what_computes_is_told_what_is_not_computed() -> None:
    got, answer = outcome(page_of(QUOTES, (ANSWER, "service")))
    assert got == SERVICE
    assert "Rules cannot do this" in answer["summary"]


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "pt", "zh"])
def test_the_question_names_what_is_wanted_and_can_be_answered_in_a_word(language: str) -> None:
    judgement = understand(page_of(LADDER)).judgement
    asked = question_of(judgement, "Ladder", language, (), partly=False)
    assert asked.count("“") >= 5
    assert "the two swap places" in asked


@pytest.mark.parametrize(
    "text",
    [
        "# Umzug ins neue Büro\n\nBitte alle bis Freitag die Kisten packen. Wer kümmert sich um die Pflanzen?\n",
        "# Fridge\n\nPlease everybody take your boxes out before Friday, it will be cleaned. Ask Marta for the key.\n",
        "# Handover Tuesday\n\nRoom 4 is still waiting for the plumber, room 7 wants late breakfast.\n",
        "# Reply\n\nDear Mr Okafor,\n\nthank you for your patience. We will refund one.\n\nKind regards\n",
        "# Déménagement\n\nMerci de vider vos casiers avant vendredi. Qui s'occupe des plantes ?\n",
    ],
)
def test_what_is_meant_for_colleagues_or_one_person_is_asked_about(text: str) -> None:
    assert understand(page_of(text)).judgement.taken_for == NOTES
    assert outcome(page_of(text))[0] == ASK


def test_the_ideas_that_are_kept_here_come_to_what_they_came_to_before() -> None:
    kinds = {path.stem: outcome(page_of(path.read_text("utf-8")))[0] for path in Path("tests/ideas").glob("*.md")}
    assert {kinds[name] for name in ("bakery-opening", "laundry-room", "poetry-evening", "huerto-comunitario")} == {
        SITE
    }
    assert {kinds[name] for name in ("village-library-api", "landing-log", "seed-swap-tool")} == {SERVICE}
