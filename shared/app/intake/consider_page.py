"""A page has changed: read it again, and open a run, decide an approval, cancel, or plan anew; mostly nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from shared import log
from shared.app.approval.answer_comments import ask_who, explain, tell_barred
from shared.app.approval.gates import ask_for_rework, bar_of
from shared.app.approval.gates import waiting_gate as waiting_gate
from shared.app.approval.heard import Heard, Wish, heard_of, heard_put, keep_heard, listening
from shared.app.approval.page_comments import author_of, is_person, members_of, new_comments
from shared.app.approval.page_edits import look_for_edits, may_be_edited, note_edit, planned_hash
from shared.app.approval.plan_comments import Asked, Verdict, declined, judged
from shared.app.approval.short_answers import hear_again, plan_anew, wants_it_built
from shared.app.asking.deliveries import told_within
from shared.app.engine.deps import Deps
from shared.app.engine.engine import record, relay
from shared.app.engine.requeue import MAX_TIMES, come_again, patient
from shared.app.engine.tools import Tools
from shared.app.intake.left_alone import let_in, note_page_refused
from shared.app.intake.open_page_run import open_page_run, page_record
from shared.app.intake.page_view import read_page_view, spoken_of
from shared.app.money.budget import plan_estimate
from shared.app.notify.page_shows import says_cancel, shows_plan
from shared.app.pauses.box import heed_box, is_switch, ticked, turn_switch, who_ticked
from shared.app.planning.feedback import feedback_put, note, stopped
from shared.app.planning.make_plan import made_by_rules
from shared.app.schedule.routines import routine_changed
from shared.app.wishes.kept_statuses import heed_wish
from shared.app.workspace.kept_reads import kept_reads
from shared.app.workspace.workspace_changed import look_at_schema
from shared.app.workspace.workspace_databases import TOPIC, Mapped, mapped_page
from shared.app.workspace.workspace_schemas import IDEAS, ROUTINES
from shared.app.workspace.workspace_setup import set_up_databases
from shared.app.workspace.write_journal import causes_of
from shared.core.approval.decision_words import Said
from shared.core.approval.release_words import PLAN, gate_kind
from shared.core.errors import IntegrationError, Missing, NotAllowed, Rejected, Unauthorized
from shared.core.pages import marks
from shared.core.run import events as ev
from shared.core.run.commands import Command
from shared.core.run.run import Run, RunStatus, Step, Trigger, derived_id
from shared.core.text.outgoing_text import visible
from shared.integrations.notion.client.client import Notion
from shared.telemetry import trace

DOUBTED = "seen-doubted"  # of an approval or a stop: by whom, nobody told


@dataclass(frozen=True, slots=True)
class _Seen:
    """The page as it is now, and who changed it."""

    page: str
    title: str
    status: str
    author: str  # "person:id", "bot:id", "agent:id" or "unknown:"; with "seen-" before it: set no property just now
    raw: Mapping[str, Any]
    mapped: Mapped | None  # the database of ours it is a row of

    @property
    def by_person(self) -> bool:
        """Say whether a person set a property just now: only then may the status be that person's decision."""
        return self.author.startswith("person:")


