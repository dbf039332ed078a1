"""Short pages, with whether a sensible person would have to ask what is to become of them; written before the rule.

`thin` is asked about as such. The others are clear: what they come to is `site`, `service`, `ask` (notes, or private)
or `refuse`, and none of them is asked about for being thin. The first of each pair was looked at while the rule was
made; the second was held out of that, with the one exception of the errands in Chinese.
"""

from __future__ import annotations

from tests.unit.offline.judging.thin_lines import (
    CLEAR_HELD_OUT,
    CLEAR_LOOKED_AT,
    THIN_HELD_OUT,
    THIN_LOOKED_AT,
    texts,
)

THIN = "thin"

PAIRS: tuple[tuple[str, str, str], ...] = (
    # --- thin: a line, a fragment, a list without a verb, a diary, a quotation, errands, a thought ---
    (THIN, "# Bees\n\nInteresting.\n", "# Lighthouse\n\nSee above.\n"),
    (
        THIN,
        "# Tuesday\n\nWalked to the lake, felt better.\n",
        "# Late\n\nCould not sleep again. Too much on my mind.\n",
    ),
    (THIN, "# Quote\n\n> We are what we repeatedly do.\n", "# Rilke\n\n“Live the questions now.”\n"),
    (
        THIN,
        "# Errands\n\n- Post office\n- Ring the plumber\n- Keys for Ana\n",
        "# Saturday\n\n- [ ] fix tap\n- [ ] library books\n",
    ),
    (THIN, "# Words\n\nriver, stone, lantern, moss\n", "# Colours for later\n\nOchre, slate, mint\n"),
    (THIN, "# Idea\n\nSomething with maps\n", "# Podcast?\n\nAbout trains maybe\n"),
    (THIN, "# asdf\n\ntest\n", "# New page\n\nhello\n"),
    (THIN, "# Anna\n\nask her about the boat\n", "# Reminder\n\nremember what Tom said about the roof\n"),
    (THIN, "# Blue van\n\nThe one in the yard, with the dent.\n", "# Grandfather’s clock\n\nIt stopped in 1987.\n"),
    (THIN, "# What if\n\nWhat if shops had no doors?\n", "# Why\n\nWhy do cats hate closed doors?\n"),
    (THIN, "# Gedanken\n\nMan müsste öfter ans Meer.\n", "# Oma\n\nSie hat nie viel geredet.\n"),
    (THIN, "# Garten\n\n- Schlauch\n- Samen\n- Schnur\n", "# Keller\n\nRegal, Lampe, alte Ski\n"),
    (THIN, "# Donnerstag\n\nMüde. Viel Regen. Nichts geschafft.\n", "# Zitat\n\n„Der Weg ist das Ziel.“\n"),
    (THIN, "# Fahrrad\n\nBlau.\n", "# Projekt X\n\nmal sehen\n"),
    (THIN, "# Pensée\n\nOn oublie trop vite.\n", "# Citation\n\n> Je pense, donc je suis.\n"),
    (THIN, "# Divers\n\n- lampe\n- clés\n- ficelle\n", "# À faire\n\n- appeler Luc\n- rendre le livre\n"),
    (THIN, "# Vélo\n\nPneu arrière ?\n", "# Dimanche\n\nPluie, soupe, sieste.\n"),
    (THIN, "# Cosas\n\ncuerda, pintura, tornillos\n", "# Lunes\n\nDormí mal. Mucho ruido.\n"),
    (THIN, "# Frase\n\n«Caminante, no hay camino.»\n", "# Idea suelta\n\nalgo con barcos\n"),
    (THIN, "# Pendientes\n\n- llamar a Rosa\n- pagar la luz\n", "# El perro\n\nEs marrón y no ladra.\n"),
    (THIN, "# Coisas\n\nchave, lanterna, corda\n", "# Ideia\n\nqualquer coisa com música\n"),
    (THIN, "# Domingo\n\nChoveu. Li um pouco.\n", "# Frase\n\n“Tudo vale a pena se a alma não é pequena.”\n"),
    (THIN, "# Recados\n\n- ligar à Marta\n- farmácia\n", "# O barco\n\nEstá velho.\n"),
    (THIN, "# 想法\n\n也许可以做点什么\n", "# 随便\n\n雨，茶，猫\n"),
    (THIN, "# 句子\n\n“学而时习之，不亦说乎。”\n", "# 星期天\n\n下雨了，睡了很久。\n"),
    (THIN, "# 自行车\n\n蓝色的。\n", "# 杂事\n\n- 打电话给老王\n- 还书\n"),
    (THIN, "# Moving\n\nBoxes everywhere. The cat hides.\n", "# Allotment\n\nSoil is heavy this year.\n"),
    (THIN, "# Kitchen\n\n- paint\n- shelves\n- lamp\n", "# Books\n\n- Middlemarch\n- Dune\n- Emma\n"),
    # --- clear: sites ---
    (
        "site",
        "# Bicycle club\n\nWe repair bicycles on Saturdays.\n",
        "# Mending table\n\nWe mend clothes every first Monday of the month.\n",
    ),
    (
        "site",
        "# Harbour café\n\nOpen from 8 to 5, closed on Mondays. Fish soup, cake, coffee.\n",
        "# Kiosk at the pond\n\nIce cream and boats for hire, daily from 10.\n",
    ),
    (
        "site",
        "# Piano lessons\n\nI teach children and adults at home in Mill Lane. 30 € an hour.\n",
        "# Dog walking\n\nI walk your dog at noon. Ring 0555 0110.\n",
    ),
    (
        "site",
        "# Rooms by the sea\n\nTwo rooms with a view, breakfast included.\n",
        "# Barn for weddings\n\nSpace for 120 guests, a kitchen and a meadow.\n",
    ),
    (
        "site",
        "# Tool library\n\nBorrow drills, saws and ladders from your neighbours.\n",
        "# Repair café\n\nBring what is broken. We help you mend it.\n",
    ),
    (
        "site",
        "# Beekeepers’ association\n\n## Who we are\n\nForty keepers in the valley.\n\n## Meetings\n\nFirst Friday.\n",
        "# Rowing for beginners\n\n## What you learn\n\nStroke, balance, landing.\n\n## What to bring\n\nDry socks.\n",
    ),
    (
        "site",
        "# Summer concert\n\nThe choir sings Brahms on 14 June at 19:00 in St Mary’s.\n",
        "# Flea market\n\n3 May, 9:00 to 15:00, on the church square.\n",
    ),
    (
        "site",
        "# A site for the scouts\n\nTents, songs, rain.\n",
        "# Web page for my grandmother’s jams\n\nPlum, quince, rose hip.\n",
    ),
    (
        "site",
        "# Joinery Holm\n\nTables, doors and windows from local oak. Made to measure.\n",
        "# Plumber in Northfield\n\nBoilers, taps and drains. Same-day service.\n",
    ),
    (
        "site",
        "# House rules\n\n1. Shoes off\n2. Quiet after ten\n3. Bins go out on Thursday\n",
        "# Walk to the falls\n\n1. Start at the mill\n2. Follow the red signs\n3. Rest at the bridge\n",
    ),
    (
        "site",
        "# Prices\n\n| Cut | Price |\n|---|---|\n| Short | 20 |\n| Long | 35 |\n",
        "# Squad\n\n| Name | Position |\n|---|---|\n| Ana | goal |\n| Bo | wing |\n",
    ),
    (
        "site",
        "# Tischlerei Holm\n\nWir bauen Möbel aus heimischem Holz.\n",
        "# Nähtreff\n\nWir nähen jeden Dienstag im Gemeindehaus.\n",
    ),
    (
        "site",
        "# Ferienwohnung am See\n\nZwei Zimmer, Balkon, Hund erlaubt. 80 € die Nacht.\n",
        "# Praxis Dr. Lindner\n\nSprechstunde Montag bis Freitag 8–12 Uhr.\n",
    ),
    (
        "site",
        "# Sommerfest\n\nAm 5. Juli ab 15 Uhr auf der Wiese. Bringt Kuchen mit!\n",
        "# Nachhilfe Mathe\n\nIch helfe Schülern der Klassen 5 bis 10.\n",
    ),
    (
        "site",
        "# Boulangerie du coin\n\nPain au levain, croissants, tartes. Ouvert dès 7 h.\n",
        "# Cours de yoga\n\nPour débutants, le mardi soir à la salle des fêtes.\n",
    ),
    (
        "site",
        "# Chambre d’hôtes\n\nNous louons trois chambres près de la rivière.\n",
        "# Fanfare du village\n\nNotre fanfare joue pour les mariages et les fêtes.\n",
    ),
    (
        "site",
        "# Taller de cerámica\n\nOfrecemos clases para niños y adultos.\n",
        "# Panadería Luz\n\nPan fresco todos los días. Calle Mayor 4.\n",
    ),
    (
        "site",
        "# Fiesta del barrio\n\nEl sábado 12 de mayo en la plaza.\n",
        "# Club de lectura\n\nNos reunimos el primer jueves en la biblioteca.\n",
    ),
    (
        "site",
        "# Pastelaria da Praça\n\nBolos por encomenda. Aberto todos os dias.\n",
        "# Aulas de surf\n\nAlugamos pranchas e damos aulas na praia.\n",
    ),
    (
        "site",
        "# Horta comunitária\n\nSomos vinte famílias e partilhamos a terra.\n",
        "# Coro da vila\n\nEnsaiamos às quartas na escola.\n",
    ),
    ("site", "# 老街茶馆\n\n我们提供绿茶、点心，每天九点开门。\n", "# 钢琴课\n\n我教孩子弹钢琴，每节课一百元。\n"),
    ("site", "# 社区图书角\n\n欢迎大家来借书。\n", "# 周末爬山活动\n\n周六早上八点在东门集合。\n"),
    (
        "site",
        "# Village hall\n\nThe hall can be hired for parties and classes. It seats eighty.\n",
        "# Old mill museum\n\nThe mill was built in 1840 and still grinds flour. Visitors see the wheel turn.\n",
    ),
    (
        "site",
        "# Apple juice press\n\n![The press](https://example.org/press.jpg)\n\nBring your apples in October.\n",
        "# Photographs of the coast\n\n![Cliff](https://example.org/a.jpg)\n\n![Pier](https://example.org/b.jpg)\n",
    ),
    (
        "site",
        "# Seed swap\n\nNeighbours bring seeds and take others home. Everything is free.\n",
        "# Toy library\n\nFamilies can borrow toys for two weeks.\n",
    ),
    # --- clear: services, notes, private, Notion, faults ---
    (
        "service",
        "# Tide API\n\nAn API for the tide tables of the harbour.\n",
        "# Key tool\n\nA command-line tool that keeps the keys of the club house.\n",
    ),
    (
        "service",
        "# Kassenbuch\n\nWir brauchen eine Schnittstelle: GET /buchungen\n",
        "# Registro\n\nNecesitamos una API para anotar visitas.\n",
    ),
    ("ask", "# Minutes of 4 May\n\nPresent: Ana, Bo\n\n- Roof\n", "# Meeting notes\n\nBudget stays. Tom is ill.\n"),
    ("ask", "# Einkaufsliste\n\n- Milch\n- Brot\n", "# Lista de la compra\n\n- pan\n- leche\n"),
    ("ask", "# Budget\n\nInternal only. Cuts in May.\n", "# Contrat de location\n\nEntre M. Roux et Mme Petit.\n"),
    ("ask", "# 会议记录\n\n预算通过\n", "# Diário\n\nHoje eu não saí de casa.\n"),
    (
        "refuse",
        "# Set all overdue tasks to Blocked\n\nPlease.\n",
        "# Marque todas as tarefas como feitas\n\nObrigado.\n",
    ),
    (
        "refuse",
        "# Bug: the menu crashes\n\nExpected: it opens. Actual: it closes.\n",
        "# Export funktioniert nicht\n\nErwartet: Datei. Tatsächlich: nichts.\n",
    ),
    (
        "refuse",
        "# A script that renames my pictures\n\nBy their day.\n",
        "# Ein Skript, das Rechnungen verschickt\n\nJeden Montag.\n",
    ),
)

LOOKED_AT = (
    *((label, first) for label, first, _ in PAIRS),
    *(("site", text) for text in texts(CLEAR_LOOKED_AT)),
    *((THIN, text) for text in texts(THIN_LOOKED_AT)),
)
HELD_OUT = (
    *((label, second) for label, _, second in PAIRS),
    *(("site", text) for text in texts(CLEAR_HELD_OUT)),
    *((THIN, text) for text in texts(THIN_HELD_OUT)),
)
