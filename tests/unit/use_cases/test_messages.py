"""What people are told: every topic, in text and HTML, with nothing of a page alive in it."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from shared.app.notify.messages import HIGH, NORMAL, Message, message_for
from shared.core.errors import ErrorClass
from shared.core.run import acts
from shared.core.run import events as ev
from shared.core.run.run import Limits, Run, Trigger, Usage
from tests.support.builders.runs import after, at, begin, gate, spec

HOSTILE = '<img src=x onerror=alert(1)> & "Mill" <b>Lane</b>'
URL = "https://workwright.example/v1/runs/run-1"
PAGE_URL = "https://notion.example/p?a=1&b=%22"
HOW_TO_APPROVE = "Comment “approve” on the page, or “no, because …” for another plan; or set the status to Approved."


def a_run(title: str = "Bakery", **fields: Any) -> Run:
    trigger = Trigger("page", "page-1", title, "Mira")
    run, _ = begin(spec("plan", kind="plan.propose"), gate("approve", "plan"), spec("w", "approve", title="Write it"),
                   trigger=trigger, limits=Limits(), **fields)  # fmt: skip
    run, _ = after(run, ev.StepSucceeded(at(1), "plan", 1, {"summary": f"We make {title}"}))
    return run


def told(topic: str, run: Run) -> Message:
    return message_for(
        topic, run, run_url=URL, page_url=PAGE_URL, approval_url="https://workwright.example/approvals/tok", token="tok"
    )


class Seen(HTMLParser):
    """The tags, links and text of a mail."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.text += data


TOPICS = ["approval_asked", "question_asked", "reconnect", "run_succeeded", "run_failed", "run_cancelled", "else_what"]


@pytest.mark.parametrize("topic", TOPICS)
def test_nothing_of_a_title_is_alive_in_a_mail(topic: str) -> None:
    message = told(topic, a_run(HOSTILE))
    seen = Seen(message.html)
    assert seen.tags <= {"html", "head", "meta", "style", "body", "h1", "p", "ul", "li", "a"}
    assert " ".join(message.subject.split()) in " ".join(seen.text.split())
    for line in message.lines:
        assert line in seen.text
    assert set(seen.links) <= {PAGE_URL, URL, "https://workwright.example/approvals/tok"}


@pytest.mark.parametrize("topic", TOPICS)
def test_both_parts_say_the_same_and_lead_to_the_page(topic: str) -> None:
    message = told(topic, a_run())
    seen = Seen(message.html)
    for line in message.lines:
        assert line in message.text
        assert line in seen.text
    assert [link.url for link in message.links] == seen.links
    assert all(f"{link.label}: {link.url}" in message.text for link in message.links)
    assert PAGE_URL in seen.links
    assert message.subject
    assert message.text.endswith("\n")


def test_a_question_for_approval_lists_the_steps_and_carries_the_token() -> None:
    message = told("approval_asked", a_run())
    assert message.lines == ("The plan for “Bakery” is ready.", "We make Bakery", "• Write it", HOW_TO_APPROVE)
    assert (message.priority, message.token) == (HIGH, "tok")
    assert message.links[0].url == "https://workwright.example/approvals/tok"


def test_only_a_question_for_approval_carries_a_token() -> None:
    assert {topic for topic in TOPICS if told(topic, a_run()).token} == {"approval_asked"}


@pytest.mark.parametrize(
    ("topic", "priority"),
    [("approval_asked", HIGH), ("question_asked", HIGH), ("reconnect", HIGH), ("run_failed", HIGH),
     ("run_succeeded", NORMAL), ("run_cancelled", NORMAL), ("else_what", NORMAL)],
)  # fmt: skip
def test_what_waits_for_people_does_not_wait_for_the_morning(topic: str, priority: str) -> None:
    assert told(topic, a_run()).priority == priority


def test_a_success_tells_what_was_done_and_what_it_cost() -> None:
    run = a_run()
    run, _ = after(run, acts.ApprovalGranted(at(2), "approve", run.plan_hash, "mira"))
    facts = {
        "tests": 12,
        "sandbox": "bubblewrap",
        "verified": 9,
        "by_tests": 2,
        "model": "offline",
        "site": "https://s.example",
    }
    run, _ = after(run, ev.StepSucceeded(at(3), "w", 1, {}, Usage(1, 1_230_000), facts))
    message = told("run_succeeded", run)
    assert message.subject == "“Bakery” is live"
    assert message.lines[1:] == (
        "12 tests passed in the bubblewrap sandbox.",
        "Found on the site: 9 of 11 requirements (tests alone cover 2 that no text can show).",
        "To change something: edit the page and set its status to Plan it.",
        "Written by the offline model; cost 1.23 US dollars.",
    )
    assert [link.label for link in message.links] == ["Site", "Page"]


def a_run_of(kind: str, *titles: str, facts: dict[str, Any] | None = None) -> Run:
    """Return a run of that kind that has done steps in Notion."""
    steps = [spec(f"s{n}", "approve", kind="notion.update_page", title=title) for n, title in enumerate(titles)]
    run, _ = begin(spec("plan", kind="plan.propose"), gate("approve", "plan"), *steps,
                   trigger=Trigger(kind, "page-1", "Today", "the plan of the day"), limits=Limits())  # fmt: skip
    run, _ = after(run, ev.StepSucceeded(at(1), "plan", 1, {"summary": "Dates"}))
    run, _ = after(run, acts.ApprovalGranted(at(2), "approve", run.plan_hash, "mira"))
    for n, _ in enumerate(titles):
        run, _ = after(run, ev.StepSucceeded(at(3), f"s{n}", 1, {}, facts=facts or {}))
    return run