@trace.use_case
@patient
def consider_page(command: Command, deps: Deps, tools: Tools) -> None:
    """Do what the page's present state asks for. The delivery said only that something changed.

    What cannot be decided yet, or read from Notion now, comes again later. Two topics are about databases instead: that
    a schema has changed (`ref` is the data source), and that an owner wants the databases set up.
    """
    if command.topic == "schema":
        look_at_schema(command, deps, tools)
        return
    if command.topic == TOPIC:
        set_up_databases(command, deps, tools)
        return
    began = deps.clock.now()
    try:
        seen = _look(command, deps, tools)
    except Unauthorized:  # told about by the runs that need the grant; what people did to the page waits for them
        if command.attempt < MAX_TIMES:
            _look_later(command, deps)
        return
    if seen is None:
        return
    if seen.mapped is not None:
        let_in(deps, command.tenant, tools.settings(command.tenant), seen.mapped.data_source)
    if seen.mapped is not None and seen.mapped.kind == ROUTINES:
        routine_changed(deps, tools, command.tenant, seen.raw)
    tick = ticked(seen.mapped, seen.raw)
    if is_switch(seen.mapped, seen.raw, seen.title):
        by = _name(tools, command.tenant, who_ticked(seen.author, seen.raw))
        turn_switch(deps, command.tenant, seen.raw, seen.title, by, tick=tick)
        return
    known = page_record(deps, command.tenant, seen.page)
    loaded = deps.store.load_run(command.tenant, known.run) if known.run else None
    wished = heed_wish(deps, loaded.run if loaded is not None else None, seen.status, seen.author, began)
    if loaded is None or loaded.run.status.final:
        if wished and not tick:
            _open(command, deps, tools, seen)
        elif loaded is not None:
            _hear_after_the_end(deps, tools, loaded.run)
        return
    run = loaded.run
    if tick != run.box:
        by = _name(tools, command.tenant, who_ticked(seen.author, seen.raw))
        run = heed_box(deps, run, by, command.id, tick=tick)
    _steer(command, deps, tools, seen, run)
    relay(deps, command.tenant, loaded.run.id)


def _hear_after_the_end(deps: Deps, tools: Tools, run: Run) -> None:
    """Do what is asked of a run that has ended, in a comment: to retry it, or to take back what it put live."""
    if run.status in (RunStatus.FAILED, RunStatus.CANCELLED):
        from shared.app.approval.retry_comments import hear_retry  # few runs end so

        hear_retry(deps, tools, run)
    if run.facts.get("site"):
        from shared.app.approval.roll_back_comments import hear_roll_back  # few pages have a site

        hear_roll_back(deps, tools, run)


def _look_later(command: Command, deps: Deps) -> None:
    """Look at the page again later; a status read then may be somebody else's, so it decides nothing."""
    come_again(replace(command, topic=f"seen-{command.topic.removeprefix('seen-')}"), deps)


def _look(command: Command, deps: Deps, tools: Tools) -> _Seen | None:
    """Read the page; None when it is gone or not shared with us. Only the status of an idea asks for things."""
    try:
        raw = tools.accounts.connect_for(command.tenant)(Notion).page(command.ref)
    except NotAllowed:  # for good
        if page_record(deps, command.tenant, command.ref).run:  # one of ours: of others nobody expects anything
            note_page_refused(deps, command.tenant, command.ref)
        return None
    except (Missing, Rejected):
        return None
    settings = tools.settings(command.tenant)
    let_in(deps, command.tenant, settings, str(raw["id"]))
    if raw.get("in_trash"):
        return None
    mapped = mapped_page(settings, raw)
    status = mapped.status(raw) if mapped is not None and mapped.kind == IDEAS else ""
    return _Seen(str(raw["id"]), visible(_title(raw)), status, command.topic, raw, mapped)


def _open(command: Command, deps: Deps, tools: Tools, seen: _Seen) -> None:
    """Open the page's next run. What a person asks for has no causes; what another agent does, has ours."""
    table = seen.mapped.data_source if seen.mapped else ""
    causes = () if seen.by_person else causes_of(deps, command.tenant, seen.page, table)
    if len(causes) > deps.limits.depth:  # the run before this one failed for that very reason, and people were told
        log.line("WARNING", "page not planned: runs wake each other", tenant=command.tenant, run=causes[-1])
        return
    by = _name(tools, command.tenant, seen.author)
    trigger = Trigger("page", seen.page, seen.title, by, causes)
    estimate = plan_estimate(tools.model(command.tenant))
    open_page_run(deps, command.tenant, seen.page, trigger, estimate, handled=command.id, automated=not seen.by_person)


