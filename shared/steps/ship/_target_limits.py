"""A run makes one repository and one site at most, whatever its plan or a model says."""

from __future__ import annotations

from shared.core.errors import Rejected
from shared.steps._kind import StepContext

REPOSITORY, SITE = "repository", "site"


def require_only_one(ctx: StepContext, what: str, system: str, name: str) -> None:
    """Refuse what would be made beside another one of its sort; called again for the same it changes nothing.

    It is said before the thing is made, so that two steps at once make no two either. Raises Rejected.
    """
    wanted = f"{system}:{name}"
    made = ctx.effect.claim_only(ctx.home, what, wanted)
    if made != wanted:
        words = f"a run makes one {what} at most; this one makes {made}, so {wanted} was not made"
        raise Rejected(system, f"{words}. Use {made}, or begin another run for the other")
