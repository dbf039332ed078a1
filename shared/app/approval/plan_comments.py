"""What people say in comments about the plan that is shown: a yes, a wish for another plan, or something unclear.

A comment counts when a member of the workspace made it after this very plan was shown, and it counts once: what was
heard is remembered by id, so that editing or deleting it later changes nothing. A bare yes or no that answers somebody
else's comment is about that comment. Wishes are kept as they were said, for the planner.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from shared.app.engine.deps import Deps
from shared.app.engine.effects import Effects
from shared.app.engine.step_context import run_url
from shared.app.notify.messages import ASKED, question_of, told_once
from shared.core.approval.decision_words import MAX_WISH, Decision, Said, declines, is_plain_no, read_decision
from shared.core.approval.four_eyes import Barred
from shared.core.approval.release_words import PLAN, gate_kind
from shared.core.chat.chat_words import ASK
from shared.core.chat.read_by_rules import intent_of
from shared.core.errors import Busy, Missing, Rejected, VersionConflict
from shared.core.page import Span
from shared.core.pages import marks
from shared.core.run.run import Run, Step, derived_id
from shared.integrations.notion.client.client import Notion
from shared.ports import Put
from shared.steps._kind import Repeat

Json = Mapping[str, Any]

KIND = "heard"
MOST_WISHES = 50
_HOW = "how-to-decide"
_ANSWER = "#workwright-answer-"  # how the links of a conversation's answers end, before the comment's id
UNCLEAR = "I could not tell what you want."
HOW_TO_DECIDE = " To decide about this plan, comment “approve”, or “no, because …” with what should be different"
BY_STATUS = ", or set the status to Approved or Cancelled"
WHO = "Notion did not tell me who set the status to {status}."
AGAIN = {
    marks.APPROVED: " Only a person can approve this. If you do, set the status to another one and then to Approved "
    "again, or comment “approve”.",
    marks.CANCELLED: " Only a person can cancel this, so it goes on. To stop it, set the status to another one and "
    "then to Cancelled again.",
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants of another plan; `revision` is that of the plan it was said about."""

    comment: str
    text: str
    by: str
    revision: int


@dataclass(frozen=True, slots=True)
class Heard:
    """The comments of a run that were taken note of, and the wishes among them."""

    ids: frozenset[str] = frozenset()
    wishes: tuple[Wish, ...] = ()
    version: str = ""  # of what is stored
    asked: frozenset[str] = frozenset()  # gates behind the plan's that people were asked at, with what it was about

    def before(self, revision: int) -> tuple[Wish, ...]:
        """Return the wishes that the plan of this revision was made with."""
        return tuple(wish for wish in self.wishes if wish.revision < revision)

    def about(self, revision: int) -> Wish | None:
        """Return the last wish about the plan of this revision: there has to be another plan."""
        return next((wish for wish in reversed(self.wishes) if wish.revision == revision), None)


