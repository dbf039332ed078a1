"""The guided set-up: one page that says how far a team has got, and has a form for what is next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from html import escape

from shared.accounts.grants import holds
from shared.app.api.exchange import ApiReply, Call, name_origin, way_out
from shared.app.api.json_shapes import choice, shape, text
from shared.app.api.pages.forms import SETUP, hide, lead, lead_to_sign_in
from shared.app.api.pages.page_html import page, paragraph
from shared.app.api.pages.team_page import list_invited, offer_invitation
from shared.app.api.pages.told_page import find_mine, is_under_way, offer_channels
from shared.app.api.people.browser_session import HEADERS, ask_again, hidden_field, redirect
from shared.app.api.run.open_run import open_text
from shared.app.api.settings.budget import set_budget
from shared.app.approval.approvals import approval_token
from shared.app.connections.access_renewal import find_way_back
from shared.app.connections.connections import connect_link
from shared.app.engine.leases import lease
from shared.app.money.tenant_ledger import allowance_in, read_budget
from shared.app.people.first_steps import find_steps, leave_for_later, load_hour, try_example
from shared.app.people.membership import note
from shared.app.people.sessions import SignedIn
from shared.app.workspace.workspace_order import load_setup, order_databases
from shared.app.workspace.workspace_schemas import KINDS
from shared.core.errors import Conflicting, Forbidden, VersionConflict
from shared.core.money.spending import Allowance
from shared.core.people.actor import Acting
from shared.core.people.first_hour import CODE, PEOPLE, State, Step
from shared.core.people.members import OWNER
from shared.core.text.sentence import make_sentence
from shared.integrations.systems import FORGES, MESSENGERS, SYSTEMS

_MONEY = "^[0-9]{1,6}([.,][0-9]{1,2})?$"
_MICROS = 1_000_000
_LOOK_AGAIN_S = 2
CHANGE = shape(
    act=choice("look", "anew", "place", "adopt", "answer", "limits", "later", "example"),
    page=text("^[0-9a-f-]{0,36}$", default=""),
    key=text(max_length=300, default=""),
    value=text(max_length=300, default=""),
    step={**choice("", PEOPLE, CODE), "default": ""},
    run=text(f"{_MONEY}|^$", default="", what="US dollars, such as 5 or 2.50."),
    day=text(f"{_MONEY}|^$", default="", what="US dollars, such as 25."),
    month=text(f"{_MONEY}|^$", default="", what="US dollars, such as 250."),
    seen=text("^[0-9.x]{0,80}$", default="", what="What the page has shown: nobody undoes what they did not see."),
    form=text(max_length=64, default=""),
    required=("act",),
)
_OTHER_WORKSPACE = (  # who chose the wrong one in Notion's consent has founded, or joined, the team of that one
    '<p class="quiet">Not the workspace you meant? <a href="/sign-in/notion?next=%2Fsetup">Choose another in '
    "Notion</a>; each workspace has a team of its own.</p>"
)
_SIGNS = {State.DONE: "✓", State.LATER: "–", State.WORKING: "…", State.OPEN: "○", State.BLOCKED: "○"}


def show_setup(call: Call, who: SignedIn) -> ApiReply:
    """Show the steps, and a form for the first that is open."""
    return _show(call, who)


def _show(call: Call, who: SignedIn, problem: str = "", status: int = 200) -> ApiReply:
    steps = find_steps(call.deps, who.tenant, who.session.person)
    first = next((step for step in steps if not step.is_over), None)
    lines = "".join(_line(call, who, step, current=step is first) for step in steps)
    if first is None:
        lines += paragraph("That is all. Write what you want into Ideas, and set its status to Plan it.")
    chat = "" if first is not None and first.name == PEOPLE else _offer_messengers(call, who)
    alert = f'<p role="alert"><strong>{escape(problem)}</strong></p>' if problem else ""
    body = f'{alert}<ol class="steps">{lines}</ol>{chat}<p><a href="/account">Your account</a></p>'
    works = any(step.state == State.WORKING for step in steps) or is_under_way(call, find_mine(call, who))
    again = _LOOK_AGAIN_S if works else 0
    return page(status, "Set up your team", body, HEADERS, refresh=again)


def change_setup(call: Call, who: SignedIn) -> ApiReply:
    """Do what was pressed, and show the page again."""
    if who.member.role != OWNER:
        raise Forbidden("only an owner sets up the team", way_out="Ask one of its owners.")
    act = call.body["act"]
    if act == "limits" and (again := ask_again(call, who)) is not None:
        return again
    try:
        _ACTS[act](call, who)
    except VersionConflict:
        return _show(call, who, "Somebody else has changed this meanwhile. This is how it stands now.", 409)
    except Conflicting as error:
        return _show(call, who, f"{make_sentence(str(error))} {way_out(error)}", error.status)
    by = Acting(who.actor, name_origin(call.request))
    note(call.deps, who.tenant, "SetUp", by, f"{who.session.person}, {act}")
    return redirect(SETUP)


def _order(call: Call, who: SignedIn) -> None:
    answers = {call.body["key"]: call.body["value"]} if call.body["key"] else {}
    order_databases(call.deps, who.tenant, call.body["page"].replace("-", ""), {}, answers, seen=_read_seen(call))


def _order_anew(call: Call, who: SignedIn) -> None:
    order_databases(call.deps, who.tenant, "", {}, {}, anew=True, seen=_read_seen(call))


def _read_seen(call: Call) -> int | None:
    """Return the number of the wish that the page has shown."""
    return int(call.body["seen"]) if call.body["seen"].isdecimal() else None


def _adopt(call: Call, who: SignedIn) -> None:
    """Take the databases that are called like ours."""
    found = load_setup(call.deps, who.tenant).found or ()
    adopt = {each["like"]: each["id"].replace("-", "") for each in found if each["like"] in KINDS}
    order_databases(call.deps, who.tenant, "", adopt, {}, seen=_read_seen(call))


def _keep_limits(call: Call, who: SignedIn) -> None:
    given = {name: call.body[name].replace(",", ".") for name in ("run", "day", "month") if call.body[name]}
    with lease(call.deps, who.tenant, "setup.limits"):
        whole = allowance_in(read_budget(call.deps, who.tenant))
        if call.body["seen"] not in ("", _mark_limits(whole)):
            raise VersionConflict("the limits were changed since the page showed them")
        kept = {"run": whole.run, "day": whole.day, "month": whole.month}
        kept |= {name: round(float(value) * _MICROS) for name, value in given.items()}
        chosen = {name: value for name, value in kept.items() if value is not None}
        set_budget(call.deps, who.tenant, chosen, who.actor)


def _mark_limits(allowed: Allowance) -> str:
    return ".".join("x" if each is None else str(each) for each in (allowed.run, allowed.day, allowed.month))


def _leave(call: Call, who: SignedIn) -> None:
    leave_for_later(call.deps, who.tenant, call.body["step"] or CODE)


def _try(call: Call, who: SignedIn) -> None:
    try_example(call.deps, who.tenant, lambda *given: open_text(call, who.tenant, who.actor, *given))


_ACTS: Mapping[str, Callable[[Call, SignedIn], None]] = {
    "look": _order,
    "anew": _order_anew,
    "place": _order,
    "answer": _order,
    "adopt": _adopt,
    "limits": _keep_limits,
    "later": _leave,
    "example": _try,
}


def _line(call: Call, who: SignedIn, step: Step, *, current: bool) -> str:
    words = escape(f"{_SIGNS[step.state]} {step.title}")
    shown = f"<li><strong>{words}</strong>{paragraph(step.says)}"
    if current:
        shown += (paragraph(step.next) if step.state == State.BLOCKED else "") + _forms(call, who, step)
    return shown + "</li>"


def _forms(call: Call, who: SignedIn, step: Step) -> str:
    if who.member.role != OWNER:
        return paragraph("An owner of your team goes on from here.", quiet=True)
    forms: Mapping[str, Callable[[Call, SignedIn], str]] = {
        "notion": _connect_again,
        "place": _choose_place,
        "people": _choose_people,
        "limits": _choose_limits,
        "code": _choose_code,
        "example": _choose_example,
    }
    return forms[step.name](call, who)


def _connect_again(call: Call, who: SignedIn) -> str:
    back = find_way_back(call.deps, who.tenant, "notion")
    if back.url:
        return lead(back.url, "Connect Notion again")
    return paragraph(f"It was given as a token, so a new one is, in a terminal: {back.command}")


def _choose_place(call: Call, who: SignedIn) -> str:
    setup = load_setup(call.deps, who.tenant)
    seen = {"seen": str(setup.number)}
    if setup.state == "working":  # who ordered it may have died before it was handed on
        wait = paragraph("If it takes longer than a minute, let it be done again.", quiet=True)
        return wait + _form(who, "look", "Do it again", seen)
    if setup.state == "asking":
        return "".join(
            paragraph(str(each["text"]))
            + "".join(
                _form(who, "answer", str(o["label"]), {"key": str(each["key"]), "value": str(o["value"]), **seen})
                for o in each["choices"]
            )
            for each in setup.questions or ()
        )
    if setup.lacking:
        return _connect_again(call, who) + _form(who, "look", "Look again", seen)
    if setup.state == "failed":
        elsewhere = _form(who, "anew", "Choose another page", seen) if setup.page else ""
        return _form(who, "look", "Look again", seen) + elsewhere
    if setup.state != "choosing":
        return _form(who, "look", "Look at the shared pages", seen) + _OTHER_WORKSPACE
    ours = [each["title"] for each in setup.found or () if each["like"] in KINDS]
    adopt = f"Use the databases that are there: {', '.join(ours)}" if len(ours) == len(KINDS) else ""
    pages = (
        _form(who, "place", f"Use “{each['title']}”", {"page": str(each["id"]), **seen}) for each in setup.pages or ()
    )
    again = _form(who, "look", "Look again", seen) + _OTHER_WORKSPACE
    return (_form(who, "adopt", adopt, seen) if adopt else "") + "".join(pages) + again


def _choose_people(call: Call, who: SignedIn) -> str:
    """Offer to invite somebody and to choose how one is told; whoever has done so, or wants neither, goes on."""
    invited = "".join(f"<li>{escape(each['to'])} as {each['role']}</li>" for each in list_invited(call, who))
    listed = f"<p>Invited:</p><ul>{invited}</ul>" if invited else ""
    return (
        f"<h2>Invite a colleague</h2>{listed}{offer_invitation(call, who, SETUP)}"
        f"<h2>How you are told</h2>{offer_channels(call, who, find_mine(call, who), SETUP)}"
        + _offer_messengers(call, who)
        + _form(who, "later", "Go on", {"step": PEOPLE})
    )


def _choose_limits(call: Call, who: SignedIn) -> str:
    allowed = allowance_in(read_budget(call.deps, who.tenant))
    fields = "".join(
        f'<label>US dollars {words}<input name="{name}" inputmode="decimal" value="{_dollars(value)}"></label>'
        for name, words, value in (
            ("run", "for one piece of work", allowed.run),
            ("day", "a day", allowed.day),
            ("month", "a month", allowed.month),
        )
    )
    return _form(who, "limits", "Keep these limits", {"seen": _mark_limits(allowed)}, inner=fields)


def _choose_code(call: Call, who: SignedIn) -> str:
    ways = "".join(_offer_system(call, who, each) for each in FORGES)
    return ways + _form(who, "later", "Leave it for later", {"step": "code"})


def _offer_system(call: Call, who: SignedIn, system: str) -> str:
    """Lead to the system's own consent; where the operator has set up none, say how a token is given."""
    title = SYSTEMS[system].title
    if not who.session.is_fresh(call.deps.clock.now()):
        return lead_to_sign_in(SETUP, f"Connect {title}: show once more that it is you")
    try:
        return lead(connect_link(call.deps, who.tenant, system, who.session.person), f"Connect {title}")
    except Conflicting:
        return paragraph(f"{title} with a token, in a terminal: workwright account {system}", quiet=True)


