"""A page asks for a decision after several sides were heard; it is decided, and written down with who disagreed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from shared.core.run.run import RunStatus
from shared.integrations.notion.client.client import Notion
from shared.wiring.tools import wire_accounts
from tests.support.measures.prompts import parts_of
from tests.support.rigs.house import Neighbourhood, open_house
from tests.support.servers.models.programmer import Programmer, least

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("decisions")]
Json = dict[str, Any]
TITLE = "Where members talk"
OPTIONS = ["a hosted forum", "a mailing list"]
SIDES = ("cost", "security", "effort")
FOR = {"cost": 1, "security": 0, "effort": 1}


class Deliberating(Programmer):
    """Plans a debate with a chair, takes the position of each side, and decides for the forum."""

    def _said(self, form: Json, prompt: str) -> Any:
        fields = set(form.get("properties", ()))
        if {"requirements", "steps"} <= fields:
            return self._debate(form, prompt)
        if fields == {"choice", "reasons", "assumptions", "objections"}:
            assert form["properties"]["choice"]["enum"] == [*OPTIONS, "none of these"]
            view = next(text for _, source, text in parts_of(prompt) if source == "advisor: view")
            why = f"Seen from {view} it is the best."
            said = {"choice": OPTIONS[FOR[view]], "reasons": [why], "assumptions": ["Members read mail."]}
            return {**said, "objections": ["It is new to us."]}
        if fields == {"choice", "reasons", "dissent"}:
            assert prompt.count("Seen from security it is the best.") == 1
            return {"choice": OPTIONS[0], "reasons": ["Nobody answers that addresses leak."], "dissent": []}
        return least(form, form.get("$defs", {}))

    def _debate(self, form: Json, prompt: str) -> Json:
        page = next(source for part, source, _ in parts_of(prompt) if part == "page")
        asked = {"question": "How do members talk to each other?", "options": OPTIONS}
        members = [{"agent": "advisor", "input": {**asked, "view": side}} for side in SIDES]
        given = {
            "on": "choice",
            "rounds": 2,
            "members": [{"kind": "agent.ask", "input": each} for each in members],
            "chair": {"kind": "agent.ask", "input": {"agent": "decider", "input": asked}},
        }
        steps: list[Json] = [
            {"id": "decide", "kind": "pattern.debate", "title": "Argue and decide", "why": "", "input": given},
            {"id": "write", "kind": "notion.append_blocks", "title": "Write the decision down", "why": ""},
        ]
        steps[0]["depends_on"], steps[1]["depends_on"] = [], ["decide"]
        steps[1]["input"] = {"page": page, "from_step": "decide"}
        analysis = {"asked": TITLE, "missing": [], "risk": "low"}
        empty: Json = {name: [] for name in ("questions", "assumptions", "alternatives", "followed", "requirements")}
        return {**empty, "analysis": analysis, "summary": TITLE, "artifact": "", "name": "talk", "steps": steps}


def lines(house: Neighbourhood, page: str) -> list[str]:
    """Return what stands on the page, block by block, as Notion has it."""
    notion = wire_accounts().connect_for(house.home.tenant)(Notion)
    found = notion.children(page)
    return ["".join(part["plain_text"] for part in each[each["type"]].get("rich_text", ())) for each in found]


def test_sides_argue_one_decides_and_the_page_says_who_disagreed(tmp_path: Path) -> None:
    wide = {"WORKWRIGHT_COMPATIBLE_WINDOW": "131072"}
    with Deliberating() as model, open_house(tmp_path / "d", **model.environment, **wide) as house:
        page = house.empty_page(TITLE)
        house.add(page, "Ask specialists on cost, security and effort: a hosted forum or a mailing list?")
        house.add(page, "Let them argue; then decide, and say who disagreed.")
        run = house.story(page)
        assert run.status == RunStatus.SUCCEEDED, run.failure
        said = lines(house, page)
        at = said.index("Choice: a hosted forum")
        assert said[at : at + 6] == [
            "Choice: a hosted forum",
            "Why",
            "Nobody answers that addresses leak.",
            "Who disagreed",
            "advisor (cost): choice: a mailing list; why: Seen from cost it is the best.",
            "advisor (effort): choice: a mailing list; why: Seen from effort it is the best.",
        ]
        prompts = [json.dumps(each.body) for each in model.requests]
        assert any("agent advisor for each side" in each for each in prompts)  # when to use it, in the table of kinds


def test_rules_decide_a_page_that_lists_options_and_sides(tmp_path: Path) -> None:
    with open_house(tmp_path / "d") as house:
        page = house.empty_page(TITLE)
        ordered: list[tuple[str, str]] = [
            ("paragraph", "How do members talk to each other? Please decide."),
            ("paragraph", "Ask specialists on cost, security and effort, and let them argue."),
            ("heading_2", "Options"),
            ("bulleted_list_item", "a hosted forum"),
            ("bulleted_list_item", "a mailing list"),
            ("heading_2", "What we know"),
            ("paragraph", "Cost: the mailing list is free."),
            ("paragraph", "Security: the hosted forum is mended by its maker."),
            ("paragraph", "Effort: the mailing list is set up in an hour."),
        ]
        blocks = [{"type": kind, kind: {"rich_text": [{"text": {"content": text}}]}} for kind, text in ordered]
        house.as_person("PATCH", f"/v1/blocks/{page}/children", {"children": blocks})
        run = house.story(page)
        assert run.status == RunStatus.SUCCEEDED, run.failure
        said = lines(house, page)
        at = said.index("Choice: a mailing list")
        assert said[at + 1 : at + 3] == ["Why", "2 of 3 are for it; rules count positions, they do not weigh them."]
        assert said[-1] == (
            "advisor (security): choice: a hosted forum; why: Security: the hosted forum is mended by its maker."
        )