def _steer(command: Command, deps: Deps, tools: Tools, seen: _Seen, run: Run) -> None:
    """Cancel, approve, or plan again, as the page says. Only a person's change can approve or cancel."""
    now = deps.clock.now()
    decided = seen.by_person or seen.author.startswith("mixed-person:")
    if seen.status == marks.CANCELLED and not run.cancel and says_cancel(deps, seen.mapped, seen.raw, run):
        author = seen.author if decided else _last_person(command, tools, seen)
        if author:
            by = _name(tools, command.tenant, author)
            note(deps, run, stopped(run), by, cause="cancel")
            record(deps, command.tenant, run.id, ev.CancelRequested(now, by, "in Notion"), handled=command.id)
        else:
            _doubt(command, deps, tools, seen, run)
        return
    if run.status in (RunStatus.RECEIVED, RunStatus.PLANNING) and command.attempt < MAX_TIMES:
        # the plan may be made from the page as it was: look again when it is there, but decide nothing by then
        _look_later(command, deps)
    if run.status == RunStatus.EXECUTING and may_be_edited(deps, run):
        look_for_edits(deps, tools, run, _name(tools, command.tenant, seen.author), command.id)
    if run.status not in (RunStatus.AWAITING_APPROVAL, RunStatus.AWAITING_INPUT):
        return
    if run.status == RunStatus.AWAITING_INPUT and hear_again(
        deps, tools, run, lambda person: _name(tools, command.tenant, f"person:{person}"), command.id
    ):
        return
    _weigh(command, deps, tools, seen, run)


def _weigh(command: Command, deps: Deps, tools: Tools, seen: _Seen, run: Run) -> None:
    """Plan again, or approve, by what the page says now, what the status was set to, and what people commented."""
    now = deps.clock.now()
    connect = tools.accounts.connect_for(command.tenant)
    heard = heard_of(deps, run.tenant, run.id)
    asking = run.status == RunStatus.AWAITING_APPROVAL
    gate = waiting_gate(run)
    hears = asking and gate is not None and listening(run, gate, heard)
    fresh = new_comments(connect(Notion), run, heard) if hears else []
    without = heard.ids | {each.id for each in fresh}
    spoken = spoken_of(deps, run, heard, now=now, without=without)
    with kept_reads(deps, command.tenant, f"look.{seen.page}") as kept:
        view = read_page_view(connect, seen.page, tools.settings(command.tenant), spoken, kept)
    wish = heard.about(run.revision)
    begun = gate is not None and gate.wait is not None and gate.wait.what != run.plan_hash  # it is built by now
    changed = not begun and view.content_hash != planned_hash(run) and not made_by_rules(deps, run)
    if changed and not asking and (nobody := declined(connect(Notion), run)):
        by = _name(tools, command.tenant, f"person:{nobody}")
        note(deps, run, stopped(run), by, cause="cancel")
        record(deps, command.tenant, run.id, ev.CancelRequested(now, by, "nothing is to be built"), handled=command.id)
        return
    if changed or wish is not None:  # a wish: we died before we could act on it
        by = wish.by if wish is not None else _name(tools, command.tenant, seen.author)
        if asking and wish is None:  # only that it was edited: what a page says is never taken for a preference
            note(deps, run, "edit", by, cause=f"revision {run.revision}", member=seen.by_person)
        estimate = plan_estimate(tools.model(command.tenant))
        record(deps, command.tenant, run.id, ev.PageChanged(now, by, estimate), handled=command.id)
        return
    if begun and may_be_edited(deps, run):
        editor = _name(tools, command.tenant, seen.author)
        if note_edit(deps, tools, run, view, editor, command.id):
            return  # what was decided at the same time was decided by people who did not know what is left out
    shown = shows_plan(deps, seen.mapped, seen.raw, run)  # or the status was set before this plan was there
    approved = shown and seen.status == marks.APPROVED and seen.by_person and not _by_guest(connect(Notion), seen)
    if approved and gate is not None and gate.wait is not None:
        _grant(command, deps, tools, run, gate, _name(tools, command.tenant, seen.author), "notion")
    elif begun and fresh and (asked := wants_it_built(run, fresh, members_of(connect(Notion)))) is not None:
        put = replace(heard_put(run, heard, [each.id for each in fresh]), expected=None)
        wisher = _name(tools, command.tenant, f"person:{author_of(asked.comment)}")
        plan_anew(deps, tools, run, wisher, (put,), command.id)
    elif fresh and gate is not None and gate.wait is not None:
        verdict = judged(connect(Notion), run, gate.id, fresh)
        _obey(command, deps, tools, run, gate, verdict, heard, [each.id for each in fresh])
    elif shown and seen.status == marks.APPROVED and gate is not None:
        _doubt(command, deps, tools, seen, run)