@dataclass(frozen=True, slots=True)
class Asked:
    """A comment of a member that decides nothing and is said to us: its id, thread, text, and who made it."""

    comment: str
    discussion: str
    text: str
    by: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a batch of new comments comes to; `by` is the id of the person who decided."""

    said: Said | None = None
    by: str = ""
    wishes: tuple[tuple[str, str, str], ...] = ()  # (comment, text, person)
    unclear: str = ""  # the discussion to answer in
    asked: tuple[Asked, ...] = ()
    thumbs_down: tuple[tuple[str, str], ...] = ()  # (comment, person)
    stop: bool = False  # a plain no, and no word of what should be otherwise


def heard_of(deps: Deps, tenant: str, run: str) -> Heard:
    """Return what was heard for this run so far."""
    doc = deps.store.get(tenant, KIND, run)
    if doc is None:
        return Heard()
    asked = frozenset(doc.body.get("asked", ()))
    return Heard(frozenset(doc.body["ids"]), tuple(Wish(**each) for each in doc.body["wishes"]), doc.version, asked)


def keep_heard(
    deps: Deps,
    run: Run,
    before: Heard,
    ids: Iterable[str],
    wishes: Sequence[Wish] = (),
    also: Sequence[Put] = (),
    asked: str = "",
) -> None:
    """Remember more comments as heard, wishes among them, and that people are `asked`, with what has to be kept `also`.

    Raises Busy when another delivery heard some just now.
    """
    put = heard_put(run, before, ids, wishes, asked)
    try:
        deps.store.put(run.tenant, put, *also)
    except VersionConflict as error:
        raise Busy(f"run {run.id}: its comments are being read") from error


def heard_put(run: Run, before: Heard, ids: Iterable[str], wishes: Sequence[Wish] = (), asked: str = "") -> Put:
    """Return the write that remembers more comments as heard."""
    after = Heard(before.ids | frozenset(ids), (*before.wishes, *wishes)[-MOST_WISHES:])
    listed = [
        {"comment": each.comment, "text": each.text[:MAX_WISH], "by": each.by, "revision": each.revision}
        for each in after.wishes
    ]
    gates = sorted({*before.asked, *([asked] if asked else ())})
    body = {"ids": sorted(after.ids), "wishes": listed, **({"asked": gates} if gates else {})}
    return Put(KIND, run.id, body, before.version)


def listening(run: Run, gate: Step, heard: Heard) -> bool:
    """Say whether comments may decide at this gate: behind the plan's, only once people were asked there."""
    return gate_kind(gate.id) == PLAN or question_of(gate) in heard.asked


def listen_from_now(deps: Deps, notion: Notion, run: Run, gate: Step) -> None:
    """Take what was said so far for said about something else: at this gate only what comes now decides.

    Once per question, before it is put into a comment. Raises Busy when another delivery heard something just now.
    """
    heard = heard_of(deps, run.tenant, run.id)
    if listening(run, gate, heard):
        return
    said = [one.id for one in new_comments(notion, run, heard)]
    deps.crash_point("heard.before/notify")
    keep_heard(deps, run, heard, said, asked=question_of(gate))
    deps.crash_point("heard.after/notify")


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment, and the one it answers: the last one before it in its discussion; None when it began that.

    `follows` is the last one before it on the page, in whatever discussion.
    """

    comment: Json
    answers: Json | None = None
    follows: Json | None = None

    @property
    def id(self) -> str:
        """Return the comment's id."""
        return str(self.comment["id"])


def new_comments(notion: Notion, run: Run, heard: Heard) -> list[Remark]:
    """Return the comments on the page and on its plan since the plan was shown, oldest first; none of ours.

    Notion tells only the minute of a comment, so those of the plan's own minute count unless they were there before it.
    """
    published = next((s.output for s in reversed(run.steps) if s.output.get("shown")), None)
    if published is None:
        return []
    found = [*_remarks(notion, run.trigger.page), *_remarks(notion, str(published["container"]))]
    since, there = str(published["shown"]), frozenset(published.get("said") or ()) | heard.ids
    fresh = [one for one in found if str(one.comment["created_time"]) >= since and one.id not in there]
    if not fresh:
        return []
    ours = str(notion.me()["id"])
    theirs = [one for one in fresh if author_of(one.comment) != ours]
    return sorted(theirs, key=lambda one: str(one.comment["created_time"]))


def _remarks(notion: Notion, place: str) -> list[Remark]:
    last: dict[str, Json] = {}
    found: list[Remark] = []
    for one in _comments(notion, place):  # oldest first
        discussion = str(one.get("discussion_id") or one["id"])
        found.append(Remark(one, last.get(discussion), found[-1].comment if found else None))
        last[discussion] = one
    return found


