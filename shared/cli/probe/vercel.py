"""The probe of Vercel: in a project of its own, which goes with all its deployments in the end."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from shared.cli.probe.calls import Ask, Call, Expect, Kept, Left, Look, Place, Probe
from shared.cli.probe.run import is_marked
from shared.cli.probe.shapes import InOrder, Rows, Says
from shared.core.errors import ConfigError, Rejected
from shared.ports import Secret

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


def switched(kind: str, deployment: str) -> Json:
    """Return a project once its address has been pointed at a deployment."""
    return {
        **PROJECT_SHAPE,
        "lastAliasRequest": {
            "type": f"={kind}", "jobStatus": "=succeeded", "toDeploymentId": f"={{{deployment}}}",
            "fromDeploymentId": "text|null", "requestedAt": "whole", **MORE,
        },
        "targets": {"production": {"id": f"={{{deployment}}}", "alias": ["words"], **MORE}, **MORE},
    }  # fmt: skip


PROJECTS = (
    Call(
        "who we are",
        "The user of a token is told with number and name.",
        REST + "user/get-the-user",
        Ask("GET", "/v2/user", query={"teamId": ""}),
        Expect(body={"user": {"id": "words", "username": "words", "*": "any"}}),
    ),
    Call(
        "projects in parts",
        "The projects of an account are listed in parts of the size that is asked for.",
        REST + "projects/retrieve-a-list-of-projects",
        Ask("GET", "/v10/projects", query={"limit": "1"}),
        Expect(body={"projects": [PROJECT_SHAPE], "pagination": {"count": "whole", "next": "whole|text|null",
                                                                 "prev": "whole|text|null"}}),
    ),
    Call(
        "a stranger's token",
        "A token that is not valid is refused with 403 forbidden, and invalidToken tells it from a missing right.",
        REST + "reference/errors",
        Ask("GET", "/v9/projects/none", trusted=False),
        refusal(403, "forbidden", "", invalidToken=True),
    ),
    Call(
        "a project that is not there",
        "A project that is not there is 404 not_found.",
        REST + "projects/find-a-project-by-id-or-name",
        Ask("GET", "/v9/projects/{mark}"),
        refusal(404, "not_found", "not"),
    ),
    Call(
        "a project is made",
        "POST projects makes a project by its name alone.",
        REST + "projects/create-a-new-project",
        Ask("POST", "/v11/projects", {"name": "{mark}"}),
        Expect(body={**PROJECT_SHAPE, "name": "={mark}"}),
        keep={"project": "id"},
    ),
    Call(
        "a project is made twice",
        "A name that is taken is refused with 409.",
        REST + "projects/create-a-new-project",
        Ask("POST", "/v11/projects", {"name": "{mark}"}),
        Expect(409, {"error": {"code": "=conflict|=project_already_exists", "message": "words", "*": "any"},
                     "*": "any"}),
    ),
    Call(
        "a project by its name",
        "A project is read by name as well as by id; without deployments nothing is in production.",
        REST + "projects/find-a-project-by-id-or-name",
        Ask("GET", "/v9/projects/{mark}"),
        Expect(body={**PROJECT_SHAPE, "id": "={project}"},
               holds={"targets.production": None, "lastAliasRequest": None}),
    ),
    Call(
        "variables",
        "Variables are set in a list, for previews and production; what failed is listed beside what was set.",
        REST + "projects/create-one-or-more-environment-variables",
        Ask("POST", "/v10/projects/{project}/env",
            [{"key": "PROBE", "value": "one", "type": "sensitive", "target": ["production", "preview"]}],
            query={"upsert": "true"}),
        Expect(201, {"created": Rows(1, {"key": "=PROBE", "type": "=sensitive", "target": "list", **MORE}),
                     "failed": Rows(0)}),
    ),
    Call(
        "variables again",
        "With upsert a variable that is there gets the new value.",
        REST + "projects/create-one-or-more-environment-variables",
        Ask("POST", "/v10/projects/{project}/env",
            [{"key": "PROBE", "value": "two", "type": "sensitive", "target": ["production", "preview"]}],
            query={"upsert": "true"}),
        Expect(201, {"created": Rows(1, {"key": "=PROBE", **MORE}), "failed": Rows(0)}),
    ),
)  # fmt: skip

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

LIVE = (
    Call(
        "the first goes live",
        "A preview is promoted to production without being built again, and that is only begun when the answer comes.",
        REST + "projects/points-all-production-domains-for-a-project-to-the-given-deploy",
        Ask("POST", "/v10/projects/{project}/promote/{first}"),
        Expect((201, 202)),
    ),
    Call(
        "the first is live",
        "The project tells when the promotion has succeeded, and what is in production then.",
        REST + "projects/find-a-project-by-id-or-name",
        Ask("GET", PROJECT),
        Expect(body=switched("promote", "first")),
        patience=120.0, every=3.0,
    ),
    Call(
        "the first goes live twice",
        "What is in production already is not promoted again: 409.",
        NOWHERE,
        Ask("POST", "/v10/projects/{project}/promote/{first}"),
        Expect(409, {"error": {"code": "code", "message": "words", "*": "any"}, "*": "any"}),
    ),
    Call(
        "the second goes live",
        "Another preview takes the place of what is in production.",
        REST + "projects/points-all-production-domains-for-a-project-to-the-given-deploy",
        Ask("POST", "/v10/projects/{project}/promote/{second}"),
        Expect((201, 202)),
    ),
    Call(
        "the second is live",
        "A promotion names what it came from.",
        REST + "projects/find-a-project-by-id-or-name",
        Ask("GET", PROJECT),
        Expect(body=switched("promote", "second"), holds={"lastAliasRequest.fromDeploymentId": "={first}"}),
        patience=120.0, every=3.0,
    ),
    Call(
        "back to the first",
        "A rollback points production back at what was live before, with 201.",
        REST + "projects/points-all-production-domains-for-a-project-to-the-given-deploy",
        Ask("POST", "/v1/projects/{project}/rollback/{first}", query={"description": "probe"}),
        Expect(201),
    ),
    Call(
        "the first is live again",
        "The project tells a rollback from a promotion.",
        REST + "projects/find-a-project-by-id-or-name",
        Ask("GET", PROJECT),
        Expect(body=switched("rollback", "first")),
        patience=120.0, every=3.0,
    ),
    Call(
        "a deployment is deleted",
        "A deployment is deleted by its id.",
        REST + "deployments/delete-a-deployment",
        Ask("DELETE", "/v13/deployments/{second}"),
        Expect(body={"uid": "={second}", "state": "=DELETED"}),
    ),
    Call(
        "a deployment is deleted twice",
        "A deployment that is gone is 404 not_found.",
        REST + "deployments/delete-a-deployment",
        Ask("DELETE", "/v13/deployments/{second}"),
        refusal(404, "not_found", ""),
    ),
    Call(
        "a project is deleted",
        "A project is deleted with 204, and its deployments with it.",
        REST + "projects/delete-a-project",
        Ask("DELETE", PROJECT),
        Expect(204, None),
    ),
    Call(
        "a project is deleted twice",
        "A project that is gone is 404 not_found.",
        REST + "projects/delete-a-project",
        Ask("DELETE", PROJECT),
        refusal(404, "not_found", ""),
    ),
)  # fmt: skip


def read_place(named: str) -> Place:
    """Return the account that a project is made in: `me`, or a team's id; raises ConfigError."""
    if named == "me":
        return Place("your own account on Vercel", {"team": ""})
    if re.fullmatch(r"team_[A-Za-z0-9]+", named):
        return Place(f"the team {named} on Vercel", {"team": named})
    raise ConfigError("--in names no place on Vercel; give me for your own account, or a team's id, team_…")


