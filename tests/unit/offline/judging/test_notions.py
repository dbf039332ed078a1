"""What a sentence wants done is told by the notions in it, in every language that is read, and not by its grammar."""

from __future__ import annotations

import pytest

from shared.backends.offline.judging.clues.inner_signs import INNER_SIGNS
from shared.backends.offline.judging.clues.signs import NOTES, SITE
from shared.backends.offline.judging.judgement import judge
from shared.backends.offline.judging.talk.questions import question_of
from shared.backends.offline.judging.thinness import UNTOLD
from shared.backends.offline.judging.understanding import understand
from shared.backends.offline.judging.wishes.unsupported import wishes_beyond, wishes_to_compute
from tests.unit.offline.judging.held_out import ASK, REFUSE, SERVICE
from tests.unit.offline.judging.judged import outcome, page_of

SHOP = "# Harbour café\n\nWe serve coffee and cake at the old quay, open daily from 9 to 18.\n\n{line}\n"
API = "# Bookings API\n\n- `GET /bookings`\n- `POST /bookings` with name (required), room and start\n\n{line}\n"


@pytest.mark.parametrize(
    "line",
    [
        "The list moves up by itself.",
        "Die Liste rückt von selbst nach.",
        "La liste se met à jour toute seule et s'affiche.",
        "La lista se actualiza por sí sola.",
        "La lista si aggiorna da sola.",
        "De lijst schuift vanzelf op.",
        "Liste kendiliğinden güncellenir.",
        "Lista aktualizuje się sama z siebie, automatycznie.",
        "列表会自动更新。",
        "一覧は自動で更新されます。",
        "A different photo every day.",
        "Jeden Tag ein anderes Foto.",
        "Ogni giorno una foto diversa, un'altra citazione.",
        "Elke dag een andere spreuk.",
        "Families choose a table on the plan and get a confirmation by email.",
        "Gäste wählen einen Tisch und bekommen eine Bestätigung per Mail.",
        "Les clients choisissent une table et reçoivent une confirmation par mail.",
        "It says YES or NO in big letters.",
        "Days, hours and minutes to go.",
        "「送る」ボタンを押すと、私にメールが届きます。",
    ],
)
def test_behaviour_is_asked_about_in_any_language_and_without_a_should(line: str) -> None:
    assert wishes_beyond(page_of(SHOP.format(line=line))).enough
    assert outcome(page_of(SHOP.format(line=line)))[0] == REFUSE


@pytest.mark.parametrize(
    "line",
    [
        "It must be ordered before 4 pm so that we can change the oil.",
        "Guests have to be out by ten, because we clean all rooms in one go.",
        "A different soup every day.",
        "Wir rechnen bar ab, und die Kasse wird jeden Freitag gezählt.",
        "Les enfants doivent être accompagnés.",
        "Kinderen moeten altijd begeleid worden.",
        "Çocuklar velisiyle katılabilir.",
        "Buty muszą być odebrane w ciągu 60 dni.",
        "Ring us until 17:00 the day before.",
        "We remind you that the hall is locked at ten.",
        "The old clock shows the hours, the minutes and the days.",
        "Girişteki büyük saat her saat başı kendiliğinden çalar.",
        "Kinderen kiezen elke keer een ander boek en krijgen een stempel.",
        "Wybierz pralkę, zapłać, naciśnij start.",
    ],
)
def test_conditions_for_people_stay_content(line: str) -> None:
    assert not wishes_beyond(page_of(SHOP.format(line=line))).enough
    assert outcome(page_of(SHOP.format(line=line)))[0] == SITE


@pytest.mark.parametrize(
    "line",
    [
        "A booking that touches another one in the same room must be refused.",
        "At least 15 min between two bands.",
        "Max 4 hours per band per week.",
        "The blue room has no drums after 21:00.",
        "Three strikes and the band cannot book for a month.",
        "Zwei Buchungen dürfen sich nicht überschneiden.",
        "Höchstens zwei Buchungen pro Woche und Person.",
        "Deux réservations ne peuvent pas se chevaucher.",
        "Como máximo 2 reservas por persona.",
        "No máximo 2 reservas por pessoa.",
        "Due prenotazioni non possono sovrapporsi.",
        "Twee boekingen mogen elkaar niet overlappen.",
        "Haftada en fazla 4 saat.",
        "Dwie rezerwacje nie mogą się nakładać.",
        "预订时间不能重叠。",
        "予約が重複してはいけません。",
    ],
)
def test_rules_between_records_are_not_left_out_silently(line: str) -> None:
    assert wishes_to_compute(page_of(API.format(line=line)))
    assert outcome(page_of(API.format(line=line)))[0] == REFUSE