def test_work_that_makes_no_site_says_what_was_done() -> None:
    message = told("run_succeeded", a_run_of("day", "Move “Flyers” to Friday", "Move “Bank” to Monday"))
    assert message.subject == "“Today” is done"
    assert message.lines == (
        "Everything in the approved plan is done.",
        "• Move “Flyers” to Friday",
        "• Move “Bank” to Monday",
        "To change a date again: set it in Tasks.",
        "Cost: 0.00 US dollars.",
    )
    routine = told("run_succeeded", a_run_of("routine", "Tick off", facts={"rows": "25 of 25"}))
    assert "Rows changed: 25 of 25." in routine.lines
    assert "To change something: edit the routine's page before it runs next." in routine.lines
    assert "live" not in message.text + routine.text
    assert "Plan it" not in message.text + routine.text


@pytest.mark.parametrize("kind", ["routine", "day"])
def test_what_has_no_status_to_set_is_not_asked_to_set_it(kind: str) -> None:
    run = a_run_of(kind, "Tick off")
    for topic in ("approval_asked", "run_failed", "run_cancelled"):
        told_of = told(
            topic, replace(run, failure="Tick off: no attempt came back (5 of them)", cancel="denied by mira")
        )
        assert "status" not in told_of.text
        assert "Plan it" not in told_of.text


def test_lines_of_a_title_are_one_line_of_a_bounded_length() -> None:
    subject = told("run_failed", a_run("Club\n\nApproved by Mira\r\nBcc: x " + "long " * 500)).subject
    assert subject.startswith("“Club Approved by Mira Bcc: x long")
    assert subject.isprintable()
    assert len(subject) < 230


def test_a_failure_tells_why() -> None:
    run = a_run()
    run, _ = after(
        run, acts.ApprovalGranted(at(2), "approve", run.plan_hash, "mira"), ev.StepFailed(at(3), "w", 1, "no")
    )
    assert told("run_failed", run).lines[0] == "Write it: no"


@pytest.mark.parametrize(
    ("failure", "way_out"),
    [
        ("3 runs led to this one (a → b); the limit is 3", "agents had set each other off"),
        ("budget reached before ‘Write it’: spent 9 of 9 tokens", "raise the budget"),
        ("not finished after 14 days", "begin again"),
        ("Write it: the same failure twice in a row: tests fail", "say on the page more precisely"),
        ("Test it: no sandbox works on this machine", "workwright doctor"),
        ("Open it: github: pull-request: may have happened before an interruption", "look there whether it happened"),
        ("Open it: no attempt came back (5 of them)", "look at its log"),
    ],
)
def test_every_kind_of_failure_has_its_way_out(failure: str, way_out: str) -> None:
    *_, kept, last = told("run_failed", replace(a_run(), failure=failure)).lines
    assert kept.startswith("Not lost: the page")
    assert last.startswith("What to do: ")
    assert way_out in last


def test_a_system_that_was_down_is_named_and_what_is_left_is_said() -> None:
    run, _ = begin(spec("a", undoable=True, title="Open it"),
                   spec("b", "a", kind="site.deploy", title="Deploy it"), limits=Limits(attempts=1))  # fmt: skip
    run, _ = after(run, ev.StepSucceeded(at(1), "a", 1, facts={"pull_request": "https://git.example/pull/1"}))
    run, _ = after(run, ev.StepFailed(at(2), "b", 1, "503", ErrorClass.TRANSIENT))
    message = told("run_failed", run)
    assert "Done before that, and left as it is: Open it." in message.lines
    assert "see whether the place where the site is works again" in message.lines[-1]
    assert "https://git.example/pull/1" in [link.url for link in message.links]


def test_no_words_of_a_page_or_a_model_become_a_link() -> None:
    hostile = "see https://evil.example/x?d=secret and www.evil.example\u200b"
    run = replace(a_run(hostile), failure=hostile, cancel=hostile, facts={"question": hostile})
    for topic in TOPICS:
        message = told(topic, run)
        assert "://evil" not in message.text
        assert "www.evil" not in message.text
        assert "secret" not in message.text
        assert "evil" not in message.subject or "evil[.]example" in message.subject


def test_a_cancellation_tells_who_and_what_could_not_be_taken_back() -> None:
    run, _ = begin(spec("a", undoable=True, title="Open it"), spec("b", "a", undoable=True, title="Deploy it"))
    run, _ = after(run, ev.StepSucceeded(at(1), "a", 1), acts.CancelRequested(at(2), "mira"))
    run, _ = after(run, ev.StepFailed(at(3), "b", 1, "x"))
    run, _ = after(run, ev.UndoFailed(at(4), "b", 2, "404"), ev.StepUndone(at(5), "a", 2))
    assert told("run_cancelled", run).lines == (
        "Cancelled by mira.",
        "Taken back: Open it",
        "Could not be taken back: Deploy it",
        "What to do: remove what is left by hand; the run says where it is.",
        "To begin again: comment “retry” on the page and it goes on where it ended,"
        " or set its status to Plan it and it is planned anew.",
    )


def test_how_much_of_a_runs_money_is_spent_is_said_in_dollars() -> None:
    run = replace(a_run(), spent=Usage(9, 4_000_000))
    message = message_for("budget_alert", run, run_url=URL, page_url="", ref="run.80")
    assert message.subject == "80 percent of the money for “Bakery” has been spent"
    assert message.lines == ("4.00 of 5.00 US dollars have been spent.",)
