"""The four databases we keep in a workspace: their columns, how people call such columns, and an example page each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.core.pages import marks
from shared.integrations.systems import FORGES

Json = dict[str, Any]

IDEAS, TASKS, ROUTINES, RUNS = "ideas", "tasks", "routines", "runs"
KINDS = (IDEAS, TASKS, ROUTINES, RUNS)  # in the order they are made: a relation needs the id of what it leads to
PAUSED = "Paused"  # a column that databases of before do not have: it may be missing, and anybody may add it
EVERYTHING = "Pause everything"  # the title of a row of Ideas whose box Paused is meant for all work
SELF = "self"  # a relation to the database's own rows
_COLORS = {
    marks.PLAN_IT: "blue", marks.PLANNING: "purple", marks.QUESTION: "orange", marks.PLAN_READY: "yellow",
    marks.APPROVED: "pink", marks.BUILDING: "blue", marks.DONE: "green", marks.FAILED: "red", marks.CANCELLED: "brown",
    marks.RELEASE_READY: "yellow", marks.PRODUCTION_READY: "yellow",
    "Doing": "blue", "Blocked": "red", "High": "red", "Medium": "yellow", "Active": "green",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `type` is what we make, `fits` are the types of an existing column that can take its place.

    `spellings` are other names people give it, in lower case; `leads_to` is the kind a relation leads to, or SELF.
    """

    name: str
    type: str
    fits: tuple[str, ...] = ()
    spellings: tuple[str, ...] = ()
    required: bool = False
    options: tuple[str, ...] = ()
    format: str = ""
    leads_to: str = ""
    later: bool = False  # came after databases were made: nobody is asked for it, and it is found by its name
    says: str = ""  # shown to people as the column's description; 280 letters at most

    @property
    def types(self) -> tuple[str, ...]:
        """Return the types of an existing column that can take its place."""
        return (self.type, *self.fits)

    def config(self, sources: Mapping[str, str], mark: str = "") -> Json:
        """Return the column as it is created; `sources` are data sources by kind, for relations."""
        inner: Json = {}
        if self.options:
            inner = {"options": [{"name": name, "color": _COLORS.get(name, "gray")} for name in self.options]}
        elif self.format:
            inner = {"format": self.format}
        elif self.leads_to:
            inner = {"data_source_id": sources[self.leads_to], "single_property": {}}
        says = " ".join(part for part in (self.says, mark) if part)
        return {self.type: inner, **({"description": says} if says else {})}


@dataclass(frozen=True, slots=True)
class Schema:
    """One kind of database: its title, its columns, what its example page says."""

    title: str
    columns: tuple[Column, ...]
    example: str
    example_values: Mapping[str, Json] = field(default_factory=dict)
    explains: tuple[str, ...] = ()

    def column(self, name: str) -> Column | None:
        """Return the column of that name of ours."""
        return next((column for column in self.columns if column.name == name), None)


_STATUS_NAMES = ("state", "stage", "phase", "stand", "zustand", "statut", "état", "estado")
_NAME = Column("Name", "title", required=True)
_RUN = Column("Run", "rich_text", spellings=("agent run", "workwright run"), says="The run behind this page.")
_PULL = Column("Pull request", "url", spellings=("pr", "pull-request", "pr link", "merge request", *FORGES))
_SITE = Column("Site", "url", spellings=("website", "live site", "deployment", "webseite", "site web", "sitio"))
_DOLLARS = "dollar"


def _status(*options: str, says: str = "") -> Column:
    return Column("Status", "select", ("status",), _STATUS_NAMES, required=True, options=options, says=says)


def _select(name: str) -> Json:
    return {"select": {"name": name}}


def _words(text: str) -> Json:
    return {"rich_text": [{"type": "text", "text": {"content": text}}]}