def judged(notion: Notion, run: Run, gate: str, remarks: Sequence[Remark]) -> Verdict:
    """Return what these comments come to: the last clear one of a member decides about the plan that `gate` asks of."""
    said: Said | None = None
    by = unclear = ""
    wishes: list[tuple[str, str, str]] = []
    asked: list[Asked] = []
    down: list[tuple[str, str]] = []
    stop = False
    members: frozenset[str] | None = None
    us = str(notion.me()["id"])
    for one in remarks:
        author = author_of(one.comment)
        if not is_person(notion, author):
            continue
        text = _standing_text(one.comment)
        decision = read_decision(text)
        question = _question_before(us, one, decision)
        about = question is None and _is_about(one, decision, _asking(run, gate), us)
        if gate_kind(gate) != PLAN and about and is_plain_no(text):
            members = members_of(notion) if members is None else members
            if author in (members or ()):
                said, by, stop = None, author, True
            continue
        if decision.said == Said.UNCLEAR or not about:
            unclear = str(one.comment.get("discussion_id") or "")
            if decision.thumb_down:
                members = members_of(notion) if members is None else members
                down += [(one.id, author)] if author in (members or ()) else []
            elif question is not None or (decision.said == Said.UNCLEAR and _is_said_to(us, one, text)):
                members = members_of(notion) if members is None else members
                where = str((question or one.comment).get("discussion_id") or "")
                asked += [Asked(one.id, where, text, author)] if author in (members or ()) else []
            continue
        members = members_of(notion) if members is None else members
        if author not in (members or ()):
            continue
        said, by, stop = decision.said, author, False
        if decision.said == Said.CHANGE:
            wishes.append((one.id, decision.wish, author))
    return Verdict(said, by, tuple(wishes), unclear, tuple(asked), tuple(down), stop)


def declined(notion: Notion, run: Run) -> str:
    """Return the member who answered our question with the word for nothing that it offers; "" while nobody has."""
    asked = next((s.output.get("comment") for s in reversed(run.steps) if s.spec.kind == "notion.ask_question"), None)
    question = str(run.facts.get("question", ""))
    said = _comments(notion, run.trigger.page)
    at = next((number for number, one in enumerate(said) if str(one["id"]) == asked), len(said))
    found = [author_of(one) for one in said[at + 1 :] if declines(_standing_text(one), question)]
    members = members_of(notion) if found else frozenset()
    return next((author for author in found if author in members), "")


def _is_said_to(us: str, remark: Remark, text: str) -> bool:
    """Say whether a comment asks us something: no colleague is answered or named, and there is a question or a wish."""
    named = [part["mention"] for part in remark.comment.get("rich_text", ()) if part.get("type") == "mention"]
    people = {str((each.get("user") or {}).get("id", "")) for each in named if each.get("type") == "user"}
    if people - {us}:
        return False
    before = remark.answers
    ours = before is None or author_of(before) in (us, author_of(remark.comment))
    return ours and (bool(people) or "?" in text or intent_of(text) != ASK)


def _question_before(us: str, remark: Remark, decision: Decision) -> Json | None:
    """Return what a conversation of ours asked back, where a comment answers that: by a number, a name or a yes.

    A bare yes outside of its thread is about it too: "Shall I stop it?" stood there when it was said.
    """
    before = remark.answers or remark.follows
    if before is None or decision.names_it or author_of(before) != us or "?" not in text_of(before):
        return None
    ours = any(_ANSWER in str(part.get("href") or "") for part in before.get("rich_text", ()))
    return before if ours else None


def _is_about(remark: Remark, decision: Decision, asking: Sequence[str], us: str) -> bool:
    """Say whether what was said is about this plan, and not about the comment that it answers."""
    before = remark.answers
    if before is None or author_of(before) == author_of(remark.comment):
        return True
    marked = [str(part.get("href") or "") for part in before.get("rich_text", ())] if author_of(before) == us else []
    if any(href.endswith(tuple(asking)) for href in marked):
        return True
    if decision.said == Said.YES and any(f".notify.{ASKED}." in href for href in marked):
        return False  # the plan of that comment is not the one that is shown now
    return decision.names_it


def _asking(run: Run, gate: str) -> tuple[str, str]:
    """Return how the links end that mark our comments which ask about this plan."""
    waiting = run.step(gate)
    named = question_of(waiting) if waiting is not None else gate
    return f"#workwright-{_HOW}", f"#workwright-{told_once(run.id, ASKED, named)}"


