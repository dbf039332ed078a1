"""A page for who is signed in: the cookie, the way to the sign-in, and what a form must bring along."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import replace
from html import escape
from typing import NoReturn
from urllib.parse import quote, urlsplit

from shared.app.api.exchange import ApiReply, ApiRequest, Call
from shared.app.api.pages.page_html import page
from shared.app.people.sessions import Place, SignedIn, find_session, sign_form
from shared.core.errors import Forbidden, RequestError

FORM_FIELD = "form"
# Under `no-referrer` a browser sends `Origin: null` with a form, even to where the form came from.
HEADERS = {"Referrer-Policy": "same-origin"}
PageHandler = Callable[[Call, SignedIn], ApiReply]


class WrongHost(RequestError):
    """The pages were asked for under a name that is not theirs (RFC 9110, 15.5.20)."""

    status = 421
    code = "misdirected"


def require_session(handler: PageHandler) -> Callable[[Call], ApiReply]:
    """Return the handler for who is signed in; who is not is sent to sign in, and comes back to where they were.

    A form counts only from our own page: it brings the session's own mark, and the browser says that it is ours.
    """

    def answer(call: Call) -> ApiReply:
        reading = call.request.method in ("GET", "HEAD")
        if (moved := _move_host(call)) is not None:
            return moved
        cookie = read_cookie(call.request, name_cookie(call))
        who = find_session(call.deps, cookie)
        if who is None:
            return redirect(f"/sign-in?next={quote(call.request.path, safe='')}")
        if not reading:
            _check_form(call, cookie)
        reply = handler(call, who)
        if who.cookie == cookie or "Set-Cookie" in reply.headers:
            return reply
        return replace(reply, headers={**reply.headers, "Set-Cookie": write_cookie(call, who)})

    answer.__name__, answer.__doc__ = handler.__name__, handler.__doc__
    return answer


def read_session(call: Call) -> SignedIn | None:
    """Return who is signed in, where a page is for others too; None for nobody."""
    return find_session(call.deps, read_cookie(call.request, name_cookie(call)), renew=False)


def name_cookie(call: Call, use: str = "") -> str:
    """Return the name of our cookie: bound to this host alone where the address is secure (RFC 6265bis, 4.1.3.2)."""
    name = f"workwright-{use or 'session'}"
    return f"__Host-{name}" if call.deps.public_url.startswith("https://") else name


def read_cookie(request: ApiRequest, name: str) -> str:
    """Return a cookie's value; "" where there is none, or two of the name."""
    pairs = [each.strip().partition("=") for each in request.header("cookie").split(";")]
    values = [value for known, _, value in pairs if known == name]
    return values[0] if len(values) == 1 else ""


def write_cookie(call: Call, who: SignedIn) -> str:
    """Return the header that has the browser keep the session, as long as it can last."""
    left = who.session.ends_at() - call.deps.clock.now()
    return set_cookie(call, name_cookie(call), who.cookie, int(left.total_seconds()) if who.session.kept else None)


def set_cookie(call: Call, name: str, value: str, seconds: int | None) -> str:
    """Return a `Set-Cookie`: out of a script's reach, and not sent along when another site posts."""
    secure = "; Secure" if call.deps.public_url.startswith("https://") else ""
    lasting = "" if seconds is None else f"; Max-Age={seconds}"
    return f"{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{lasting}"


def redirect(path: str, headers: dict[str, str] | None = None) -> ApiReply:
    """Send the browser on."""
    moved = page(303, "Go on", f'<p><a href="{escape(path, quote=True)}">Go on</a></p>')
    return replace(moved, headers={**moved.headers, "Location": path, **(headers or {})})


def hidden_field(who: SignedIn) -> str:
    """Return the field that each form of a signed-in page carries."""
    return f'<input type="hidden" name="{FORM_FIELD}" value="{sign_form(who.cookie)}">'


def find_remote(call: Call) -> str:
    """Return the address a call came from: in the cloud what the platform's own proxy has added last."""
    forwarded = call.request.header("x-forwarded-for").rpartition(",")[2].strip()
    return forwarded if forwarded and call.deps.public_url.startswith("https://") else call.request.remote


def place_of(call: Call) -> Place:
    """Return where a browser is, as it says and as its connection shows."""
    return Place(call.request.header("user-agent"), find_remote(call))


def ask_again(call: Call, who: SignedIn) -> ApiReply | None:
    """Return the way to sign in once more for who did so too long ago, and back to where they are; None for others."""
    if who.session.is_fresh(call.deps.clock.now()):
        return None
    return redirect(f"/sign-in?again=yes&next={quote(call.request.path, safe='')}")


def _move_host(call: Call) -> ApiReply | None:
    """Lead who uses another name of ours to the one where cookies are; nobody else's name is served at all."""
    host, ours = call.request.header("host"), urlsplit(call.deps.public_url).netloc
    if not host or host == ours:
        return None
    if call.request.method in ("GET", "HEAD") and urlsplit(f"//{host}").hostname in ("localhost", "127.0.0.1", "::1"):
        return redirect(f"{call.deps.public_url}{call.request.path}")
    raise WrongHost("this is not the address of this page", way_out=f"Open {call.deps.public_url}.")


def refuse_foreign_form(call: Call) -> None:
    """Raise Forbidden for a form that did not come from our own page; a sibling of our host is another site's."""
    site, origin = call.request.header("sec-fetch-site"), call.request.header("origin")
    ours = urlsplit(call.deps.public_url)
    if site not in ("", "same-origin") or ((origin or not site) and origin != f"{ours.scheme}://{ours.netloc}"):
        _refuse_form()


def _check_form(call: Call, cookie: str) -> None:
    refuse_foreign_form(call)
    if not hmac.compare_digest(str(call.body.get(FORM_FIELD, "")).encode(), sign_form(cookie).encode()):
        _refuse_form()


def _refuse_form() -> NoReturn:
    raise Forbidden("the form did not come from our own page", way_out="Open the page again and press there.")
