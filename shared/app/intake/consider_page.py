"""A page has changed: read it again, and open a run, decide an approval, cancel, or plan anew; mostly nothing."""

from __future__ import annotations

from dataclasses import replace

from shared import log
from shared.app.approval.answer_comments import ask_who
from shared.app.approval.gates import waiting_gate as waiting_gate
from shared.app.approval.heard import Wish, heard_of, heard_put, listening
from shared.app.approval.page_comments import author_of, is_person, members_of, new_comments
from shared.app.approval.page_edits import look_for_edits, may_be_edited, note_edit, planned_hash
from shared.app.approval.plan_comments import declined, judged
from shared.app.approval.short_answers import hear_again, plan_anew, wants_it_built
from shared.app.asking.deliveries import told_within
from shared.app.engine.deps import Deps
from shared.app.engine.engine import record, relay
from shared.app.engine.requeue import MAX_TIMES, come_again, patient
from shared.app.engine.tools import Tools
from shared.app.intake.left_alone import let_in
from shared.app.intake.name_author import name_author, name_person
from shared.app.intake.obey_comments import grant, obey_comments
from shared.app.intake.open_page_run import open_page_run, page_record
from shared.app.intake.page_view import read_page_view, spoken_of
from shared.app.intake.seen_page import SeenPage, see_page
from shared.app.money.budget import plan_estimate
from shared.app.notify.page_shows import says_cancel, shows_plan
from shared.app.pauses.box import heed_box, is_switch, ticked, turn_switch, who_ticked
from shared.app.planning.feedback import note, stopped
from shared.app.planning.make_plan import made_by_rules
from shared.app.schedule.routines import routine_changed
from shared.app.wishes.kept_statuses import heed_wish
from shared.app.workspace.kept_reads import kept_reads
from shared.app.workspace.workspace_changed import look_at_schema
from shared.app.workspace.workspace_databases import TOPIC
from shared.app.workspace.workspace_schemas import ROUTINES
from shared.app.workspace.workspace_setup import set_up_databases
from shared.app.workspace.write_journal import causes_of
from shared.core.errors import Unauthorized
from shared.core.pages import marks
from shared.core.pages.author import DOUBTED, PERSON, UNKNOWN, Author, read_author, write_author
from shared.core.run import acts
from shared.core.run.commands import Command
from shared.core.run.run import Run, RunStatus, Trigger, derived_id
from shared.integrations.notion.client.client import Notion
from shared.telemetry import trace


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
    seen = _see_or_come_again(command, deps, tools)
    if seen is None:
        return
    if seen.mapped is not None:
        let_in(deps, command.tenant, tools.settings(command.tenant), seen.mapped.data_source)
    if seen.mapped is not None and seen.mapped.kind == ROUTINES:
        routine_changed(deps, tools, command.tenant, seen.raw)
    tick = ticked(seen.mapped, seen.raw)
    if is_switch(seen.mapped, seen.raw, seen.title):
        by = name_author(tools, command.tenant, who_ticked(seen.author, seen.raw))
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
        by = name_author(tools, command.tenant, who_ticked(seen.author, seen.raw))
        run = heed_box(deps, run, by, command.id, tick=tick)
    _steer(command, deps, tools, seen, run)
    relay(deps, command.tenant, loaded.run.id)


def _see_or_come_again(command: Command, deps: Deps, tools: Tools) -> SeenPage | None:
    """Read the page; without a grant that holds, None, and what people did to the page waits for the grant."""
    try:
        return see_page(command, deps, tools)
    except Unauthorized:  # told about by the runs that need the grant
        if command.attempt < MAX_TIMES:
            _look_later(command, deps)
        return None


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
    come_again(replace(command, topic=write_author(replace(read_author(command.topic), seen=True))), deps)


def _open(command: Command, deps: Deps, tools: Tools, seen: SeenPage) -> None:
    """Open the page's next run. What a person asks for has no causes; what another agent does, has ours."""
    table = seen.mapped.data_source if seen.mapped else ""
    causes = () if seen.by_person else causes_of(deps, command.tenant, seen.page, table)
    if len(causes) > deps.limits.depth:  # the run before this one failed for that very reason, and people were told
        log.line("WARNING", "page not planned: runs wake each other", tenant=command.tenant, run=causes[-1])
        return
    by = name_author(tools, command.tenant, seen.author)
    trigger = Trigger("page", seen.page, seen.title, by, causes)
    estimate = plan_estimate(tools.model(command.tenant))
    open_page_run(deps, command.tenant, seen.page, trigger, estimate, handled=command.id, automated=not seen.by_person)