def credential(token: Secret) -> Mapping[str, str]:
    """Return the header that a token is sent in."""
    return {"Authorization": f"Bearer {token.reveal()}"}


def find_left(look: Look, kept: Kept) -> Iterator[Left]:
    """Yield the projects of ours; their deployments go with them."""
    answer = look(Ask("GET", "/v10/projects", query={"search": "workwright-probe-", "limit": "100"}))
    if answer.status != 200 or not isinstance(answer.body, dict):
        raise Rejected("vercel", f"the projects cannot be listed ({answer.status}); check the token and its team")
    for project in answer.body.get("projects") or ():
        if is_marked(project["name"]):
            yield Left(f"the project {project['name']}", Ask("DELETE", f"/v9/projects/{project['id']}"))


PROBE = Probe(
    system="vercel",
    title="Vercel",
    address="https://api.vercel.com",
    asks_for="me for your own account, or a team's id (team_…)",
    rights="a token of the account or the team that may make projects",
    makes="one project with two deployments of a page of one line, which is deleted with them",
    calls=(*PROJECTS, *DEPLOYMENTS, *LIVE),
    read_place=read_place,
    credential=credential,
    find_left=find_left,
    query={"teamId": "{team}"},
    credential_name="Vercel token",
    grant="vercel",
    pace=0.5,
    code_at="error.code",
    limited=Expect(429, {"error": {"code": "words", "message": "words", "*": "any"}, "*": "any"}),
    no_harm=(
        ("a plan that does not go back so far answers 402", "it depends on the plan"),
        ("a protected preview answers 401 without the word that opens it", "it depends on the project's settings"),
    ),
)
