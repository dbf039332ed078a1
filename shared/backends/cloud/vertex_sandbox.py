"""The managed sandbox of Vertex AI, through Google's own `vertexai` SDK; Python only (gcp.md, section 1.4).

A sandbox is made for each request and deleted after it, so that no two runs, and no two tenants, ever share one; its
time to live ends it should we die in between. What comes back is believed as little as any other program's output.
"""

from __future__ import annotations

import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import requests
from google.auth.exceptions import GoogleAuthError

from shared import log
from shared.backends.remote.runner_messages import explain_mismatch
from shared.backends.sandbox.channel import pack, unpack
from shared.backends.sandbox.intake import check_request
from shared.core.errors import SandboxUnavailable, Unavailable
from shared.core.text.readable import show_bytes
from shared.core.text.sentence import end_sentence
from shared.ports.sandbox import SandboxRequest, SandboxResult
from shared.programs import read_program

SYSTEM = "vertex-sandbox"
JOB, ANSWER = "workwright-job.bin", "workwright-answer.bin"  # which the program in the sandbox reads and writes
RUNTIME = "workwright-sandboxes"  # the display name of the empty runtime that holds ours, one per project
_MAX_WALL_S = 280.0  # the service cuts an execution at 300 s
_MAX_BYTES = 70_000_000  # 100 MB go each way, in base64
_TTL_S = 900
_ELSEWHERE = "Set WORKWRIGHT_SANDBOX=remote for this."
WAY_OUT = (
    "Install the extra (`pip install 'workwright[vertexai]'`), enable the Vertex AI API in the project, and give this"
    " identity roles/aiplatform.user."
)


class VertexSandbox:
    """Runs Python of any origin. `base_url` and `credentials` take the place of Google's, for an endpoint of one's own.

    What it does not give: packages and registries, other programs than Python, more than 280 s, memory and disk
    limits of the request beyond those of the machine it comes with (4 vCPU, 4 GiB).
    """

    name = "vertex"

    def __init__(
        self, project: str, location: str, runtime: str = "", *, base_url: str = "", credentials: Any = None
    ) -> None:
        self._project = project
        self._location = location
        self._runtime = runtime
        self._base_url = base_url
        self._credentials = credentials
        self._lock = threading.Lock()
        self._made: Any = None

    def check(self) -> None:
        """Have it run a program that does nothing."""
        try:
            result = self.run(SandboxRequest({}, ("python3", "-c", "pass"), "offline"))
        except Unavailable as error:
            raise SandboxUnavailable(f"{self.name}: {end_sentence(str(error))} {WAY_OUT}") from error
        if result.exit_code or result.killed_by:
            raise SandboxUnavailable(f"{self.name}: an empty program ended with {result.exit_code}. {WAY_OUT}")

    def run(self, request: SandboxRequest) -> SandboxResult:
        """Run the request in a sandbox of its own; see `Sandbox.run`."""
        check_request(request)
        _accept(request)
        spec = {
            "limits": asdict(request.limits),
            "command": list(request.command),
            "env": dict(request.env),
            "collect": list(request.collect),
            "names": list(request.files),
        }
        job = {"name": JOB, "content": pack(spec, list(request.files.values())), "mimeType": "application/octet-stream"}
        with self._failures(), self._sandbox() as (client, sandbox):
            asked = {"code": read_program("sandbox", "vertex_bootstrap.py"), "files": [job]}
            reply = client.sandboxes.execute_code(name=sandbox, input_data=asked)
        return _result(request, _answer(reply.outputs or []))

    @contextmanager
    def _sandbox(self) -> Iterator[tuple[Any, str]]:
        """Make a sandbox, and delete it in the end; one that is not deleted ends by itself."""
        client = self._client()
        made = client.sandboxes.create(
            name=self._runtime_of(client),
            spec={
                "code_execution_environment": {
                    "code_language": "LANGUAGE_PYTHON",
                    "machine_config": "MACHINE_CONFIG_VCPU4_RAM4GIB",
                }
            },
            config={"display_name": "workwright", "ttl": f"{_TTL_S}s"},
        )
        try:
            yield client, made.response.name
        finally:
            try:
                client.sandboxes.delete(name=made.response.name)
            except _errors_of_sdk() as error:  # the result is more than the tidying; its time to live ends it
                log.line("WARNING", "sandbox not deleted", error=type(error).__name__)

    def _client(self) -> Any:
        """Return the SDK's client of agent engines; made once, because its import takes seconds."""
        with self._lock:
            if self._made is None:
                self._made = _sdk_client(self._project, self._location, self._base_url, self._credentials)
            return self._made

    def _runtime_of(self, client: Any) -> str:
        """Return the runtime that holds our sandboxes: the one of the settings, the one there is, or a new one."""
        with self._lock:
            if not self._runtime:
                runtimes = client.list(config={"filter": f'display_name="{RUNTIME}"'})
                found = min((each.api_resource.name for each in runtimes), default="")
                self._runtime = found or client.create(config={"display_name": RUNTIME}).api_resource.name
            return self._runtime

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """Turn the SDK's errors into ours."""
        try:
            yield
        except (SandboxUnavailable, Unavailable):
            raise
        except _errors_of_sdk() as error:
            raise _failure(error) from error


