"""Who asks, namespaces, and projects."""

from __future__ import annotations

from shared.cli.probe.calls import Ask, Call, Expect
from shared.cli.probe.gitlab.wording import API, MORE, PERSON, PROJECT, expect_message
from shared.cli.probe.shapes import Either, Rows, Says

DOOR = (
    Call(
        "who we are",
        "The user of a token is told with number and user name.",
        API + "users#retrieve-the-current-user",
        Ask("GET", "/user"),
        Expect(body=PERSON),
        keep={"username": "username", "person": "id"},
    ),
    Call(
        "what the token may do",
        "A personal token says of itself what it may do, whether it is active, and when it ends.",
        API + "personal_access_tokens#self-inform",
        Ask("GET", "/personal_access_tokens/self"),
        Expect(body={"id": "whole", "name": "text", "scopes": ["words"], "active": "flag", "revoked": "flag",
                     "expires_at": "date|null", **MORE}),
    ),
    Call(
        "a group",
        "A group is found by its path; a person's own space is none, and 404.",
        API + "groups#retrieve-a-group",
        Ask("GET", "/groups/{space}"),
        Expect((200, 404), Either({"id": "whole", "full_path": "={space}", "name": "text", "path": "words", **MORE},
                                  {"message": Says("404"), "*": "any"})),
    ),
    Call(
        "our role in the group",
        "A member's role in a group is told as a number, those of the groups above it counted.",
        API + "group_members#retrieve-a-group-member-including-inherited-and-invited-members",
        Ask("GET", "/groups/{space}/members/all/{person}"),
        Expect((200, 404), Either({**PERSON, "access_level": "whole"}, {"message": Says("404"), "*": "any"})),
    ),
    Call(
        "a stranger's token",
        "A token that is not valid is refused with 401.",
        API + "rest/authentication",
        Ask("GET", "/user", trusted=False),
        Expect(401, {"message?": Says("Unauthorized"), "error?": "code", "error_description?": "text"}),
    ),
    Call(
        "a project that is not there",
        "What does not exist and what is not shared with a token are the same 404.",
        API + "projects#retrieve-a-project",
        Ask("GET", "/projects/{space}%2Fworkwright-probe-that-was-never-made"),
        expect_message(404, "Project Not Found"),
    ),
    Call(
        "a namespace",
        "A group or a person's own space is found by its path.",
        API + "namespaces#retrieve-details-about-a-namespace",
        Ask("GET", "/namespaces/{space}"),
        Expect(body={"id": "whole", "name": "text", "path": "words", "kind": "=user|=group", "full_path": "={space}",
                     **MORE}),
        keep={"space_id": "id"},
    ),
    Call(
        "a project is made",
        "POST projects makes a private project with a first commit.",
        API + "projects#create-a-project",
        Ask("POST", "/projects", {"name": "{mark}", "path": "{mark}", "namespace_id": "{space_id}",
                                  "visibility": "private", "initialize_with_readme": True}),
        Expect(201, {**PROJECT, "path": "={mark}", "visibility": "=private"}),
        keep={"project": "id", "main": "default_branch"},
    ),
    Call(
        "a project is made twice",
        "A path that is taken is refused with 400, by the field.",
        API + "projects#create-a-project",
        Ask("POST", "/projects", {"name": "{mark}", "path": "{mark}", "namespace_id": "{space_id}"}),
        Expect(400, {"message": {"path": [Says("taken")], "*": "list"}, "*": "any"}),
    ),
    Call(
        "a project by its path",
        "A project is read by its path with the slash encoded.",
        API + "projects#retrieve-a-project",
        Ask("GET", "/projects/{space}%2F{mark}"),
        Expect(body={**PROJECT, "path_with_namespace": "={space}/{mark}"}),
    ),
    Call(
        "its members",
        "The members of a project are listed with their roles as numbers, those of its group among them.",
        API + "project_members#list-all-members-of-a-project",
        Ask("GET", "/projects/{project}/members/all", query={"query": "{username}", "per_page": 100}),
        Expect(body=[{**PERSON, "access_level": "whole"}], holds={"[0].username": "={username}"}),
    ),
    Call(
        "people by name",
        "People are found by their exact user name.",
        API + "users#list-users",
        Ask("GET", "/users", query={"username": "{username}"}),
        Expect(body=Rows(1, PERSON)),
    ),
)  # fmt: skip
