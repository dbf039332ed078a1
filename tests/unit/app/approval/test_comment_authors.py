"""Whose comment on a plan counts, and under which question: a guest, an answer to others, what is struck out."""

from __future__ import annotations

from typing import Any

import pytest

from shared.core.pages.author import PERSON, Author
from shared.core.run.run import RunStatus
from tests.support.desks.plan_comments import planned
from tests.support.rigs.small_desk import Desk
from tests.support.simulators import kept_open

pytestmark = pytest.mark.slow


def someone(desk: Desk, name: str, *, guest: bool = False) -> str:
    """Let another person into the workspace; return the id."""
    person = {"name": name, "email": f"{name.lower()}@example.test", "guest": guest}
    seeded = kept_open.post(f"{desk.url}/_seed", json={"people": [person]}, timeout=10).json()
    return next(str(each["id"]) for each in seeded["people"] if each["name"] == name)


def comment_as(desk: Desk, person: str, text: str, link: str = "", *, told: bool = True, **where: Any) -> Any:
    """Comment as that person; unless `told` is False, let the delivery come. Return the comment."""
    words = {"content": text, **({"link": {"url": link}} if link else {})}
    body = {"rich_text": [{"text": words}], **where}
    asked = {"method": "POST", "path": "/v1/comments", "person": person, "body": body}
    made = kept_open.post(f"{desk.url}/_as_person", json=asked, timeout=10).json()
    assert made["object"] == "comment", made
    if told:
        desk.deliver("comment.created", str(made["parent"]["page_id"]), authors=[{"id": person, "type": "person"}])
    return made


def test_a_guest_approves_nothing_by_comment_or_status(desk: Desk) -> None:
    page = planned(desk)
    guest = someone(desk, "Gast", guest=True)
    comment_as(desk, guest, "approve", parent={"page_id": page})
    assert desk.run_of(page).status == RunStatus.AWAITING_APPROVAL
    desk.set_status(page, "Approved")
    desk.tell(page, Author(PERSON, guest))
    assert desk.run_of(page).status == RunStatus.AWAITING_APPROVAL
    member = someone(desk, "Ben")
    comment_as(desk, member, "approve", parent={"page_id": page})
    assert desk.run_of(page).status == RunStatus.EXECUTING


def test_a_yes_to_somebody_elses_question_approves_nothing(desk: Desk) -> None:
    page = planned(desk)
    ben = someone(desk, "Ben")
    asked = comment_as(desk, ben, "Is this for the club in the old town", parent={"page_id": page})
    before = desk.run_of(page).revision
    comment_as(desk, desk.person, "Yes", discussion_id=asked["discussion_id"])  # after our explanation: that is a yes
    assert desk.run_of(page).status == RunStatus.EXECUTING
    page = planned(desk)
    asked = comment_as(desk, ben, "Is this for the club in the old town", told=False, parent={"page_id": page})
    comment_as(desk, desk.person, "Yes", discussion_id=asked["discussion_id"])
    assert desk.run_of(page).status == RunStatus.AWAITING_APPROVAL
    asked = comment_as(desk, ben, "And on Sundays", told=False, parent={"page_id": page})
    comment_as(desk, desk.person, "no, because of the market", discussion_id=asked["discussion_id"])
    run = desk.run_of(page)
    assert (run.status, run.revision) == (RunStatus.AWAITING_APPROVAL, before)
    asked = comment_as(desk, ben, "Then let us begin", told=False, parent={"page_id": page})
    comment_as(desk, desk.person, "approved", discussion_id=asked["discussion_id"])
    assert desk.run_of(page).status == RunStatus.EXECUTING


def test_what_is_struck_out_was_not_said(desk: Desk) -> None:
    page = planned(desk)
    struck = {"text": {"content": "approve"}, "annotations": {"strikethrough": True}}
    body = {"parent": {"page_id": page}, "rich_text": [struck]}
    assert desk.as_person("POST", "/v1/comments", body)["object"] == "comment"
    desk.deliver("comment.created", page)
    assert desk.run_of(page).status == RunStatus.AWAITING_APPROVAL


def test_a_yes_under_the_question_about_an_earlier_plan_decides_nothing(desk: Desk) -> None:
    page = planned(desk)
    first = _asking(desk, page)[0]
    desk.write_more(page, "And on Sundays.")
    desk.tell(page)
    assert desk.run_of(page).revision == 2
    comment_as(desk, desk.person, "approve", discussion_id=first["discussion_id"])
    assert desk.run_of(page).status == RunStatus.AWAITING_APPROVAL
    told = [
        "".join(part["plain_text"] for part in each["rich_text"])
        for each in desk.as_person("GET", f"/v1/comments?block_id={page}")["results"]
        if each["discussion_id"] == first["discussion_id"]
    ]
    version = desk.run_of(page).plan_hash[:8]
    changed = f"the plan has changed since you looked: plan 2 is asked about now, version {version}"
    assert told[-1] == f"That did not count: {changed}. Look at it, and decide about that."
    newest = _asking(desk, page)[-1]
    assert newest["id"] != first["id"]
    comment_as(desk, desk.person, "yes", discussion_id=newest["discussion_id"])
    assert desk.run_of(page).status == RunStatus.EXECUTING


def _asking(desk: Desk, page: str) -> list[Any]:
    """Return our comments that ask, or asked, to approve a plan, oldest first."""
    found = desk.as_person("GET", f"/v1/comments?block_id={page}")["results"]
    return [one for one in found if any("approval_asked" in str(part["href"]) for part in one["rich_text"])]


def test_a_plan_that_was_replaced_says_so_where_it_asked(desk: Desk) -> None:
    page = planned(desk)
    (only,) = _asking(desk, page)
    assert "Approve the plan" in "".join(part["plain_text"] for part in only["rich_text"])
    desk.write_more(page, "And on Sundays.")
    desk.tell(page)
    old, new = ["".join(part["plain_text"] for part in one["rich_text"]) for one in _asking(desk, page)]
    assert old.startswith("This plan was replaced")
    assert "Approve the plan" not in old
    assert "Approve the plan" in new


def test_a_mark_that_somebody_else_has_copied_makes_no_yes(desk: Desk) -> None:
    page = planned(desk)
    ben = someone(desk, "Ben")
    link = f"https://workwright.example/v1/runs/{desk.run_of(page).id}#workwright-how-to-decide"
    copied = comment_as(desk, ben, "Is it raining", link, told=False, parent={"page_id": page})
    comment_as(desk, desk.person, "Yes", discussion_id=copied["discussion_id"])
    assert desk.run_of(page).status == RunStatus.AWAITING_APPROVAL