def _standing_text(comment: Json) -> str:
    """Return a comment's text without what its author has struck out."""
    parts = comment.get("rich_text", ())
    kept = [part for part in parts if not (part.get("annotations") or {}).get("strikethrough")]
    return text_of({"rich_text": kept})


def explain(deps: Deps, notion: Notion, run: Run, discussion: str) -> None:
    """Say once in a run how a plan is decided; raises OutcomeUnknown while an earlier answer may still arrive."""
    target = marks.mark(run_url(deps, run), _HOW)
    how = HOW_TO_DECIDE + (BY_STATUS if run.trigger.decided_by_status else "")
    spans = (Span(UNCLEAR, href=target), Span(f"{how}."))
    with suppress(Missing, Rejected):  # the discussion is gone, or we may not comment: then the plan itself says it
        Effects(deps, run.tenant, f"{run.id}.comments", "comments", "notion")(
            _HOW,
            lambda: {"id": notion.reply(discussion, spans)["id"]},
            repeat=Repeat.LOOK,
            look=lambda: said_already(notion, run, target),
        )


def tell_barred(deps: Deps, notion: Notion, run: Run, gate: Step, by: str, bar: Barred) -> None:
    """Say once per person and question why somebody's approval does not count."""
    name = derived_id("barred-", gate.id, gate.wait.what if gate.wait else "", by)[:40]
    target = marks.mark(run_url(deps, run), name)
    spans = (Span(f"{by}, your approval does not count here: {bar.why}.", href=target), Span(f" {bar.way_out}"))
    with suppress(Missing, Rejected):
        Effects(deps, run.tenant, f"{run.id}.comments", "comments", "notion")(
            name,
            lambda: {"id": notion.comment(run.trigger.page, spans)["id"]},
            repeat=Repeat.LOOK,
            look=lambda: said_already(notion, run, target),
        )


def ask_who(deps: Deps, notion: Notion, run: Run, status: str) -> None:
    """Say once about a plan that Approved, or Cancelled, counts only from a person whom we saw set it."""
    name = f"who-{status.lower()}-{run.revision}"
    target = marks.mark(run_url(deps, run), name)
    spans = (Span(WHO.format(status=status), href=target), Span(AGAIN[status]))
    with suppress(Missing, Rejected):  # gone, or we may not comment: then the plan itself says how to decide
        Effects(deps, run.tenant, f"{run.id}.comments", "comments", "notion")(
            name,
            lambda: {"id": notion.comment(run.trigger.page, spans)["id"]},
            repeat=Repeat.LOOK,
            look=lambda: said_already(notion, run, target),
        )


def said_already(notion: Notion, run: Run, target: str) -> dict[str, Any] | None:
    """Return the comment of ours that is marked so, where one is."""
    published = next((s.output for s in reversed(run.steps) if s.output.get("shown")), {})
    places = [run.trigger.page, *([str(published["container"])] if published else ())]
    for one in (comment for place in places for comment in _comments(notion, place)):
        if any((part.get("href") or "") == target for part in one.get("rich_text", ())):
            return {"id": str(one["id"])}
    return None


def _comments(notion: Notion, place: str) -> list[dict[str, Any]]:
    """Return the comments there; none where there is nothing any more, or where we may not read them."""
    try:
        return notion.comments(place)
    except (Missing, Rejected):
        return []


def is_person(notion: Notion, user: str) -> bool:
    """Say whether a person it is; who cannot be looked up decides nothing."""
    if not user:
        return False
    try:
        return notion.user(user).get("type") == "person"
    except (Missing, Rejected):
        return False


def members_of(notion: Notion) -> frozenset[str]:
    """Return the people of the workspace; guests are none of them. Empty where Notion does not tell us."""
    try:
        return frozenset(str(user["id"]) for user in notion.users() if user.get("type") == "person")
    except (Missing, Rejected):
        return frozenset()


def author_of(comment: Json) -> str:
    """Return the id of who wrote a comment."""
    return str((comment.get("created_by") or {}).get("id", ""))


def text_of(comment: Json) -> str:
    """Return a comment's text."""
    return "".join(str(part.get("plain_text", "")) for part in comment.get("rich_text", ()))
