"""Where somebody is signed in with a browser, over the API: listed, and ended."""

from __future__ import annotations

from typing import Any

from shared.app.api.exchange import ApiReply, Call
from shared.app.api.json_shapes import COUNT, FLAG, TIME, array, members, text
from shared.app.people.membership import end_sessions
from shared.app.people.sessions import end_session
from shared.app.people.sessions import list_sessions as sessions_of
from shared.core.people.sessions import Session

_SESSION = members(
    id=text(),
    browser=text(what="What the browser says it is."),
    address=text(what="From where it signed in."),
    kept=FLAG,
    at=TIME,
    seen_at=TIME,
    ends_at=TIME,
)
VIEWS = {
    "Sessions": members(sessions=array(_SESSION)),
    "SessionsEnded": members(ended=COUNT),
}


def list_sessions(call: Call) -> ApiReply:
    """Return where the caller is signed in with a browser, the latest first; a program is nowhere."""
    theirs = sessions_of(call.deps, call.tenant, call.who.person) if call.who.person else []
    return ApiReply(body={"sessions": [_view(each) for each in theirs]})


def drop_session(call: Call) -> ApiReply:
    """Sign the caller out in one browser."""
    end_session(call.deps, call.tenant, call.who.person, call.parts["session"])
    return ApiReply(body={"ended": 1})


def drop_sessions(call: Call) -> ApiReply:
    """Sign the caller out in every browser."""
    return ApiReply(body={"ended": end_sessions(call.deps, call.tenant, call.who.person) if call.who.person else 0})


def _view(session: Session) -> dict[str, Any]:
    return {
        "id": session.id,
        "browser": session.browser,
        "address": session.address,
        "kept": session.kept,
        "at": session.at.isoformat(),
        "seen_at": session.seen_at.isoformat(),
        "ends_at": session.ends_at().isoformat(),
    }
