"""What a project shows to the world: promoted, taken back, deleted."""

from __future__ import annotations

from shared.cli.probe.calls import Ask, Call, Expect
from shared.cli.probe.vercel.wording import (
    NOWHERE,
    PROJECT,
    PROJECT_SHAPE,
    REST,
    expect_switched,
    refusal,
)

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
        Expect(body=expect_switched("promote", "first")),
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
        Expect(body=expect_switched("promote", "second"), holds={"lastAliasRequest.fromDeploymentId": "={first}"}),
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
        Expect(body=expect_switched("rollback", "first")),
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
        "what is live is deleted",
        "The deployment in production can be deleted like any other.",
        REST + "deployments/delete-a-deployment",
        Ask("DELETE", "/v13/deployments/{first}"),
        Expect(body={"uid": "={first}", "state": "=DELETED"}),
    ),
    Call(
        "nothing is live",
        "With what is in production deleted the project names no deployment in production.",
        NOWHERE,
        Ask("GET", PROJECT),
        Expect(body={**PROJECT_SHAPE, "targets": {"production?": "null"}}),
        patience=60.0, every=3.0,
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
