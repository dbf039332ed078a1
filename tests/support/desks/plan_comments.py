"""Comments on a plan that was shown: how they are made, and what is answered."""

from __future__ import annotations

from shared.app.approval.answer_comments import BY_STATUS, HOW_TO_DECIDE, UNCLEAR
from shared.core.run.run import Run
from tests.support.rigs.small_desk import Desk
from tests.support.rigs.small_house import TENANT

EXPLAINED = UNCLEAR + HOW_TO_DECIDE + BY_STATUS + "."


def planned(desk: Desk) -> str:
    page = desk.write_idea()
    desk.set_status(page, "Plan it")
    desk.tell(page)
    assert desk.status(page) == "Plan ready"
    return page


def say(desk: Desk, page: str, text: str, *, on: str = "") -> str:
    """Comment as the person, and let the delivery come."""
    parent = {"block_id": on} if on else {"page_id": page}
    made = desk.as_person("POST", "/v1/comments", {"parent": parent, "rich_text": [{"text": {"content": text}}]})
    desk.deliver("comment.created", page)
    return str(made["id"])


def said(desk: Desk, page: str) -> list[str]:
    found = desk.as_person("GET", f"/v1/comments?block_id={page}")["results"]
    return ["".join(part["plain_text"] for part in one["rich_text"]) for one in found]


def requirements(desk: Desk, run: Run) -> str:
    planned = next(s.output for s in reversed(run.steps) if s.spec.kind == "plan.propose")
    return desk.house.store.get_text(TENANT, str(planned["proposal"]))
