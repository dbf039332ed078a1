"""Who asks, projects, and their variables."""

from __future__ import annotations

from shared.cli.probe.calls import Ask, Call, Expect
from shared.cli.probe.shapes import Rows
from shared.cli.probe.vercel.wording import (
    MORE,
    PROJECT_SHAPE,
    REST,
    refusal,
)

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
