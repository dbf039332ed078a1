"""Which forge the tenant's code goes to, and what the steps that change repositories share."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from shared.core.errors import Rejected, Unauthorized
from shared.integrations.clients import load_client
from shared.integrations.ship_settings import ship_of
from shared.integrations.systems import FORGES

if TYPE_CHECKING:
    from shared.integrations.forge import Forge, Review
    from shared.steps._kind import StepContext

SYSTEMS = "|".join(FORGES)  # of which a tenant needs one
OWN_BRANCH = re.compile(r"workwright/[a-z0-9][a-z0-9-]{0,60}")


def name_branch(title: str) -> str:
    """Return a branch of our own that tells by its name what is on it."""
    return f"workwright/{_hyphenate(title, 50) or 'change'}"


def _hyphenate(title: str, max_length: int) -> str:
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:max_length].strip("-")


def forge_of(ctx: StepContext, owner: str = "", name: str = "", *, system: str = "") -> Forge:
    """Return the client of the forge this tenant's code goes to; raises Unauthorized.

    That is `system`, else what `ship.code.system` says, else what the tenant has connected, the preferred first. With
    `owner` and `name` its token reaches that repository alone, where the forge has such tokens.
    """
    connected = ctx.settings.get("connected") or ()
    wanted = system or ship_of(ctx.settings).code.system or next((n for n in FORGES if n in connected), FORGES[0])
    if wanted not in FORGES:
        raise Unauthorized(wanted, f"no forge of that name: set ship.code.system to one of {', '.join(FORGES)}")
    forge: Forge = ctx.connect(load_client(wanted), scope=f"{owner}/{name}" if owner and name else "")
    return forge


def place_of(ctx: StepContext) -> tuple[str, str, str]:
    """Return system ("" for what is connected), owner and repository by the tenant's settings: never by a page.

    Where no repository is named each page has one of its own.
    """
    code = ship_of(ctx.settings).code
    if not code.owner:
        raise Rejected("repository", "nobody has said where code goes: set ship.code.owner to an account or group")
    trigger = ctx.run.trigger
    return code.system, code.owner, code.repository or _slug(trigger.title, trigger.page)


def _slug(title: str, page: str) -> str:
    return f"{_hyphenate(title, 40) or 'page'}-{page.replace('-', '')[-6:]}"


def claim_of(system: str, owner: str, name: str, number: int) -> str:
    """Return the claim that leads from a change to the run that made it; groups in groups are parted by dots."""
    return f"change-{system}-{owner}-{name}-{number}".replace("/", ".")


def select_writers(forge: Forge, owner: str, name: str, reviews: Sequence[Review]) -> list[Review]:
    """Return what was said by those who may write there: about a public repository anybody may say anything."""
    writes = {who: forge.may_write(owner, name, who) for who in dict.fromkeys(each.author for each in reviews)}
    return [each for each in reviews if writes[each.author]]


def take_turn(ctx: StepContext, name: str, of: str) -> tuple[str, Mapping[str, Any] | None]:
    """Return the name of the effect by which a changing thing comes to be as `of`, and the result of the one before.

    The effects on it are `name`, `name-2`, …, and the result of each says `of` what it is. When the latest is of that
    already, it is the one; else it is the next, also where an earlier one was of that: things can change back.
    """
    each, found = name, []
    while (known := ctx.effect.find_result(each)) is not None:
        found.append((each, known))
        each = f"{name}-{len(found) + 1}"
    if found and found[-1][1].get("of") == of:
        return found[-1][0], found[-2][1] if len(found) > 1 else None
    return each, found[-1][1] if found else None
