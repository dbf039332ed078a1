"""Tell people, once per event, person and channel, however often the task comes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from shared.app.approval.approvals import approval_token, approval_url
from shared.app.approval.autonomy import passes
from shared.app.approval.comment_records import load_heard
from shared.app.approval.escalations import escalate, order_escalation
from shared.app.approval.page_comments import listen_from_now
from shared.app.approval.recipients import name_recipient
from shared.app.connections.access_renewal import WayBack, find_way_back
from shared.app.endpoints.endpoint_events import publish_run
from shared.app.engine.deps import Deps
from shared.app.engine.effects import Effects
from shared.app.engine.engine import record, relay
from shared.app.engine.leases import lease
from shared.app.engine.requeue import patient
from shared.app.engine.step_context import run_url
from shared.app.engine.switches import standing_still_words
from shared.app.engine.tools import Tools
from shared.app.notify.channels import Channels, Person
from shared.app.notify.failure_advice import went_back
from shared.app.notify.messages import ASKED, BACK, QUESTION_ASKED, Message, identify_message, message_for, question_of
from shared.app.notify.recipients import list_recipients
from shared.app.notify.send_digest import OWN_TOPICS
from shared.app.notify.tell_people import come_after_quiet, note_unreached, tell_people
from shared.app.notify.tell_standing import TOPICS as STANDING_TOPICS
from shared.app.notify.tell_standing import note_standing
from shared.app.notify.tenant_notices import NOTICES, scope_of_loss, tell_tenant
from shared.app.people.told_places import list_told
from shared.app.ship.roll_back import rollback_url
from shared.core.approval.escalation import OVERDUE
from shared.core.approval.gates import PLAN, gate_kind
from shared.core.errors import ErrorClass, IntegrationError
from shared.core.notify.telling import sort_message
from shared.core.notify.unsent import explain_unneeded, notice_ref
from shared.core.page import Span
from shared.core.pages import marks
from shared.core.run import events as ev
from shared.core.run.commands import Command
from shared.core.run.run import Run, Step, StepStatus, WaitKind
from shared.core.text.outgoing_text import hosts_of, may_link
from shared.integrations.notion.client.client import Notion
from shared.mind.safety.redaction import Redactor
from shared.steps._kind import Connect, Repeat
from shared.telemetry import trace

_REPLACED = " by a newer one. There is nothing to decide here: look at the newest comment that asks."
MAX_COMMENT = 20_000  # letters; Notion takes a hundred pieces of 2,000


@trace.use_case
@patient
def notify(command: Command, deps: Deps, tools: Tools) -> None:
    """Deliver one topic to everybody it concerns; record what became of each.

    What cannot be sent now (rate limit, outage) comes again later; what was sent is not sent again.
    """
    if command.topic in NOTICES:
        tell_tenant(command, deps, tools)
        return
    if command.topic in OWN_TOPICS:
        OWN_TOPICS[command.topic](command, deps, tools)
        return
    if command.topic in STANDING_TOPICS and not note_standing(command, deps):
        return
    scope = _scope(command, deps)
    with lease(deps, command.tenant, scope):
        loaded = deps.store.load_run(command.tenant, command.run)
        if loaded is None or loaded.run.rehearse:  # of a rehearsal nobody is told
            return
        run = loaded.run
        if command.topic == ASKED and passes(deps, run, command.ref, tools.settings(run.tenant)):
            return  # nobody is asked
        publish_run(deps, command, run, scope)
        if command.topic == OVERDUE:
            outcome = escalate(command, deps, tools, run, scope, partial(_build_discreet, deps, tools, run))
        else:
            outcome = _tell_everybody(command, deps, tools, run, scope)
    if outcome:
        event = ev.PeopleNotified(deps.clock.now(), command.topic, _noted_as(command, run), outcome)
        record(deps, command.tenant, command.run, event, label="notify", handled=command.id)
    relay(deps, command.tenant, command.run, "notify")


def _tell_everybody(command: Command, deps: Deps, tools: Tools, run: Run, scope: str) -> str:
    """Return what became of each message; raises the first error that a later attempt may not meet, after the rest."""
    if why := explain_unneeded(run, command.topic, command.ref, _number(command, run)):
        return _drop_unneeded(command, deps, tools, run, scope, why)
    settings = tools.settings(run.tenant)
    message = _build_discreet(deps, tools, run, command)
    sender = _Sender(deps, tools.accounts.connect_for(run.tenant), run, command, message, scope)
    outcomes = []
    gate = run.step(command.ref) if command.topic == ASKED else None
    if run.trigger.page and gate is not None:
        sender.listen(gate)
    if run.trigger.page and command.topic != QUESTION_ASKED:
        outcomes.append(f"notion:{sender.comment()}")
        if command.topic == ASKED:
            sender.take_back_older()
    recipients = list_recipients(deps, run.tenant, list_told(deps, run.tenant, settings))
    outcome = tell_people(deps, sender, recipients, _sort(command, run), message)
    outcomes += outcome.words
    if gate is not None:
        order_escalation(deps, run, gate.id, _number(command, run))
    if outcome.waits:
        come_after_quiet(deps, command, min(outcome.waits))
    if sender.later is not None:
        raise sender.later
    if not outcome.reached and "notion:sent" not in outcomes and (outcome.meant or not recipients):
        note_unreached(deps, run.tenant, run.id, outcome, message.subject, command.topic)
    return ", ".join(outcomes)


def _message(command: Command, deps: Deps, run: Run) -> Message:
    planned = next((s.output for s in reversed(run.steps) if s.spec.kind == "plan.propose" and s.output), {})
    message = message_for(
        command.topic,
        run,
        run_url=run_url(deps, run),
        token=approval_token(deps, run) if command.topic == ASKED else "",
        approval_url=approval_url(deps, run) if command.topic in (ASKED, QUESTION_ASKED) else "",
        page_url=str(planned.get("page_url") or ""),
        back=find_way_back(deps, run.tenant, command.ref.partition(".")[0])
        if command.topic == "reconnect"
        else WayBack(),
        ref=command.ref,
        rollback_url=rollback_url(deps, run) if command.topic == "run_succeeded" else "",
    )
    paused = standing_still_words(deps, run)
    return replace(message, lines=(*message.lines, paused)) if paused else message


def _build_discreet(deps: Deps, tools: Tools, run: Run, command: Command) -> Message:
    return _discreet(_message(command, deps, run), tools.known_secrets(run.tenant))


def _discreet(message: Message, known: Iterable[str]) -> Message:
    """Return the message with placeholders for the secrets in its words: a page's title may hold one."""
    redactor = Redactor(known)
    lines = tuple(redactor.hide(line) for line in message.lines)
    return replace(message, subject=redactor.hide(message.subject), lines=lines)


