"""Forms of the pages for who is signed in: each carries the session's mark, and where to go on afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

from shared.app.api.json_shapes import choice
from shared.app.api.people.browser_session import hidden_field
from shared.app.people.sessions import SignedIn

SETUP = "/setup"
BACK = {**choice("", SETUP), "default": ""}
_BACK_TO = {SETUP: "Go on with the set-up", "/team": "The people of your team", "/told": "How you are told"}


@dataclass(frozen=True, slots=True)
class Form:
    """What the forms of one page share: who sends them, where to, and where to go on afterwards."""

    who: SignedIn
    action: str
    back: str = ""

    def make(self, act: str, words: str, inner: str = "") -> str:
        """Return a form with one button, beside others where it has no field to type into; `inner` is HTML."""
        back = hide("back", self.back) if self.back else ""
        row = "" if "<label" in inner else ' class="row"'
        return (
            f'<form method="post" action="{self.action}"{row}>{hidden_field(self.who)}{back}{inner}'
            f'<button name="act" value="{act}">{escape(words)}</button></form>'
        )


def hide(name: str, value: str) -> str:
    """Return a field that people do not see."""
    return f'<input type="hidden" name="{name}" value="{escape(value, quote=True)}">'


def choose_option(name: str, options: Iterable[str], chosen: str) -> str:
    """Return a list to choose one from."""
    lines = "".join(
        f'<option value="{each}"{" selected" if each == chosen else ""}>{escape(each)}</option>' for each in options
    )
    return f'<select name="{name}" aria-label="{name}">{lines}</select>'


def lead(address: str, words: str) -> str:
    """Return a link that looks like a button."""
    return f'<p><a class="act" href="{escape(address, quote=True)}">{escape(words)}</a></p>'


def lead_back(address: str) -> str:
    """Return the link back to a page of ours."""
    return lead(address, _BACK_TO[address])


def lead_to_sign_in(target: str, words: str) -> str:
    """Return the link to sign in once more, and back."""
    return lead(f"/sign-in?again=yes&next={quote(target, safe='')}", words)
