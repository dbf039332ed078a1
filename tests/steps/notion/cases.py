"""A case of each kind of step that works in Notion, and what a plan says of all others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.core.run.run import Step
from shared.steps._kind import StepKind
from tests.steps.bench import NOBODY, Json
from tests.support.builders.least_inputs import least_input


@dataclass(frozen=True)
class Case:
    """What a plan says, with names of the bench in braces; what then is there; which request is the write."""

    given: Mapping[str, Any]
    shows: Callable[[Json, Step], bool]  # of everything on the home page, and the step
    too_much: Mapping[str, Any]
    target: str = "page"
    write: tuple[str, str] = ("", "")  # method and path of the request whose answer is lost
    reads: Mapping[str, Any] = field(default_factory=dict)  # the plan's step "read" before this one


def club(seen: Json) -> Json:
    (page,) = seen["pages"]["Club"]
    return dict(page)


def lines(page: Json) -> list[str]:
    return ["".join(span["text"] for span in block.get("spans", ())) for block in page["blocks"]]


def things(seen: Json) -> Json:
    (table,) = seen["tables"]["Things"]
    return dict(table)


def values(seen: Json, column: str) -> dict[str, str]:
    return {row["values"]["Name"]: row["values"].get(column, "") for row in things(seen)["rows"]}


LINES = ["Opens at 9.", "Closes at 5.", "We repair bicycles."]
DONE = {"Bell": "Done", "Chain": "Done", "Lamp": "Done", "Tyre": ""}
TABLE = {"kind": "notion.query_rows", "input": {"data_source": "{things}", "columns": ["Name", "Status"]}}
LONG = "x" * 50_001

CASES: Mapping[str, Case] = {
    "notion.create_page": Case(
        {"page": "{club}", "title": "Prices", "markdown": "# All\n\n- Bell: 5 €\n  - fitted", "icon": "🔔"},
        lambda seen, step: (
            lines(club(seen)["pages"]["Prices"][0]) == ["All", "Bell: 5 €"]
            and club(seen)["pages"]["Prices"][0]["icon"] == {"type": "emoji", "emoji": "🔔"}
        ),
        {"markdown": LONG},
        write=("POST", "/v1/pages"),
    ),
    "notion.create_from_template": Case(
        {"data_source": "{things}", "template": "Repair", "title": "Saddle", "properties": {"Estimate": 3}},
        lambda seen, step: (
            values(seen, "Estimate")["Saddle"] == "3"
            and [lines(r) for r in things(seen)["rows"] if r["values"]["Name"] == "Saddle"] == [["Ask what is broken"]]
        ),
        {"title": ""},
        target="data_source",
        write=("POST", "/v1/pages"),
    ),
    "notion.update_page": Case(
        {"page": "{bell}", "properties": {"Status": "Done", "estimate": None, "Note": "Rings"}, "icon": "🔔"},
        lambda seen, step: (
            values(seen, "Status")["Bell"] == "Done"
            and values(seen, "Estimate")["Bell"] == ""
            and values(seen, "Note")["Bell"] == "Rings"
        ),
        {"properties": {str(number): "x" for number in range(51)}},
        write=("PATCH", "/v1/pages/*"),
    ),
    "notion.move_page": Case(
        {"page": "{club}", "to_page": "{archive}"},
        lambda seen, step: lines(seen["pages"]["Archive"][0]["pages"]["Club"][0]) == LINES,
        {"page": "x" * 501},
        write=("POST", "/v1/pages/*/move"),
    ),
    "notion.trash_page": Case(
        {"page": "https://www.notion.so/Club-{club}?pvs=4"},
        lambda seen, step: "Club" not in seen["pages"],
        {"page": ""},
        write=("PATCH", "/v1/pages/*"),
    ),
    "notion.append_blocks": Case(
        {"page": "{club}", "markdown": "Second.\n\n- [ ] Third", "after": "{opens}"},
        lambda seen, step: lines(club(seen)) == [LINES[0], "Second.", "Third", *LINES[1:]],
        {"markdown": LONG},
        write=("PATCH", "/v1/blocks/*/children"),
    ),
    "notion.replace_content": Case(
        {"page": "{club}", "from_step": "read"},
        lambda seen, step: [block["type"] for block in club(seen)["blocks"]] == ["table"],
        {"markdown": LONG},
        write=("DELETE", "/v1/blocks/*"),
        reads=TABLE,
    ),
    "notion.delete_blocks": Case(
        {"blocks": ["{opens}", "{closes}"]},
        lambda seen, step: lines(club(seen)) == LINES[2:],
        {"blocks": [NOBODY] * 101},
        target="blocks",
        write=("DELETE", "/v1/blocks/*"),
    ),
    "notion.edit_markdown": Case(
        {"page": "{club}", "edits": [{"old": "Opens at 9", "new": "Opens at 10"}, {"old": "at 5", "new": "at 6"}]},
        lambda seen, step: lines(club(seen)) == ["Opens at 10.", "Closes at 6.", LINES[2]],
        {"edits": [{"old": "x", "new": "y"}] * 51},
        write=("PATCH", "/v1/pages/*/markdown"),
    ),
    "notion.query_rows": Case(
        {"data_source": "{things}", "filter": {"property": "Status", "select": {"equals": "To do"}}, "limit": 2},
        lambda seen, step: step.output["rows"] == 2 and not step.output["more"],
        {"limit": 1001},
        target="data_source",
    ),
    "notion.aggregate_rows": Case(
        {
            "data_source": "{things}",
            "group_by": "Status",
            "measures": [{"do": "count"}, {"do": "sum", "of": "Estimate"}, {"do": "average", "of": "Estimate"},
                         {"do": "min", "of": "Name"}, {"do": "max", "of": "Estimate"}],
        },
        lambda seen, step: step.output["groups"] == [
            {"group": "", "values": [1, 0, None, "Tyre", None]},
            {"group": "Done", "values": [1, 2.5, 2.5, "Chain", 2.5]},
            {"group": "To do", "values": [2, 5.5, 2.75, "Bell", 4]},
        ],
        {"measures": []},
        target="data_source",
    ),
    "notion.update_rows": Case(
        {
            "data_source": "{things}",
            "filter": {"property": "Status", "select": {"is_not_empty": True}},
            "set": {"Status": "Done"},
        },
        lambda seen, step: (
            values(seen, "Status") == DONE
            and (step.output["updated"], step.output["unchanged"]) == (2, 1)  # Chain was done already
        ),
        {"at_most": 10_001},
        target="data_source",
        write=("PATCH", "/v1/pages/*"),
    ),
    "notion.create_database": Case(
        {
            "page": "{club}",
            "title": "Members",
            "columns": {
                "Since": {"type": "date"},
                "Role": {"type": "select", "options": ["Chair", "Helper"]},
                "Repairs": {"type": "relation", "relates_to": "{things}"},
            },
        },
        lambda seen, step: club(seen)["tables"]["Members"][0]["columns"] == {
            "Name": ("title", []), "Since": ("date", []), "Role": ("select", ["Chair", "Helper"]),
            "Repairs": ("relation", []),
        },
        {"columns": {str(number): {"type": "date"} for number in range(51)}},
        write=("POST", "/v1/databases"),
    ),
    "notion.change_schema": Case(
        {
            "data_source": "{things}",
            "add": {"Due": {"type": "date"}},
            "rename": {"Note": "Remark"},
            "retype": {"Estimate": {"type": "rich_text"}},
            "options": {"Status": ["Doing"]},
            "remove": ["Files"],
            "allow_removing": True,
        },
        lambda seen, step: things(seen)["columns"] == {
            "Name": ("title", []), "Due": ("date", []), "Remark": ("rich_text", []), "Estimate": ("rich_text", []),
            "Status": ("select", ["To do", "Done", "Doing"]),
        },
        {"allow_removing": False},
        target="data_source",
        write=("PATCH", "/v1/data_sources/*"),
    ),
    "notion.comment": Case(
        {"page": "{club}", "text": "Please look at https://evil.example/x"},
        lambda seen, step: club(seen)["comments"] == ["Please look at evil[.]example/x"],
        {"text": LONG},
        write=("POST", "/v1/comments"),
    ),
    "notion.attach_file": Case(
        {"page": "{club}", "from_step": "read", "name": "things.md"},
        lambda seen, step: [block["type"] for block in club(seen)["blocks"]] == [*["paragraph"] * 3, "file"],
        {"name": "things.exe"},
        write=("PATCH", "/v1/blocks/*/children"),
        reads=TABLE,
    ),
}  # fmt: skip

# What a plan says of kinds whose fields alone do not tell what they can hold.
ASKED = {"agent": "critic", "input": {"asked": "A page", "plan": "Write it"}}
MEMBER = {"kind": "agent.ask", "input": ASKED}
INPUTS: Mapping[str, Mapping[str, Any]] = {
    "agent.ask": ASKED,
    "agent.loop": ASKED,
    "agent.turn": {**ASKED, "number": 1},
    "pattern.sequence": {"members": [MEMBER, MEMBER]},
    "pattern.parallel": {"members": [MEMBER, MEMBER], "how": "vote", "on": "verdict"},
    "pattern.debate": {"members": [MEMBER, MEMBER], "on": "verdict"},
    "pattern.verify": {"maker": MEMBER, "checker": MEMBER},
    "pattern.panel": {"specialists": [MEMBER, MEMBER], "chair": MEMBER},
}
NO_IDS = dict.fromkeys(("club", "things", "bell", "archive", "opens", "closes"), NOBODY)
BEFORE_IT: Mapping[str, Any] = {"drop": True}
AFTER_IT: Mapping[str, Any] = {"status": 504, "when": "after"}
WRITING = sorted(name for name, case in CASES.items() if case.write[0])


def input_of(kind: StepKind) -> Mapping[str, Any]:
    """Return what a plan says of a step of this kind, with names of the bench in braces."""
    if kind.name in CASES:
        return CASES[kind.name].given
    return INPUTS.get(kind.name) or least_input(kind)
