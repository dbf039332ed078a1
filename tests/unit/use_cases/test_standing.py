"""A run that stands still says so and why, wherever it is shown, and no more once it goes on."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import pytest

from shared.app.engine.engine import open_run, record
from shared.app.notify.notify import notify
from shared.app.notify.tell_standing import note_going_on
from shared.core.deliveries import Tries
from shared.core.errors import ErrorClass, NeedsHuman
from shared.core.notify.attention import attention_of, telling, warning
from shared.core.notify.progress import progress_of
from shared.core.run import acts
from shared.core.run import events as ev
from shared.core.run.commands import ATTEMPT, MIRROR, NOTIFY, Command
from shared.core.run.reducer import reduce
from shared.core.run.run import Run, Trigger
from shared.integrations.mail import Mail
from shared.integrations.notion.client.client import Notion
from shared.ports import Secret
from tests.support.builders.runs import gate, opened, spec
from tests.support.ports.dying import Died
from tests.support.ports.local_ports import Clients, Ports, tools_with

ADA = {"id": "ada", "email": "ada@example.test", "channels": ["email"]}


class Outside:
    """Mail and a page: what arrived there."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, str]] = []
        self.comments_made: list[str] = []
        self.trouble: list[Exception] = []

    def send(self, to: str, subject: str, text: str, html: str, tags: Mapping[str, str], headers: Any = None) -> str:
        if self.trouble:
            raise self.trouble.pop(0)
        self.mails.append((subject, text))
        return "m"

    def comment(self, page: str, spans: list[Any]) -> dict[str, str]:
        self.comments_made.append("".join(span.text for span in spans))
        return {"id": "c"}

    def comments(self, page: str) -> list[dict[str, Any]]:
        return []


def _outside(ports: Ports) -> tuple[Outside, Any]:
    outside = Outside()
    ports.deps.secrets.set("approval-link-key", Secret("key-of-these-tests"))
    return outside, tools_with(accounts=Clients({Mail: outside, Notion: outside}), settings={"people": [ADA]})


def _standing(ports: Ports) -> tuple[Outside, Any, Run, Command]:
    """Return a run whose one attempt was just handed out."""
    outside, tools = _outside(ports)
    trigger = Trigger("page", "page-1", "Bakery", "Mira")
    begun = opened(spec("a"), trigger=trigger)
    run = open_run(ports.deps, begun)
    _, commands = reduce(None, begun)
    return outside, tools, run, next(each for each in commands if each.name == ATTEMPT)


def _deliver_all(ports: Ports, tools: Any) -> list[Command]:
    def deliver(command: Command) -> int:
        if command.name == NOTIFY:
            notify(command, ports.deps, tools)
        return 200

    return ports.deliver_due(deliver)


def test_a_run_whose_command_was_put_aside_says_so_at_once_and_how_it_goes_on(ports: Ports) -> None:
    outside, tools, run, attempt = _standing(ports)
    ports.deps.queue.bury(attempt, "500 a bug stopped this request", 8)
    came = _deliver_all(ports, tools)
    (said,) = attention_of(ports.run())
    assert "500 a bug stopped this request" in said
    assert f"workwright replay {attempt.id}" in said
    assert any(each.name == MIRROR and each.run == run.id for each in came)
    assert said in "".join(text for text, _ in progress_of(ports.run(), "http://x.test/r", ["a"], {}).words)
    (mail,) = outside.mails
    assert "stands still" in mail[0]
    assert said in mail[1]
    assert said in outside.comments_made[0]

    record(ports.deps, run.tenant, run.id, ev.StepSucceeded(ports.clock.now(), "a", 1))
    assert attention_of(ports.run()) == ()


def _stands(ports: Ports, tools: Any, attempt: Command) -> None:
    """Put the attempt aside, and tell whoever is to be told."""
    ports.deps.queue.bury(attempt, "500 a bug stopped this request", 8)
    _deliver_all(ports, tools)


