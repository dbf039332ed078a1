"""What was shared with us and is not any more: people give it back, and no other plan gets around it."""

from __future__ import annotations

from itertools import product

from shared.app.engine.deps import Deps
from shared.core.errors import ErrorClass, IntegrationError, Missing, NotAllowed
from shared.integrations.notion.ids import ids_in

_KINDS = ("pages", "map", "claims")  # pages with runs, what the workspace was seen to hold, what steps have made


def class_of(deps: Deps, tenant: str, error: IntegrationError) -> ErrorClass:
    """Return how the run treats the error: what Notion let us at before, or forbids, ends it as planned.

    A retry then goes on with the same plan. An id that we have never seen may be a mistake of the plan's, and another
    plan may mend it: Notion answers the same for both.
    """
    if error.system != "notion" or not isinstance(error, Missing | NotAllowed):
        return error.error_class
    places = product(_KINDS, set(ids_in(str(error))))
    known = isinstance(error, NotAllowed) or any(deps.store.get(tenant, *place) for place in places)
    return ErrorClass.FINAL if known else error.error_class
