"""notion-webhook: something changed in Notion. Verify it, remember it, answer at once.

Called by  Notion, in public. A delivery may come again; the second time changes nothing.
Next       `plan`, through the queue.
"""

import functions_framework
from flask import Request

from shared.app.intake.accept_delivery import MAX_BYTES, accept_delivery
from shared.entry import Reply, body_of, endpoint
from shared.wiring import wire

deps = wire().deps


@functions_framework.http
@endpoint
def notion_webhook(request: Request) -> Reply:
    """Put one command per tenant that a genuine delivery concerns on the queue."""
    raw = body_of(request, MAX_BYTES)  # the bytes as they came: the signature covers them
    return Reply(200, accept_delivery(raw, request.headers.get("X-Notion-Signature", ""), deps))
