"""The judges of our requests can say no, and do not say it to what is right.

They judge by a small document made here, which is always there, and by the published one wherever that is present.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.descriptions import github_description, gitlab_description, notion_description, vercel_description

Json = dict[str, Any]
_ENOUGH: Json = {"parent": {"type": "page_id", "page_id": "x"}, "properties": {}}
_OPENED: Json = {"title": "x", "head": "h", "base": "b"}
_BLOCK: Json = {"type": "paragraph", "paragraph": {"rich_text": [{"type": "text", "text": {"content": "x"}}]}}
_ENV = {"key": "A", "value": "b", "type": "plain", "target": ["production"]}


def _query(name: str, **schema: Any) -> Json:
    return {"in": "query", "name": name, "required": schema.pop("required", False), "schema": schema}


def _takes(schema: Json, *, queries: tuple[Json, ...] = ()) -> Json:
    return {
        "parameters": list(queries),
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
    }


def _fields(*required: str, **known: Json) -> Json:
    return {"type": "object", "required": list(required), "properties": known}


def _only(*required: str, **known: Json) -> Json:
    return _fields(*required, **known) | {"additionalProperties": False}


_TEXT, _MANY = {"type": "string"}, {"type": "array"}
_TEXT_OR_NULL = _TEXT | {"nullable": True}
_MODE = _TEXT | {"enum": ["100644", "100755", "040000"]}
_OTHER_MODE: Json = {"tree": [{"path": "x", "mode": "1", "type": "blob"}]}
_COUNT = _query("page_size", type="integer")
_OWN: dict[str, Json] = {
    "github": {
        "openapi": "3.0.3",
        "paths": {
            "/repos/{owner}/{repo}/pulls": {
                "get": {"parameters": [{"$ref": "#/components/parameters/state"}]},
                "post": _takes(_fields("head", "base", title=_TEXT, head=_TEXT, base=_TEXT, body=_TEXT_OR_NULL)),
            },
            "/repos/{owner}/{repo}/git/trees": {
                "post": _takes(_fields("tree", tree=_MANY | {"items": {"$ref": "#/components/schemas/entry"}}))
            },
            "/repos/{owner}/{repo}/git/ref/{ref}": {"get": {}},
            "/repos/{owner}/{repo}/git/refs": {"post": _takes(_fields("ref", "sha", ref=_TEXT, sha=_TEXT))},
            "/app/installations/{id}/access_tokens": {
                "post": _takes(_fields(permissions=_fields(contents=_TEXT | {"enum": ["read", "write"]})))
            },
        },
        "components": {
            "parameters": {"state": _query("state", type="string", enum=["open", "closed", "all"])},
            "schemas": {"entry": _fields(path=_TEXT, type=_TEXT, mode=_MODE)},
        },
    },
    "gitlab": {
        "openapi": "3.1.0",
        "paths": {
            "/projects/{id}/merge_requests": {
                "get": {"parameters": [_query("state", type="string")]},
                "post": _takes(_only("title", "source_branch", "target_branch",
                                     **dict.fromkeys(("title", "source_branch", "target_branch"), _TEXT))),
            },
            "/projects/{id}/repository/branches": {"post": {}},
        },
    },
    "vercel": {
        "openapi": "3.0.3",
        "paths": {
            "/v13/deployments": {
                "post": _takes(_only("name", name=_TEXT, files=_MANY, target=_TEXT_OR_NULL),
                               queries=(_query("forceNew", type="string", enum=["0", "1"]),))
            },
            "/v10/projects/{id}/env": {
                "post": _takes(_only("key", "value", "type", "target", key=_TEXT, value=_TEXT, target=_MANY,
                                     type={"enum": ["plain", "encrypted", "sensitive"]}))
            },
            "/v7/deployments": {"get": {"parameters": [_query("limit", type="number")]}},
            "/v2/files": {"post": {"requestBody": {"content": {"application/octet-stream": {}}}}},
            "/v1/projects/{id}/rollback/{deployment}": {"post": {}},
        },
    },
    "notion": {
        "openapi": "3.1.0",
        "paths": {
            "/v1/pages": {"post": _takes(_only("parent", parent={}, properties={}, children=_MANY | {"maxItems": 100},
                                               markdown=_TEXT))},
            "/v1/pages/{page_id}": {"patch": _takes(_only(properties={}))},
            "/v1/blocks/{block_id}/children": {"patch": _takes(_only("children", children=_MANY))},
            "/v1/blocks/{block_id}": {"delete": {}},
            "/v1/comments": {"get": {"parameters": [_query("block_id", type="string", required=True)]}},
            "/v1/users": {"get": {"parameters": [_COUNT]}},
            "/v1/users/me": {"get": {}},
            "/v1/users/{user_id}": {"get": {"parameters": [_query("x", required=True)]}},
            "/v1/data_sources": {"post": _takes(_only(title=_MANY))},
            "/v1/file_uploads/{id}/send": {"post": {"requestBody": {"content": {"multipart/form-data": {}}}}},
        },
    },
}  # fmt: skip
_PUBLISHED = {
    "github": bool(github_description.find_description()),
    "gitlab": bool(gitlab_description.find_description()),
    "vercel": bool(vercel_description.find_descriptions()),
    "notion": bool(notion_description.find_published()),
}
_VARIABLES = {
    "github": "GITHUB_DESCRIPTION",
    "gitlab": "GITLAB_DESCRIPTION",
    "vercel": "VERCEL_DESCRIPTIONS",
    "notion": "NOTION_DESCRIPTION",
}
_JUDGES = {
    "github": github_description.violations,
    "gitlab": gitlab_description.violations,
    "vercel": vercel_description.violations,
    "notion": notion_description.violations,
}

_WRONG: list[tuple[str, str, str, Json, Any, str]] = [
    ("github", "POST", "/repos/a/b/pulls", {}, {**_OPENED, "nope": 1}, "'nope' was unexpected"),
    ("github", "POST", "/repos/a/b/pulls", {}, None, "the body is missing"),
    ("github", "POST", "/repos/a/b/pulls", {}, {**_OPENED, "title": 1}, "body.title"),
    ("github", "POST", "/repos/a/b/git/trees", {}, _OTHER_MODE, "tree[0].mode"),
    ("github", "POST", "/app/installations/4/access_tokens", {}, {"permissions": {"contents": "admin"}}, "contents"),
    ("github", "GET", "/repos/a/b/pulls", {"state": "what"}, None, "query.state is what"),
    ("github", "GET", "/repos/a/b/pulls", {"states": "open"}, None, "query.states is not known"),
    ("github", "GET", "/repos/a/b/git/ref/heads/x", {}, {"a": 1}, "a body is sent where none is known"),
    ("github", "GET", "/repos/a/b/nope", {}, None, "there is no such endpoint"),
    ("gitlab", "POST", "/projects/1/merge_requests", {}, {"title": "x", "source_branch": "a"}, "'target_branch'"),
    ("gitlab", "POST", "/projects/1/merge_requests", {},
     {"title": "x", "source_branch": "a", "target_branch": "b", "labelled": 1}, "'labelled' was unexpected"),
    ("gitlab", "GET", "/projects/1/merge_requests", {"stat": "opened"}, None, "query.stat is not known"),
    ("gitlab", "GET", "/projects/1/members/all", {"name": "x"}, None, "query.name is not known"),
    ("gitlab", "GET", "/projects/1/nope", {}, None, "there is no such endpoint"),
    ("vercel", "POST", "/v13/deployments", {"forceNew": "1"}, {"files": []}, "'name' is a required property"),
    ("vercel", "POST", "/v13/deployments", {}, {"name": "a", "colour": "red"}, "'colour' was unexpected"),
    ("vercel", "POST", "/v13/deployments", {"force": "1"}, {"name": "a"}, "query.force is not known"),
    ("vercel", "POST", "/v13/deployments", {"forceNew": "2"}, {"name": "a"}, "query.forceNew is 2"),
    ("vercel", "POST", "/v10/projects/prj_1/env", {}, _ENV | {"type": "secret"}, "body"),
    ("vercel", "GET", "/v7/deployments", {"limit": "many"}, None, "query.limit is many, no number"),
    ("vercel", "GET", "/v1/nowhere", {}, None, "there is no such endpoint"),
    ("vercel", "POST", "/v1/projects/p/rollback/d", {}, {"why": "because"}, "a body is sent where none is known"),
    ("vercel", "POST", "/v2/files", {}, {"a": 1}, "the body is not what is known: application/octet-stream"),
    ("notion", "POST", "/v1/pages", {}, {"parent": {"page_id": "x"}, "childs": []}, "'childs' was unexpected"),
    ("notion", "POST", "/v1/pages", {}, {"parent": {"page_id": "x"}, "children": [_BLOCK] * 101}, "body.children"),
    ("notion", "PATCH", "/v1/blocks/x/children", {}, {"children": [_BLOCK], "after": "y"}, "'after' was unexpected"),
    ("notion", "GET", "/v1/comments", {}, None, "query.block_id is missing"),
    ("notion", "GET", "/v1/users", {"page_size": "101"}, None, "query.page_size is 101"),
    ("notion", "GET", "/v1/users", {"size": "1"}, None, "query.size is not known"),
    ("notion", "GET", "/v1/people", {}, None, "there is no such endpoint"),
    ("notion", "POST", "/v1/data_sources", {}, None, "the body is missing"),
    ("notion", "POST", "/v1/data_sources", {}, b"form", "the body is not what is known: application/json"),
    ("notion", "DELETE", "/v1/blocks/x", {}, {"a": 1}, "a body is sent where none is known"),
]  # fmt: skip
_RIGHT: list[tuple[str, str, str, Json | None, Any]] = [
    ("github", "POST", "/repos/a/b/pulls", {}, _OPENED),
    ("github", "POST", "/repos/a/b/git/refs", {}, {"ref": "refs/heads/x", "sha": "0" * 40}),
    ("github", "GET", "/repos/a/b/pulls", {"state": "all"}, None),
    ("github", "GET", "/repos/a/b/git/ref/heads/x/y", {}, None),  # a ref has slashes
    ("github", "GET", "/user/memberships/orgs/o", {}, None),  # left out of the copy
    ("gitlab", "POST", "/projects/1/merge_requests", {}, {"title": "x", "source_branch": "a", "target_branch": "b"}),
    ("gitlab", "GET", "/projects/1/members/all", {"query": "x"}, None),
    ("vercel", "POST", "/v13/deployments", {"forceNew": "1"}, {"name": "a"}),
    ("vercel", "POST", "/v10/projects/prj_1/env", {}, _ENV),
    ("vercel", "GET", "/v7/deployments", {"limit": "-1"}, None),
    ("vercel", "POST", "/v2/files", {}, b"bytes"),
    ("notion", "POST", "/v1/pages", {}, _ENOUGH | {"markdown": "a", "allow_async": True}),  # the last came later
    ("notion", "POST", "/v1/pages", {"filter_properties": "x"}, _ENOUGH),
    ("notion", "PATCH", "/v1/pages/x", None, {"is_archived": True}),
    ("notion", "GET", "/v1/users/me", {}, None),  # and not /v1/users/{user_id}
    ("notion", "DELETE", "/v1/views/x/queries/y", {}, None),
    ("notion", "POST", "/v1/file_uploads/x/send", {}, b"form"),
]


def _by(system: str) -> list[str]:
    return ["own", "published"] if _PUBLISHED[system] else ["own"]


def _judged_by(system: str, by: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if by == "own":
        place = folder / system / vercel_description.CURRENT
        place.parent.mkdir()
        place.write_text(json.dumps(_OWN[system]), encoding="utf-8")
        monkeypatch.setenv(_VARIABLES[system], str(place.parent if system == "vercel" else place))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("system", "method", "path", "query", "body", "problem", "by"),
    [(*case, by) for case in _WRONG for by in _by(case[0])],
)
def test_what_is_wrong_is_found(
    system: str, method: str, path: str, query: Json, body: Any, problem: str, by: str,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    _judged_by(system, by, tmp_path, monkeypatch)
    found = _JUDGES[system](method, path, query, body)
    assert problem in found[0]


@pytest.mark.parametrize(
    ("system", "method", "path", "query", "body", "by"), [(*case, by) for case in _RIGHT for by in _by(case[0])]
)
def test_what_is_right_is_taken(
    system: str, method: str, path: str, query: Json | None, body: Any, by: str,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    _judged_by(system, by, tmp_path, monkeypatch)
    assert _JUDGES[system](method, path, query, body) == []


def test_null_is_taken_where_the_document_says_so_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for system in ("github", "vercel"):  # JSON Schema does not know `nullable`
        _judged_by(system, "own", tmp_path, monkeypatch)
    pulls, made = "/repos/a/b/pulls", "/v13/deployments"
    assert github_description.violations("POST", pulls, {}, {**_OPENED, "body": None}) == []
    assert vercel_description.violations("POST", made, {}, {"name": "a", "target": None}) == []
    assert github_description.violations("POST", pulls, {}, {**_OPENED, "base": None}) != []
    assert vercel_description.violations("POST", made, {}, {"name": None}) != []


def test_the_older_of_two_documents_judges_what_it_knows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _judged_by("vercel", "own", tmp_path, monkeypatch)
    body: Json = {"name": "a", "files": []}
    assert vercel_description.violations("POST", "/v13/deployments", {}, body) == []
    older: Json = {"openapi": "3.0.3", "paths": {"/v13/deployments": {"post": _takes(_only("name", name=_TEXT))}}}
    (tmp_path / "vercel" / vercel_description.OLD).write_text(json.dumps(older), encoding="utf-8")
    (found,) = vercel_description.violations("POST", "/v13/deployments", {}, body)
    assert "'files' was unexpected" in found
    assert vercel_description.violations("GET", "/v7/deployments", {}, None) == []


def test_an_exchange_is_judged_as_the_client_traces_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for system, judge, url in (
        ("github", github_description.of_exchange, "http://h/repos/a/b/pulls?states=open"),
        ("gitlab", gitlab_description.of_exchange, "http://h/api/v4/projects/1/merge_requests?stat=x"),
        ("vercel", vercel_description.of_exchange, "http://h/v7/deployments?limit=many"),
        ("notion", notion_description.of_exchange, "http://h/v1/users?page_size=0"),
    ):
        _judged_by(system, "own", tmp_path, monkeypatch)
        assert len(judge({"method": "GET", "url": url, "body": None})) == 1
        assert judge({"method": "GET", "url": url.partition("?")[0], "body": None}) == []
        monkeypatch.setenv(_VARIABLES[system], str(tmp_path / "none"))
        judged = bool(notion_description.find_description()) if system == "notion" else False  # which needs no document
        assert bool(judge({"method": "GET", "url": url, "body": None})) is judged
