"""Pages that cannot be built are asked about in their own language; pages that say little, but something, are not."""

from __future__ import annotations

import pytest

from shared.backends.offline.plans.completeness import is_mere_wish
from shared.core.page import Block, Page
from tests.unit.offline.pages import block, page, plan, row, table

WISHES = {
    "en": ("A website for the allotments", "We need a website. It should look nice. No idea yet how."),
    "de": ("Neue App", "Wir hätten gerne eine App für den Verein. Sie muss einfach sein, vielleicht mit Farben."),
    "fr": (
        "Un site pour le club",
        "Nous voulons un site pour le club. Il doit être simple. Je ne sais pas encore quoi.",
    ),
    "es": ("Una página para el coro", "Necesitamos una página para el coro. Debe ser bonita. No sabemos qué más."),
    "it": ("Un sito per la banda", "Vogliamo un sito per la banda. Dovrebbe essere moderno. Forse con una mappa?"),
    "nl": ("Iets voor de speeltuin", "Wij willen iets voor de speeltuin. Het moet mooi zijn. Misschien met kleuren?"),
    "ru": ("Что-нибудь для хора", "Нам нужен сайт для хора. Он должен быть простым. Пока не знаем, какой."),
    "tr": ("Kulüp için bir şey", "Kulüp için bir uygulama istiyoruz. Bu çok kolay olmalı. Belki başka bir şey daha?"),
}


@pytest.mark.parametrize("language", WISHES)
def test_a_page_of_wishes_alone_is_a_question_in_its_language(language: str) -> None:
    title, text = WISHES[language]
    answer = plan(page(title, block("paragraph", text)))
    assert (answer["steps"], answer["requirements"]) == ([], [])
    (question,) = answer["questions"]
    assert f"‘{title}’" in question
    assert question.count("?") == 1
    begins = {"en": "says that", "de": "sagt, dass", "fr": "dit que", "es": "dice que", "it": "dice che"}
    assert {**begins, "nl": "zegt dat", "tr": "bir şey istendiğini", "ru": "говорит, что"}[language] in question


ENOUGH = [
    page("Benches", block("paragraph", "We need two benches, a table and somebody with a van.")),
    page("Opening", block("paragraph", "We open on Saturday.")),
    page("Website", block("paragraph", "We want a website with our prices: rolls 0.55, loaf 4.90.")),
    page("Website", block("paragraph", "We need a page for the fair."), block("to_do", "Ask the brass band")),
    page("App", block("paragraph", "Maybe an app?"), table(row("Day", "Who"), row("Monday", "Ada"))),
    page("Rules", block("heading_2", "What do we want?"), block("bulleted_list_item", "No dogs on the lawn")),
    page("Verein", block("paragraph", "Wir wollen im Herbst den Zaun streichen und die Hecke schneiden.")),
    page("Contact", block("paragraph", "We need a page. Write to hall@example.org.")),
    page("招待", block("paragraph", "土曜日に庭でお茶を飲みます。")),
]


@pytest.mark.parametrize("of", ENOUGH, ids=lambda of: of.title)
def test_a_page_that_says_something_is_built(of: Page) -> None:
    answer = plan(of)
    assert answer["questions"] == []
    assert answer["steps"]


WHATEVER = {  # the same word, in a wish and in what is told
    "We need a site with maps or whatever.": False,
    "We want an app. Whatever, it should be nice.": False,
    "We need a page, whatever works.": False,
    "We want a tool. Whatever you think is best.": False,
    "We need a site. Take whatever is easiest.": False,
    "We want a page, in whatever colours.": False,
    "Somehow we need some kind of app.": False,
    "Potatoes, leeks and whatever the field gives.": True,
    "We repair whatever you bring.": True,
    "Whatever the weather, we ride.": True,
    "The shop sells whatever is in season.": True,
    "Whatever is left over goes to the food bank.": True,
    "Some kind neighbours bring cake.": True,
}


