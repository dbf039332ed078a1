"""What GitHub knows about a commit's checks: check runs and commit statuses, which know nothing of each other."""

from __future__ import annotations

import re
from contextlib import suppress

from shared.core.errors import IntegrationError
from shared.http_client import segment
from shared.integrations.forge import Check
from shared.integrations.github.wire import Json, Wire

_CONCLUSIONS = {
    "success": "success",
    "neutral": "neutral",
    "skipped": "neutral",
    "action_required": "action_required",
    "cancelled": "cancelled",
    "stale": "cancelled",
    "startup_failure": "cancelled",
}  # failure, timed_out, and what is not known yet: a failure
_STATUSES = {"success": "success", "pending": "pending"}
_RUN, _JOB = "run:", "job:"
_ACTIONS = "github-actions"  # its check runs are jobs, which have a log
_NOISE = re.compile(r"^\ufeff?\d{4}-\d\d-\d\dT[\d:.]+Z |\x1b\[[\d;]*m", re.MULTILINE)
_MAX_DETAIL = 300


def checks_of(wire: Wire, repo: str, sha: str) -> list[Check]:
    """Return all checks of a commit.

    Where nobody has reported any, suites that wait for a person's permission to run are told: of those GitHub makes
    no runs. Suites that are merely queued are of apps that may never run anything.
    """
    commit = f"{repo}/commits/{segment(sha)}"
    found = [_read_run(run) for run in wire.list_all(f"{commit}/check-runs", inside="check_runs", filter="latest")]
    found += [_read_status(status) for status in wire.list_all(f"{commit}/status", inside="statuses")]
    if not found:
        suites = wire.list_all(f"{commit}/check-suites", inside="check_suites")
        found = [_read_suite(suite) for suite in suites if suite.get("conclusion") == "action_required"]
    return found


def _read_run(raw: Json) -> Check:
    done = raw["status"] == "completed"
    state = _CONCLUSIONS.get(raw.get("conclusion") or "", "failure") if done else "pending"
    output = raw.get("output") or {}
    detail = str(output.get("title") or output.get("summary") or raw.get("conclusion") or raw["status"])
    url = str(raw.get("html_url") or raw.get("details_url") or "")
    kind = _JOB if (raw.get("app") or {}).get("slug") == _ACTIONS else _RUN
    return Check(str(raw["name"]), state, url, detail[:_MAX_DETAIL], f"{kind}{raw['id']}")


def _read_status(raw: Json) -> Check:
    state = _STATUSES.get(raw["state"], "failure")
    detail = str(raw.get("description") or raw["state"])
    return Check(str(raw["context"]), state, str(raw.get("target_url") or ""), detail[:_MAX_DETAIL])


def _read_suite(raw: Json) -> Check:
    name = str((raw.get("app") or {}).get("name") or "checks")
    return Check(name, "action_required", "", "a person has to allow it to run")


def log_of(wire: Wire, repo: str, check: Check) -> str:
    """Return what a check run wrote about itself: title, summary, text, notes on lines; of a status its word.

    Of an Actions job the log too, where our token has the right (`actions: read`).
    """
    kind, _, number = check.ref.partition(":")
    if f"{kind}:" not in (_RUN, _JOB):
        return check.detail
    path = f"{repo}/check-runs/{segment(number)}"
    output = wire.call("GET", path).json.get("output") or {}
    parts = [str(output[name]) for name in ("title", "summary", "text") if output.get(name)]
    if output.get("annotations_count"):
        parts += [_note(each) for each in wire.call("GET", f"{path}/annotations", params={"per_page": 50}).json]
    if f"{kind}:" == _JOB:
        with suppress(IntegrationError):  # the other words are enough to go on with
            parts.append(_job_log(wire, f"{repo}/actions/jobs/{segment(number)}/logs"))
    return "\n".join(part for part in parts if part) or check.detail


def _job_log(wire: Wire, path: str) -> str:
    """Return a job's log up to where it failed, without times and colours."""
    answer = wire.call("GET", path, accept=(302, 403, 404, 410))
    text = wire.text_at(answer.headers.get("Location", "")) if answer.status == 302 else ""
    until = text.rfind("##[error]")
    ended = text.find("\n", until) if until >= 0 else -1
    return _NOISE.sub("", text[:ended] if ended >= 0 else text)


def _note(raw: Json) -> str:
    where = f"{raw.get('path')}:{raw.get('start_line')}"
    return f"{where}: {raw.get('annotation_level')}: {raw.get('message')}"