def _last_person(command: Command, tools: Tools, seen: _Seen) -> str:
    """Return the person who edited a page last that no delivery told of, "" when it was none.

    That need not be who set the status. It is enough to stop: an unwanted stop costs a second run, an unheard one all
    that was to be stopped.
    """
    editor = str((seen.raw.get("last_edited_by") or {}).get("id") or "")
    swept = seen.author.startswith("seen-unknown:")
    found = swept and is_person(tools.accounts.connect_for(command.tenant)(Notion), editor)
    return f"person:{editor}" if found else ""


def _doubt(command: Command, deps: Deps, tools: Tools, seen: _Seen, run: Run) -> None:
    """Ask for an approval or a stop that no person was seen to give, when no delivery can be on its way any more.

    A page tells who edited it last, not who set its status; where deliveries are lost, that of another agent may be
    among them. So nothing but a person's own word is taken for a yes, and people are told so. What two looks at a table
    prove to be a person's own (`asking.watched_rows`) does not come here.
    """
    kind, _, user = seen.author.partition(":")
    if run.rehearse:
        return  # of a rehearsal nothing is written to the page
    if kind == DOUBTED:
        ask_who(deps, tools.accounts.connect_for(command.tenant)(Notion), run, seen.status)
        return
    name = derived_id("doubt-", run.id, str(run.revision), str(seen.raw.get("last_edited_time")))
    later = deps.clock.now() + told_within(deps, tools.settings(command.tenant))
    again = replace(command, id=name, topic=f"{DOUBTED}:{user}", attempt=0, not_before=later)
    deps.queue.enqueue([again])


def _by_guest(notion: Notion, seen: _Seen) -> bool:
    """Say whether a guest set the status, who may edit the page but not approve. Where Notion does not tell: no."""
    members = members_of(notion)
    return bool(members) and seen.author.removeprefix("person:") not in members


