"""Refusals of GitHub that are about the token's rights and not about the call: what lets it in is told with them.

Sources: docs.github.com, "Troubleshooting the REST API" (X-Accepted-GitHub-Permissions), "Authenticating with SAML
single sign-on" (X-GitHub-SSO).
"""

from __future__ import annotations

from shared.core.errors import NotAllowed
from shared.http_answers import Answer, vendor_message

SYSTEM = "github"
_TOKENS = "On GitHub open Settings › Developer settings › Personal access tokens"


def kept_out(asked: str, answer: Answer) -> NotAllowed | None:
    """Return our error for a token that may not do what was asked, None for every other refusal."""
    if answer.status != 403:
        return None
    said = vendor_message(answer)
    if answer.headers.get("X-GitHub-SSO", "").startswith("required"):
        way_out = f"{_TOKENS}; beside the token choose Configure SSO, and authorise the organisation"
    elif "not accessible by personal access token" in said:
        wanted = answer.headers.get("X-Accepted-GitHub-Permissions", "")
        right = f" ({wanted.replace('_', ' ').replace('=', ': ')})" if wanted else ""
        way_out = f"{_TOKENS} › Fine-grained tokens, open the token, and give it the right{right} and the repository"
    elif "forbids access via" in said:
        way_out = f"{_TOKENS}, make one as the organisation asks, and give it with `workwright account github`"
    else:
        return None
    return NotAllowed(SYSTEM, f"{asked}: 403 {said}", way_out=way_out)