@pytest.mark.parametrize(
    "line",
    [
        "- hours: whole number, from 1 to 24",
        "- status: open, ready or closed",
        "A missing name is answered with 400.",
        "Not wanted: users, passwords, emails to customers, totals.",
        "We don't need totals, maps or reminders.",
        "Nicht gewünscht: Summen, Erinnerungen per Mail.",
        "Pas besoin de totaux ni de rappels par mail.",
        "Out of scope:\n\n- overlapping bookings\n- reminders by mail",
    ],
)
def test_checks_of_a_field_and_what_is_not_wanted_ask_for_nothing(line: str) -> None:
    assert outcome(page_of(API.format(line=line)))[0] == SERVICE


HOME = """# tally

## Counts your bees in the terminal

```
$ tally add "hive 3" --bees 40
$ tally list
$ tally rm 2
```

## Install

`brew install tally`, or download the binary.

## Licence

MIT.
"""


def test_the_home_page_of_a_tool_that_is_out_is_a_site_and_one_that_is_asked_for_is_a_service() -> None:
    assert outcome(page_of(HOME))[0] == SITE
    asked = HOME.replace("## Counts your bees in the terminal", "We need a command-line tool that counts bees.")
    assert understand(page_of(asked)).judgement.taken_for != SITE


LONG = """# The river

## Source

Nobody knows where the river comes from, and most of those who went to look came back with wet feet and another story
about the hill, the stones and the grey bird which stands there as if it had been paid for it.

## Mouth

It ends where the ships begin, in a wide brown silence, and nothing that floats down there has ever come back again.
"""


def test_form_and_length_alone_do_not_make_a_page_one_to_publish() -> None:
    page = page_of(LONG)
    assert judge(page).taken_for == UNTOLD
    assert outcome(page)[0] == ASK
    assert outcome(page_of(LONG + "\nTours every Saturday at 10:00 from the bridge.\n"))[0] == SITE


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "pt", "zh"])
def test_who_wrote_much_is_offered_to_publish_it_or_to_leave_it_and_no_service(language: str) -> None:
    asked = question_of(judge(page_of(LONG)), "The river", language, (), partly=False)
    assert "The river" in asked
    assert not [word for word in ("service", "Dienst", "servicio", "serviço", "服务") if word in asked]


@pytest.mark.parametrize(
    "text",
    [
        "# R. at the counter\n\nBefore I forget: 3/2 he shouted at Mila. 9/2 he told Mr Sato it was me.\n",
        "# Za tydzień\n\nOd poniedziałku mnie nie ma. Klucz jest w szafie, pozdrawiam.\n",
        "# Boiler\n\nHello Pat,\n\nthe man comes at nine, the key is with Jo.\n\nLove,\n",
        "# Brief\n\nLiebe Hanna,\n\nwir waren am See, und es hat geregnet.\n\nGruß\n",
        "# Vacances\n\nJe suis absente jusqu'à lundi, les dossiers sont dans l'armoire.\n",
    ],
)
def test_words_to_one_person_are_asked_about_in_several_languages(text: str) -> None:
    assert {each.of for each in INNER_SIGNS} == {NOTES}
    assert outcome(page_of(text))[0] == ASK


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("Max 4 hours per band per week.", ("service", "site", "nothing")),
        ("Zwei Buchungen für den Raum dürfen sich nicht überschneiden, und das ist uns wichtig.", ("Dienst", "nichts")),
        ("Deux réservations de la salle ne peuvent pas se chevaucher, et nous y tenons.", ("service", "rien")),
        ("Dos reservas de la sala no se pueden solapar, y es lo más importante para nosotros.", ("servicio", "nada")),
        ("Não pode haver duas reservas que se sobreponham, e para nós é o mais importante.", ("serviço", "nada")),
    ],
)
def test_who_shows_addresses_is_not_asked_for_them_but_offered_the_records_without_the_rule(
    line: str, words: tuple[str, ...]
) -> None:
    (question,) = outcome(page_of(API.format(line=line)))[1]["questions"]
    assert line[:60] in question
    assert "GET /photos" not in question
    assert "GET /fotos" not in question
    assert [word for word in words if f"“{word}”" not in question] == []
