"""What a page that is looked at asks for: a decision on what is known, and nothing that acts on it.

Only a person's own change approves. To stop, a person among others is enough, or one who edited a page last of which no
delivery told: an unwanted stop costs a second run, an unheard one all that was to be stopped.
"""

from __future__ import annotations

from datetime import datetime

from shared.core.approval import intents
from shared.core.approval.deciders import Decider, find_refusal, find_role_bar
from shared.core.approval.decision_words import Said
from shared.core.approval.gates import PLAN, gate_kind, waits_at
from shared.core.approval.intents import BY_COMMENT, IN_NOTION, Find, Intent, Nothing
from shared.core.approval.sight import Content, Need, Sight
from shared.core.pages import marks
from shared.core.pages.author import DOUBTED, PERSON, UNKNOWN, Author
from shared.core.pages.page_changes import find_known_hash, find_planned_hash
from shared.core.run.acts import EDITED
from shared.core.run.run import Run, RunStatus, Step

_BEFORE_THE_PLAN = (RunStatus.RECEIVED, RunStatus.PLANNING)
_ASKING = (RunStatus.AWAITING_APPROVAL, RunStatus.AWAITING_INPUT)
_STOPPED = (RunStatus.FAILED, RunStatus.CANCELLED)


def decide(page: Sight, run: Run | None, author: Author, now: datetime) -> Intent:
    """Return what the page's present state asks for, or what has to be found out before that can be said.

    `run` is the latest of the page, `author` whoever changed it.
    """
    if page.switch:
        return intents.TurnSwitch(tick=bool(page.ticked))
    if run is None or run.status.final:
        return _open_next_run(page, run, author)
    if page.ticked is not None and page.ticked != run.box:
        return intents.TurnBox(page.ticked)
    if page.cancelled and not run.cancel:
        return _stop(page, run, author, now)
    if run.status in _BEFORE_THE_PLAN:  # it may be made from the page as it was
        return intents.LookLater() if page.may_return else Nothing()
    if run.status == RunStatus.EXECUTING:
        return _look_for_edits(page, run)
    if run.status not in _ASKING:
        return Nothing()
    if run.status == RunStatus.AWAITING_INPUT and (look := _second_look(page)) is not None:
        return look
    return _weigh(page, run, author, now)


def _open_next_run(page: Sight, run: Run | None, author: Author) -> Intent:
    """Open the next run. What a person asks for has no causes; what another agent does, has ours."""
    if page.wished and not page.ticked:
        if author.decides:
            return intents.Open()
        if page.causes is None:
            return Find(Need.CAUSES)
        if len(page.causes) > page.depth:  # the run before this one failed for that very reason, and people were told
            return intents.BreakChain(page.causes[-1])
        return intents.Open(page.causes, automated=True)
    if run is None:
        return Nothing()
    retry, roll_back = run.status in _STOPPED, bool(run.facts.get("site"))
    return intents.ListenAfterEnd(retry, roll_back) if retry or roll_back else Nothing()


def _stop(page: Sight, run: Run, author: Author, now: datetime) -> Intent:
    if author.may_stop:
        return intents.Cancel(author, "in Notion")
    if author.kind == UNKNOWN and author.seen:
        if page.editor is None:
            return Find(Need.EDITOR)
        if page.editor:
            return intents.Cancel(Author(PERSON, page.editor), "in Notion")
    return _doubt(page, run, author, now)


def _look_for_edits(page: Sight, run: Run) -> Intent:
    if not _is_planned_from_page(run):
        return Nothing()
    if page.by_rules is None:
        return Find(Need.RULES)
    return Nothing() if page.by_rules else intents.LookForEdits()


def _is_planned_from_page(run: Run) -> bool:
    """Say whether an edit of the page may mean something for the work."""
    return run.trigger.decided_by_status and bool(find_planned_hash(run))


def _second_look(page: Sight) -> Intent | None:
    look = page.second_look
    if look is None:
        return Find(Need.SECOND_LOOK)
    if not look.by:
        return None
    return intents.LookOver(Author(PERSON, look.by), look.comments) if look.alone else intents.TakeNote(look.comments)


