"""Merge requests of GitLab: opened, watched, talked about, merged."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from shared.core.errors import Missing, Rejected
from shared.integrations.forge import Change, Check, Checks, Review, sum_up
from shared.integrations.gitlab.wire import SYSTEM, Json, Wire, change_of, check_of, project, read_error_message

_DRAFT = re.compile(r"^(\s*(draft:|\[draft\]|\(draft\)))+\s*", re.IGNORECASE)
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|section_(start|end):\d+:[^\r\n]*\r?")
_STATES = {"open": "opened", "closed": "all", "all": "all"}  # GitLab's "closed" leaves the merged ones out
_LOG = 60_000  # characters of a log's end: where a job says why it failed
_DEVELOPER = 30  # the least role that may push
_HAS_APPROVED = "approved this merge request"
_ASKS_FOR_CHANGES = "requested changes"  # how GitLab's own notes begin; it has no webhook and no list of these


class MergeRequests:
    """The part of GitLab that is about changes."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def open_change(
        self, owner: str, name: str, *, branch: str, base: str, title: str, body: str, draft: bool = False
    ) -> Change:
        """Open a merge request. Called again it returns the open one of that branch."""
        asked = {
            "source_branch": branch,
            "target_branch": base,
            "title": _format_title(title, draft),
            "description": body,
        }
        answer = self._wire.call("POST", f"{project(owner, name)}/merge_requests", json=asked, accept=(400, 409, 422))
        if answer.ok:
            return change_of(answer.json)
        found = self.find_change(owner, name, branch)
        if found is None:
            raise Rejected(SYSTEM, f"merge request for {branch!r}: {read_error_message(answer)}")
        return found

    def find_change(self, owner: str, name: str, branch: str, *, state: str = "open") -> Change | None:
        """Return the newest merge request of a branch of ours; `state` is open, closed or all.

        A fork may have a branch of the same name, and a request of it: that is another's.
        """
        asked = {"source_branch": branch, "state": _STATES[state], "order_by": "created_at", "sort": "desc"}
        listed = self._wire.call("GET", f"{project(owner, name)}/merge_requests", params=asked | {"per_page": 100}).json
        found = [change_of(each) for each in listed if each["source_project_id"] == each["target_project_id"]]
        return next((each for each in found if state in ("all", each.state)), None)

    def change(self, owner: str, name: str, number: int) -> Change:
        return change_of(self._wire.call("GET", f"{project(owner, name)}/merge_requests/{number}").json)

    def update_change(
        self,
        owner: str,
        name: str,
        number: int,
        *,
        title: str | None = None,
        body: str | None = None,
        labels: Sequence[str] | None = None,
        reviewers: Sequence[str] | None = None,
    ) -> list[str]:
        """Set what is given; return what GitLab did not take, as sentences. Reviewers are named by their user names."""
        wanted: Json = {} if body is None else {"description": body}
        if title is not None:
            wanted["title"] = _format_title(title, self.change(owner, name, number).draft)
        if labels:
            wanted["add_labels"] = ",".join(label.replace(",", " ") for label in labels)
        people, left = self._people(reviewers or ())
        if people:
            wanted["reviewer_ids"] = list(people.values())
        if wanted:
            path = f"{project(owner, name)}/merge_requests/{number}"
            now_there = self._wire.call("PUT", path, json=wanted).json
            asked = {each["id"] for each in now_there.get("reviewers", [])}
            left += [f"GitLab did not ask {who} for a review" for who, id_ in people.items() if id_ not in asked]
            known = set(now_there.get("labels", [])) if labels else set()
            left += [f"GitLab did not accept the label {label!r}" for label in labels or () if label not in known]
        return left

    def _people(self, names: Sequence[str]) -> tuple[dict[str, int], list[str]]:
        found: dict[str, int] = {}
        left = []
        for name in names:
            listed = self._wire.call("GET", "/users", params={"username": name}).json
            if listed:
                found[name] = int(listed[0]["id"])
            else:
                left.append(f"GitLab has no user called {name}")
        return found, left

    def close_change(self, owner: str, name: str, number: int) -> Change:
        """Close without merging. The same call again leaves it closed."""
        path = f"{project(owner, name)}/merge_requests/{number}"
        answer = self._wire.call("PUT", path, json={"state_event": "close"}, accept=(400, 422))
        return change_of(answer.json) if answer.ok else self.change(owner, name, number)

    def may_write(self, owner: str, name: str, who: str) -> bool:
        """Say whether somebody is a member of at least the role Developer, here or through the group."""
        asked = {"query": who}
        listed = self._wire.pages(f"{project(owner, name)}/members/all", asked) if who else ()
        return any(each["username"] == who and each["access_level"] >= _DEVELOPER for each in listed)

    def comment(self, owner: str, name: str, number: int, text: str) -> str:
        """Say something in the conversation and return its id. Done twice it is said twice."""
        path = f"{project(owner, name)}/merge_requests/{number}/notes"
        return f"note-{self._wire.call('POST', path, json={'body': text}).json['id']}"

    def merge(self, owner: str, name: str, number: int, *, sha: str) -> str:
        """Merge exactly this head as one commit; return where it went. Called again it returns the same commit.

        How commits are laid down beside squashing is the project's own setting. Raises Rejected when the head has moved
        (409), when GitLab does not merge it (405, 422), or when our token may not (401: nobody's grant is over by it).
        """
        path = f"{project(owner, name)}/merge_requests/{number}/merge"
        asked = {"sha": sha, "squash": True}
        answer = self._wire.call("PUT", path, json=asked, accept=(401, 405, 406, 409, 422))
        now = change_of(answer.json) if answer.ok else self.change(owner, name, number)
        if now.merged and now.head_sha == sha:
            return now.merge_sha
        why = now.blocked or read_error_message(answer)
        raise Rejected(SYSTEM, f"merge request {number} was not merged: {why or answer.status}")

    def checks(self, owner: str, name: str, sha: str) -> Checks:
        """Return the newest pipeline of each kind on a commit, and its jobs. Without a pipeline nothing was checked."""
        asked = {"sha": sha, "order_by": "id", "sort": "desc"}
        newest: dict[str, Json] = {}
        for pipeline in self._wire.pages(f"{project(owner, name)}/pipelines", asked):
            newest.setdefault(f"{pipeline.get('source', '')} {pipeline.get('ref', '')}", pipeline)
        runs: list[Check] = []
        for pipeline in newest.values():
            runs.append(check_of(pipeline, f"pipeline {pipeline.get('source') or pipeline['id']}"))
            jobs = self._wire.pages(f"{project(owner, name)}/pipelines/{pipeline['id']}/jobs")
            runs += [check_of(job, str(job["name"]), ref=str(job["id"])) for job in jobs]
        return _sum_up_pipelines(runs)

    def check_log(self, owner: str, name: str, check: Check) -> str:
        """Return the end of a job's log; "" for a pipeline, which has none, and for one that we may not read."""
        if not check.ref:
            return ""
        try:
            answer = self._wire.call("GET", f"{project(owner, name)}/jobs/{int(check.ref)}/trace", text=True)
        except (Missing, Rejected):
            return ""
        return _ANSI.sub("", answer.text)[-_LOG:]

    def reviews(self, owner: str, name: str, number: int) -> list[Review]:
        """Return remarks and verdicts, oldest first. An approval that was taken back is not among them."""
        path = f"{project(owner, name)}/merge_requests/{number}"
        notes = list(self._wire.pages(f"{path}/notes", {"order_by": "created_at", "sort": "asc"}))
        found = [review for note in notes if (review := _review(note)) is not None]
        approved = self._wire.call("GET", f"{path}/approvals", accept=(403, 404)).json
        people = approved.get("approved_by") or [] if isinstance(approved, dict) else []
        if not people:
            return found
        versions = list(self._wire.pages(f"{path}/versions"))
        return found + [_approval(each, notes, versions) for each in people]


