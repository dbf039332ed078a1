"""api: people and programs look at runs and act on them.

Called by  anybody, in public: with an API key, an approval link, or a click in Slack. `/openapi.json` says how.
Next       whatever a decision asks for, through the queue: `execute-step`, `notify`, `plan`.
"""

import functions_framework
from flask import Request, Response

from shared.app.api.exchange import MAX_BODY, ApiRequest
from shared.app.api.router import Api
from shared.entry import endpoint
from shared.wiring import wire
from shared.wiring.lazy_tools import tools

service = Api(wire().deps, tools)


@functions_framework.http
@endpoint
def api(request: Request) -> Response:
    """Translate from Flask and back; everything else is in `shared/app/api`."""
    asked = ApiRequest(
        method=request.method,
        path=request.path,
        query=request.args.to_dict(flat=False),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.stream.read(MAX_BODY + 1),  # never more than is taken, whatever a caller announces
        remote=request.remote_addr or "",
    )
    reply = service.answer(asked)
    return Response(reply.stream or reply.text, reply.status, reply.all_headers)