@pytest.mark.parametrize("text", WHATEVER)
def test_whatever_is_unsure_only_by_what_it_stands_with(text: str) -> None:
    assert is_mere_wish(page("Boxes", block("paragraph", text))) is not WHATEVER[text]


COMMANDS = block("code", "$ shots add NAME\n$ shots list", language="bash")
FIELDS = table(row("Field", "Type"), row("name", "text"))


@pytest.mark.parametrize(
    ("title", "more", "asked"),
    [
        ("A script that renames my pictures by their day", [], True),
        ("A tool that turns our minutes into a PDF", [], True),
        ("Ein Skript, das Rechnungen verschickt", [], True),
        ("A script that renames my pictures by their day", [COMMANDS], False),
        ("A tool that turns our minutes into a PDF", [FIELDS], False),
        ("A tool that keeps the keys of the club house", [], False),
        ("An API for the tide tables", [], False),
        ("How we rename pictures by their day", [], False),
    ],
)
def test_a_program_that_does_more_than_keep_records_is_asked_about(title: str, more: list[Block], asked: bool) -> None:
    german = title.startswith("Ein")
    text = "Das wird mit der Hand und nicht am Rechner gemacht." if german else "This is done by hand at the moment."
    answer = plan(page(title, block("paragraph", text), *more))
    assert bool(answer["questions"]) == asked
    assert not asked or ("`GET /fotos`" if german else "`GET /photos`") in answer["questions"][0]


def test_a_script_that_shall_do_something_is_a_program_and_one_for_a_play_is_not() -> None:
    taxes = page("Ein Skript für die Steuer", block("paragraph", "Es soll die Beträge zusammenrechnen."))
    play = page("Script for the school play", block("paragraph", "It should be loud. Act one: a wood near Athens."))
    assert "`GET /fotos`" in plan(taxes)["questions"][0]
    assert (plan(play)["artifact"], plan(play)["questions"]) == ("static_site", [])


NOTHING_SAID = (  # a wish, how it should be, whom to ask, what others have: nothing that could stand there
    ("Website", "Our dog club needs a web page. Friendly and colourful, please. Jonas knows the details."),
    ("Kindergarten", "We would like an app. Not too complicated. Similar to what the school has. Talk to Mrs Orlova."),
    ("Entrance", "We want something for the entrance. Simple and not expensive. The others have one as well."),
    ("Online", "We need a site too. Fresh, professional. More details later."),
    ("Neue Homepage", "Wir brauchen etwas für den Verein. Schlicht, freundlich. Fragt Petra."),
    ("Un site", "Il nous faut un site. Moderne, simple. Demandez à Luc."),
    ("Una página", "Necesitamos una página. Bonita y sencilla. Preguntad a Marta."),
)
SOMETHING_SAID = (
    ("Bike kitchen", "We need a website. Simple, please. We repair bikes on Tuesdays at the old depot."),
    ("Lake house", "We would like a page. Quiet and simple. Ask Tove for the key to the house with the stove."),
    ("Street party", "We want a page. Colourful. Ask Ines on 555 0142 for a stall."),
    ("Chess", "We want a small site. We play on Thursdays in the library."),
    ("Yoga", "Gentle, slow, quiet. Ask Mira."),
    ("Soup", "We need a page. Warm soup, cheap bread."),
    ("Schach", "Wir wollen eine Seite. Schlicht. Wir spielen donnerstags in der Bücherei."),
)


@pytest.mark.parametrize(("title", "text"), NOTHING_SAID, ids=[title for title, _ in NOTHING_SAID])
def test_how_it_should_be_and_whom_to_ask_says_nothing_of_what_it_is(title: str, text: str) -> None:
    assert plan(page(title, block("paragraph", text)))["steps"] == []


@pytest.mark.parametrize(("title", "text"), SOMETHING_SAID, ids=[title for title, _ in SOMETHING_SAID])
def test_a_short_page_that_says_what_there_is_says_enough(title: str, text: str) -> None:
    assert not is_mere_wish(page(title, block("paragraph", text)))