def _steer(command: Command, deps: Deps, tools: Tools, seen: SeenPage, run: Run) -> None:
    """Cancel, approve, or plan again, as the page says. Only a person's change can approve or cancel."""
    if seen.status == marks.CANCELLED and not run.cancel and says_cancel(deps, seen.mapped, seen.raw, run):
        author = seen.author if seen.author.may_stop else _last_person(command, tools, seen)
        if author is not None:
            _cancel(command, deps, tools, run, author, "in Notion")
        else:
            _doubt(command, deps, tools, seen, run)
        return
    if run.status in (RunStatus.RECEIVED, RunStatus.PLANNING) and command.attempt < MAX_TIMES:
        # the plan may be made from the page as it was: look again when it is there, but decide nothing by then
        _look_later(command, deps)
    if run.status == RunStatus.EXECUTING and may_be_edited(deps, run):
        look_for_edits(deps, tools, run, name_author(tools, command.tenant, seen.author), command.id)
    if run.status not in (RunStatus.AWAITING_APPROVAL, RunStatus.AWAITING_INPUT):
        return
    if run.status == RunStatus.AWAITING_INPUT and hear_again(
        deps, tools, run, lambda person: name_person(tools, command.tenant, person), command.id
    ):
        return
    _weigh(command, deps, tools, seen, run)


def _weigh(command: Command, deps: Deps, tools: Tools, seen: SeenPage, run: Run) -> None:
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
        _cancel(command, deps, tools, run, Author(PERSON, nobody), "nothing is to be built")
        return
    if changed or wish is not None:  # a wish: we died before we could act on it
        _plan_again(command, deps, tools, seen, run, wish)
        return
    if begun and may_be_edited(deps, run):
        editor = name_author(tools, command.tenant, seen.author)
        if note_edit(deps, tools, run, view, editor, command.id):
            return  # what was decided at the same time was decided by people who did not know what is left out
    shown = shows_plan(deps, seen.mapped, seen.raw, run)  # or the status was set before this plan was there
    approved = shown and seen.status == marks.APPROVED and seen.by_person and not _by_guest(connect(Notion), seen)
    if approved and gate is not None and gate.wait is not None:
        grant(command, deps, tools, run, gate, name_author(tools, command.tenant, seen.author), "notion")
    elif begun and fresh and (asked := wants_it_built(run, fresh, members_of(connect(Notion)))) is not None:
        put = replace(heard_put(run, heard, [each.id for each in fresh]), expected=None)
        wisher = name_person(tools, command.tenant, author_of(asked.comment))
        plan_anew(deps, tools, run, wisher, (put,), command.id)
    elif fresh and gate is not None and gate.wait is not None:
        verdict = judged(connect(Notion), run, gate.id, fresh)
        obey_comments(command, deps, tools, run, gate, verdict, heard, [each.id for each in fresh])
    elif shown and seen.status == marks.APPROVED and gate is not None:
        _doubt(command, deps, tools, seen, run)


def _cancel(command: Command, deps: Deps, tools: Tools, run: Run, author: Author, why: str) -> None:
    by = name_author(tools, command.tenant, author)
    note(deps, run, stopped(run), by, cause="cancel")
    record(deps, command.tenant, run.id, acts.CancelRequested(deps.clock.now(), by, why), handled=command.id)


def _plan_again(command: Command, deps: Deps, tools: Tools, seen: SeenPage, run: Run, wish: Wish | None) -> None:
    by = wish.by if wish is not None else name_author(tools, command.tenant, seen.author)
    asking = run.status == RunStatus.AWAITING_APPROVAL
    if asking and wish is None:  # only that it was edited: what a page says is never taken for a preference
        note(deps, run, "edit", by, cause=f"revision {run.revision}", member=seen.by_person)
    estimate = plan_estimate(tools.model(command.tenant))
    record(deps, command.tenant, run.id, acts.PageChanged(deps.clock.now(), by, estimate), handled=command.id)


def _last_person(command: Command, tools: Tools, seen: SeenPage) -> Author | None:
    """Return the person who edited a page last that no delivery told of, None when it was none.

    That need not be who set the status. It is enough to stop: an unwanted stop costs a second run, an unheard one all
    that was to be stopped.
    """
    editor = str((seen.raw.get("last_edited_by") or {}).get("id") or "")
    swept = seen.author.kind == UNKNOWN and seen.author.seen
    found = swept and is_person(tools.accounts.connect_for(command.tenant)(Notion), editor)
    return Author(PERSON, editor) if found else None


def _doubt(command: Command, deps: Deps, tools: Tools, seen: SeenPage, run: Run) -> None:
    """Ask for an approval or a stop that no person was seen to give, when no delivery can be on its way any more.

    A page tells who edited it last, not who set its status; where deliveries are lost, that of another agent may be
    among them. So nothing but a person's own word is taken for a yes, and people are told so. What two looks at a table
    prove to be a person's own (`asking.watched_rows`) does not come here.
    """
    if run.rehearse:
        return  # of a rehearsal nothing is written to the page
    if seen.author.kind == DOUBTED:
        ask_who(deps, tools.accounts.connect_for(command.tenant)(Notion), run, seen.status)
        return
    name = derived_id("doubt-", run.id, str(run.revision), str(seen.raw.get("last_edited_time")))
    later = deps.clock.now() + told_within(deps, tools.settings(command.tenant))
    again = replace(
        command, id=name, topic=write_author(Author(DOUBTED, seen.author.id, seen=True)), attempt=0, not_before=later
    )
    deps.queue.enqueue([again])


def _by_guest(notion: Notion, seen: SeenPage) -> bool:
    """Say whether a guest set the status, who may edit the page but not approve. Where Notion does not tell: no."""
    members = members_of(notion)
    return bool(members) and seen.author.id not in members
