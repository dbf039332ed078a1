"""What the simulated Vercel refuses: wrong bodies, names, files and variables."""

import base64
import binascii
import json
import re
from typing import Any

from werkzeug.wrappers import Request

Json = dict[str, Any]

DEPLOYMENT_FIELDS = (
    "buildMachine customEnvironmentSlugOrId deploymentId files gitAccessToken gitMetadata gitSource meta "
    "monorepoManager name project projectSettings target withLatestCommit"
)
PROJECT_FIELDS = (
    "enablePreviewFeedback enableProductionFeedback previewDeploymentsDisabled previewDeploymentSuffix buildCommand "
    "commandForIgnoringBuildStep devCommand environmentVariables framework gitRepository installCommand name "
    "skipGitConnectDuringLink ssoProtection sandbox outputDirectory publicSource rootDirectory "
    "serverlessFunctionRegion serverlessFunctionZeroConfigFailover oidcTokenConfig resourceConfig"
)
PROJECT_UPDATES = (
    "autoExposeSystemEnvs autoAssignCustomDomains buildCommand commandForIgnoringBuildStep devCommand "
    "directoryListing framework gitForkProtection installCommand name nodeVersion outputDirectory publicSource "
    "previewDeploymentsDisabled resourceConfig rootDirectory ssoProtection passwordProtection trustedIps"
)
MAX_INLINE = 10 * 1024 * 1024
_NAME = re.compile(r"(?!.*---)[a-z0-9][a-z0-9._-]{0,99}")
_DIGEST = re.compile(r"[0-9a-f]{40}")


class Refused(Exception):
    """An error as Vercel answers it."""

    def __init__(self, status: int, code: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.error: Json = {"code": code, "message": message, **more}


def _bad(message: str) -> Refused:
    return Refused(400, "bad_request", f"Invalid request: {message}")


def json_body(request: Request, permitted: str, required: tuple[str, ...] = ()) -> Json:
    """Return the JSON body; what is unknown or missing is refused by name."""
    try:
        body = json.loads(request.get_data())
    except ValueError as broken:
        raise Refused(400, "bad_request", "Invalid JSON") from broken
    if not isinstance(body, dict):
        raise _bad("should be object.")
    for key in body:
        if key not in permitted.split():
            raise _bad(f"should NOT have additional property `{key}`.")
    for key in required:
        if key not in body:
            raise _bad(f"missing required property `{key}`.")
    return body


def checked_name(name: Any) -> str:
    """Return a project's name."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise Refused(
            400,
            "bad_request",
            "Project names can be up to 100 characters long and must be lowercase. "
            "They can include letters, digits, and '.', '_', '-', but not the sequence '---'.",
        )
    return name


def checked_meta(meta: Any) -> Json:
    """Return a deployment's own words: up to a hundred pairs of text."""
    if meta is None:
        return {}
    if not isinstance(meta, dict) or not all(isinstance(value, str) for value in meta.values()):
        raise _bad("`meta` should be an object of strings.")
    if len(meta) > 100:
        raise _bad("`meta` should NOT have more than 100 properties.")
    return meta


def _path(entry: Json) -> str:
    path = entry.get("file")
    if not isinstance(path, str) or not path:
        raise _bad("`files` should have required property `file`.")
    if path.startswith("/") or any(part in ("", ".", "..") for part in path.split("/")) or "\\" in path:
        raise _bad(f"file path `{path}` is not valid.")
    return path


def _inline(entry: Json) -> bytes:
    data, encoding = entry["data"], entry.get("encoding", "utf-8")
    if not isinstance(data, str) or encoding not in ("utf-8", "base64"):
        raise _bad("`files[].data` should be string, `encoding` utf-8 or base64.")
    if encoding == "utf-8":
        return data.encode()
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as broken:
        raise _bad("`files[].data` is not base64.") from broken


def checked_files(files: Any) -> tuple[dict[str, bytes], dict[str, str]]:
    """Return the files given whole and the files named by digest."""
    if not isinstance(files, list) or not files:
        raise _bad("`files` should NOT have fewer than 1 items.")
    inline: dict[str, bytes] = {}
    named: dict[str, str] = {}
    for entry in files:
        if not isinstance(entry, dict):
            raise _bad("`files[]` should be object.")
        path = _path(entry)
        unknown = set(entry) - ({"file", "data", "encoding"} if "data" in entry else {"file", "sha", "size"})
        if unknown:
            raise _bad(f"`files[]` should NOT have additional property `{sorted(unknown)[0]}`.")
        if path in inline or path in named:
            raise _bad(f"file `{path}` is given twice.")
        if "data" in entry:
            inline[path] = _inline(entry)
        elif isinstance(entry.get("sha"), str) and _DIGEST.fullmatch(entry["sha"]):
            named[path] = entry["sha"]
        else:
            raise _bad("`files[].sha` should be a SHA-1.")
    if sum(len(content) for content in inline.values()) > MAX_INLINE:
        raise Refused(413, "payload_too_large", "The inlined files are too large; upload them first.")
    return inline, named


def checked_variable(given: Any) -> Json:
    """Return one environment variable."""
    if not isinstance(given, dict) or set(given) - {"key", "value", "type", "target", "gitBranch", "comment"}:
        raise _bad("an environment variable has `key`, `value`, `type`, `target`, `gitBranch`, `comment`.")
    key, kind, target = given.get("key"), given.get("type"), given.get("target")
    if not isinstance(key, str) or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", key):
        raise Refused(400, "ENV_KEY_INVALID", "The name contains invalid characters.")
    if not isinstance(given.get("value"), str) or kind not in ("system", "encrypted", "plain", "sensitive"):
        raise _bad("`value` should be string, `type` one of system, encrypted, plain, sensitive.")
    if (
        not isinstance(target, list)
        or not target
        or not set(map(str, target)) <= {"production", "preview", "development"}
    ):
        raise _bad("`target` should be a list of production, preview, development.")
    if kind == "sensitive" and "development" in target:
        raise Refused(400, "ENV_TARGET_INVALID", "Sensitive variables cannot target development.")
    return {"key": key, "value": given["value"], "type": kind, "target": target}
