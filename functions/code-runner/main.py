"""code-runner: run code that nobody trusts, in the sandbox of this machine, and answer what came of it.

Called by  `execute-step`, in private, with the identity of its account. It runs one request, answers, and ends.
Next       nothing. It reaches no store, no queue and no secret, and its account has no roles.
"""

import functions_framework
from flask import Request, Response, jsonify

from shared.code_runner import MAX_BODY, wire_runner
from shared.entry import body_of, endpoint

runner = wire_runner()


@functions_framework.http
@endpoint
def code_runner(request: Request) -> Response:
    """Answer with exit code, output and result files; 429 while another request is at work."""
    runner.check(request.headers.get("Authorization", ""))
    asked = runner.read(body_of(request, MAX_BODY))
    with runner.turn() as turn:
        reply = jsonify(runner.run(asked))
        reply.call_on_close(turn.count_answered)
    return reply
