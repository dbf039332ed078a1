"""Pages as people write them, for measuring what a model is told of them: one for each way a plan can go."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from itertools import count

from shared.app.planning.planner_facts.plan_places import Places, Told
from shared.core.documents.places import Column, Columns
from shared.core.page import Block, Page
from shared.integrations.notion.content.reading import read_written
from shared.integrations.notion.markdown.markdown import parse_markdown

TASKS, IDEAS = (f"{number}1111111-0000-4000-8000-000000000000" for number in (1, 2))

TEXTS: Mapping[str, str] = {
    "overdue tasks": """# Overdue tasks

Every Monday somebody scrolls through the whole Tasks database and looks for what is late. Please do that for us today.

- Find all overdue tasks in our Tasks database: the due date is over and they are not done.
- Set their Status to Blocked.
- Leave the priority and the person as they are.
- Write a list of what you changed below this text: name, due date, and what the status was before.

Do not touch tasks without a due date. If there are more than 30, change none of them and say so instead.
""",
    "API from meeting notes": """# Vans meeting, Nov 18

Date: Nov 18, kitchen, Dee brought cake
Present: Dee, Tom, Aylin, Marcus (late as always)

## What we talked about

Double bookings again. On Thursday Tom stood in the yard with 14 chairs and no van, because Aylin had it and the paper
on the fridge had fallen behind the radiator. Everybody agrees the paper has to go. Marcus knows a fleet product for 90
a month, we laughed.

- We want a small API that the tablet at the door and later the web form can ask
- Book a van: which van, who, from when, until when
- A booking that overlaps another one of the same van is refused, and says which booking is in the way
- List the bookings of one day, sorted by time
- Cancel a booking. Only a future one, what is over stays for the log
- Times are local, to the quarter of an hour, nobody books by the minute

1. Dee asks the garage whether the winter tyres are on
2. Tom collects the old papers, we may need them for the tax office
3. Aylin tries the first version with the tablet

- [x] Names of the vans: Otto, Heidi, and the small one is Fips
- [x] No login, it is only in our own network
- [ ] fuel card?? ask Dee
- [ ] Marcus asks what the insurance says about volunteers

> GDPR? lol. But really: only first names.

It should run on the old laptop in the office, which has Python and nothing else, and keep its data when the laptop is
switched off in the evening. The web form comes later, that is not part of this. Next meeting in December, Marcus brings
the cake then.
""",
    "command-line tool": """# Photo names

My camera calls everything DSC_0012.JPG. I want a small command-line tool in Python that renames the photos in a folder.

- New name: date and time it was taken, like 2026-08-14_17-03-22.jpg
- Two photos in one second get -2, -3 and so on
- `--dry-run` only shows what would happen
- It writes a log of what it renamed, and `undo` takes the last run back
- Files that are no photos are left alone and counted
- Exit code 0 when all went well, 1 when something was skipped, 2 for wrong arguments

No packages to install. I use it on a Mac and on Windows.
""",
    "decision by specialists": """# Do we move the booking system to the cloud?

The server under the stairs is nine years old. We can buy a new one for 2,400 euros, rent a machine for 38 a month, or
use a hosted booking product for 61 a month. The board meets on Thursday and wants one page.

Please let specialists look at it: one on cost over five years, one on security and whose data lies where, one on the
effort for two volunteers. Let them argue with each other once. Then decide, say what you recommend and why, and who
disagreed. Write the result below this text.

What we know: about 300 bookings a month, names and phone numbers of members, no payments. One power cut last winter
took two days to repair. Nobody of us wants to be on call.
""",
    "change of a repository": """# Health endpoint for the booking service

Our repository holds the booking service. The monitoring needs an endpoint it can ask.

- `GET /health` answers 200 with {"status": "ok"} while the database can be read
- It answers 503 with {"status": "down"} otherwise
- The version from `version.txt` stands in the answer as `version`
- Nothing else of the API changes, and the old tests stay green
- Write a test for both answers, and a line in the README
""",
    "a site": """# Corner bakery, opening page

We open on Saturday, 5 December, and need a small website until then. One page is enough, it is mostly read on phones.

## What stands on it

Bread is baked in the shop, from six in the morning. Flour comes from the mill in Oberdorf, eggs from the Kramer farm.
Everything is made here, nothing is thawed, and what is left at six in the evening goes to the food bank next door.

| Bread | Price | Days |
|---|---|---|
| Rye, 1 kg | 4.20 | every day |
| Spelt, 750 g | 4.60 | Tuesday, Friday |
| Walnut, 500 g | 3.90 | Saturday |
| Rolls | 0.65 | every day |

### Opening hours

- Monday to Friday, 6:30 to 18:00
- Saturday, 6:30 to 13:00
- Closed on Sundays, and from 24 December to 2 January

### How to find us

Mill Lane 4, opposite the fountain. Bicycles can stand in the yard. The bus stops at Fountain Square, lines 3 and 11.
The step at the door has a ramp; ring if somebody has taken it in.

### Please mind

- Warm colours, our green is #2e7d32, big letters
- Readable for people who see badly, usable with a keyboard
- No cookies, nothing loaded from elsewhere
- [x] Phone number is 0555 0134
- [ ] A photo of the oven comes later, leave it out for now
- Pre-orders only by phone until the evening before
- Allergens: nuts and sesame are used in the same room

> Fresh at half past six, that is the promise, and the sentence should be the first thing anybody reads.

Imprint: Corner Bakery, Mill Lane 4, owner Mira Example. That has to be on the page by law, at the bottom.
""",
}

PLACES = Places(
    "2026-11-23",
    "Monday, 2026-11-23, in the time zone Europe/Berlin",
    (
        Told(Columns("Tasks", TASKS, (
            Column("Name", "title"),
            Column("Status", "select", ("To do", "Doing", "Blocked", "Done")),
            Column("Priority", "select", ("High", "Medium", "Low")),
            Column("Due", "date"),
            Column("Assignee", "people"),
            Column("Estimate", "number"),
            Column("Budget", "number"),
            Column("Depends on", "relation", (), TASKS),
            Column("Link", "url"),
            Column("Idea", "relation", (), IDEAS),
            Column("Run", "rich_text"),
        )), "tasks"),
        Told(Columns("Ideas", IDEAS, (
            Column("Name", "title"),
            Column("Status", "select", ("Idea", "Plan it", "Planning", "Plan ready", "Approved", "Done", "Cancelled")),
            Column("Pull request", "url"),
            Column("Site", "url"),
            Column("Run", "rich_text"),
        )), "ideas"),
    ),
)  # fmt: skip


def page_of(name: str, times: int = 1) -> Page:
    """Return the page of that name as the planner reads it, its blocks `times` over for a large one."""
    parsed, numbers = parse_markdown(TEXTS[name], name=name), count(1)

    def number_block(block: Block) -> Block:
        found = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{name}/{next(numbers)}"))
        return replace(block, id=found, children=tuple(map(number_block, block.children)))

    blocks = [number_block(read_written(raw)) for _ in range(times) for raw in parsed.blocks]
    return Page(str(uuid.uuid5(uuid.NAMESPACE_URL, name)), parsed.title, tuple(blocks), {"Status": "Plan it"})
