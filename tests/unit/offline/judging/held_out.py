"""Pages of many kinds that no rule was written for, with what a sensible person expects of each.

The expectations were written before the first of them was planned; a sign was added where one was missed. `site` and
`service` are plans, `ask` is a question with choices, `refuse` says in words what rules cannot do and what could.
"""

from __future__ import annotations

from shared.integrations.notion.markdown.markdown import parse_markdown

SITE, SERVICE, ASK, REFUSE = "site", "service", "ask", "refuse"
PAGES: dict[str, tuple[frozenset[str], str]] = {}


def _page(name: str, expected: str, text: str) -> None:
    PAGES[name] = (frozenset(expected.split(" or ")), text)
    assert parse_markdown(text, name=name).title


_page(
    "lentil-soup",
    SITE,
    """# Red lentil soup for six

A soup for days on which the bus was late.

## Ingredients

- 300 g red lentils
- 2 onions, 3 carrots
- 1 tin of tomatoes

## Method

1. Fry the onions until they smell sweet
2. Add everything else and 1.5 l of water
3. Cook for 25 minutes, blend half of it

> Better on the second day.
""",
)
_page(
    "rezept-kaesekuchen",
    SITE,
    """# Käsekuchen ohne Boden

Von Oma Hilde, für eine Form mit 26 cm.

## Zutaten

- 1 kg Magerquark
- 4 Eier
- 180 g Zucker
- 2 Päckchen Puddingpulver

## Zubereitung

1. Alles verrühren, die Eier zuletzt
2. Bei 170 Grad eine Stunde backen
3. Im Ofen auskühlen lassen, sonst reißt er
""",
)
_page(
    "team-sync",
    ASK,
    """# Weekly sync, 14 October

Attendees: Priya, Tom, Olu (late)

## Discussed

- The new till freezes when two people pay at once
- Olu thinks the supplier will raise prices in spring
- Nobody wants the Thursday slot

## Action items

- [ ] Tom rings the supplier
- [ ] Priya asks the landlord about the boiler
""",
)
_page(
    "compte-rendu-syndic",
    ASK,
    """# Compte rendu de la réunion du syndic

Présents : Mme Roche, M. Diallo, le gardien

Ordre du jour

- L’ascenseur est en panne depuis lundi
- Le devis de la toiture dépasse le budget
- Les poubelles : on en reparle en mars

Décisions

- M. Diallo demande un deuxième devis
""",
)
_page(
    "cv-ines",
    SITE,
    """# Inês Carvalho — currículo

Engenheira civil, Porto. Pontes, barragens e paciência.

## Experiência

- 2019–2025: Ponte Nova, chefe de obra
- 2014–2019: Gabinete Rio, projetista

## Formação

- Mestrado em estruturas, Universidade do Minho

Contacto: ines@example.org
""",
)
_page(
    "haircuts",
    SITE,
    """# Salon Nord: Preise

| Was | Kurz | Lang |
|---|---|---|
| Schneiden | 28 € | 42 € |
| Farbe | 45 € | 70 € |
| Kinder bis 12 | 18 € | 18 € |

Dienstag bis Samstag 9:00–18:00, ohne Termin nur vormittags.
""",
)
_page(
    "festa-junina",
    SITE,
    """# Festa Junina da Rua das Flores

Sábado, 21 de junho, a partir das 17:00, na praça. Todos são bem-vindos!

- Quadrilha às 19:00
- Milho, pamonha e canjica nas barracas
- Tragam um agasalho, a noite é fria

Entrada livre. Se chover, fica para domingo.
""",
)
_page(
    "parking-api",
    SERVICE,
    """# Parking spots behind the town hall

The barrier and the app of the town need to know which spots are taken. We want an HTTP API for that.

- `GET /spots` all spots, `?free=` narrows the list
- `POST /spots` a new spot, with number and level
- `PATCH /spots/{number}` somebody came or went
- `DELETE /spots/{number}` the spot is gone

Fields: number (required), level (integer), free (boolean)
""",
)
_page(
    "api-del-huerto",
    SERVICE,
    """# Registro de riego

Necesitamos una API para que los sensores del huerto anoten cada riego.

| Método | Ruta | Para qué |
|---|---|---|
| GET | /riegos | todos los riegos |
| POST | /riegos | anotar uno |
| DELETE | /riegos/{id} | fue un error |

Campos: parcela, litros (número, obligatorio), hora
""",
)
_page(
    "crash-on-save",
    REFUSE,
    """# App crashes when I save an empty form

Steps to reproduce

1. Open a new form
2. Press save without typing anything
3. The window closes

Expected behaviour: a message that the name is missing.

Actual behaviour: the whole app is gone. Version 3.2, on two machines.
""",
)
_page(
    "bug-zh",
    REFUSE,
    """# 登录后页面空白

复现步骤：

1. 打开首页
2. 输入用户名和密码
3. 点击登录

预期结果：看到任务列表。

实际结果：页面一直空白，控制台有错误。
""",
)
_page(
    "shopping",
    ASK,
    """# Shopping for Sunday

- [ ] Flour
- [ ] Six eggs
- [x] Butter
- [ ] Something for the dog
""",
)
_page(
    "alisveris",
    ASK,
    """# Alışveriş listesi

- Ekmek
- İki kilo domates
- Zeytin
- Pil (kumanda için)
""",
)
_page(
    "diary-rain",
    ASK,
    """# 12 November

Today I woke before the alarm. It rained, and I felt lighter than all week. I did not call my mother back.

The new colleague laughed at my joke about the printer. I wonder whether she was only polite.
""",
)
_page(
    "nikki",
    ASK,
    """# 日記 十一月三日

今日は朝から頭が痛かった。会社を休んで、昼まで寝た。

夕方、少し歩いた。川の水が冷たそうだった。
""",
)
_page(
    "todo-ru",
    ASK,
    """# Список дел на неделю

- [ ] Записаться к врачу
- [ ] Оплатить свет
- [ ] Забрать куртку из химчистки
- [x] Позвонить Оле
""",
)
_page(
    "rental-contract",
    ASK,
    """# Tenancy agreement, draft 2

Between Mr. K. Osei (landlord) and Ms. L. Brandt (tenant).

1. The flat is let from 1 February
2. The rent is 740 a month, due on the third
3. The tenant may keep one cat

Still open: the deposit, and who pays for the boiler.
""",
)
_page(
    "interne-preise",
    ASK,
    """# Preisgestaltung 2027

Nur intern, bitte nicht weiterleiten!

- Schneiden steigt auf 31 €
- Azubi-Tag wird gestrichen
- Frau Meier weiß noch nichts davon
""",
)
_page(
    "bees-summary",
    "ask or site",
    """# Summary: how bees find their way home

A paper of 2024 that I read for the seminar.

- 1,200 bees were carried up to 4 km away in dark boxes
- Most came back along roads and hedges rather than in a straight line
- With clouds it took them twice as long

My doubts: the control group was small.
""",
)
_page(
    "zongjie",
    "ask or site",
    """# 论文总结：城市树木与夏季气温

这篇论文比较了三十座城市的街道温度。

- 有树的街道平均低 2.3 度
- 作者使用了卫星接口的数据
- 树荫比草地更有效

局限：只有两个夏天的数据。
""",
)
_page(
    "bike-tube",
    SITE,
    """# How to mend a puncture

You need ten minutes, two levers and a patch.

1. Take the wheel out and the tyre off on one side
2. Find the hole: listen, or hold the tube under water
3. Roughen, glue, wait, patch
4. Feel along the inside of the tyre for the thorn

Stuck? Come by on Thursday evening.
""",
)
_page(
    "guia-compost",
    SITE,
    """# Cómo hacer compost en un balcón

Guía para los vecinos que quieren empezar.

1. Un cubo con agujeros, y otro debajo
2. Capas: restos de cocina, cartón, restos de cocina
3. Removerlo cada semana

No pongas carne, ni limones.
""",
)
_page(
    "rename-invoices",
    REFUSE,
    """# Tool for the invoices

I need a command-line tool that renames the PDF invoices in a folder.

- It reads the date and the supplier from the first page
- It renames the file to date-supplier-number.pdf
- It moves what it cannot read to a folder called `unclear`
- It never overwrites a file
- With `--dry-run` it only prints what it would do
- At the end it writes a report
""",
)
_page(
    "digest-mail",
    REFUSE,
    """# Ein Skript für den Newsletter

Ein Skript, das jeden Freitag die neuen Artikel zusammenfasst und an alle Mitglieder verschickt.

- Es holt die Artikel von unserer Seite
- Es übersetzt sie ins Türkische
- Es verschickt um 8 Uhr
""",
)
_page(
    "postpone-tasks",
    "refuse or ask",
    """# Move all tasks that are due this week to next Monday

The whole team is at the fair. Only those that are not done yet, please.
""",
)
_page(
    "tarefas-atrasadas",
    "refuse or ask",
    """# Mudar o status de todas as tarefas atrasadas para Bloqueado

Só as do projeto Ponte.
""",
)
_page(
    "kein-webauftritt",
    "ask or refuse",
    """# Umzug des Archivs

Bitte keine Website bauen! Wir wollen nur festhalten, was in welche Kiste kommt.

- Kiste 1: Briefe bis 1950
- Kiste 2: Fotos
""",
)
_page(
    "ma-mas-arabic",
    SITE,
    """# حفل افتتاح المكتبة

ندعوكم إلى افتتاح المكتبة يوم الخميس الساعة 18:00.

- كلمة ترحيب
- قراءات شعرية
- شاي وحلويات

الدخول مجاني، والعنوان: شارع النهر 7.
""",
)
