"""Try a bucket of Cloud Storage as the place of sites: whether it is there, may be written to, and may be seen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

from shared.core.errors import IntegrationError, Missing, Unauthorized
from shared.http_answers import Answer
from shared.http_client import HttpClient, Trace
from shared.integrations.cloud_storage.bucket import BASE_URL
from shared.integrations.trial_result import TIMEOUTS, Given, Tried, join_words, tell_unclear
from shared.ports import Secret

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")
_NEEDED = {
    "storage.objects.create": "write",
    "storage.objects.get": "read",
    "storage.objects.list": "list",
    "storage.objects.delete": "delete",
}
_CONSOLE = "In the Google Cloud console open Cloud Storage › Buckets"


def try_bucket(name: str, token: Secret, *, at: str = BASE_URL, trace: Trace | None = None) -> Tried:
    """Say whether the identity of `token` may keep sites in a bucket. It only asks.

    Facts: bucket, and public: "no" where public access is prevented, else "unknown", because which parts of the
    bucket everybody may read is a condition of its policy.
    """
    facts = {"bucket": name}
    if not _NAME.fullmatch(name):
        way_out = "Give the bare name, as in acme-sites: small letters, digits, hyphens, no gs:// before it."
        return Tried(False, f"“{name}” cannot be the name of a bucket.", way_out, facts)
    http = HttpClient("cloud_storage", at, token, timeouts=TIMEOUTS, trace=trace)
    path = f"/storage/v1/b/{quote(name, safe='')}"
    try:
        asked = [("permissions", each) for each in _NEEDED]
        found = http.call("GET", f"{path}/iam/testPermissions", params=asked, judge=_shut).json or {}
        given = found.get("permissions") or []
        missing = [word for permission, word in _NEEDED.items() if permission not in given]
        if missing:
            return _lacks(name, missing, facts)
        return _judge_public_access(http.call("GET", path, judge=_shut), facts)
    except Missing:
        way_out = f"{_CONSOLE} › Create, and make it there, or look at the spelling."
        return Tried(False, f"There is no bucket “{name}”.", way_out, facts)
    except Unauthorized:
        says = "Google does not accept this machine's identity: it has expired, or was taken back."
        return Tried(False, says, "Run `gcloud auth application-default login`, or run as a service account.", facts)
    except IntegrationError as error:
        return tell_unclear("Cloud Storage", error, facts)


def _shut(answer: Answer) -> Answer | None:
    return Answer(200, answer.headers, {}, "") if answer.status == 403 and "Retry-After" not in answer.headers else None


def _lacks(name: str, missing: list[str], facts: Mapping[str, str]) -> Tried:
    says = f"This machine's identity may not {join_words(missing, 'or')} objects in the bucket {name}."
    way_out = f"{_CONSOLE} › {name} › Permissions › Grant access, and give it the role Storage Object User."
    return Tried(False, says, way_out, facts)


def _judge_public_access(bucket: Answer, facts: Mapping[str, str]) -> Tried:
    access = bucket.json.get("iamConfiguration") if isinstance(bucket.json, Mapping) else None
    prevented = isinstance(access, Mapping) and access.get("publicAccessPrevention") == "enforced"
    known = {**facts, "public": "no" if prevented else "unknown"}
    if prevented:
        says = (
            f"Sites can be written into {facts['bucket']}, but public access is prevented there, so nobody sees them."
        )
        way_out = f"{_CONSOLE} › {facts['bucket']} › Permissions › Public access, and remove the prevention."
        return Tried(False, says, way_out, known)
    return Tried(True, f"Sites can be kept in the bucket {facts['bucket']}.", facts=known)


def try_given(given: Given) -> Tried:
    """Try the bucket with the identity that is the given token."""
    return try_bucket(given.fact("bucket"), given.token, at=given.at, trace=given.trace)
