"""forge-webhook: something happened to a change or a deployment of ours. Verify it, remember it, answer at once.

Called by  GitHub, GitLab and Vercel, in public, at `/hooks/{system}/{id}`. What comes twice changes nothing.
Next       `deploy`, through the queue.
"""

import functions_framework
from flask import Request

from shared.app.intake.accept_forge_delivery import MAX_BYTES, accept_forge_delivery
from shared.entry import Reply, body_of, endpoint
from shared.wiring import wire

deps = wire().deps


@functions_framework.http
@endpoint
def forge_webhook(request: Request) -> Reply:
    """Put one command on the queue for what a genuine delivery tells; whose it is only our own records say."""
    raw = body_of(request, MAX_BYTES)  # the bytes as they came: the signature covers them
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Reply(202, accept_forge_delivery(request.path, raw, headers, deps))
