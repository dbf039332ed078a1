"""Have a tenant's people told of what belongs to no run. Nothing is sent here, and what sends is not loaded."""

from __future__ import annotations

from shared.app.engine.deps import Deps
from shared.core.run.commands import NOTIFY, Command
from shared.core.run.run import derive_id

LOST_REVOKED, LOST_BLOCKED = "lost_revoked", "lost_blocked"  # topics; `ref` is the system
QUOTA = "quota_used_up"  # `ref` is provider.day
ASKED = "asks_to_join"  # `ref` is the person
INVITED = "invited"  # `ref` is the invitation, and which sending of it
HANDED_OVER = "handed_over"  # `ref` is who left, and when
ENDPOINT_OFF = "endpoint_off"  # `ref` is the endpoint, and which time it is
REFUSED = "page_refused"  # `ref` is the page, or what else, and since when


def announce_lost(deps: Deps, tenant: str, system: str, what: str, since: str) -> None:
    """Have people told: `what` is "revoked" or "blocked"; `since` is when the grant was given. Twice is once."""
    _order(deps, tenant, derive_id("lost-", tenant, system, what, since), f"lost_{what}", system)


def announce_quota(deps: Deps, tenant: str, provider: str) -> None:
    """Have people told that this provider takes no more calls. Twice on a day is once."""
    day = deps.clock.now().date().isoformat()
    _order(deps, tenant, derive_id("quota-", tenant, provider, day), QUOTA, f"{provider}.{day}")


def announce_asked(deps: Deps, tenant: str, person: str) -> None:
    """Have the owners told that this person asks to join. Twice is once."""
    _order(deps, tenant, derive_id("asked-", tenant, person), ASKED, person)


def announce_invitation(deps: Deps, tenant: str, invitation: str, proof: str) -> None:
    """Have the link sent to whom it is for. Twice is once."""
    _order(
        deps, tenant, derive_id("invited-", tenant, invitation, proof), INVITED, f"{invitation}.{derive_id('', proof)}"
    )


def announce_handed_over(deps: Deps, tenant: str, person: str, since: str) -> None:
    """Have the owners told what waited for somebody who has left. Twice is once."""
    name = derive_id("left-", tenant, person, since)
    _order(deps, tenant, name, HANDED_OVER, f"{person}.{name.removeprefix('left-')}")


def announce_refused(deps: Deps, tenant: str, what: str, since: str = "") -> None:
    """Have the owners told that Notion does not let us at this page, table or plan of the day. Twice is once.

    What came back and is refused again is told again: `since` tells the one time from the other.
    """
    ref = f"{what}.{since}" if since else what
    _order(deps, tenant, derive_id("refused-", tenant, ref), REFUSED, ref)


def announce_endpoint_off(deps: Deps, tenant: str, endpoint: str, since: str) -> None:
    """Have the owners told that nothing is sent to this endpoint any more. Twice is once."""
    name = derive_id("off-", tenant, endpoint, since)
    _order(deps, tenant, name, ENDPOINT_OFF, f"{endpoint}.{name.removeprefix('off-')}")


def _order(deps: Deps, tenant: str, name: str, topic: str, ref: str) -> None:
    deps.queue.enqueue([Command(name, NOTIFY, "notify", tenant, topic=topic, ref=ref)])