def _lost(ports: Ports, attempt: Command) -> Command:
    """Say that the attempt never came back; return the one that is handed out instead."""
    run = ports.run()
    lost = ev.StepLost(ports.clock.now(), attempt.step, attempt.attempt, attempt.wake)
    _, commands = reduce(run, lost)
    record(ports.deps, run.tenant, run.id, lost)
    return next(each for each in commands if each.name == ATTEMPT)


def test_a_step_whose_every_attempt_breaks_is_written_of_once_and_shown_anew_each_time(ports: Ports) -> None:
    outside, tools, _, attempt = _standing(ports)
    for _ in range(4):
        _stands(ports, tools, attempt)
        (shown,) = attention_of(ports.run())
        assert f"workwright replay {attempt.id}" in shown
        attempt = _lost(ports, attempt)
    _stands(ports, tools, attempt)
    assert [subject for subject, _ in outside.mails] == ["“Bakery” stands still"]
    assert len(outside.comments_made) == 1


def test_what_stands_still_again_after_it_had_gone_on_is_told_again(ports: Ports) -> None:
    outside, tools, run, attempt = _standing(ports)
    _stands(ports, tools, attempt)
    event = ev.StepFailed(ports.clock.now(), "a", attempt.attempt, "no answer in time", ErrorClass.TRANSIENT)
    _, commands = reduce(ports.run(), event)
    record(ports.deps, run.tenant, run.id, event)
    _stands(ports, tools, next(each for each in commands if each.name == ATTEMPT))
    assert len(outside.mails) == 2


def test_of_steps_that_stand_side_by_side_people_are_told_once_and_shown_each(ports: Ports) -> None:
    outside, tools = _outside(ports)
    begun = opened(spec("a"), spec("b"), trigger=Trigger("page", "page-1", "Bakery", "Mira"))
    open_run(ports.deps, begun)
    _, commands = reduce(None, begun)
    attempts = [each for each in commands if each.name == ATTEMPT]
    assert len(attempts) == 2
    for attempt in attempts:
        _stands(ports, tools, attempt)
    assert len(attention_of(ports.run())) == 2
    assert len(outside.mails) == 1


def test_a_page_that_is_never_brought_up_to_date_is_told_of_once_and_a_step_beside_it_too(ports: Ports) -> None:
    outside, tools, run, attempt = _standing(ports)
    for number in range(3):
        _stands(ports, tools, Command(f"mirror-{number}", MIRROR, "notify", run.tenant, run.id))
    assert len(outside.mails) == 1
    _stands(ports, tools, attempt)
    assert len(outside.mails) == 2


def test_who_dies_before_people_are_told_that_it_stands_has_them_told_later(ports: Ports) -> None:
    outside, tools, _, attempt = _standing(ports)
    ports.deps.queue.bury(attempt, "gave up", 8)
    told = telling(attempt)
    assert told is not None

    def point(name: str) -> None:
        if name.startswith("effect.before"):
            raise Died

    with pytest.raises(Died):
        notify(told, ports.with_deps(crash_point=point).deps, tools)
    assert outside.comments_made == []
    ports.clock.move(hours=1)  # the lease of the dead is over
    _deliver_all(ports, tools)
    assert len(outside.mails) == len(outside.comments_made) == 1


def test_what_was_replayed_and_stands_still_again_is_told_again(ports: Ports) -> None:
    outside, tools, run, attempt = _standing(ports)
    _stands(ports, tools, attempt)
    ports.deps.queue.replay(run.tenant, attempt.id)
    note_going_on(ports.deps, run.tenant, attempt)
    _stands(ports, tools, _lost(ports, attempt))
    assert len(outside.mails) == 2


def test_whoever_replays_it_is_told_no_more_that_it_stands_still(ports: Ports) -> None:
    _, tools, run, attempt = _standing(ports)
    ports.deps.queue.bury(attempt, "gave up", 8)
    _deliver_all(ports, tools)
    assert attention_of(ports.run()) != ()
    ports.deps.queue.replay(run.tenant, attempt.id)
    note_going_on(ports.deps, run.tenant, attempt)
    assert attention_of(ports.run()) == ()


