"""What is known of GitLab's API as a judge of requests; GITLAB_DESCRIPTION names it.

It was derived from two public clients and holds a part of the API; GitLab's own pages name what is judged instead.
"""

from __future__ import annotations

from pathlib import Path

from tests.support.descriptions.api_description import Api, closed, described_at


def find_description() -> Path | None:
    """Return where the description is on this machine, or None."""
    return described_at("GITLAB_DESCRIPTION", "gitlab-openapi-derived.json")


_API = Api(
    find=lambda: [found for found in (find_description(),) if found],
    prepare=closed,
    prefix="/api/v4",
    instead=(
        ("GET", "/namespaces/{id}", ()),  # api/namespaces
        ("POST", "/projects/{id}/archive", ()),  # api/projects
        ("GET", "/personal_access_tokens/self", ()),  # api/personal_access_tokens
        ("GET", "/groups/{id}", ()),  # api/groups
        ("GET", "/groups/{id}/members/all/{user_id}", ()),  # api/group_members
        ("GET", "/user", ()),  # api/users
        ("GET", "/projects/{id}/repository/tree", ("ref", "recursive", "per_page", "pagination", "page_token")),
        ("GET", "/projects/{id}/repository/files/{path}", ("ref",)),  # api/repository_files
        ("GET", "/projects/{id}/merge_requests/{iid}/approvals", ()),  # api/merge_request_approvals
        ("GET", "/projects/{id}/merge_requests/{iid}/versions", ("per_page", "page")),  # api/merge_requests
        ("GET", "/projects/{id}/jobs/{job}/trace", ()),  # api/jobs
        ("GET", "/projects/{id}/members/all", ("query", "per_page", "page")),  # api/project_members
    ),
)
of_exchange, violations = _API.of_exchange, _API.violations
