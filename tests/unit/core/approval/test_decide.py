"""What a page asks for: each row is a page, the run on it, who changed it, and what follows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.core.approval import intents as do
from shared.core.approval.decide import decide
from shared.core.approval.deciders import find_role_bar
from shared.core.approval.decision_words import Asked, Said, Verdict
from shared.core.approval.four_eyes import find_bar
from shared.core.approval.intents import Find, Intent, Nothing
from shared.core.approval.sight import Content, Need, SecondLook, Sight, Team
from shared.core.pages.author import AGENT, BOT, DOUBTED, PERSON, UNKNOWN, Author
from shared.core.people.actor import Actor, ActorKind, Known
from shared.core.run.run import Limits, Run, RunStatus, Step, StepSpec, StepStatus, Trigger, Wait, WaitKind
from shared.core.ship.shipping import Ship

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ADA, GUEST = Author(PERSON, "ada"), Author(PERSON, "guest")
MIXED, SEEN = replace(ADA, certain=False), replace(ADA, seen=True)
SEEN_MIXED = replace(MIXED, seen=True)
A_BOT, AN_AGENT = Author(BOT, "b"), Author(AGENT, "a")
SWEPT, UNKNOWN_NOW = Author(UNKNOWN, "ada", seen=True), Author(UNKNOWN)
DOUBTS = Author(DOUBTED, "ada", seen=True)
UNSURE = (MIXED, SEEN, SEEN_MIXED, A_BOT, AN_AGENT, SWEPT, UNKNOWN_NOW)

PROPOSED = Step(
    StepSpec("plan", "plan.propose", lane="plan"), StepStatus.SUCCEEDED, output={"page_hash": "h1", "summary": "A club"}
)


def a_gate(name: str = "approve", what: str = "plan-1") -> Step:
    spec = StepSpec(name, "approval.ask", lane="", gate=WaitKind.APPROVAL)
    return Step(spec, StepStatus.WAITING, wait=Wait(WaitKind.APPROVAL, None, what))


def a_run(status: RunStatus, *steps: Step, kind: str = "page", **fields: object) -> Run:
    trigger = Trigger(kind, "p", "Club", "Ada Example")
    made = Run("t", "r", status, trigger, Limits(), NOW, NOW, steps=(PROPOSED, *steps), plan_hash="plan-1")
    return replace(made, **fields)  # type: ignore[arg-type]


R = RunStatus
ASKING = a_run(R.AWAITING_APPROVAL, a_gate())
RELEASE = a_run(R.AWAITING_APPROVAL, a_gate("release", "work-1"))
PRODUCTION = a_run(R.AWAITING_APPROVAL, a_gate("production", "work-1"))
QUESTION = a_run(R.AWAITING_INPUT)
WORKING = a_run(R.EXECUTING)
EDITED = replace(RELEASE, facts={"edited": {"hash": "h2"}})

FOUR_EYES = Team(Ship(four_eyes=True), ({"id": "ada", "name": "Ada Example"},))
ANYBODY = Team(Ship(), ())
BY_ADA, BY_GRACE = Actor(ActorKind.PERSON, "p-ada", "Ada Example"), Actor(ActorKind.PERSON, "p-grace", "Grace")
KNOWN = Known(BY_ADA, "member")
SAME, OTHER = Content("h1"), Content("h2")
TALKED = Content("h1", fresh=True)
READY = Sight(status="Approved", content=SAME, members=frozenset({"ada"}), people={ADA: KNOWN}, team=ANYBODY, editor="")
HEARD = replace(READY, status="Plan ready", content=TALKED)
YES = Verdict(Said.YES, "ada")
CHANGE = Verdict(Said.CHANGE, "ada", (("c1", "in blue", "ada"), ("c2", "and round", "ada")))
TOLD = timedelta(minutes=5)
NO_ROLE, VIEWER = find_role_bar(""), find_role_bar("viewer")
assert NO_ROLE is not None
assert VIEWER is not None
BAR = find_bar(PRODUCTION, "production", "Ada Example", "notion", FOUR_EYES.ship, FOUR_EYES.people)
assert BAR is not None


def heard(verdict: Verdict, **more: object) -> Sight:
    return replace(HEARD, verdict=verdict, **more)  # type: ignore[arg-type]


def row(name: str, page: Sight, run: Run | None, author: Author, intent: Intent) -> object:
    return pytest.param(page, run, author, intent, id=name)


BEGINNING = [
    row("a page that asks for nothing", Sight(), None, ADA, Nothing()),
    row("a person wants a plan", Sight(wished=True), None, ADA, do.Open()),
    row("a person wants another plan", Sight(wished=True), a_run(R.SUCCEEDED), ADA, do.Open()),
    row("a person wants a plan after a failure", Sight(wished=True), a_run(R.FAILED), ADA, do.Open()),
    row("a plan is wanted where work stands still", Sight(wished=True, ticked=True), None, ADA, Nothing()),
    *(row(f"no person alone wants a plan: {who}", Sight(wished=True), None, who, Find(Need.CAUSES)) for who in UNSURE),
    row("an agent whom nobody woke", Sight(wished=True, causes=()), None, A_BOT, do.Open((), automated=True)),
    row("as many as may wake each other", Sight(wished=True, causes=("a", "b", "c")), None, A_BOT,
        do.Open(("a", "b", "c"), automated=True)),
    row("more than may wake each other", Sight(wished=True, causes=("a", "b", "c", "d")), None, A_BOT,
        do.BreakChain("d")),
    row("nothing is wanted of a run that is done", Sight(), a_run(R.SUCCEEDED), ADA, Nothing()),
    row("a run that failed may be retried", Sight(), a_run(R.FAILED), A_BOT, do.ListenAfterEnd(True, False)),
    row("a run that was stopped may be retried", Sight(), a_run(R.CANCELLED), ADA, do.ListenAfterEnd(True, False)),
    row("what is live may be rolled back", Sight(), a_run(R.SUCCEEDED, facts={"site": "https://c.example"}), SWEPT,
        do.ListenAfterEnd(False, True)),
    row("a run that failed after it was live", Sight(), a_run(R.FAILED, facts={"site": "https://c.example"}), SWEPT,
        do.ListenAfterEnd(True, True)),
    row("the page for all work is ticked", Sight(switch=True, ticked=True), None, ADA, do.TurnSwitch(True)),
    row("the page for all work is cleared", Sight(switch=True), None, SWEPT, do.TurnSwitch(False)),
]  # fmt: skip
STOPPING = [
    row("a tick", Sight(ticked=True), WORKING, SWEPT, do.TurnBox(True)),
    row("a tick that is seen again", Sight(ticked=True, by_rules=True), replace(WORKING, box=True), ADA, Nothing()),
    row("a tick is gone", Sight(), replace(WORKING, box=True), ADA, do.TurnBox(False)),
    row("a tick that the run has heard of", Sight(ticked=None, by_rules=True), replace(WORKING, box=True), ADA,
        Nothing()),
    row("a tick goes before a stop", Sight(ticked=True, cancelled=True), WORKING, ADA, do.TurnBox(True)),
    row("a person stops it", Sight(cancelled=True), WORKING, ADA, do.Cancel(ADA, "in Notion")),
    row("a person stops the planning", Sight(cancelled=True), a_run(R.PLANNING), ADA, do.Cancel(ADA, "in Notion")),
    row("a person among others stops it", Sight(cancelled=True), ASKING, MIXED, do.Cancel(MIXED, "in Notion")),
    row("a stop that comes again", Sight(cancelled=True, by_rules=True), replace(WORKING, cancel="in Notion"), ADA,
        Nothing()),
    row("a stop of no delivery", Sight(cancelled=True), WORKING, SWEPT, Find(Need.EDITOR)),
    row("a stop by the last who edited", Sight(cancelled=True, editor="bo"), WORKING, SWEPT,
        do.Cancel(Author(PERSON, "bo"), "in Notion")),
    row("a stop of nobody's", Sight(cancelled=True, editor="", told_within=TOLD), WORKING, SWEPT, do.Doubt(NOW + TOLD)),
    *(row(f"a stop that no person set: {who}", Sight(cancelled=True, told_within=TOLD), WORKING, who,
          do.Doubt(NOW + TOLD)) for who in (SEEN, SEEN_MIXED, A_BOT, AN_AGENT, UNKNOWN_NOW)),
    row("within what time it would be told", Sight(cancelled=True), WORKING, A_BOT, Find(Need.TOLD_WITHIN)),
    row("a stop that was doubted before", Sight(cancelled=True), WORKING, DOUBTS, do.AskWho()),
    row("a stop of a rehearsal by nobody", Sight(cancelled=True), replace(WORKING, rehearse=True), A_BOT, Nothing()),
]  # fmt: skip
WAITING = [
    *(row(f"before the plan is there: {each}", Sight(status="Approved"), a_run(each), ADA, do.LookLater())
      for each in (R.RECEIVED, R.PLANNING)),
    row("for days before the plan is there", Sight(may_return=False), a_run(R.PLANNING), ADA, Nothing()),
    row("while it is stopped", READY, a_run(R.CANCELLING), ADA, Nothing()),
    row("an edit during the work", Sight(), WORKING, SEEN, Find(Need.RULES)),
    row("an edit during the work is looked for", Sight(by_rules=False), WORKING, SEEN, do.LookForEdits()),
    row("an edit means nothing to what rules planned", Sight(by_rules=True), WORKING, SEEN, Nothing()),
    row("an edit means nothing to a day's plan", Sight(), a_run(R.EXECUTING, kind="day"), SEEN, Nothing()),
    row("another look may be asked for", Sight(), QUESTION, SEEN, Find(Need.SECOND_LOOK)),
    row("another look is asked for", Sight(second_look=SecondLook("ada", ("c1",))), QUESTION, SEEN,
        do.LookOver(ADA, ("c1",))),
    row("more was said", Sight(second_look=SecondLook("ada", ("c1",), alone=False)), QUESTION, SEEN,
        do.TakeNote(("c1",))),
    row("nobody asks for another look", Sight(second_look=SecondLook()), QUESTION, SEEN, Find(Need.CONTENT)),
    row("a question without an answer", Sight(second_look=SecondLook(), content=SAME), QUESTION, ADA, Nothing()),
    row("a question, and the page differs", Sight(second_look=SecondLook(), content=OTHER, by_rules=False), QUESTION,
        ADA, Find(Need.DECLINED)),
    row("a question is answered", Sight(second_look=SecondLook(), content=OTHER, by_rules=False, declined=""),
        QUESTION, A_BOT, do.Replan()),
    row("nothing is wanted",  Sight(second_look=SecondLook(), content=OTHER, by_rules=False, declined="bo"), QUESTION,
        A_BOT, do.Cancel(Author(PERSON, "bo"), "nothing is to be built")),
]  # fmt: skip
APPROVING = [
    row("what the page says is read first", Sight(status="Approved"), ASKING, ADA, Find(Need.CONTENT)),
    row("who may approve is found out", replace(READY, members=None), ASKING, ADA, Find(Need.MEMBERS)),
    row("who that is is found out", replace(READY, people={}), ASKING, ADA, Find(Need.WHO, ADA)),
    row("a viewer", replace(READY, people={ADA: Known(BY_ADA, "viewer")}), ASKING, ADA,
        do.Bar("approve", "Ada Example", "notion", VIEWER)),
    row("nobody of the team", replace(READY, people={ADA: Known(BY_ADA)}), ASKING, ADA,
        do.Bar("approve", "Ada Example", "notion", NO_ROLE)),
    row("the team's rules are found out", replace(READY, team=None), ASKING, ADA, Find(Need.TEAM)),
    row("a person approves", READY, ASKING, ADA, do.Approve("approve", BY_ADA, "notion")),
    row("nobody tells who is a member", replace(READY, members=frozenset()), ASKING, ADA,
        do.Approve("approve", BY_ADA, "notion")),
    row("a guest", replace(READY, told_within=TOLD), ASKING, GUEST, do.Doubt(NOW + TOLD)),
    *(row(f"no person alone approves: {who}", replace(READY, told_within=TOLD), ASKING, who, do.Doubt(NOW + TOLD))
      for who in UNSURE),
    row("an approval that was doubted before", READY, ASKING, DOUBTS, do.AskWho()),
    row("a rehearsal nobody approves", READY, replace(ASKING, rehearse=True), A_BOT, Nothing()),
    row("an approval of before this plan", replace(READY, content=replace(SAME, shown=False)), ASKING, ADA, Nothing()),
    row("another status", replace(READY, status="Plan ready"), ASKING, ADA, Nothing()),
    row("approved and withdrawn", replace(READY, status="Idea"), ASKING, ADA, Nothing()),
    row("edited as it was approved", replace(READY, content=OTHER, by_rules=False), ASKING, ADA,
        do.Replan(edited=True)),
    row("of rules nobody reads the page", replace(READY, content=OTHER, by_rules=True), ASKING, ADA,
        do.Approve("approve", BY_ADA, "notion")),
    row("a wish that was heard before we died", replace(READY, content=replace(SAME, wish="Bo")), ASKING, ADA,
        do.Replan("Bo")),
    row("the release", READY, RELEASE, ADA, do.Approve("release", BY_ADA, "notion")),
    row("four eyes: the plan needs no second pair", replace(READY, team=FOUR_EYES), ASKING, ADA,
        do.Approve("approve", BY_ADA, "notion")),
    row("four eyes: whoever asked for it", replace(READY, team=FOUR_EYES), PRODUCTION, ADA,
        do.Bar("production", "Ada Example", "notion", BAR)),
    row("four eyes: somebody else", replace(READY, team=FOUR_EYES, people={ADA: Known(BY_GRACE, "owner")}), PRODUCTION,
        ADA, do.Approve("production", BY_GRACE, "notion")),
    row("edited behind the plan's gate", replace(READY, content=OTHER, by_rules=False), RELEASE, ADA, do.NoteEdit()),
    row("that edit is told already", replace(READY, content=OTHER), EDITED, ADA,
        do.Approve("release", BY_ADA, "notion")),
    row("that edit was told by somebody else", replace(READY, content=OTHER, by_rules=False, edit_told=True), RELEASE,
        ADA, do.Approve("release", BY_ADA, "notion")),
    row("taken back behind the gate", replace(READY, by_rules=False), EDITED, ADA, do.NoteEdit()),
]  # fmt: skip
COMMENTING = [
    row("what comments come to is found out", HEARD, ASKING, SEEN, Find(Need.VERDICT)),
    row("a yes", heard(YES), ASKING, SEEN, do.Approve("approve", BY_ADA, "comment in Notion")),
    row("a yes by somebody not named yet", heard(YES, people={}), ASKING, SEEN, Find(Need.WHO, ADA)),
    *(row(f"a viewer's word: {verdict}", heard(verdict, people={ADA: Known(BY_ADA, "viewer")}), RELEASE, SEEN,
          do.Bar("release", "Ada Example", "comment in Notion", VIEWER))
      for verdict in (YES, CHANGE, Verdict(None, "ada", stop=True))),
    row("four eyes: a yes", heard(YES, team=FOUR_EYES), PRODUCTION, A_BOT,
        do.Bar("production", "Ada Example", "comment in Notion", BAR)),
    row("a status goes before comments", replace(heard(CHANGE), status="Approved"), ASKING, ADA,
        do.Approve("approve", BY_ADA, "notion")),
    row("comments go before a doubt", heard(YES, status="Approved"), ASKING, A_BOT,
        do.Approve("approve", BY_ADA, "comment in Notion")),
    row("another plan", heard(CHANGE, by_rules=False), ASKING, SEEN, do.ReplanAsWished(ADA)),
    row("another plan, of rules or not", heard(CHANGE), ASKING, SEEN, Find(Need.RULES)),
    row("another plan than rules made", heard(CHANGE, by_rules=True), ASKING, SEEN,
        do.Deny("approve", ADA, "and round")),
    row("other work", heard(CHANGE), RELEASE, SEEN, do.Rework("release", ADA, "in blue; and round")),
    row("a plain no", heard(Verdict(None, "ada", stop=True)), RELEASE, SEEN, do.Deny("release", ADA)),
    row("a question", heard(Verdict(asked=(Asked("c", "d", "Why?", "ada"),))), ASKING, SEEN, do.Answer()),
    row("nothing clear", heard(Verdict(unclear="d")), ASKING, SEEN, do.Answer()),
    row("what was changed may be wanted", replace(HEARD, content=Content("h2", fresh=True)), EDITED, SEEN,
        Find(Need.TO_BUILD)),
    row("what was changed is wanted", replace(HEARD, content=Content("h2", fresh=True), to_build="ada"), EDITED, SEEN,
        do.Build(ADA)),
    row("what was changed is not wanted", replace(heard(YES), content=Content("h2", fresh=True), to_build=""), EDITED,
        SEEN, do.Approve("release", BY_ADA, "comment in Notion")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("page", "run", "author", "intent"), [*BEGINNING, *STOPPING, *WAITING, *APPROVING, *COMMENTING]
)
def test_what_a_page_asks_for(page: Sight, run: Run | None, author: Author, intent: Intent) -> None:
    assert decide(page, run, author, NOW) == intent