def _scope(command: Command, deps: Deps) -> str:
    """Return what is told once: a message of a run; a lost grant once for all runs that wait for it."""
    if command.topic == "reconnect":
        message = identify_message(command.run, command.topic, command.ref)
        return scope_of_loss(deps, command.tenant, command.ref.partition(".")[0], message)
    loaded = deps.store.load_run(command.tenant, command.run) if command.topic == ASKED else None
    return identify_message(
        command.run, command.topic, _identify_subject(command, loaded.run) if loaded is not None else command.ref
    )


def _identify_subject(command: Command, run: Run) -> str:
    """Return what the message is about; at a gate, which of the questions that were asked there."""
    gate = run.step(command.ref) if command.topic == ASKED else None
    return command.ref if gate is None else question_of(gate, _number(command, run))


def _number(command: Command, run: Run) -> int:
    """Return which of the questions asked at a gate a message is about; one of an earlier version does not say so."""
    gate = run.step(command.ref)
    return command.wake or (gate.attempt if gate is not None and command.topic in (ASKED, QUESTION_ASKED) else 0)


def _sort(command: Command, run: Run) -> str:
    back = run.trigger.kind == "rollback"
    return sort_message(command.topic, run.facts, rollback=back, went_back=went_back(run))


def _noted_as(command: Command, run: Run) -> str:
    return notice_ref(command.ref, _number(command, run))


def _drop_unneeded(command: Command, deps: Deps, tools: Tools, run: Run, scope: str, why: str) -> str:
    """Return what became of a message that asks for something nobody waits for any more: nothing of it is left unsaid.

    What was not sent is not sent; what was begun is looked for.
    """
    if f"{command.topic}/{_noted_as(command, run)}" in run.notices:
        return ""  # everybody was told
    sender = _Sender(deps, tools.accounts.connect_for(run.tenant), run, command, Message("", (), ()), scope)
    commented = run.trigger.page and command.topic != QUESTION_ASKED
    outcomes = [f"notion:{sender.was_commented(why)}"] if commented else []
    for recipient in list_recipients(deps, run.tenant, list_told(deps, run.tenant, tools.settings(run.tenant))):
        outcomes += sender.was_told(recipient.resolve(""), why)
    if sender.later is not None:
        raise sender.later
    return ", ".join(outcomes)