def _weigh(page: Sight, run: Run, author: Author, now: datetime) -> Intent:
    """Plan again, or approve, by what the page says now, what the status was set to, and what people commented."""
    content = page.content
    if content is None:
        return Find(Need.CONTENT)
    begun = _is_built(run)
    differs = content.hash != (find_known_hash(run) if begun else find_planned_hash(run))
    if differs and page.by_rules is None:
        return Find(Need.RULES)
    changed = differs and not page.by_rules
    if (again := _plan_again(page, run, content, changed=changed and not begun)) is not None:
        return again
    if begun and changed and _is_planned_from_page(run) and not page.edit_told:
        return intents.NoteEdit()
    return _decide_at_gate(page, run, content, author, now)


def _is_built(run: Run) -> bool:
    """Say whether what is asked about is built by now, and is no plan any more."""
    gate = waits_at(run)
    return gate is not None and gate.wait is not None and gate.wait.what != run.plan_hash


def _plan_again(page: Sight, run: Run, content: Content, *, changed: bool) -> Intent | None:
    asking = run.status == RunStatus.AWAITING_APPROVAL
    if changed and not asking:
        if page.declined is None:
            return Find(Need.DECLINED)
        if page.declined:
            return intents.Cancel(Author(PERSON, page.declined), "nothing is to be built")
    if content.wish is not None:  # we died before we could act on it
        return intents.Replan(content.wish)
    return intents.Replan(edited=asking) if changed else None


def _decide_at_gate(page: Sight, run: Run, content: Content, author: Author, now: datetime) -> Intent:
    gate = waits_at(run)
    if gate is None:
        return Nothing()
    approved = content.shown and page.status == marks.APPROVED
    if approved and author.decides:
        if page.members is None:
            return Find(Need.MEMBERS)
        if not page.members or author.id in page.members:  # a guest may edit the page, but not approve
            return _approve(page, run, gate, author, IN_NOTION)
    if content.fresh and _is_built(run) and run.facts.get(EDITED):
        if page.to_build is None:
            return Find(Need.TO_BUILD)
        if page.to_build:
            return intents.Build(Author(PERSON, page.to_build))
    if content.fresh:
        return _obey(page, run, gate)
    return _doubt(page, run, author, now) if approved else Nothing()


def _approve(page: Sight, run: Run, gate: Step, author: Author, via: str) -> Intent:
    """Approve, unless this one's role does not decide, or the team wants somebody else to."""
    if author not in page.people:
        return Find(Need.WHO, author)
    if page.team is None:
        return Find(Need.TEAM)
    who = page.people[author]
    bar = find_refusal(run, gate.id, Decider(who.actor, who.role, via), page.team)
    return intents.Approve(gate.id, who.actor, via) if bar is None else intents.Bar(gate.id, who.actor.name, via, bar)


def _obey(page: Sight, run: Run, gate: Step) -> Intent:
    """Do what people said in comments about exactly what the gate asks about."""
    verdict = page.verdict
    if verdict is None:
        return Find(Need.VERDICT)
    by = Author(PERSON, verdict.by)
    if verdict.answer is not None or verdict.stop:
        if by not in page.people:
            return Find(Need.WHO, by)
        if (bar := find_role_bar(page.people[by].role)) is not None:
            return intents.Bar(gate.id, page.people[by].actor.name, BY_COMMENT, bar)
    if verdict.answer == Said.YES:
        return _approve(page, run, gate, by, BY_COMMENT)
    if verdict.answer == Said.CHANGE and gate_kind(gate.id) != PLAN:
        return intents.Rework(gate.id, by, "; ".join(text for _, text, _ in verdict.wishes))
    if verdict.stop:
        return intents.Deny(gate.id, by)
    if verdict.answer == Said.CHANGE:
        if page.by_rules is None:
            return Find(Need.RULES)
        last = verdict.wishes[-1][1] if verdict.wishes else ""  # of a plan by rules nobody could make another one
        return intents.Deny(gate.id, by, last) if page.by_rules else intents.ReplanAsWished(by)
    return intents.Answer()


def _doubt(page: Sight, run: Run, author: Author, now: datetime) -> Intent:
    """Ask for an approval or a stop that no person was seen to give.

    A page tells who edited it last, not who set its status; where deliveries are lost, that of another agent may be
    among them. So nothing but a person's own word is taken for a yes, and people are told so. What two looks at a table
    prove to be a person's own (`asking.watched_rows`) does not come here.
    """
    if run.rehearse:
        return Nothing()  # of a rehearsal nothing is written to the page
    if author.kind == DOUBTED:
        return intents.AskWho()
    if page.told_within is None:
        return Find(Need.TOLD_WITHIN)
    return intents.Doubt(now + page.told_within)
