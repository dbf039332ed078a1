"""The page behind an approval link: it shows the question, and takes one answer."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from urllib.parse import quote, urlsplit

from shared.app.api.exchange import ApiReply, Call
from shared.app.api.pages.page_html import leads, link, page, paragraph
from shared.app.api.people.browser_session import read_session
from shared.app.api.run.runs import take_words
from shared.app.approval.approvals import BY_LINK, Asked, asked_now, decide, question_now, read_token, refuse_decided
from shared.app.approval.gates import team_of
from shared.app.approval.recipients import identify_recipient
from shared.app.engine.switches import standing_still_words
from shared.core.approval.deciders import MAY_DECIDE, Decider, find_refusal
from shared.core.approval.gates import PLAN, PRODUCTION, RELEASE, gate_kind
from shared.core.approval.late_words import describe_change
from shared.core.approval.release_words import PREVIEW, describe_question, find_review, question_lines, subject_of
from shared.core.errors import BadSignature, Conflicting, Forbidden, MalformedRequest, NotThere, RequestError
from shared.core.pages.page_changes import describe_edits
from shared.core.people.actor import Actor, ActorKind
from shared.core.planning.plan import describe_in_full
from shared.core.planning.plan_words import explain_replanning, finding_lines, outlook_lines
from shared.core.run.run import Run, RunStatus, Step, StepStatus
from shared.core.text.sentence import make_sentence

_MAX_SHOWN = 200_000  # letters of the changes
_SAID = {
    PLAN: ("Approved. The work begins now.", "Denied. Nothing will be built."),
    RELEASE: ("Approved. It is sent now.", "Denied. Nothing leaves."),
    PRODUCTION: ("Approved. It goes live now.", "Denied. It does not go live."),
}
_LATER = "Approved. It goes on once the pause is over."
DECISIONS = ("approve", "deny", "build", "answer", "again")
_WORDS = {"build": "build it", "again": "again", "answer": ""}  # "" for what was written
BY_PAGE = "page"  # how somebody decides who is signed in

# Under `no-referrer` a browser sends `Origin: null` with a form, even to where the form came from.
HEADERS = {"Referrer-Policy": "same-origin"}


def show_question(call: Call) -> ApiReply:
    """Show what is asked. Opening the link decides nothing: mail scanners open links too."""
    asked = _read(call)
    run = load_linked_run(call, asked.tenant, asked.run)
    if run.status == RunStatus.AWAITING_INPUT:
        return _show_question(call, run, asked)
    _refuse_closed(run, asked)
    title, kind = run.trigger.title or run.id, gate_kind(asked.gate)
    shown = _question(run, asked) if kind == PLAN else _render_changes(call, run, asked)
    form = _answer(run, asked) + _render_decider(call, run, asked)
    return page(200, f"{subject_of(kind, title)}?", _render_pause(call, run) + shown + form, HEADERS)


def take_answer(call: Call) -> ApiReply:
    """Take a person's answer, once."""
    refuse_foreign(call)
    asked = _read(call)
    if (decision := call.body["decision"]) in _WORDS:
        return _take_words(call, asked, _WORDS[decision] or call.body["reason"])
    yes, before = decision == "approve", load_linked_run(call, asked.tenant, asked.run)
    try:
        who = find_decider(call, asked)
        _refuse(call, before, asked, who, approves=yes)
    except Forbidden:
        _refuse_closed(before, asked)  # what is closed is closed for everybody
        raise
    by, actor = who.actor.name, who.actor
    run = decide(call.deps, asked, approve=yes, by=by, via=who.via, reason=call.body["reason"], actor=actor)
    title = run.trigger.title or run.id
    sentence, still = _SAID[gate_kind(asked.gate)][0 if yes else 1], _render_pause(call, run)
    if yes and still:
        sentence = _LATER
    return page(200, sentence, still + paragraph(f"This was about “{title}”.") + _link(run), HEADERS)


