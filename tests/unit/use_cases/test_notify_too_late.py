"""A message that asks for what was answered meanwhile is not sent, and the run says so of every channel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.app.api.run.run_views import run_head
from shared.app.engine.switches import hold_back, set_pause
from shared.app.notify.notify import notify
from shared.core.errors import ErrorClass, OutcomeUnknown, RateLimited, Unavailable
from shared.core.notify.attention import attention_of
from shared.core.notify.progress import progress_of
from shared.core.run import acts
from shared.core.run import events as ev
from shared.core.run.run import Run, WaitKind
from shared.ports import Put
from tests.support.builders.runs import gate, spec
from tests.support.desks.asked_channels import ADA, ASKED, Asking
from tests.support.ports.local_ports import Ports

SETTLED = timedelta(minutes=10)


LOST = OutcomeUnknown("outside", "no answer")
NO_ANSWER: dict[str, tuple[str, str]] = {
    "notion": ("notion:no longer needed (approved), email:sent, slack:sent", "The comment"),
    "slack": ("notion:sent, email:sent, slack:no longer needed (approved)", "The Slack message"),
}


@pytest.mark.parametrize("channel", NO_ANSWER)
def test_what_never_arrived_and_was_answered_by_another_way_is_said_to_be_not_sent(ports: Ports, channel: str) -> None:
    """One of three messages got lost, somebody said yes to the others, and nothing told that it was never sent."""
    asking = Asking(ports)
    asking.outside.trouble = {channel: ("before", LOST)}
    asking.asks()
    asking.approved()
    ports.clock.move(seconds=SETTLED.total_seconds())
    asking.asks()
    noted, what = NO_ANSWER[channel]
    assert asking.noted() == noted
    said = f"{what} about the approval of the plan was not sent, because somebody had approved before."
    assert attention_of(ports.run()) == (said,)
    assert said in "".join(text for text, _ in progress_of(ports.run(), "http://x.test/r", ["a"], {}).words)
    assert run_head(ports.run())["attention"] == [said]
    assert sum(asking.sent) == 2


@pytest.mark.parametrize("channel", NO_ANSWER)
def test_what_arrived_without_an_answer_is_found_although_nobody_waits_any_more(ports: Ports, channel: str) -> None:
    asking = Asking(ports)
    asking.outside.trouble = {channel: ("after", LOST)}
    asking.asks()
    asking.approved()
    ports.clock.move(seconds=SETTLED.total_seconds())
    asking.asks()
    assert asking.noted() == "notion:sent, email:sent, slack:sent"
    assert attention_of(ports.run()) == ()
    assert asking.sent == (1, 1, 1)


def test_nothing_is_said_of_a_message_while_it_may_still_arrive(ports: Ports) -> None:
    asking = Asking(ports)
    asking.outside.trouble = {"slack": ("before", LOST)}
    (command,) = asking.asks()
    asking.approved()
    notify(command, ports.deps, asking.tools)
    assert asking.noted() == ""
    asking.outside.posts.append(f"run-1.notify.{ASKED}.approve.ada")  # the first request was long on its way
    ports.clock.move(seconds=SETTLED.total_seconds())
    asking.asks()
    assert asking.noted() == "notion:sent, email:sent, slack:sent"


def test_a_mail_that_was_refused_is_not_said_to_be_perhaps_on_its_way(ports: Ports) -> None:
    asking = Asking(ports)
    asking.outside.trouble = {"email": ("before", RateLimited("ses", "429", retry_after=timedelta(seconds=30)))}
    asking.asks()
    asking.approved()
    ports.clock.move(minutes=5)
    asking.asks()
    assert asking.noted() == "notion:sent, email:no longer needed (approved), slack:sent"


def test_who_answers_before_anything_was_sent_is_told_that_nothing_was(ports: Ports) -> None:
    asking = Asking(ports)
    asking.approved()
    asking.asks()
    assert asking.sent == (0, 0, 0)
    (said,) = attention_of(ports.run())
    assert said == (
        "The comment, the e-mail and the Slack message about the approval of the plan were not sent,"
        " because somebody had approved before."
    )
    asking.come()
    assert attention_of(ports.run()) == (said,)


def releasing(ports: Ports) -> Asking:
    """Return a run whose people are asked what leaves, with the first question not delivered yet."""
    asking = Asking(ports, spec("review"), gate("release", "review"), spec("push", "release"))
    asking.happens(lambda now: ev.StepSucceeded(now, "review", 1, output={"binds": "what leaves"}))
    return asking


def edited(now: Any) -> ev.Event:
    return acts.PageEdited(now, "hash-of-the-page", ("One line was added.",), "Mira")


def test_a_second_question_at_a_gate_is_not_taken_for_the_first_that_was_sent(ports: Ports) -> None:
    asking = releasing(ports)
    asking.asks()
    assert asking.noted(f"{ASKED}/release") == "notion:sent, email:sent, slack:sent"
    asking.happens(edited)
    asking.approved("release")
    asking.asks()
    assert asking.sent == (1, 1, 1)
    (said,) = attention_of(ports.run())
    assert said.startswith("The comment, the e-mail and the Slack message about the approval of what leaves were not")


def test_a_question_that_another_took_the_place_of_before_it_was_sent_is_said_to_be_not_sent(ports: Ports) -> None:
    asking = releasing(ports)
    asking.happens(edited)
    assert len(asking.asks()) == 2
    assert asking.noted(f"{ASKED}/release.2") == "notion:sent, email:sent, slack:sent"
    assert asking.sent == (1, 1, 1)
    (said,) = attention_of(ports.run())
    assert said.endswith("about the approval of what leaves were not sent, because something newer was asked instead.")


def answer_gate() -> Any:
    return replace(gate("answer"), kind="input.wait", gate=WaitKind.INPUT)


ENDS: dict[str, tuple[tuple[Any, ...], Callable[[Any, Run], ev.Event], str]] = {
    "denied": ((), lambda now, run: acts.ApprovalDenied(now, "approve", run.asked, "A"), "somebody had said no before"),
    "cancelled": ((), lambda now, run: acts.CancelRequested(now, "Mira"), "the run was over before"),
    "planned anew": ((), lambda now, run: acts.PageChanged(now, "Mira"), "something newer was asked instead"),
    "answered": ((answer_gate(),), lambda now, run: acts.PageChanged(now, "Mira"), "there was an answer before"),
    "too late": ((), lambda now, run: ev.TimePassed(now + timedelta(days=8)), "the run was over before"),
}  # fmt: skip


@pytest.mark.parametrize("end", ENDS)
def test_why_a_message_was_not_sent_is_said_in_words(ports: Ports, end: str) -> None:
    specs, event, why = ENDS[end]
    asking = Asking(ports, *specs)
    asking.happens(lambda now: event(now, asking.run))
    asking.asks()
    lines = [line for line in attention_of(ports.run()) if "not sent" in line]
    assert [line.endswith(f"not sent, because {why}.") for line in lines] == [True]


def reconnecting(ports: Ports) -> Asking:
    asking = Asking(ports, spec("a"))
    asking.happens(lambda now: ev.StepFailed(now, "a", 1, "revoked", ErrorClass.UNAUTHORIZED, provider="slack"))
    return asking


def test_nobody_is_asked_to_reconnect_what_is_connected_again(ports: Ports) -> None:
    asking = reconnecting(ports)
    asking.happens(lambda now: acts.GrantRestored(now, "slack"))
    asking.asks()
    assert asking.sent == (0, 0, 0)
    (said,) = attention_of(ports.run())
    assert said.endswith("were not sent, because the account was connected again before.")


def test_who_was_asked_to_reconnect_before_it_was_done_is_not_said_to_have_been_left_out(ports: Ports) -> None:
    """The account was connected anew while Slack was down: what was sent is known by the loss that it was about."""
    ports.store.put("t-1", Put("grants", "github", {"since": "2026-11-01"}))
    asking = Asking(ports, spec("a"))
    asking.outside.trouble = {"slack": ("before", Unavailable("slack", "503"))}
    asking.happens(lambda now: ev.StepFailed(now, "a", 1, "revoked", ErrorClass.UNAUTHORIZED, provider="github"))
    asking.asks()
    assert asking.sent == (1, 1, 0)
    ports.store.put("t-1", Put("grants", "github", {"since": "2026-11-21"}))
    asking.happens(lambda now: acts.GrantRestored(now, "github"))
    ports.clock.move(minutes=5)
    asking.asks()
    assert asking.sent == (1, 1, 0)
    assert asking.noted("reconnect/github") == "notion:sent, email:sent, slack:no longer needed (connected)"


def test_who_hears_of_the_end_after_it_was_taken_back_is_told_both(ports: Ports) -> None:
    """A message that waited for the morning said that a site is live which somebody had rolled back in the night."""
    asking = Asking(ports, spec("promote", kind="site.promote"))
    quiet = {"from": "08:00", "to": "10:00", "zone": "UTC"}  # the clock of these tests begins at 09:00 UTC
    asking.tools = replace(asking.tools, settings=lambda tenant: {"people": [{**ADA, "quiet": quiet}]})
    live = {"system": "vercel", "project": "bakery", "deployment": "d2", "previous": "d1"}
    done = {"output": live, "facts": {"site": "https://bakery.example.test"}}
    asking.happens(lambda now: ev.StepSucceeded(now, "promote", 1, **done))
    asking.come()
    assert asking.outside.mails == []
    asking.happens(lambda now: acts.RolledBack(now, "Mira", "run-2"))
    ports.clock.move(hours=1)
    asking.come()
    assert asking.outside.mails == ["“Bakery” was live and was rolled back"]
    assert "Rolled back by Mira on 02 Mar at 09:00 UTC" in asking.outside.texts[-1]
    assert "/rollbacks/" not in asking.outside.texts[-1]
    assert "To take it back" not in asking.outside.texts[-1]


def test_a_restored_house_finds_what_was_posted_after_the_backup(ports: Ports) -> None:
    asking = Asking(ports)
    asking.outside.posts.append(f"run-1.notify.{ASKED}.approve.ada")
    asking.approved()
    asking.ports = ports.with_deps(restored=True)
    asking.asks()
    assert asking.noted().endswith("slack:sent")
    assert asking.sent == (0, 0, 1)


def test_what_was_answered_while_work_was_paused_is_said_to_be_not_sent_when_it_goes_on(ports: Ports) -> None:
    asking = Asking(ports)
    set_pause(ports.deps, "t-1", "looking into it", "Ada")
    held = [hold_back(each, ports.deps) for each in ports.deliver_due(lambda command: 200)]
    assert held
    assert all(held)
    asking.approved()
    assert attention_of(ports.run()) == ()
    set_pause(ports.deps, "t-1", False, "Ada")
    asking.asks()
    assert asking.sent == (0, 0, 0)
    (said,) = attention_of(ports.run())
    assert said.endswith("were not sent, because somebody had approved before.")