def _offer_messengers(call: Call, who: SignedIn) -> str:
    """Lead an owner to the consent of each messenger that the operator has an app of and the team does not use yet."""
    if who.member.role != OWNER:
        return ""
    offered = ""
    for system in MESSENGERS:
        with suppress(KeyError, Conflicting):  # no app, or no link
            call.deps.secrets.get(f"{system}-client-id")
            if not holds(call.deps.store, who.tenant, system):
                offered += lead(
                    connect_link(call.deps, who.tenant, system, who.session.person), f"Connect {SYSTEMS[system].title}"
                )
    return offered


def _choose_example(call: Call, who: SignedIn) -> str:
    hour = load_hour(call.deps, who.tenant)
    loaded = call.deps.store.load_run(who.tenant, hour.example) if hour.example else None
    if loaded is None:
        return _form(who, "example", "Try the example")
    token = approval_token(call.deps, loaded.run)
    return lead(f"/approvals/{token}", "Read the plan") if token else ""


def _form(who: SignedIn, act: str, words: str, fields: Mapping[str, str] | None = None, inner: str = "") -> str:
    hidden = "".join(hide(name, value) for name, value in (fields or {}).items())
    return (
        f'<form method="post" action="/setup">{hidden_field(who)}{hidden}{inner}'
        f'<button name="act" value="{act}">{escape(words)}</button></form>'
    )


def _dollars(micros: int | None) -> str:
    return "" if micros is None else f"{micros / _MICROS:.2f}".removesuffix(".00")
