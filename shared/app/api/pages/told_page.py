"""The page on which one chooses how one is told: over mail or a messenger, with a test message for each."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from shared.accounts.grants import holds
from shared.app.api.exchange import ApiReply, Call, way_out
from shared.app.api.json_shapes import choice, shape, text
from shared.app.api.pages.forms import BACK, Form, hide, lead
from shared.app.api.pages.page_html import page, paragraph
from shared.app.api.people.browser_session import HEADERS, redirect
from shared.app.api.people.session_calls import call_as
from shared.app.api.settings import notifications as choosing
from shared.app.notify.recipients import Recipient, describe_channels, find_recipient
from shared.app.people.sessions import SignedIn
from shared.core.errors import Conflicting, MalformedRequest
from shared.core.text.sentence import make_sentence
from shared.integrations.systems import CHANNELS, EMAIL, MESSENGERS, name_channel
from shared.ports.documents import tenant_settings

TOLD = "/told"
_OWN = "notifications.own"
_LOOK_AGAIN_S = 2
CHANGE = shape(
    act=choice("address", "test", "on", "off"),
    address=text(max_length=254, default=""),
    channel={**choice("", *CHANNELS), "default": ""},
    back=BACK,
    form=text(max_length=64, default=""),
    required=("act",),
)
QUERY = {"test": text("^[0-9a-z-]{1,80}$", what="A test message that is on its way.")}


def show_told(call: Call, who: SignedIn) -> ApiReply:
    """Show how one is told, with what came of each test message."""
    return _show(call, who)


def change_told(call: Call, who: SignedIn) -> ApiReply:
    """Give an address, have a test message sent, or choose a channel; what is refused is said above what was typed."""
    act, channel, me, goes_on = call.body["act"], call.body["channel"], {"recipient": choosing.ME}, ""
    try:
        if act == "address":
            _choose(call, who, {"email": call.body["address"]})
        elif act == "test":
            sent = call_as(
                call, who, _OWN, choosing.order_channel_test, {"channel": channel}, parts=me, takes=choosing.TEST
            )
            goes_on = f"?test={sent['test']}"
        else:
            others = [each for each in describe_channels(find_mine(call, who)) if each != channel]
            _choose(call, who, {"channels": [*others, channel] if act == "on" else others})
    except (Conflicting, MalformedRequest) as error:
        return _show(call, who, f"{make_sentence(str(error))} {way_out(error)}", error.status)
    return redirect((call.body["back"] or TOLD) + goes_on)


def find_mine(call: Call, who: SignedIn) -> Recipient:
    """Return what one has chosen."""
    people = tenant_settings(call.deps.store, who.tenant).people
    return find_recipient(call.deps, who.tenant, people, who.session.person)


def is_under_way(call: Call, mine: Recipient) -> bool:
    """Say whether a test message was ordered just now, and has not come to its end."""
    asked = call.query.get("test", "")
    return bool(asked) and asked not in {each["test"] for each in (mine.telling.tests or {}).values()}


def offer_channels(call: Call, who: SignedIn, mine: Recipient, back: str = "") -> str:
    """Return each way to be told: how it stands, and the forms to change and to try it."""
    waits = " A test message is on its way." if is_under_way(call, mine) else ""
    lines = f"<li>Notion: comments on the page of the work.{waits}</li>{_line_of_mail(call, who, mine, back)}"
    for system in MESSENGERS:
        if holds(call.deps.store, who.tenant, system):
            lines += _line_of_messenger(who, mine, system, back)
    return f"<ul>{lines}</ul>"


def _choose(call: Call, who: SignedIn, given: Mapping[str, Any]) -> None:
    me = {"recipient": choosing.ME}
    call_as(call, who, _OWN, choosing.choose_notifications, given, parts=me, takes=choosing.CHOICES)


def _show(call: Call, who: SignedIn, problem: str = "", status: int = 200) -> ApiReply:
    mine = find_mine(call, who)
    body = f'<p role="alert"><strong>{escape(problem)}</strong></p>' if problem else ""
    body += offer_channels(call, who, mine) + paragraph(
        "Kinds of messages, quiet hours and a daily digest, in a terminal: workwright notifications set", quiet=True
    )
    again = _LOOK_AGAIN_S if is_under_way(call, mine) else 0
    return page(status, "How you are told", body + lead("/account", "Your account"), HEADERS, refresh=again)


def _line_of_mail(call: Call, who: SignedIn, mine: Recipient, back: str) -> str:
    form, typed = Form(who, TOLD, back), call.body.get("address", "")
    known, waits = str(mine.resolve("").get("email") or ""), mine.telling.asked_email
    shown = f"Mail: to {known}" if known else "Mail: no address yet"
    if waits:
        shown += f". A link was sent to {waits}; open it, and the address counts"
    field = (
        f"<label>{'Another' if known else 'Your'} mail address"
        f'<input type="email" name="address" value="{escape(typed, quote=True)}" required></label>'
    )
    switch = _switch(form, mine, EMAIL) if known else ""
    return f"<li>{escape(shown)}.{switch}{form.make('address', 'Use this address', field)}</li>"


def _line_of_messenger(who: SignedIn, mine: Recipient, system: str, back: str) -> str:
    title = name_channel(system)
    if not mine.resolve("").get(system):
        says = f"{title}: no account there is linked with you."
        return f'<li>{escape(says)} <a href="/account">Link it on your account page</a></li>'
    return f"<li>{escape(title)}: to your account there.{_switch(Form(who, TOLD, back), mine, system)}</li>"


def _switch(form: Form, mine: Recipient, channel: str) -> str:
    """Return the forms of a channel that reaches one, and what came of its last test message."""
    named, last = hide("channel", channel), (mine.telling.tests or {}).get(channel)
    if channel not in describe_channels(mine):
        return f"<div>{form.make('on', f'Tell me by {name_channel(channel)}', named)}</div>"
    came = f"The last test message, {last['at'][:16].replace('T', ' ')} UTC: {last['outcome']}." if last else ""
    test = form.make("test", "Send a test message", named)
    off = form.make("off", f"Do not tell me by {name_channel(channel)}", named)
    return (paragraph(came, quiet=True) if came else "") + f"<div>{test}{off}</div>"