def refusal(error: RequestError) -> ApiReply:
    """Say on a page why the link or the answer does not count, and what to do."""
    titles = {401: "This link is not valid", 403: "This answer was not accepted", 404: "There is no such run"}
    title = titles.get(error.status, "This question is closed" if error.status == 409 else "This cannot be read")
    return page(error.status, title, paragraph(make_sentence(str(error))) + paragraph(error.way_out), HEADERS)


def _render_pause(call: Call, run: Run) -> str:
    """Say that nothing happens before somebody lets work go on; "" where it is not paused."""
    return paragraph(words) if (words := standing_still_words(call.deps, run)) else ""


def _show_question(call: Call, run: Run, asked: Asked) -> ApiReply:
    """Show the question in words that the run waits with; who holds the link to it can answer it here."""
    title = run.trigger.title or run.id
    shown = _render_pause(call, run) + _paragraphs(question_lines(run))
    if asked == question_now(run):
        shown += (
            '<form method="post"><label>Your answer<input name="reason" maxlength="500"></label>'
            '<button name="decision" value="answer">Answer</button>'
            '<button name="decision" value="again">Try again</button></form>'
        )
    return page(200, f"“{title}” has a question", shown + _link(run), HEADERS)


def find_decider(call: Call, asked: Asked) -> Decider:
    """Return who decides: who is signed in to this team, as far as they may, else whom the link was made for."""
    who = read_session(call)
    if who is None or who.tenant != asked.tenant:
        return identify_recipient(call.deps, asked)
    return Decider(Actor(ActorKind.PERSON, who.session.person, who.member.name), who.member.role, BY_PAGE)


def _refuse(call: Call, run: Run, asked: Asked, who: Decider, *, approves: bool) -> None:
    """Raise Forbidden where they may not; to say no is never for good."""
    bar = find_refusal(run, asked.gate, who, team_of(call.deps, asked.tenant))
    if bar is not None and (approves or who.role not in MAY_DECIDE):
        raise Forbidden(bar.why, way_out=bar.way_out)


def _render_decider(call: Call, run: Run, asked: Asked) -> str:
    """Say in whose name it is decided, and where that is nobody's, or not enough, how to sign in."""
    again = quote(call.request.path, safe="")
    sign_in = f'<p><a class="act" href="/sign-in?next={again}">Sign in to decide</a></p>'
    try:
        who = find_decider(call, asked)
    except Forbidden as error:
        return paragraph(f"{make_sentence(str(error))} {error.way_out}") + sign_in
    bar = find_refusal(run, asked.gate, who, team_of(call.deps, asked.tenant))
    noted = paragraph(f"What you press is noted as decided by {who.actor.name}.", quiet=True)
    if bar is None:
        return noted
    return noted + paragraph(f"{make_sentence(bar.why)} {bar.way_out}") + (sign_in if who.via == BY_LINK else "")


def _take_words(call: Call, asked: Asked, words: str) -> ApiReply:
    """Take an answer in words to exactly what the link is about."""
    run = load_linked_run(call, asked.tenant, asked.run)
    if asked != question_now(run):
        _refuse_closed(run, asked)
    who = find_decider(call, asked)
    _refuse(call, run, asked, who, approves=False)
    if not words.strip():
        raise MalformedRequest("the answer is empty", way_out="Go back and write what should be different.")
    after = take_words(call, asked.tenant, asked.run, words, who.actor)
    still, about = (
        _render_pause(call, after),
        paragraph(f"This was about “{run.trigger.title or run.id}”.") + _link(after),
    )
    return page(200, "Thank you." if still else "Thank you. The work goes on.", still + about, HEADERS)


def _read(call: Call) -> Asked:
    try:
        return read_token(call.deps, call.parts["token"])
    except KeyError:
        raise BadSignature("approval links are not set up here", way_out="Ask whoever runs Workwright.") from None


def load_linked_run(call: Call, tenant: str, run_id: str) -> Run:
    """Return the run that a signed link is about; raises NotThere where it is gone."""
    loaded = call.deps.store.load_run(tenant, run_id)
    if loaded is None:
        raise NotThere("the run that this link belongs to no longer exists", way_out="There is nothing you need to do.")
    return loaded.run