def _accept(request: SandboxRequest) -> None:
    if request.packages:
        raise SandboxUnavailable(
            f"vertex: its sandbox cannot reach a registry, so packages cannot be installed. {_ELSEWHERE}"
        )
    if request.command[0] not in ("python3", "python"):
        raise SandboxUnavailable(f"vertex: its sandbox runs only Python, not {request.command[0][:40]!r}. {_ELSEWHERE}")
    if request.limits.wall_s > _MAX_WALL_S:
        asked = f"limits.wall_s is {request.limits.wall_s:g}, but its sandbox runs for at most {_MAX_WALL_S:g} s"
        raise SandboxUnavailable(f"vertex: {asked}. {_ELSEWHERE}")
    if sum(map(len, request.files.values())) > _MAX_BYTES or request.limits.result_bytes > _MAX_BYTES:
        raise SandboxUnavailable(f"vertex: files and results may have at most {_MAX_BYTES} bytes each. {_ELSEWHERE}")


def _sdk_client(project: str, location: str, base_url: str, credentials: Any) -> Any:
    with warnings.catch_warnings():  # the SDK warns of its own old parts, and that this one is new
        for kind in (FutureWarning, DeprecationWarning):
            warnings.simplefilter("ignore", kind)
        try:
            import vertexai
            from google.genai.types import HttpOptions
            from google.oauth2.credentials import Credentials
        except ImportError as error:
            raise SandboxUnavailable(f"vertex: the SDK is not installed. {WAY_OUT}") from error
        if base_url and credentials is None:
            make: Callable[..., Any] = Credentials
            credentials = make("nobody")  # an endpoint of one's own knows no accounts
        options = HttpOptions(base_url=base_url or None, timeout=round((_MAX_WALL_S + 60) * 1000))
        client = vertexai.Client(project=project, location=location, credentials=credentials, http_options=options)
        return client.agent_engines


def _errors_of_sdk() -> tuple[type[Exception], ...]:
    """Return what calls of the SDK end with: its own errors, those of the identity, and those of what carries them."""
    from google.genai.errors import APIError

    carriers = (
        sys.modules[name].HTTPError for name in ("httpx", "httpx2") if name in sys.modules
    )  # what it has loaded
    return APIError, GoogleAuthError, requests.RequestException, ValueError, *carriers


def _failure(error: Exception) -> Exception:
    """Return what an error of the SDK or of its transport means for the step."""
    code = getattr(error, "code", None)
    message = str(getattr(error, "message", "") or type(error).__name__)[:300]
    if code in (400, 401, 403, 404):
        return SandboxUnavailable(f"vertex: answered {code}: {end_sentence(message)} {WAY_OUT}")
    return Unavailable(SYSTEM, f"{code or 'no answer'}: {message}")


def _answer(outputs: list[Any]) -> bytes:
    """Return the file in which the program inside has left its answer."""
    heard = ""
    for chunk in outputs:
        attributes = (chunk.metadata.attributes if chunk.metadata else None) or {}
        if attributes.get("file_name") == ANSWER.encode():
            return bytes(chunk.data or b"")
        heard += show_bytes(bytes(chunk.data or b"")[:300])
    raise Unavailable(SYSTEM, f"it left no answer: {heard[-600:]}")


def _result(request: SandboxRequest, raw: bytes) -> SandboxResult:
    """Return the result in an answer; raises Unavailable for one that cannot be."""
    try:
        head, (stdout, stderr, *files) = unpack(raw)
        result = SandboxResult(
            exit_code=int(head["exit_code"]),
            killed_by=str(head["killed_by"]),
            stdout=show_bytes(stdout),
            stderr=show_bytes(stderr),
            files=dict(zip(map(str, head["names"]), files, strict=True)),
            duration_s=float(head["duration_s"]),
            driver=VertexSandbox.name,
        )
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise Unavailable(SYSTEM, f"its answer cannot be read: {error}") from error
    wrong = explain_mismatch(result, request)
    if wrong or not 0 <= result.exit_code <= 255:
        raise Unavailable(SYSTEM, f"its answer was not accepted: {wrong or 'no exit status'}")
    return result
