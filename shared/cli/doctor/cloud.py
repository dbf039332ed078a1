"""`workwright doctor --cloud`: look over a deployment with the operator's own credentials, and change nothing.

What should be there is read from the checkout (`cloud_wanted.py`); what is there, from Google's REST interfaces
(`google_reader.py`). The shapes are those of the reference pages at cloud.google.com, named beside each check.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from shared.cli.doctor.cloud_access import accounts, callers, extra_access, grants, roles
from shared.cli.doctor.cloud_data import database, indexes, key, secrets, webhook
from shared.cli.doctor.cloud_refusals import refusals
from shared.cli.doctor.cloud_site import Site
from shared.cli.doctor.cloud_wanted import Wanted
from shared.cli.doctor.cloud_work import functions, jobs, queues
from shared.cli.doctor.google_reader import GoogleReader
from shared.core.errors import IntegrationError, Missing, Unauthorized, Unavailable
from shared.core.tenants.finding import MISSING, OK, Finding

Check = Callable[[Site], Iterator[Finding]]


def look_over_cloud(wanted: Wanted, google: GoogleReader) -> list[Finding]:
    """Return what was found; what may not be looked at is a finding too."""
    try:
        number, first = _project(wanted, google)
    except IntegrationError as error:
        return [report_unreachable("project", wanted, error)]
    site = Site(wanted, google, number)
    checks: dict[str, Check] = {
        "apis": _apis, "accounts": accounts, "roles": roles, "grants": grants, "access": extra_access,
        "functions": functions, "callers": callers, "queues": queues, "jobs": jobs, "database": database,
        "indexes": indexes, "secrets": secrets, "key": key, "webhook": webhook, "refusals": refusals,
    }  # fmt: skip
    found = [first]
    for name, check in checks.items():
        try:
            found += check(site)
        except IntegrationError as error:
            found.append(report_unreachable(name, wanted, error))
    return found


def report_unreachable(name: str, wanted: Wanted, error: IntegrationError) -> Finding:
    """Return what is said of something that could not be looked at."""
    if isinstance(error, Unauthorized):
        way_out = "gcloud auth application-default login"
    elif isinstance(error, Missing):
        way_out = "terraform -chdir=terraform plan -var-file=envs/ENVIRONMENT.tfvars"
    elif isinstance(error, Unavailable):
        way_out = "Check that this machine's network lets it reach Google, then run this again"
    else:
        way_out = f"gcloud projects add-iam-policy-binding {wanted.project} --member=user:YOU --role=roles/viewer"
        way_out += ", the same with roles/iam.securityReviewer; then run this again"
    return Finding(
        name, MISSING, f"could not be checked: {error}", way_out, why="What cannot be checked may be broken."
    )


def _project(wanted: Wanted, google: GoogleReader) -> tuple[str, Finding]:
    """Source: cloud.google.com/resource-manager/reference/rest/v3/projects#Project."""
    read = google.get("cloudresourcemanager", f"projects/{wanted.project}")
    number, state = str(read["name"]).rpartition("/")[2], str(read.get("state", ""))
    right = state == "ACTIVE"
    return number, Finding(
        "project", OK if right else MISSING, f"{wanted.project} ({number}) is {state}",
        "" if right else f"gcloud projects undelete {wanted.project}",
        why="A project that is being deleted takes everything with it after 30 days.",
    )  # fmt: skip


def _apis(site: Site) -> Iterator[Finding]:
    """Source: cloud.google.com/service-usage/docs/reference/rest/v1/services/list."""
    path, wanted = f"projects/{site.number}/services", site.wanted
    on = {
        str(service["config"]["name"])
        for service in site.google.list_all("serviceusage", path, "services", filter="state:ENABLED", pageSize=200)
    }
    off = [name for name in wanted.apis if name not in on]
    yield Finding(
        "apis", MISSING if off else OK, f"not enabled: {', '.join(off)}" if off else f"{len(wanted.apis)} enabled",
        f"gcloud services enable {' '.join(off)} --project={wanted.project}" if off else "",
        why="Calls to a service that is not enabled are refused.",
    )  # fmt: skip
