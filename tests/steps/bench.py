"""A workspace for steps to work in, and everything that is in it as data, to be compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.app.engine.engine import open_run, record
from shared.app.engine.step_context import context_of
from shared.core.documents.codec import to_body
from shared.core.page import Block
from shared.core.run import acts
from shared.core.run import events as ev
from shared.core.run.run import Limits, Run, StepSpec, Trigger, WaitKind
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.content.reading import property_text
from shared.steps._kind import StepContext
from tests.integrations.conftest import Served
from tests.support.rigs.small_house import TENANT, SmallHouse

Json = dict[str, Any]
NOBODY = "deadbeef-dead-4ead-8ead-deadbeefdead"  # the id of nothing


def paragraph(text: str) -> Json:
    """Return a paragraph as it is written."""
    return {"type": "paragraph", "paragraph": {"rich_text": [{"type": "text", "text": {"content": text}}]}}


def titled(text: str) -> Json:
    """Return a title property as it is written."""
    return {"title": [{"type": "text", "text": {"content": text}}]}


@dataclass
class Bench:
    """The house, the simulated Notion, our client of it, and the ids of what stands there."""

    house: SmallHouse
    sim: Served
    notion: Notion
    ids: dict[str, str]
    name: str = ""  # of the run

    def start(self, *specs: StepSpec, gate: bool = False, run: str = "run-00000001") -> Run:
        """Open a run with these steps, and work until nothing is due; with `gate` it waits for a person at its end."""
        self.name = run
        steps = list(specs)
        if gate:
            last = specs[-1].id
            steps.append(StepSpec("gate", "approval.ask", depends_on=(last,), lane="", gate=WaitKind.APPROVAL))
        opened = ev.RunOpened(self.house.clock.now(), TENANT, run, Trigger("test"), Limits(), tuple(steps))
        open_run(self.house.deps, opened)
        self.house.work()
        return self.run

    @property
    def run(self) -> Run:
        """Return the run that was started last."""
        return self.house.run(self.name)

    def until_rest(self, minutes: int = 30) -> Run:
        """Let time pass until the run has ended or waits for a person."""
        for _ in range(minutes):
            run = self.run
            waiting = [step for step in run.steps if step.wait and step.wait.kind == WaitKind.APPROVAL]
            if run.status.final or (waiting and not run.cancel):
                break
            self.house.clock.move(seconds=60)
            self.house.work()
        return self.run

    def cancel(self) -> Run:
        """Cancel the run, and work until it has ended."""
        record(self.house.deps, TENANT, self.name, acts.CancelRequested(self.house.clock.now(), "Ada"))
        self.house.work()
        return self.until_rest()

    def context(self, step: str) -> StepContext:
        """Return what an attempt of that step may use."""
        run = self.run
        found = run.step(step)
        assert found is not None
        return context_of(self.house.deps, run, found, self.house.tools)

    def text(self, ref: str) -> str:
        """Return a kept text."""
        return self.house.store.get_text(TENANT, ref)

    def look(self) -> Json:
        """Return all that is on the home page and below it, without ids and times."""
        return self._inside(self.ids["home"])

    def _inside(self, page: str) -> Json:
        found: Json = {"blocks": [], "comments": [], "pages": {}, "tables": {}}
        said = self.notion.comments(page)
        found["comments"] = [property_text({"type": "rich_text", "rich_text": one["rich_text"]}) for one in said]
        for block in self.notion.read_tree(page):
            if block.type == "child_page":
                found["pages"].setdefault(block.text, []).append(self._page(block.id))
            elif block.type == "child_database":
                found["tables"].setdefault(block.text, []).append(self._table(block.id))
            else:
                found["blocks"].append(_bare(block))
        return found

    def _page(self, page: str) -> Json:
        raw = self.notion.page(page)
        values = {name: property_text(value) for name, value in raw["properties"].items()}
        return {"values": values, "icon": raw["icon"], **self._inside(page)}

    def _table(self, database: str) -> Json:
        (source,) = self.notion.database(database)["data_sources"]
        schema = self.notion.data_source(source["id"])["properties"]
        columns = {name: (column["type"], _options(column)) for name, column in schema.items()}
        rows = [self._page(str(row["id"])) for row in self.notion.query(str(source["id"]))]
        return {"columns": columns, "rows": sorted(rows, key=repr)}


def _options(column: Mapping[str, Any]) -> list[str]:
    return [str(each["name"]) for each in (column[column["type"]] or {}).get("options", ())]


def _bare(block: Block) -> Json:
    data = to_body(block)
    address = str(data.get("url", "")).partition("?")[0]  # signed anew at each reading
    without = {key: value for key, value in data.items() if key not in ("id", "children", "url", "expires_at")}
    return without | {"url": address.rpartition("/")[2], "children": [_bare(child) for child in block.children]}


def prepared(house: SmallHouse, sim: Served) -> Bench:
    """Return a bench: a page "Club" with text, a page "Archive", a table "Things" with four rows and a template."""
    sim.control("/_config", {"rate_limit": 0, "template_s": 0})
    seeded = sim.control("/_seed", {"internal": True})
    house.connect("notion", seeded["token"])
    notion = Notion(sim.http("notion", seeded["token"]))
    home = str(seeded["home_page_id"])
    text = [paragraph("Opens at 9."), paragraph("Closes at 5."), paragraph("We repair bicycles.")]
    club = str(notion.create_page(page_id=home, properties={"title": titled("Club")}, children=text)["id"])
    archive = str(notion.create_page(page_id=home, properties={"title": titled("Archive")})["id"])
    columns = {
        "Name": {"title": {}},
        "Status": {"select": {"options": [{"name": "To do"}, {"name": "Done"}]}},
        "Estimate": {"number": {"format": "number"}},
        "Note": {"rich_text": {}},
        "Files": {"files": {}},
    }
    _, source = notion.create_database(home, "Things", columns)
    rows = [("Bell", "To do", 1.5), ("Chain", "Done", 2.5), ("Lamp", "To do", 4), ("Tyre", None, None)]
    for name, status, hours in rows:
        values: Json = {"Name": titled(name), "Estimate": {"number": hours}}
        values |= {"Status": {"select": {"name": status}}} if status else {}
        made = notion.create_page(data_source_id=source, properties=values, children=[paragraph(f"About {name}.")])
        if name == "Bell":
            bell = str(made["id"])
    sim.control("/_templates", {"data_source_id": source, "name": "Repair", "markdown": "- [ ] Ask what is broken"})
    first = [str(child["id"]) for child in notion.children(club)]
    ids = {"home": home, "club": club, "archive": archive, "things": source, "bell": bell}
    return Bench(house, sim, notion, {**ids, "opens": first[0], "closes": first[1]})