SCHEMAS: Mapping[str, Schema] = {
    IDEAS: Schema(
        "Ideas",
        (
            _NAME,
            _status(*marks.STATUSES, says="Set Plan it to begin, Approved to build, Cancelled to stop."),
            _PULL,
            _SITE,
            _RUN,
            Column("Cost", "rich_text", ("number",), ("price", "kosten", "coût", "coste")),
            Column(
                PAUSED, "checkbox", later=True,
                says="Tick it, and the run of the page stands still; clear it, and it goes on."
                f" In a row called “{EVERYTHING}” it is meant for all work.",
            ),
        ),
        "Example: a page for our club",
        {"Status": _select(marks.IDEA)},
        (
            "Write what you want in your own words: headings, lists and tables are all read.",
            "Set the status to Plan it. A plan appears on the page, and nothing is built before somebody approves it.",
            "Approve with the status Approved or with the comment “approve”. Say “no, because …” for another plan.",
        ),
    ),
    TASKS: Schema(
        "Tasks",
        (
            _NAME,
            _status("To do", "Doing", "Blocked", "Done"),
            Column(
                "Priority", "select", ("status",), ("prio", "importance", "priorität", "priorité", "prioridad"),
                options=("High", "Medium", "Low"),
            ),
            Column("Due", "date", (), ("due date", "deadline", "due by", "fällig", "fällig am", "échéance")),
            Column("Assignee", "people", (), ("assigned to", "owner", "responsible", "zuständig", "responsable")),
            Column("Estimate", "number", (), ("hours", "effort", "aufwand", "estimated hours"), says="In hours."),
            Column("Budget", "number", (), ("cost limit",), format=_DOLLARS, says="In US dollars."),
            Column("Depends on", "relation", (), ("blocked by", "dependencies", "hängt ab von"), leads_to=SELF),
            Column("Link", "url", (), ("url", "links")),
            Column("Idea", "relation", (), ("ideas",), leads_to=IDEAS),
            _RUN,
        ),
        "Example: order the flyers",
        {"Status": _select("Done"), "Priority": _select("Low"), "Estimate": {"number": 1}},
        (
            "A task has a due date, a priority and an estimate in hours, as far as you know them.",
            "Depends on names the tasks that have to be done before it.",
            "Each day is planned from what is open here. Dates are changed only when somebody agrees.",
        ),
    ),
    ROUTINES: Schema(
        "Routines",
        (
            _NAME,
            _status("Active", "Paused"),
            Column("Schedule", "rich_text", (), ("when", "cron", "repeat", "repeats", "zeitplan", "horaire", "horario"),
                   required=True, says="In words, like “every weekday at 8:30”, or as a cron expression."),
            Column("Time zone", "rich_text", ("select",), ("timezone", "zeitzone"), says="Empty: the team's."),
            Column("Budget", "number", (), ("cost limit",), format=_DOLLARS, says="In US dollars, for each run."),
            Column("Last run", "date", (), ("last", "letzter lauf")),
            Column("Next run", "date", (), ("next", "nächster lauf")),
            _RUN,
        ),
        "Example: the week in three lines",
        {"Status": _select("Paused"), "Schedule": _words("every Friday at 16:00")},
        (
            "Write on the page what is to be done, and in Schedule when: in plain words or as a cron expression.",
            "Set the status to Active to begin. Paused routines do nothing.",
        ),
    ),
    RUNS: Schema(
        "Runs",
        (
            _NAME,
            _status(
                marks.PLANNING, marks.QUESTION, marks.PLAN_READY, marks.BUILDING, marks.RELEASE_READY,
                marks.PRODUCTION_READY, marks.DONE, marks.FAILED, marks.CANCELLED,
                says="Written by us; to change a run, change its page.",
            ),
            Column("Page", "url", (), ("notion page", "source")),
            Column("Started", "date", (), ("start", "began", "started at")),
            Column("Ended", "date", (), ("end", "finished", "ended at")),
            Column("Cost", "number", (), ("price",), format=_DOLLARS),
            _PULL,
            _SITE,
            Column("Run", "url", (), ("run link", "details"), required=True, says="How a row is found again: keep it."),
            Column("Idea", "relation", (), ("ideas",), leads_to=IDEAS),
        ),
        "Example: what a row shows",
        {"Status": _select(marks.DONE)},
        ("Every run gets one row here, kept up to date: where it is, what it cost, and the links to what came of it.",),
    ),
}  # fmt: skip