def _sum_up_pipelines(runs: Sequence[Check]) -> Checks:
    """Sum up. A job that waits for a person holds nothing up where its pipeline has gone through without it."""
    pipelines = [run for run in runs if not run.ref]
    jobs = [run for run in runs if run.ref and run.state != "action_required"]
    return Checks(sum_up([*pipelines, *jobs]).state, tuple(runs))


def _review(note: Json) -> Review | None:
    """Return what a person said; None for GitLab's own remarks, but for the one that somebody asks for changes."""
    place = note.get("position") or {}
    who, text = str((note.get("author") or {}).get("username", "")), str(note.get("body", ""))
    if note.get("system"):
        asks = text.lower().startswith(_ASKS_FOR_CHANGES)
        return Review(f"note-{note['id']}", who, "changes_requested") if asks else None
    return Review(
        f"note-{note['id']}",
        who,
        "dismissed" if note.get("resolved") else "commented",
        text,
        str(place.get("new_path") or place.get("old_path") or ""),
        int(place.get("new_line") or place.get("old_line") or 0),
        str(place.get("head_sha") or ""),
    )


def _approval(raw: Json, notes: Sequence[Json], versions: Sequence[Json]) -> Review:
    """Return an approval of the version that was the newest when it was given.

    GitLab does not say what an approval was of. When it was given stands beside it, or in GitLab's own note about it;
    where neither does it is of nothing anybody could name.
    """
    who = str(raw["user"]["username"])
    approving = [note for note in notes if note.get("system") and str(note.get("body", "")).startswith(_HAS_APPROVED)]
    by_note = [str(note["created_at"]) for note in approving if (note.get("author") or {}).get("username") == who]
    at = str(raw.get("approved_at") or (by_note[-1] if by_note else ""))
    given = datetime.fromisoformat(at) if at else None
    seen = [each for each in versions if given and datetime.fromisoformat(str(each["created_at"])) < given]
    sha = str(max(seen, key=lambda each: int(each["id"]))["head_commit_sha"]) if seen else "unknown"
    return Review(f"approval-{raw['user']['id']}-{at}", who, "approved", sha=sha)


def _format_title(title: str, draft: bool) -> str:
    """Return a title as GitLab keeps it: a draft is one by the first word of its title."""
    bare = _DRAFT.sub("", title)
    return f"Draft: {bare}" if draft else bare