def _obey(
    command: Command,
    deps: Deps,
    tools: Tools,
    run: Run,
    gate: Step,
    verdict: Verdict,
    heard: Heard,
    comments: list[str],
) -> None:
    """Do what people said in comments about exactly this plan; explain once how to say it, when it was unclear."""
    now = deps.clock.now()
    by = _name(tools, command.tenant, f"person:{verdict.by}") if verdict.by else ""
    if verdict.said == Said.YES:
        if not _grant(command, deps, tools, run, gate, by, "comment in Notion"):
            keep_heard(deps, run, heard, comments)
    elif verdict.said == Said.CHANGE and gate_kind(gate.id) != PLAN:
        wish = "; ".join(text for _, text, _ in verdict.wishes)
        if not ask_for_rework(deps, run, gate, wish, by, handled=command.id):
            explain(deps, tools.accounts.connect_for(command.tenant)(Notion), run, verdict.unclear)
        keep_heard(deps, run, heard, comments)  # after the event: what is asked next begins to listen anew
    elif verdict.stop:
        note(deps, run, "denied", by, cause=gate.id)
        denied = ev.ApprovalDenied(now, gate.id, gate.wait.what if gate.wait else "", by, "comment in Notion")
        record(deps, command.tenant, run.id, denied, handled=command.id)
    elif verdict.said == Said.CHANGE and made_by_rules(deps, run):  # nobody could make another plan of it
        note(deps, run, "denied", by, verdict.wishes[-1][1] if verdict.wishes else "", cause=gate.id)
        denied = ev.ApprovalDenied(now, gate.id, gate.wait.what if gate.wait else "", by, "comment in Notion")
        record(deps, command.tenant, run.id, denied, handled=command.id)
    elif verdict.said == Said.CHANGE:
        names = {person: _name(tools, command.tenant, f"person:{person}") for _, _, person in verdict.wishes}
        wishes = [Wish(comment, text, names[who], run.revision) for comment, text, who in verdict.wishes]
        deps.crash_point("wish.before/comments")
        said = [feedback_put(now, run.id, "wish", each.by, each.text, cause=each.comment) for each in wishes]
        keep_heard(deps, run, heard, comments, wishes, said)  # before the event: the planner has to find them
        deps.crash_point("wish.after/comments")
        estimate = plan_estimate(tools.model(command.tenant))
        record(deps, command.tenant, run.id, ev.PageChanged(now, by, estimate), handled=command.id)
    else:
        answered = [_answered(deps, tools, run, one) for one in verdict.asked]
        if verdict.unclear and not any(answered):
            explain(deps, tools.accounts.connect_for(command.tenant)(Notion), run, verdict.unclear)
        named = [(each, _name(tools, command.tenant, f"person:{who}")) for each, who in verdict.thumbs_down]
        down = [feedback_put(now, run.id, "down", who, cause=each) for each, who in named]
        known = heard_of(deps, run.tenant, run.id) if verdict.asked else heard  # an answer may have heard a wish
        keep_heard(deps, run, known, comments, also=down)


def _answered(deps: Deps, tools: Tools, run: Run, asked: Asked) -> bool:
    """Answer what somebody asks about the plan, in its thread."""
    from shared.app.chat.chat_comments import answer_in_thread  # most looks answer nobody

    return answer_in_thread(deps, tools, run, asked, _name(tools, run.tenant, f"person:{asked.by}"))


def _grant(command: Command, deps: Deps, tools: Tools, run: Run, gate: Step, by: str, via: str) -> bool:
    """Approve, or say why this person's word does not count here; return whether it did."""
    if gate.wait is None:
        return False
    if (bar := bar_of(deps, run, gate.id, by, via)) is not None:
        tell_barred(deps, tools.accounts.connect_for(command.tenant)(Notion), run, gate, by, bar)
        return False
    granted = ev.ApprovalGranted(deps.clock.now(), gate.id, gate.wait.what, by, via)
    record(deps, command.tenant, run.id, granted, handled=command.id)
    return True


def _name(tools: Tools, tenant: str, author: str) -> str:
    """Return a name people recognise; the id where Notion does not tell.

    Whom the settings know by their id in Notion has their name from there: anybody may call themselves another there.
    """
    kind, _, user = author.partition(":")
    if not user:
        return kind
    people = tools.settings(tenant).get("people", ())
    listed: Mapping[str, Any] = next((one for one in people if _bare(one.get("notion_user")) == _bare(user)), {})
    if listed.get("name"):
        return str(listed["name"])
    try:
        found = tools.accounts.connect_for(tenant)(Notion).user(user)
    except IntegrationError:
        return author
    return str(found.get("name") or author)


def _bare(user: object) -> str:
    return str(user or "").replace("-", "").casefold()


def _title(raw: Any) -> str:
    for value in (raw.get("properties") or {}).values():
        if value.get("type") == "title":
            return "".join(part.get("plain_text", "") for part in value["title"])
    return ""