@pytest.mark.parametrize(
    ("tries", "why"),
    [(Tries(4, 0), "it failed"), (Tries(0, 4), "the process ended"), (Tries(1, 1), ""), (Tries(5), "")],
)
def test_a_step_that_does_not_get_through_is_told_of_once_and_nobody_is_written_to(
    ports: Ports, tries: Tries, why: str
) -> None:
    outside, tools, _, attempt = _standing(ports)
    said = warning(attempt, tries)
    assert (said is None) == (why == "")
    if said is not None:
        ports.deps.queue.enqueue([said])
        _deliver_all(ports, tools)
        (text,) = attention_of(ports.run())
        assert why in text
    assert outside.mails == []


def test_a_mail_of_which_nobody_knows_is_told_wherever_the_run_is_shown(ports: Ports) -> None:
    outside, tools, run, _ = _standing(ports)
    outside.trouble = [NeedsHuman("ses", "no complete answer")]
    ended = record(ports.deps, run.tenant, run.id, ev.StepSucceeded(ports.clock.now(), "a", 1))
    assert ended.status.final
    came = _deliver_all(ports, tools)
    (said,) = attention_of(ports.run())
    assert "not known" in said
    shown = progress_of(ports.run(), "http://x.test/r", ["a"], {}).words
    assert said in "".join(text for text, _ in shown)
    assert [each.topic for each in came if each.name == MIRROR][-1] == "standing"


@pytest.mark.parametrize(("died_at", "became"), [("effect.before", "not known"), ("", "no longer needed (approved)")])
def test_what_was_begun_to_be_told_is_not_left_unsaid_when_the_question_is_answered_meanwhile(
    ports: Ports, died_at: str, became: str
) -> None:
    """A mail was under way when the process died, and before the next one looks somebody has said yes."""
    outside, tools, _, _ = _standing(ports)
    begun = opened(gate("approve"), spec("b", "approve"), run="run-2", trigger=Trigger("api", "", "Bakery", "Mira"))
    asks = open_run(ports.deps, begun)
    command = Command("ask-1", NOTIFY, "notify", asks.tenant, asks.id, topic="approval_asked", ref="approve")

    def point(name: str) -> None:
        if died_at and name.startswith(died_at):
            raise Died

    with suppress(Died):
        if died_at:
            notify(command, ports.with_deps(crash_point=point).deps, tools)
    yes = acts.ApprovalGranted(ports.clock.now(), "approve", asks.asked, "Mira", "api")
    record(ports.deps, asks.tenant, asks.id, yes)
    notify(command, ports.deps, tools)
    assert ports.run(run="run-2").notices["approval_asked/approve"] == f"email:{became}"
    (said,) = attention_of(ports.run(run="run-2"))
    assert ("not known" if died_at else "not sent") in said
    assert outside.mails == []


def test_a_death_while_the_mails_client_is_made_leaves_no_doubt(ports: Ports) -> None:
    """Loading what sends takes seconds in a fresh process: one that dies in them has begun to send nothing."""
    outside, tools, run, _ = _standing(ports)

    class Dies(Clients):
        def connect_for(self, tenant: str, noted: Any = None) -> Any:
            usual = super().connect_for(tenant, noted)

            def connect(client: type[Any], *, scope: str = "") -> Any:
                if client is Mail:
                    raise Died
                return usual(client)

            return connect

    record(ports.deps, run.tenant, run.id, ev.StepSucceeded(ports.clock.now(), "a", 1))
    command = Command("tell-1", NOTIFY, "notify", run.tenant, run.id, topic="run_succeeded", ref="end")
    dying = tools_with(accounts=Dies({Mail: outside, Notion: outside}), settings={"people": [ADA]})
    with pytest.raises(Died):
        notify(command, ports.deps, dying)
    notify(command, ports.deps, tools)
    assert len(outside.mails) == 1
    assert attention_of(ports.run()) == ()
