"""Vertex AI's managed sandbox, through Google's real SDK against an endpoint that speaks its wire format."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.backends.cloud.vertex_sandbox import ANSWER, VertexSandbox
from shared.backends.sandbox.channel import pack
from shared.core.errors import SandboxUnavailable, Unavailable
from shared.ports.sandbox import SandboxLimits, SandboxRequest
from tests.contract.sandbox import test_verdict
from tests.contract.sandbox.abuses import ABUSES
from tests.contract.sandbox.cases import hold, host
from tests.support.servers.cloud.vertex_sandbox_server import VertexEndpoint, file_chunk, vertex_endpoint

pytestmark = pytest.mark.xdist_group("vertex-sandbox")  # the SDK takes seconds to import

ROOT = Path(__file__).resolve().parents[3]
ONE = "reasoningEngines/N/sandboxEnvironments"


@pytest.fixture(scope="module")
def served() -> Iterator[VertexEndpoint]:
    with vertex_endpoint() as made:
        made.inside.check()
        yield made


@pytest.fixture
def endpoint(served: VertexEndpoint) -> VertexEndpoint:
    """Return the endpoint as fresh as it can be."""
    served.asked.clear()
    served.made.clear()
    served.fail.clear()
    served.outputs = None
    return served


@pytest.fixture(scope="module")
def sandbox(served: VertexEndpoint) -> VertexSandbox:
    """Return the driver; its SDK takes seconds to import, so that it is made once."""
    return VertexSandbox("p", "us-central1", base_url=served.url)


def python(program: str, *collect: str, **limits: Any) -> SandboxRequest:
    asked = SandboxLimits(**{"wall_s": 20, **limits})
    return SandboxRequest({"main.py": program.encode()}, ("python3", "main.py"), "gemini", collect, limits=asked)


def test_a_program_runs_in_a_sandbox_of_its_own_that_is_gone_afterwards(
    sandbox: VertexSandbox, endpoint: VertexEndpoint
) -> None:
    program = """
import os, pathlib, sys
import lib.names
pathlib.Path("out/deep").mkdir(parents=True)
pathlib.Path("out/deep/a.bin").write_bytes(bytes(range(256)))
os.symlink("/etc/passwd", "out/link")
pathlib.Path("unwanted.txt").write_text("two")
print(lib.names.NAME, os.environ["GREETING"], sorted(os.listdir(".")))
print("wrong", file=sys.stderr)
sys.exit(3)
"""
    files = {"main.py": program.encode(), "lib/names.py": "NAME = 'Grüße'".encode()}
    request = SandboxRequest(files, ("python3", "main.py"), "gemini", ("out/", "none"), env={"GREETING": "hello"})
    results = [sandbox.run(request) for _ in range(2)]
    for result in results:
        assert (result.exit_code, result.killed_by, result.driver) == (3, "", "vertex")
        assert result.stdout == "Grüße hello ['lib', 'main.py', 'out', 'unwanted.txt']\n"
        assert result.stderr == "wrong\n"
        assert result.files == {"out/deep/a.bin": bytes(range(256))}
    assert endpoint.sandboxes == {}
    assert endpoint.asked.count(f"POST {ONE}") == endpoint.asked.count(f"DELETE {ONE}/N") == 2
    for made in (each for each in endpoint.made if "spec" in each):
        assert made["ttl"] == "900s"
        assert made["spec"]["code_execution_environment"]["code_language"] == "LANGUAGE_PYTHON"


def test_tests_that_pass_pass_and_a_forged_end_does_not(sandbox: VertexSandbox, endpoint: VertexEndpoint) -> None:
    assert test_verdict.verdict_on(sandbox, test_verdict.GOOD, 2).ok
    assert not test_verdict.verdict_on(sandbox, test_verdict.with_product("import os\nos._exit(0)"), 2).ok
    assert endpoint.sandboxes == {}


def test_the_program_that_brings_the_files_in_can_be_looked_into_by_nobody(
    sandbox: VertexSandbox, endpoint: VertexEndpoint
) -> None:
    looking = """
