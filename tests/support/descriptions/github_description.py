"""The published description of GitHub's API as a judge of requests; GITHUB_DESCRIPTION names it."""

from __future__ import annotations

from pathlib import Path

from tests.support.descriptions.api_description import Api, closed, described_at


def find_description() -> Path | None:
    """Return where the description is on this machine, or None."""
    return described_at("GITHUB_DESCRIPTION", "github-openapi-trimmed.json")


_API = Api(
    find=lambda: [found for found in (find_description(),) if found],
    prepare=closed,
    slashed=("ref", "path", "basehead", "branch"),
    # What the copy at hand leaves out of GitHub's description (it holds 70 of some 700 paths), and we ask all the same.
    left_out=(
        ("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/comments"),
        ("GET", "/repos/{owner}/{repo}/check-runs/{check_run_id}/annotations"),
        ("GET", "/repos/{owner}/{repo}/actions/jobs/{job_id}/logs"),
        ("GET", "/user/memberships/orgs/{org}"),
        ("GET", "/user/repos"),
        ("GET", "/users/{username}"),
        ("GET", "/repos/{owner}/{repo}/collaborators/{username}/permission"),
    ),
)
of_exchange, violations = _API.of_exchange, _API.violations
