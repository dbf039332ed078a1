"""What people answer in whole sentences is a choice where it says nothing else, and none where it says more."""

from __future__ import annotations

import pytest

from shared.backends.offline.judging.talk.comments import chosen_by
from shared.core.page import ANSWER, Block, Span
from tests.unit.offline.judging.held_out import SITE
from tests.unit.offline.judging.judged import outcome, page_of

CHOSEN = {
    "Yes, please just make the website.": "site",
    "Go ahead and build the site, thanks!": "site",
    "Yes, we would like a simple web page with everything that is written there.": "site",
    "A website, not a service.": "site",
    "Just the page as it is. Thank you!": "site",
    "Mach bitte einfach die Webseite, so wie es da steht.": "site",
    "Oui, faites simplement le site avec ce qui est écrit sur la page.": "site",
    "Sí, haga la página web tal como está, gracias.": "site",
    "Sì, fate pure il sito così com’è.": "site",
    "是的，请直接做网站。": "site",
    "Please set up the little service as described above.": "",
    "Build the service as the page says.": "",
    "We only need the command-line tool, nothing else.": "",
    "Just put it online as it is.": "publish",
    "Please publish everything.": "publish",
    "Publish it, but leave out the part that is only for us.": "",  # a “but” may be a condition
    "Please make the site without the internal part.": "without",
}
NOT_CHOSEN = (
    "No website, please.",
    "Not a service!",
    "Keine Webseite, bitte.",
    "Please do not build the site yet.",
    "A website with our three dance classes and the prices.",
    "Should it be a website?",
    "Either a website or a service, I have to ask Ines.",
    "A website and a service, please.",
    "The site of the old mill is on the left bank.",
    "Yes, please.",
    "Make the website, but without the prices.",
    "Please make the website when the permit is there.",
)
SONGS = "# Songs for the harvest\n\nVisitors should be able to vote for a song online on the site.\n\nWe sing at six.\n"
VAGUE = "# Dancing\n\nWe want a website. It should be modern.\n"


def _chosen(said: str) -> str:
    return chosen_by(Block("c", ANSWER, (Span(said),)))


@pytest.mark.parametrize("said", CHOSEN)
def test_a_sentence_that_only_chooses_is_a_choice(said: str) -> None:
    assert _chosen(said) == CHOSEN[said]


@pytest.mark.parametrize("said", NOT_CHOSEN)
def test_a_sentence_that_says_more_or_is_against_it_is_none(said: str) -> None:
    assert _chosen(said) == ""


def test_an_answer_in_a_sentence_goes_on_with_what_was_asked_about() -> None:
    assert outcome(page_of(SONGS))[0] != SITE
    assert outcome(page_of(SONGS, (ANSWER, "Yes, please just make the website with what is there.")))[0] == SITE


def test_an_answer_with_content_is_still_content_and_one_that_only_agrees_is_none() -> None:
    told = outcome(page_of(VAGUE, (ANSWER, "Salsa on Mondays at 19:00, tango on Fridays at 20:00, 8 € each.")))
    assert told[0] == SITE
    assert "Salsa" in str(told[1]["requirements"])
    assert outcome(page_of(VAGUE, (ANSWER, "Yes, please just make the website.")))[0] != SITE
