"""sweep: relay, expire and hand out again for those who died.

Called by  the scheduler, every minute, in private. Anybody may repeat it; it looks at what is.
Next       whatever was forgotten.
"""

import functions_framework
from flask import Request

from shared.app.engine import sweep as app
from shared.entry import Reply, endpoint
from shared.wiring.worker import wire_worker

wired = wire_worker()


@functions_framework.http
@endpoint
def sweep(request: Request) -> Reply:
    """Answer how much there was to do."""
    wired.check(request.headers.get("Authorization", ""), wired.audience("sweep"))
    return Reply(200, app.sweep(wired.deps))
