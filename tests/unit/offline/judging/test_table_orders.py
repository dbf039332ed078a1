"""Work on the rows of a table in the workspace is no site to publish, in whatever words it is ordered."""

from __future__ import annotations

import pytest

from tests.unit.offline.judging.held_out import REFUSE, SITE
from tests.unit.offline.judging.judged import outcome, page_of

ORDERED = (
    "# Choir\n\nPlease enter these new singers in our Singers table, Voice = alto for all of them.\n\n- Mona\n- Ruth\n",
    "# Tool loans\n\nThe database Loans has three rows twice. Delete the doubles and keep the newest one.\n",
    "# Wood\n\nThe entries in our Notion table still say guilders. Please change them all to euros.\n",
    "# Fleet\n\nIt is about the table in Notion, nothing needs to be built. Van 3 has a new plate, please update it.\n",
    "# Kita\n\nIn der Tabelle „Kinder“ fehlen die Ortsteile. Bitte ergänze sie: Anna wohnt in Nord, Bert in Süd.\n",
    "# Miel\n\nAjoutez ces pesées dans notre table « Récolte », une par ruche :\n\n- Ruche 1, 12 kg\n- Ruche 2\n",
    "# Socios\n\nEn la tabla «Socios» hay nombres con erratas. Corrige los apellidos y no borres a nadie.\n",
    "# 名单\n\n请把下面的人加到“志愿者”表格里，每人一行，不要重复。\n\n- 王芳\n- 李明\n",
)
PUBLISHED = (
    "# Beer garden\n\nSit with us at the Round Table. Please add your name at the bar. Everybody is welcome.\n\n"
    "Friday 17:00–23:00, and Saturday 12:00–23:00.\n",
    "# Cake sale\n\nPlease put your cake on the Cake table before ten. Everybody is welcome, entry is free.\n",
    "# Swimming times\n\nWe need a web page with our swimming times. Put them into a table.\n\nMonday 8:00–9:00.\n",
    "# Division Two\n\nThe table after eleven rounds, for everybody who follows us.\n\n"
    "| Club | Points |\n| --- | --- |\n| Harbour | 21 |\n",
    "# Bread\n\nMix 500 g flour and 300 ml water. Put the dough in the bowl on the table, and leave it for an hour.\n",
    "# Garden fair\n\nA website about the fair. Add a table of stalls, update the prices in the table: 3 €, 4 €.\n",
)


@pytest.mark.parametrize("text", ORDERED, ids=lambda text: text.partition("\n")[0][2:])
def test_an_order_about_rows_of_a_table_is_not_published(text: str) -> None:
    kind, answer = outcome(page_of(text))
    assert kind == REFUSE
    assert "notion.update_rows" in answer["questions"][0]


@pytest.mark.parametrize("text", PUBLISHED, ids=lambda text: text.partition("\n")[0][2:])
def test_a_page_on_which_a_table_stands_or_is_wanted_is(text: str) -> None:
    assert outcome(page_of(text))[0] == SITE
