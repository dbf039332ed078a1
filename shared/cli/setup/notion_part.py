"""Set up Notion: a real workspace by the secret of an internal integration, or the simulated one."""

from __future__ import annotations

from shared.app.tries.notion import try_notion
from shared.app.tries.tried import Tried
from shared.cli.setup.choices import REAL, SIMULATED
from shared.cli.setup.databases import set_up
from shared.cli.setup.guide import Guide
from shared.cli.setup.opened import opened
from shared.cli.setup.workspace import connect_by_secret
from shared.ports import Secret

ABOUT = "Notion: where work is written down and shown. A real workspace is connected by an internal integration."
_USES = ((REAL, "My own workspace"), (SIMULATED, "A simulated one, to try things out"))
_HOW = (
    "In notion.so/profile/integrations create an internal integration for your workspace, and copy its secret.",
    "Then open the page that Workwright may work on, and add the integration there under ••• → Connections.",
)


def set_up_notion(guide: Guide) -> None:
    """Ask which Notion, connect it, and set up the databases there."""
    ask, known = guide.ask, guide.choices.of("notion")
    if ask.choose("notion.use", "Which Notion?", _USES, known.mode) == SIMULATED:
        guide.keep(guide.choices.choosing("notion", SIMULATED))
        return
    for line in _HOW:
        ask.tell(line)
    address = ask.written("notion.address") or known.fact("address")
    wanted = guide.choices.choosing("notion", REAL, by="secret", page=known.fact("page"), address=address)
    with opened(guide.data, wanted) as house:
        at = house.accounts.endpoints.notion
        token, page = Secret(""), ""

        def attempt() -> Tried:
            nonlocal token, page
            token = ask.secret("notion.secret", "The integration's secret")
            page = ask.text("notion.page", "The page for the databases: its link", known.fact("page"))
            return try_notion(token, at=at, page=page, trace=house.accounts.trace)

        found = guide.until_it_works(attempt)
        if found is None:
            return
        made = connect_by_secret(house.deps, house.accounts, token, found.facts)
        guide.keep(guide.choices.choosing("notion", REAL, by="secret", page=page, address=address, workspace=made.name))
        set_up(house, made.tenant, page, ask)
    ask.tell("✓ The databases are there.")