import os
def above(pid):
    return int(next(line for line in open(f"/proc/{pid}/status") if line.startswith("PPid")).split()[1])
there = above(os.getppid())
assert there > 1
try:
    open(f"/proc/{there}/mem", "rb").close()
except OSError:
    pass
else:
    raise AssertionError("the nonce can be read where it came in")
"""
    verdict = test_verdict.verdict_on(sandbox, test_verdict.with_product(looking), 2)
    assert verdict.ok, verdict.feedback
    assert endpoint.sandboxes == {}


def test_the_runtime_that_holds_them_is_made_once_found_again_or_named(
    sandbox: VertexSandbox, endpoint: VertexEndpoint
) -> None:
    sandbox.check()
    assert len(endpoint.runtimes) == 1
    for other in (
        VertexSandbox("p", "us-central1", base_url=endpoint.url),
        VertexSandbox("p", "us-central1", endpoint.runtimes[0], base_url=endpoint.url),
    ):
        endpoint.asked.clear()
        other.check()
        assert endpoint.runtimes == [endpoint.runtimes[0]]
        assert "POST reasoningEngines" not in endpoint.asked
    assert "GET reasoningEngines" not in endpoint.asked  # the named one is not looked for


@pytest.mark.parametrize(
    ("program", "killed_by", "exit_code", "limits"),
    [
        ("import time\ntime.sleep(20)", "wall", 137, {"wall_s": 0.4}),
        ("while True: print('y' * 1000)", "output", 137, {"output_bytes": 10_000}),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)", "signal", 139, {}),
        ("open('big', 'wb').write(bytes(8 << 20))", "", 1, {"file_bytes": 4 << 20}),
    ],
    ids=lambda value: value if isinstance(value, str) and "\n" not in value and " " not in value else "",
)
def test_it_says_how_it_ended(
    sandbox: VertexSandbox, program: str, killed_by: str, exit_code: int, limits: dict[str, Any]
) -> None:
    result = sandbox.run(python(program, **limits))
    assert (result.killed_by, result.exit_code) == (killed_by, exit_code)
    assert len(result.stdout) <= 10_100


# What the driver itself has to hold, whatever stands around it: time, output, sizes, what it hands in and takes back.
HELD = (
    "one giant file", "zip bomb", "endless loop", "deaf sleeper", "giant output", "giant error output", "core dump",
    "environment of the caller", "left-behind daemon",
)  # fmt: skip


@pytest.fixture(scope="module")
def around() -> Iterator[dict[str, Any]]:
    with host() as planted:
        yield planted


@pytest.mark.parametrize("name", HELD)
def test_the_driver_holds(sandbox: VertexSandbox, endpoint: VertexEndpoint, around: dict[str, Any], name: str) -> None:
    (abuse,) = (each for each in ABUSES if each.name == name)
    assert hold(abuse, sandbox, around) == ""
    assert endpoint.sandboxes == {}


@pytest.mark.parametrize(
    ("request_", "named"),
    [
        (SandboxRequest({}, ("node", "a.js"), "gemini"), "node"),
        (SandboxRequest({}, ("python3",), "gemini", packages="pip"), "registry"),
        (SandboxRequest({}, ("python3",), "gemini", limits=SandboxLimits(wall_s=281)), "wall_s"),
        (SandboxRequest({}, ("python3",), "gemini", limits=SandboxLimits(result_bytes=70_000_001)), "70000000"),
    ],
    ids=["node", "packages", "time", "bytes"],
)
def test_what_it_cannot_give_is_refused_with_the_way_out(
    sandbox: VertexSandbox, endpoint: VertexEndpoint, request_: SandboxRequest, named: str
) -> None:
    with pytest.raises(SandboxUnavailable, match=f"{named}.*WORKWRIGHT_SANDBOX=remote"):
        sandbox.run(request_)
    assert endpoint.asked == []
    with pytest.raises(ValueError, match="path"):
        sandbox.run(SandboxRequest({"../a": b""}, ("python3",), "gemini"))


@pytest.mark.parametrize(
    ("where", "status", "kind"),
    [
        (f"POST {ONE}", 403, SandboxUnavailable),
        (f"POST {ONE}", 404, SandboxUnavailable),
        (f"POST {ONE}", 429, Unavailable),
        (f"GET {ONE}/N/operations/N", 500, Unavailable),
        (f"POST {ONE}/N/:execute", 503, Unavailable),
    ],
)
def test_failures_are_told_as_what_they_are(
    sandbox: VertexSandbox, endpoint: VertexEndpoint, where: str, status: int, kind: type[Exception]
) -> None:
    endpoint.fail[where] = status
    with pytest.raises(kind, match=str(status)):
        sandbox.run(python("print(1)"))
    if where.endswith(":execute"):
        assert endpoint.sandboxes == {}
    endpoint.sandboxes.clear()


def test_a_sandbox_that_is_not_deleted_does_not_spoil_the_result(
    sandbox: VertexSandbox, endpoint: VertexEndpoint, capfd: pytest.CaptureFixture[str]
) -> None:
    endpoint.fail[f"DELETE {ONE}/N"] = 500
    assert sandbox.run(python("print(1)")).stdout == "1\n"
    said = capfd.readouterr()
    assert "sandbox not deleted" in said.out + said.err
    endpoint.sandboxes.clear()


def test_nobody_there_is_told(endpoint: VertexEndpoint) -> None:
    runtime = "projects/p/locations/us-central1/reasoningEngines/1"
    with pytest.raises(SandboxUnavailable, match="no answer"):
        VertexSandbox("p", "us-central1", runtime, base_url="http://127.0.0.1:9").check()


HEAD = {"exit_code": 0, "killed_by": "", "duration_s": 0.1, "names": []}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, "left no answer"),
        (b"", "cannot be read"),
        (b"\xff" * 40, "cannot be read"),
        (pack(HEAD, [b"", b"", b"x"]), "cannot be read"),
        (pack({**HEAD, "exit_code": 999}, [b"", b""]), "no exit status"),
        (pack({**HEAD, "exit_code": float("inf")}, [b"", b""]), "cannot be read"),
        (pack({**HEAD, "duration_s": float("inf")}, [b"", b""]), "it says that it took"),
        ((3).to_bytes(8, "big") + b'"x"', "cannot be read"),
        (pack({**HEAD, "killed_by": "me"}, [b"", b""]), "killed_by"),
        (pack({**HEAD, "names": ["other"]}, [b"", b"", b"x"]), "not asked for"),
        (pack({**HEAD, "names": ["out/../../up"]}, [b"", b"", b"x"]), "not have a plain name"),
        (pack(HEAD, [b"x" * 100_000, b""]), "stdout"),
    ],
    ids=[
        "none",
        "empty",
        "noise",
        "count",
        "status",
        "no number",
        "for ever",
        "no head",
        "cause",
        "other",
        "name",
        "long",
    ],
)
def test_what_comes_back_is_believed_only_as_far_as_it_can_be_true(
    sandbox: VertexSandbox, endpoint: VertexEndpoint, answer: bytes | None, said: str
) -> None:
    endpoint.outputs = [] if answer is None else [file_chunk(ANSWER, answer)]
    with pytest.raises(Unavailable, match=said):
        sandbox.run(python("print(1)", "out/"))
    assert endpoint.sandboxes == {}


def test_without_the_sdk_it_refuses_and_says_how_to_get_it() -> None:
    program = """
import sys
sys.modules["vertexai"] = None  # as where the extra is not installed
from shared.backends.cloud.vertex_sandbox import VertexSandbox
from shared.core.errors import SandboxUnavailable
try:
    VertexSandbox("p", "us-central1").check()
except SandboxUnavailable as error:
    print(error)
"""
    said = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60).stdout
    assert "the SDK is not installed" in said
    assert "workwright[vertexai]" in said
