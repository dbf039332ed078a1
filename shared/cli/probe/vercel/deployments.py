"""Files, deployments, and the log of a build."""

from __future__ import annotations

import hashlib

from shared.cli.probe.calls import Ask, Call, Expect
from shared.cli.probe.shapes import InOrder, Rows
from shared.cli.probe.vercel.wording import (
    DEPLOYMENT,
    FIRST,
    LISTED,
    NOWHERE,
    REST,
    SECOND,
    deploy,
    refusal,
)

_PAGE = b"<p>A page of a probe, which many probes have sent.</p>\n"
_SHA = hashlib.sha1(_PAGE, usedforsecurity=False).hexdigest()
_NEVER = "0" * 39 + "1"
DEPLOYMENTS = (
    Call(
        "files that it does not have",
        "A deployment of files that Vercel does not have is refused with missing_files, which lists their digests.",
        REST + "deployments/create-a-new-deployment",
        Ask("POST", "/v13/deployments", {
            "name": "{mark}", "project": "{project}", "files": [{"file": "index.html", "sha": _NEVER, "size": 1}],
            "projectSettings": {"framework": None}}, query={"skipAutoDetectionConfirmation": "1"}),
        refusal(400, "missing_files", "", missing=[f"={_NEVER}"]),
    ),
    Call(
        "a file is uploaded",
        "A file is sent as it is, with its digest in a header; the same file again changes nothing.",
        REST + "deployments/upload-deployment-files",
        Ask("POST", "/v2/files", raw=_PAGE,
            headers={"x-vercel-digest": _SHA, "Content-Type": "application/octet-stream"}),
        Expect(body={"urls": "list"}),
    ),
    Call(
        "a digest that is another's",
        "A digest that is not the file's is refused with 400.",
        REST + "deployments/upload-deployment-files",
        Ask("POST", "/v2/files", raw=_PAGE,
            headers={"x-vercel-digest": _NEVER, "Content-Type": "application/octet-stream"}),
        Expect(400, {"error": {"code": "code", "message": "words", "*": "any"}, "*": "any"}),
    ),
    Call(
        "a preview",
        "A deployment without a target is a preview; the answer comes at once, long before it is built.",
        REST + "deployments/create-a-new-deployment",
        deploy(FIRST, "first"),
        Expect(body={**DEPLOYMENT, "target": None, "meta": {"probe": "=first", "*": "text"},
                     "projectId": "={project}"}),
        keep={"first": "id"},
    ),
    Call(
        "the same preview again",
        "The same files again are answered with the deployment that is there.",
        NOWHERE,
        deploy(FIRST, "again"),
        Expect(body={**DEPLOYMENT, "id": "={first}"}),
    ),
    Call(
        "the preview is ready",
        "A deployment of plain files becomes READY, and its address is assigned a moment later.",
        REST + "deployments/get-a-deployment-by-id-or-url",
        Ask("GET", "/v13/deployments/{first}"),
        Expect(body={**DEPLOYMENT, "readyState": "=READY", "aliasAssigned": "whole|flag", "aliasError?": None}),
        patience=300.0, every=5.0,
    ),
    Call(
        "what the build said",
        "The log of a build is a list of events, each with a type, a time and a text.",
        REST + "deployments/get-deployment-events",
        Ask("GET", "/v3/deployments/{first}/events", query={"builds": "1", "limit": "-1", "direction": "forward"}),
        Expect(body=[{"type": "words", "created": "whole", "*": "any"}]),
    ),
    Call(
        "a second preview",
        "With forceNew the same or other files are always another deployment.",
        REST + "deployments/create-a-new-deployment",
        deploy(SECOND, "second", forceNew="1"),
        Expect(body={**DEPLOYMENT, "target": None, "meta": {"probe": "=second", "*": "text"}}),
        keep={"second": "id"},
    ),
    Call(
        "the second preview is ready",
        "A deployment is read with the words of its meta as they were given.",
        REST + "deployments/get-a-deployment-by-id-or-url",
        Ask("GET", "/v13/deployments/{second}"),
        Expect(body={**DEPLOYMENT, "readyState": "=READY", "meta": {"probe": "=second", "*": "text"}}),
        patience=300.0, every=5.0,
    ),
    Call(
        "deployments of the project",
        "The deployments of a project are listed, the newest first, with their meta.",
        REST + "deployments/list-deployments",
        Ask("GET", "/v7/deployments", query={"projectId": "{project}", "limit": "100"}),
        Expect(body={"deployments": Rows(2, LISTED), "pagination": {"count": "whole", "next": "whole|null",
                                                                    "prev": "whole|null"}},
               holds={"deployments[].meta.probe": InOrder("second", "first")}),
    ),
    Call(
        "deployments in parts",
        "A list says in pagination.next from what time on the next part begins.",
        REST + "deployments/list-deployments",
        Ask("GET", "/v7/deployments", query={"projectId": "{project}", "limit": "1"}),
        Expect(body={"deployments": Rows(1, LISTED),
                     "pagination": {"count": 1, "next": "whole", "prev": "whole|null"}}),
        keep={"until": "pagination.next"},
    ),
    Call(
        "the next part",
        "The next part is asked for with until.",
        REST + "deployments/list-deployments",
        Ask("GET", "/v7/deployments", query={"projectId": "{project}", "limit": "100", "until": "{until}"}),
        Expect(body={"deployments": [LISTED], "pagination": "object"},
               holds={"deployments[].meta.probe": InOrder("first")}),
    ),
    Call(
        "a commit that it cannot fetch",
        "A commit of a repository that Vercel cannot read is refused with 400.",
        REST + "deployments/create-a-new-deployment",
        Ask("POST", "/v13/deployments", {
            "name": "{mark}", "project": "{project}", "projectSettings": {"framework": None},
            "gitSource": {"type": "github", "repoId": 1, "ref": "main", "sha": _NEVER}},
            query={"skipAutoDetectionConfirmation": "1", "forceNew": "1"}),
        Expect((400, 404), {"error": {"code": "=incorrect_git_source_info|=repo_not_found", "message": "words",
                                      "*": "any"}, "*": "any"}),
    ),
    Call(
        "a deployment that has ended is stopped",
        "Only what is still being built can be stopped: otherwise 400.",
        REST + "deployments/cancel-a-deployment",
        Ask("PATCH", "/v12/deployments/{first}/cancel"),
        Expect(400, {"error": {"code": "code", "message": "words", "*": "any"}, "*": "any"}),
    ),
)  # fmt: skip
