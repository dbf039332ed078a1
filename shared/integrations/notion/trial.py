"""Try a token of Notion: whose it is, what its connection may do, and which pages are shared with it.

What a connection may do is written nowhere that a token can read, so each right is asked for by a call that comes to
nothing: a page with an id that nobody has is read, changed, added to and commented on. Notion answers 403 where the
right is missing (developers.notion.com/reference/capabilities, and each endpoint's page), and 404 where it is there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from shared.core.errors import Blocked, IntegrationError, Missing, NotAllowed, Rejected, Unauthorized
from shared.core.people.obstacles import RIGHTS
from shared.core.text.sentence import count_of
from shared.http_client import HttpClient, Trace
from shared.integrations.notion.client.client import BASE_URL, Notion
from shared.integrations.notion.ids import id_named
from shared.integrations.token_looks import find_misfit
from shared.integrations.trial_result import TIMEOUTS, Tried, discreet, join_words, tell_unclear
from shared.ports import Secret

Given = Literal["token", "link"]

NOBODYS = "00000000-0000-4000-8000-000000000000"  # a well-formed id that no object has
PORTAL = "notion.so/developers/connections"  # as Notion's own guide names it
READ_USERS = "Read user information"  # a right, as Notion names it
_PORTAL = f"Notion's developer portal ({PORTAL})"
_NEW: Mapping[Given, str] = {
    "token": f"In {_PORTAL} open the connection, copy the whole token from its Configuration tab, and give that one "
    "(`workwright init notion`).",
    "link": "Connect Notion again by the link of your tenant's connection page, as the same person.",
}
_SWITCH: Mapping[Given, str] = {
    "token": "save; the token stays the same.",
    "link": "save; then everybody who has connected Notion connects again.",
}
_SHARE = (
    "In Notion open a page that Workwright may work in, choose ••• › Connections, and add the connection; the pages "
    "below it are then shared as well. A page that was shared just now may take a minute to show."
)


@discreet
def try_notion(
    token: Secret,
    *,
    at: str = BASE_URL,
    page: str = "",
    workspace: str = "",
    given: Given = "token",
    trace: Trace | None = None,
) -> Tried:
    """Say whether Notion takes the token, and whether its connection has what the work needs.

    `page` is the id or the address of a page that has to be shared, "" when any will do; `workspace` is the id of the
    one that was connected before, "" for none. Facts: bot_id, connection, workspace_id, workspace_name, owner
    ("workspace" for an internal connection, "user" otherwise), and once the rights are known pages ("3", or "100+")
    and emails ("yes" or "no").
    """
    if why := find_misfit("notion", token):
        return Tried(False, why, _NEW[given])
    facts: dict[str, str] = {}
    notion = Notion(HttpClient("notion", at, token, timeouts=TIMEOUTS, trace=trace))
    try:
        facts |= _read_owner(notion.me())
        return _judge_token(notion, facts, page, workspace, given)
    except Unauthorized:
        says = "Notion does not accept this token: it is not complete, was replaced, or its connection was removed."
        return Tried(False, says, _NEW[given], facts)
    except IntegrationError as error:
        return tell_unclear("notion", error, facts)


def _read_owner(me: Mapping[str, Any]) -> dict[str, str]:
    bot = me.get("bot")
    bot = bot if isinstance(bot, Mapping) else {}
    owner = bot.get("owner")
    found = {
        "bot_id": me.get("id"),
        "connection": me.get("name"),
        "workspace_id": bot.get("workspace_id"),
        "workspace_name": bot.get("workspace_name"),
        "owner": owner.get("type") if isinstance(owner, Mapping) else "",
    }
    return {name: str(value or "") for name, value in found.items()}


def _judge_token(notion: Notion, facts: dict[str, str], page: str, workspace: str, given: Given) -> Tried:
    named = f"“{facts['workspace_name'] or 'without a name'}”"
    if not facts["workspace_id"]:
        says = "Notion takes this token, but it acts for a person and belongs to no connection of a workspace."
        return Tried(False, says, _NEW[given], facts)
    if workspace and facts["workspace_id"] != workspace:
        says = f"This token belongs to another workspace, {named}, than the one that was connected before."
        way_out = "Give a token of the workspace that was connected before, or set up a new installation for this one."
        return Tried(False, says, way_out, facts)
    missing = find_missing_rights(notion, facts)
    connection = f"The connection “{facts['connection'] or 'without a name'}”"
    if missing:
        lacking = join_words(f"“{right}”" for right in missing)
        says = f"{connection} lacks {lacking}, so Workwright cannot {join_words((RIGHTS[m] for m in missing), 'or')}."
        way_out = f"In {_PORTAL} open the connection, switch on {lacking} under Capabilities, and {_SWITCH[given]}"
        return Tried(False, says, way_out, facts)
    if unshared := _find_unshared(notion, facts, page, connection):
        return unshared
    says = f"{connection} of the workspace {named} may do all that is needed, and {_count_pages(facts)} shared with it."
    return Tried(True, says, facts=facts)


def _count_pages(facts: Mapping[str, str]) -> str:
    pages = facts["pages"]
    if not pages.isdecimal():
        return f"more than {pages.rstrip('+')} pages are"
    return f"{count_of(int(pages), 'page')} {'is' if pages == '1' else 'are'}"


def find_missing_rights(notion: Notion, facts: dict[str, str]) -> list[str]:
    """Return the rights that Notion refuses; what it learns on the way goes into `facts`."""

    def look_at_pages() -> None:
        shared, more = notion.list_first_shared()
        facts["pages"] = f"{len(shared)}+" if more else str(len(shared))

    def look_at_people() -> None:
        people = [user["person"] for user in notion.list_first_users() if isinstance(user.get("person"), Mapping)]
        facts["emails"] = "yes" if any(person.get("email") for person in people) else "no"

    asked: tuple[tuple[str, Callable[[], object]], ...] = (
        ("Read content", look_at_pages),
        ("Update content", lambda: notion.update_page(NOBODYS, in_trash=False)),
        ("Insert content", lambda: notion.create_page(page_id=NOBODYS, properties={"title": {"title": []}})),
        ("Read comments", lambda: notion.comments(NOBODYS)),
        ("Insert comments", lambda: notion.comment(NOBODYS, "A try")),
        (READ_USERS, look_at_people),
    )
    return [right for right, ask in asked if _is_refused(ask)]


def _is_refused(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except NotAllowed:
        return True
    except Blocked:
        raise
    except (Missing, Rejected):  # the right is there: what was asked about is not
        return False
    return False


def _find_unshared(notion: Notion, facts: Mapping[str, str], page: str, connection: str) -> Tried | None:
    if page:
        wanted = id_named(page)
        if not wanted:
            way_out = "In Notion open the page and choose ••• › Copy link; give that address."
            return Tried(False, "That is not the address of a page in Notion.", way_out, facts)
        try:
            notion.page(wanted)
        except Missing:
            says = f"{connection} cannot see that page: it does not exist, or is not shared with the connection."
            return Tried(False, says, _SHARE, facts)
        return None
    if facts["pages"] == "0":
        return Tried(False, f"{connection} sees no page yet, because none is shared with it.", _SHARE, facts)
    return None
