"""Vercel's objects as its reference describes them; what several calls expect and ask."""

from __future__ import annotations

from typing import Any

from shared.cli.probe.calls import Ask, Expect
from shared.cli.probe.shapes import Says

Json = dict[str, Any]
REST = "https://vercel.com/docs/rest-api/"
NOWHERE = "written nowhere"
MORE: Json = {"*": "any"}

# The page names the run, so that Vercel cannot have met it before and has to ask for it.
FIRST, SECOND = "<p>first {mark}</p>\n", "<p>second {mark}</p>\n"
PROJECT = "/v9/projects/{project}"
PROJECT_SHAPE: Json = {
    "id": "words", "name": "words", "accountId": "words", "framework": "text|null", "createdAt": "whole",
    "updatedAt": "whole", **MORE,
}  # fmt: skip
STATES = "=QUEUED|=INITIALIZING|=BUILDING|=READY|=ERROR|=CANCELED|=BLOCKED"
DEPLOYMENT: Json = {
    "id": "words", "name": "words", "url": "words", "readyState": STATES, "target": "text|null", "createdAt": "whole",
    "meta": {"*": "text"}, "projectId": "words", **MORE,
}  # fmt: skip
LISTED: Json = {
    "uid": "words", "name": "words", "url": "text|null", "created": "whole", "state": STATES + "|=DELETED",
    "target?": "text|null", "meta?": {"*": "text"}, **MORE,
}  # fmt: skip


def refusal(status: int, code: str, *words: str, **more: Any) -> Expect:
    """Return what a refused call answers."""
    return Expect(status, {"error": {"code": f"={code}", "message": Says(*words), **more, "*": "any"}, "*": "any"})


def deploy(text: str, name: str, **query: str) -> Ask:
    """Return the request that starts a preview of one page, with its text in the request."""
    body = {"name": "{mark}", "project": "{project}", "files": [{"file": "index.html", "data": text}],
            "projectSettings": {"framework": None}, "meta": {"probe": name}}  # fmt: skip
    return Ask("POST", "/v13/deployments", body, query={"skipAutoDetectionConfirmation": "1", **query})


def expect_switched(kind: str, deployment: str) -> Json:
    """Return a project once its address has been pointed at a deployment."""
    return {
        **PROJECT_SHAPE,
        "lastAliasRequest": {
            "type": f"={kind}", "jobStatus": "=succeeded", "toDeploymentId": f"={{{deployment}}}",
            "fromDeploymentId": "text|null", "requestedAt": "whole", **MORE,
        },
        "targets": {"production": {"id": f"={{{deployment}}}", "alias": ["words"], **MORE}, **MORE},
    }  # fmt: skip