class _Sender(Channels):
    """One message about a run, on its way to its page and to people."""

    def __init__(self, deps: Deps, connect: Connect, run: Run, command: Command, message: Message, scope: str) -> None:
        about, kind = {"tenant": run.tenant, "run": run.id}, _sort(command, run)
        super().__init__(deps, connect, scope, message, about, label=f"notify.{command.topic}", kind=kind)
        self._run = run
        self._page = run.trigger.page
        self._gate = run.step(command.ref) if command.topic == ASKED else None
        self._own = identify_message(run.id, command.topic, _identify_subject(command, run))
        self._on_page = Effects(deps, run.tenant, self._own, f"notify.{command.topic}")
        self._url = run_url(deps, run)
        self._target = marks.mark(self._url, self._own)

    def _address(self, person: Person) -> Message:
        deps, run, recipient = self._deps, self._run, name_recipient(self._deps, self._run.tenant, person)
        theirs = {approval_url(deps, run): approval_url(deps, run, recipient)}
        if offered := rollback_url(deps, run):
            theirs[offered] = rollback_url(deps, run, recipient)
        links = (replace(each, url=theirs.get(each.url, each.url)) for each in self._message.links)
        return replace(self._message, links=tuple(links))

    def comment(self) -> str:
        """Write a comment on the page; it can be found again by its link."""
        connect, page, target = self._connect, self._page, self._target
        spans = [Span(self._message.subject, href=target), Span("\n" + "\n".join(self._message.lines)[:MAX_COMMENT])]
        for link in self._message.links if not self._message.token else ():  # who may decide has another link to do so
            if link.label not in ("Page", BACK) and may_link(
                link.url, hosts_of(self._url, *_list_told_urls(self._run))
            ):
                spans += [Span("\n"), Span(link.label, href=link.url)]
        return self._guard_send(
            lambda: self._on_page(
                "notion",
                lambda: {"id": connect(Notion).comment(page, spans)["id"]},
                repeat=Repeat.LOOK,
                look=self._look_at_page,
            )
        )

    def was_commented(self, why: str) -> str:
        """Write nothing, for the reason given; return what became of the comment. One that was begun is looked for."""
        return self._guard_send(
            lambda: self._on_page.find_done("notion", repeat=Repeat.LOOK, look=self._look_at_page), why
        )

    def _look_at_page(self) -> dict[str, Any] | None:
        return _comment_with(self._connect(Notion), self._page, self._target)

    def listen(self, gate: Step) -> None:
        """Let comments decide at this gate from now on; where Notion cannot be read now, later."""
        try:
            listen_from_now(self._deps, self._connect(Notion), self._run, gate)
        except IntegrationError as error:  # the other channels are told all the same
            self.later = error if error.error_class == ErrorClass.TRANSIENT else self.later

    def take_back_older(self) -> None:
        """Say in the comments that asked before, and got no answer, that they ask for nothing any more."""
        for question in self._list_unanswered():
            own = identify_message(self._run.id, ASKED, question)
            asked = Effects(self._deps, self._run.tenant, own, f"notify.{ASKED}")
            if (comment := asked.find_result("notion")) is not None:
                what = "plan" if self._run.step(question) is not None else "question"
                spans = (Span(f"This {what} was replaced", bold=True, href=marks.mark(self._url, own)), Span(_REPLACED))
                self._guard_send(partial(self._replace_comment, asked, str(comment["id"]), spans))

    def _list_unanswered(self) -> list[str]:
        """Return the earlier questions of this run that nobody has said yes to: of plans, and at later gates."""
        here = question_of(self._gate) if self._gate else ""
        gates = {step.id: step for step in self._run.steps if step.spec.gate == WaitKind.APPROVAL}
        later = load_heard(self._deps, self._run.tenant, self._run.id).asked
        asked = [*(name for name in gates if gate_kind(name) == PLAN), *sorted(later)]
        at = {question: gates.get(question) or gates.get(question.rpartition(".")[0]) for question in asked}
        own = self._gate.id if self._gate else ""
        return [
            question
            for question, gate in at.items()
            if question != here and gate is not None and (gate.id == own or gate.status != StepStatus.SUCCEEDED)
        ]

    def _replace_comment(self, asked: Effects, comment: str, spans: Sequence[Span]) -> Mapping[str, Any]:
        edit = self._connect(Notion).update_comment
        return asked("replaced", lambda: {"id": edit(comment, spans)["id"]}, repeat=Repeat.SAME_END)


def _list_told_urls(run: Run) -> list[str]:
    """Return the addresses that connected systems have told us: nothing of a page or a model is among them."""
    return [str(run.facts[key]) for key in ("pull_request", "preview", "site") if run.facts.get(key)]


def _comment_with(notion: Notion, page: str, target: str) -> dict[str, Any] | None:
    for comment in notion.comments(page):
        if any((text.get("href") or "") == target for text in comment.get("rich_text", ())):
            return {"id": str(comment["id"])}
    return None
