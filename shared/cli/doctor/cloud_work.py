"""What works in a deployment: functions, queues, scheduled jobs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shared.cli.doctor.cloud_site import Site, finding
from shared.core.tenants.finding import Finding

_MIN_BACKOFF, _MAX_BACKOFF = "10s", "300s"  # what shared/backends/cloud/queue.py counts on


def functions(site: Site) -> Iterator[Finding]:
    """Source: cloud.google.com/functions/docs/reference/rest/v2/projects.locations.functions#Function."""
    deployed = {
        _last_part(function["name"]): function
        for function in site.google.list_all("cloudfunctions", f"{site.place}/functions", "functions")
    }
    problems, apart = [], []
    for name in site.wanted.functions:
        function = deployed.get(name)
        if function is None:
            problems.append(f"no function {name}")
            continue
        if function.get("state") != "ACTIVE":
            messages = "; ".join(str(each.get("message", "")) for each in function.get("stateMessages", ()))
            problems.append(f"{name} is {function.get('state')}{f' ({messages})' if messages else ''}")
        account = function.get("serviceConfig", {}).get("serviceAccountEmail")
        if account != site.wanted.account(name):
            problems.append(f"{name} runs as {account}")
        source = function.get("buildConfig", {}).get("source", {}).get("storageSource", {}).get("object", "")
        if site.wanted.release and source != site.wanted.release.get(name):
            apart.append(name)
    why = "A function that is not active answers with its earlier code, or not at all."
    yield finding("functions", why, problems, f"{len(site.wanted.functions)} active", site.apply())
    if site.wanted.release is not None:
        why = "Some functions run code other than this release's; a fault that was fixed may still be there."
        differences = [f"not this release: {', '.join(apart)}"] if apart else []
        yield finding("release", why, differences, "all functions run it", site.apply(), needed=False)


def queues(site: Site) -> Iterator[Finding]:
    """Source: cloud.google.com/tasks/docs/reference/rest/v2/projects.locations.queues#Queue."""
    deployed = {
        _last_part(queue["name"]): queue
        for queue in site.google.list_all("cloudtasks", f"{site.place}/queues", "queues")
    }
    problems, way_out = [], site.apply()
    for name, declared in site.wanted.functions.items():
        if "queue" not in declared:
            continue
        queue = deployed.get(name)
        if queue is None:
            problems.append(f"no queue {name}")
            continue
        problems += [f"{name}: {each}" for each in _differing(queue, declared["queue"])]
        if queue.get("state") != "RUNNING":
            problems.append(f"{name} is {queue.get('state')}")
            way_out = (
                f"gcloud tasks queues resume {name} --location={site.wanted.region} --project={site.wanted.project}"
            )
    why = (
        "Commands wait in a queue that is not running; with the wrong retry settings they are put "
        "aside too early, or retried too fast."
    )
    yield finding("queues", why, problems, "all are running, with their rates and retry settings", way_out)


def _differing(queue: dict[str, Any], declared: dict[str, Any]) -> Iterator[str]:
    rates, retry = queue.get("rateLimits", {}), queue.get("retryConfig", {})
    compared = {
        "tasks per second": (rates.get("maxDispatchesPerSecond"), declared["per_second"]),
        "tasks at once": (rates.get("maxConcurrentDispatches"), declared["concurrent"]),
        "attempts": (retry.get("maxAttempts"), -1),
        "shortest wait": (retry.get("minBackoff"), _MIN_BACKOFF),
        "longest wait": (retry.get("maxBackoff"), _MAX_BACKOFF),
    }
    yield from (f"{what} is {has}, not {needs}" for what, (has, needs) in compared.items() if has != needs)


def jobs(site: Site) -> Iterator[Finding]:
    """No `status`, or one without a code, means that the last attempt succeeded; `lastAttemptTime` is that of the last.

    Source: cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs#Job.
    """
    deployed = {
        _last_part(job["name"]): job for job in site.google.list_all("cloudscheduler", f"{site.place}/jobs", "jobs")
    }
    problems, way_out = [], site.apply()
    at = f"--location={site.wanted.region} --project={site.wanted.project}"
    for name, declared in site.wanted.functions.items():
        if "schedule" not in declared:
            continue
        job = deployed.get(name)
        if job is None:
            problems.append(f"no job {name}")
            continue
        if job.get("state") != "ENABLED":
            problems.append(f"{name} is {job.get('state')}")
            way_out = f"gcloud scheduler jobs resume {name} {at}"
        if job.get("schedule") != declared["schedule"]["cron"]:
            problems.append(f"{name} runs at {job.get('schedule')}, not {declared['schedule']['cron']}")
        audience = job.get("httpTarget", {}).get("oidcToken", {}).get("audience")
        if audience != site.url(name):
            problems.append(f"{name} is called for {audience}, which the function refuses")
        code = job.get("status", {}).get("code", 0)
        if code:
            problems.append(f"the last run of {name} failed (code {code}, at {job.get('lastAttemptTime', 'no time')})")
            way_out = f"gcloud scheduler jobs run {name} {at}, then `gcloud functions logs read {name} --gen2`"
        elif "lastAttemptTime" not in job:
            problems.append(f"{name} has not run yet")
            way_out = f"gcloud scheduler jobs run {name} {at}"
    why = (
        "Without sweep, forgotten commands are not handed over and no routine begins; without "
        "sync, lost deliveries stay lost."
    )
    yield finding("jobs", why, problems, "enabled, and their last runs succeeded", way_out)


def _last_part(name: str) -> str:
    return str(name).rpartition("/")[2]
