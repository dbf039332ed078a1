"""Set up Notion: a real workspace by an internal integration or an OAuth client of one's own, or a simulated one."""

from __future__ import annotations

from shared.app.tries.notion import PORTAL, try_notion
from shared.app.tries.tried import Tried
from shared.backends.local.keys.local_secrets import LocalSecrets
from shared.cli.setup.databases import set_up
from shared.cli.setup.guide import Guide
from shared.cli.setup.opened import opened
from shared.core.errors import ConfigError
from shared.local.chosen.choices import OAUTH, REAL, SECRET, SIMULATED, Choices
from shared.local.chosen.marker import installation_of, works_here
from shared.local.chosen.workspace import connect_by_secret, refuse_real, refuse_simulated
from shared.ports import Secret

ABOUT = "Notion: where work is written down and shown."
_USES = ((REAL, "My own workspace"), (SIMULATED, "A simulated one, to try things out"))
_WAYS = (
    (SECRET, "By the secret of an internal integration: the simplest way, for one workspace"),
    (OAUTH, "By a public integration of my own, with its client id and secret"),
)
HOW = (
    f"In {PORTAL} create an internal integration for your workspace, and copy its secret.",
    "Then open the page that Workwright may work on, and add the integration there under ••• → Connections.",
)


def set_up_notion(guide: Guide) -> None:
    """Ask which Notion, connect it, and set up the databases there."""
    ask, known = guide.ask, guide.choices.of("notion")
    if ask.choose("notion.use", "Which Notion?", _USES, known.mode) == SIMULATED:
        wanted = guide.choices.choosing("notion", SIMULATED)
        with opened(guide.data, wanted) as house:
            refuse_real(house.deps)
        guide.keep(wanted)
        return
    address = ask.written("notion.address") or known.fact("address")
    page, workspace = known.fact("page"), known.fact("workspace")
    by = ask.choose("notion.by", "How is it connected?", _WAYS, known.fact("by") or SECRET)
    wanted = guide.choices.choosing("notion", REAL, by=by, page=page, workspace=workspace, address=address)
    if by == SECRET:
        _by_secret(guide, wanted)
    else:
        _by_oauth(guide, wanted)


def _by_secret(guide: Guide, wanted: Choices) -> None:
    ask, known = guide.ask, wanted.of("notion")
    for line in () if ask.written("notion.secret") else HOW:
        ask.tell(line)
    with opened(guide.data, wanted) as house:
        refuse_simulated(house.deps)
        accounts, token, page = house.accounts, Secret(""), ""

        def attempt() -> Tried:
            nonlocal token, page
            token = ask.secret("notion.secret", "The integration's secret")
            page = ask.text("notion.page", "The page for the databases: its link", known.fact("page"))
            return try_notion(token, at=accounts.endpoints.of("notion"), page=page, trace=accounts.trace)

        found = guide.until_it_works(attempt)
        if found is None:
            return
        made = connect_by_secret(house.deps, accounts, token, found.facts)
        facts = {**known.facts, "page": page, "workspace": made.name}
        guide.keep(wanted.choosing("notion", REAL, **facts))
        set_up(house, made.tenant, page, ask)
        ask.tell("✓ The databases are there.")
        theirs = works_here(house.deps, accounts, made.tenant)
        if theirs not in ("", installation_of(guide.data)):
            ask.tell(
                f"  → The installation {theirs} works there; stop it before you start this one (`up --take-over`)."
            )


def _by_oauth(guide: Guide, wanted: Choices) -> None:
    """Keep what the consent needs; a person gives it in a browser once Workwright runs, and chooses the page there."""
    ask = guide.ask
    client = ask.text("notion.client_id", "OAuth client ID")
    if not client:
        raise ConfigError("the OAuth client ID of your public integration is missing (notion.client_id)")
    secret = ask.secret("notion.client_secret", "OAuth client secret")
    with opened(guide.data, wanted) as house:
        refuse_simulated(house.deps)
    kept = LocalSecrets(guide.data)
    kept.set("notion-client-id", Secret(client))
    kept.set("notion-client-secret", secret)
    guide.keep(wanted)
    ask.tell("Next: `workwright up` names the redirect URI to enter in Notion, and the link to connect it by.")
