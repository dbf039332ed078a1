"""The least number of requests with which the forge's and the host's APIs let a change be shipped, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

_THERE = ("change", "static_site_again")  # kinds whose repository is there already
_READ = "GET /repos/{repository}/contents/{path}"


@dataclass(frozen=True, slots=True)
class Minimum:
    """A number of requests, and what each of them is."""

    calls: int
    why: str


def find_minima(kind: str, asked: Mapping[str, Counter[str]]) -> dict[str, Minimum]:
    """Return the least for each of the systems that were asked; how many files went up is taken from what was asked."""
    found = {}
    if "github" in asked:
        found["github"] = _github(asked["github"], is_new=kind not in _THERE)
    if "vercel" in asked:
        found["vercel"] = _vercel(asked["vercel"], is_new=kind != "static_site_again")
    if "cloud_storage" in asked:
        found["cloud_storage"] = _cloud_storage(asked["cloud_storage"])
    return found


def _github(asked: Counter[str], *, is_new: bool) -> Minimum:
    """integrations, section 5: five calls for branch, commit and pull request; checks live in two systems."""
    made = "1 makes the repository with its first commit, " if is_new else ""
    read = asked[_READ]
    listing = f"1 lists all files of the repository and {read} read those that matter, " if read else ""
    return Minimum(
        int(is_new) + (1 + read if read else 0) + 5 + 2,
        f"{made}{listing}5 are head, tree with all files inline, commit, branch and pull request, 2 look at the checks"
        " (runs and statuses are two systems; once each, when all have ended). Looking whether the repository is"
        " there, or whose account it is, costs one each",
    )


def _vercel(asked: Counter[str], *, is_new: bool) -> Minimum:
    """integrations, section 6: the deployment by digests, the files that are missing, and awaiting both ends.

    Of a new site every file is missing, so they could go up before the only start; of one that is there nobody knows.
    """
    files = asked["POST /v2/files"]
    again = 1 if files and not is_new else 0
    asks = " and 1 deploys again (Vercel names what is missing only in refusing)" if again else ""
    made = "1 makes the project" if is_new else "1 reads the project"
    return Minimum(
        1 + 1 + files + again + 1 + 1 + 1 + 1,
        f"{made}, 1 deploys by digests, {files} upload what is missing{asks}, 1 sees it ready, 1 reads what was in"
        " production (the way back), 1 promotes, 1 sees that done. Asking first which files are missing costs one, and"
        " so does every further look while a build, a switch or the watch lasts. Small texts within the start itself"
        " would save their uploads, and send them again each time",
    )


def _cloud_storage(asked: Counter[str]) -> Minimum:
    """One object is written or copied with one call each; there is no call that does several."""
    upload, copy = asked["POST /upload/storage/v1/b/{bucket}/o"], sum(
        count for call, count in asked.items() if call.endswith("rewriteTo")
    )  # fmt: skip
    objects = upload - 5  # besides the site's record twice, the deployment's twice, and the lock
    return Minimum(
        objects + copy + 1,
        f"{objects} objects are written, {copy} are copied into production, 1 writes the record of what is there. The"
        " rest keeps deaths in the middle and others apart",
    )