def _refuse_closed(run: Run, asked: Asked) -> None:
    refuse_decided(run, asked)
    if asked_now(run) != asked:
        raise Conflicting(describe_change(run, asked.gate), way_out="Open the newest message about it.")


def refuse_foreign(call: Call) -> None:
    """Refuse a form that another site sent; the token is the capability, this is the second lock."""
    site, origin = call.request.header("sec-fetch-site"), call.request.header("origin")
    hosts = {urlsplit(call.deps.public_url).netloc, call.request.header("host")}
    if site not in ("", "same-origin", "none") or (origin and urlsplit(origin).netloc not in hosts):
        raise Forbidden("the answer came from another site", way_out="Open the approval link itself and answer there.")
    if not origin and site == "none":
        raise MalformedRequest(
            "the browser did not say which site the answer came from",
            way_out="Open the approval link and answer there.",
        )


def _question(run: Run, asked: Asked) -> str:
    steps = "".join(_line(step) for step in run.steps if _is_planned(step))
    planned = next((s.output for s in reversed(run.steps) if s.spec.kind == "plan.propose" and s.output), {})
    findings = "".join(f"<li>{escape(line)}</li>" for line in finding_lines(planned))
    return (
        paragraph(str(planned.get("summary", "")))
        + "".join(paragraph(line) for line in (*explain_replanning(run), *outlook_lines(planned)))
        + (f"<ul>{findings}</ul>" if findings else "")
        + f"<ol>{steps}</ol>"
    )


def _render_changes(call: Call, run: Run, asked: Asked) -> str:
    """Show what leaves or goes live, with every change of it; all of it is text."""
    shown = "".join(map(_render_line, describe_question(run, asked.gate)))
    ref = str(find_review(run).get("diff", ""))
    if not ref:
        return shown
    changes = call.deps.store.get_text(asked.tenant, ref)
    cut = len(changes) > _MAX_SHOWN
    text = escape(changes[:_MAX_SHOWN]) + ("\n… (the rest is not shown here; the run holds all of it)" if cut else "")
    return shown + f"<details><summary>The changes</summary><pre>{text}</pre></details>"


def _render_line(line: str) -> str:
    """Return a paragraph for a line; the address of the preview can be opened."""
    return f"<p>{PREVIEW}{link(line[len(PREVIEW) :])}</p>" if line.startswith(PREVIEW) else paragraph(line)


def _paragraphs(lines: Sequence[str]) -> str:
    """Return a paragraph for each line."""
    return "".join(paragraph(line) for line in lines)


def _answer(run: Run, asked: Asked) -> str:
    asker = run.trigger.by or "somebody"
    return (
        paragraph(f"Requested by {asker}. The question is open until {asked.expires_at:%d %B %Y, %H:%M} UTC.")
        + '<form method="post"><label>Reason (optional)<input name="reason" maxlength="500"></label>'
        + '<button name="decision" value="approve">Approve</button>'
        + '<button name="decision" value="deny">Deny</button>'
        + ('<button name="decision" value="build">Build the change too</button>' if _is_edited(run, asked) else "")
        + "</form>"
        + _link(run)
        + paragraph(f"{gate_kind(asked.gate).capitalize()} {asked.plan_hash[:12]} of {run.id}.", quiet=True)
    )


def _is_edited(run: Run, asked: Asked) -> bool:
    return gate_kind(asked.gate) != PLAN and bool(describe_edits(run))


def _line(step: Step) -> str:
    """Show a step's title, which a model wrote, and what will be done, which the approval is for."""
    return f"<li>{escape(step.spec.title or step.spec.kind)}{paragraph(describe_in_full(step.spec), quiet=True)}</li>"


def _is_planned(step: Step) -> bool:
    return not step.spec.gate and not step.parent and step.status in (StepStatus.PENDING, StepStatus.READY)


def _link(run: Run) -> str:
    """Link the page in Notion, where there is one with a safe address."""
    planned = next((s.output for s in reversed(run.steps) if s.spec.kind == "plan.propose" and s.output), {})
    url = str(planned.get("page_url", ""))
    return f"<p>{link(url, f'The page ({urlsplit(url).netloc})')}</p>" if leads(url) else ""
