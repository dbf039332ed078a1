"""The service `code-runner`: who may call it, what it takes, that it ends; and a client that believes nothing."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from shared.backends.local.keys.identity import LocalCallers
from shared.backends.remote.runner_messages import MAX_FILES_BYTES
from shared.backends.remote.sandbox import RemoteSandbox
from shared.core.code.lock_files import LockProblem
from shared.core.errors import SandboxUnavailable
from shared.ports.sandbox import SandboxLimits, SandboxRequest
from tests.contract.sandbox import test_runs, test_verdict
from tests.support.parts import require
from tests.support.programs.code_runner import Platform, code_runner
from tests.support.servers.cloud.oidc_issuer import OidcIssuer
from tests.support.servers.http_loopback import Handler, HttpServer
from tests.support.servers.package_registry import package_registry

pytestmark = pytest.mark.xdist_group("code-runner")

ROOT = Path(__file__).resolve().parents[3]
SAYS = {"files": {"main.py": base64.b64encode(b"print('hello')").decode()}, "command": ["python3", "main.py"]}


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    nowhere = {"WORKWRIGHT_NPM_REGISTRY": "none", "WORKWRIGHT_PIP_INDEX": "none"}
    with code_runner(tmp_path_factory.mktemp("runner"), **nowhere) as running:
        yield running


def post(platform: Platform, body: Any, token: str = "") -> requests.Response:
    header = token or LocalCallers(platform.data).authorization(platform.url)
    data = body if isinstance(body, bytes) else json.dumps(body)
    return requests.post(platform.url, data=data, headers={"Authorization": header}, timeout=30)


def test_only_a_caller_of_this_installation_is_let_in(platform: Platform, tmp_path: Path) -> None:
    of_others = LocalCallers(tmp_path).authorization(platform.url)
    elsewhere = LocalCallers(platform.data).authorization(platform.url + "/other")
    for token in ("Bearer x", of_others, elsewhere):
        assert post(platform, SAYS, token).status_code == 401
    stranger = RemoteSandbox(platform.url, lambda: of_others)
    with pytest.raises(SandboxUnavailable, match="WORKWRIGHT_RUNNER_CALLERS"):
        stranger.check()
    platform.sandbox().check()


def test_the_doctor_has_the_chosen_sandbox_prove_itself(platform: Platform) -> None:
    ours = {"WORKWRIGHT_SANDBOX": "remote", "WORKWRIGHT_CODE_RUNNER_URL": platform.url}
    ours |= {"WORKWRIGHT_DATA": str(platform.data), "PATH": os.environ["PATH"]}
    command = [sys.executable, "-m", "shared", "doctor", "--json", "--data", str(platform.data)]
    done = subprocess.run(command, cwd=ROOT, env=ours, capture_output=True, text=True, timeout=100, check=False)
    (found,) = (check for check in json.loads(done.stdout)["checks"] if check["name"] == "sandbox")
    assert (found["state"], found["detail"]) == ("ok", "remote")


def test_an_answer_says_what_came_of_it(platform: Platform) -> None:
    answer = post(platform, {**SAYS, "origin": "gemini"})
    assert answer.status_code == 200
    said = answer.json()
    assert (said["exit_code"], said["stdout"], said["driver"]) == (0, "hello\n", "bubblewrap")


@pytest.mark.parametrize(
    ("body", "status", "named"),
    [
        (b"{", 400, "not JSON"),
        (b"[]", 400, "object"),
        ({**SAYS, "shell": True}, 400, "shell"),
        ({**SAYS, "command": "ls"}, 400, "command"),
        ({**SAYS, "command": ["ls", 1]}, 400, "command[1]"),
        ({**SAYS, "files": {"a": "no base64!"}}, 400, "files.a"),
        ({**SAYS, "files": {"../a": ""}}, 400, "../a"),
        ({**SAYS, "env": {"LD_PRELOAD": "x"}}, 400, "LD_PRELOAD"),
        ({**SAYS, "limits": {"wall_s": 541}}, 400, "limits.wall_s"),
        ({**SAYS, "limits": {"processes": 1.5}}, 400, "limits.processes"),
        ({**SAYS, "limits": {"seconds": 1}}, 400, "limits.seconds"),
        ({**SAYS, "network": "registry"}, 400, "network"),
        ({**SAYS, "files": {"a": "A" * (4 * (MAX_FILES_BYTES // 3 + 2))}}, 413, "files"),
        (b"x" * 32_000_001, 413, "larger than 32000000"),
        ({**SAYS, "packages": "npm"}, 400, "package.json is missing"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_wrong_request_is_refused_by_the_name_of_its_field(
    platform: Platform, body: Any, status: int, named: str
) -> None:
    answer = post(platform, body)
    assert (answer.status_code, named in answer.json()["detail"]) == (status, True), answer.text[:300]


def test_the_request_of_an_earlier_client_is_taken(platform: Platform) -> None:
    answer = post(platform, {**SAYS, "network": "none"})
    assert (answer.status_code, answer.json()["stdout"]) == (200, "hello\n")


def test_refusals_reach_the_caller_as_what_they_are(platform: Platform) -> None:
    sandbox = platform.sandbox()
    assert post(platform, b"{").status_code == 400
    assert post(platform, SAYS).status_code == 200  # nothing is held up by a refusal
    with pytest.raises(LockProblem, match=r"requirements\.txt, line 1"):
        sandbox.run(SandboxRequest({"requirements.txt": b"flask"}, ("true",), "gemini", packages="pip"))
    lock = b"flask==3.1.0 --hash=sha256:" + b"0" * 64
    with pytest.raises(SandboxUnavailable, match="WORKWRIGHT_PIP_INDEX"):
        sandbox.run(SandboxRequest({"requirements.txt": lock}, ("true",), "gemini", packages="pip"))
    with pytest.raises(ValueError, match=r"limits\.wall_s: 600"):
        sandbox.run(SandboxRequest({}, ("true",), "gemini", limits=SandboxLimits(wall_s=600)))
    limits = SandboxLimits(wall_s=5, disk_bytes=1 << 30)
    with pytest.raises(ValueError, match="files: 23000001 bytes"):
        sandbox.run(SandboxRequest({"a": bytes(MAX_FILES_BYTES + 1)}, ("true",), "gemini", limits=limits))


def test_while_one_request_is_at_work_another_is_told_to_come_again(platform: Platform) -> None:
    slow = {**SAYS, "files": {"main.py": base64.b64encode(b"import time\ntime.sleep(0.6)").decode()}}
    platform.sandbox().run(SandboxRequest({}, ("true",), "offline"))  # then nobody is at work
    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(lambda _: post(platform, slow), range(2)), key=lambda answer: answer.status_code)
    assert [answer.status_code for answer in answers] == [200, 429]
    assert answers[1].headers["Retry-After"] == "1"
    assert platform.sandbox().run(SandboxRequest({}, ("true",), "offline")).exit_code == 0


def test_an_honest_request_is_served_as_on_this_machine(platform: Platform) -> None:
    sandbox = platform.sandbox()
    test_runs.test_a_program_runs_and_its_files_come_back(sandbox)
    test_runs.test_links_pipes_and_second_names_do_not_come_back(sandbox)
    test_runs.test_results_are_capped_in_number_and_bytes(sandbox)
    test_runs.test_head_and_tail_of_the_output_are_kept(sandbox)
    test_runs.test_a_command_that_is_not_there_ends_as_in_a_shell(sandbox)
    assert test_verdict.verdict_on(sandbox, test_verdict.GOOD, 2).ok
    assert not test_verdict.verdict_on(sandbox, test_verdict.with_product("import os\nos._exit(0)"), 2).ok
    for ending in (("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)", "signal", 139), ("exit(7)", "", 7)):
        test_runs.test_it_says_how_it_ended(sandbox, *ending)


def test_a_process_gives_exactly_one_answer_and_the_next_request_meets_a_fresh_one(tmp_path: Path) -> None:
    require("pip")
    with package_registry() as registry:
        line = registry.add_wheel("alpha").encode()
        with code_runner(tmp_path, answers=1, WORKWRIGHT_PIP_INDEX=registry.pip) as platform:
            sandbox = platform.sandbox()
            program = b"import os\nprint(sorted(os.listdir('/tmp')))\nopen('/tmp/left', 'w').close()\nimport alpha"
            request = SandboxRequest({"main.py": program}, ("python3", "main.py"), "gemini")
            first = sandbox.run(request)
            second = sandbox.run(replace(request, files={**request.files, "requirements.txt": line}, packages="pip"))
            assert platform.ended[0] == 0
    assert (first.stdout, first.exit_code) == ("[]\n", 1)
    assert (second.stdout, second.exit_code) == ("[]\n", 0)


CALLER, OTHER = "worker@test-project.iam.gserviceaccount.com", "stranger@test-project.iam.gserviceaccount.com"
ASK = """
import sys
from shared.backends.cloud.caller_token import identity_header
from shared.backends.remote.sandbox import RemoteSandbox
from shared.ports.sandbox import SandboxRequest
try:
    header = identity_header(sys.argv[1])
    for _ in range(2):
        print(RemoteSandbox(sys.argv[1], header).run(SandboxRequest({}, ("echo", "hello"), "gemini")).stdout.strip())
except Exception as error:
    print(error)
"""


@contextmanager
def metadata_server(issuer: OidcIssuer, email: str) -> Iterator[tuple[str, list[str]]]:
    """Hand out identity tokens of an account, as the platform does inside; yield host:port and what was asked."""
    asked: list[str] = []

    class Metadata(Handler):
        def do_GET(self) -> None:
            asked.append(self.path)
            audience = parse_qs(urlsplit(self.path).query).get("audience", [""])[0]
            kind = "application/json" if "recursive" in self.path else "application/text"
            body = json.dumps({"email": email, "aliases": ["default"], "scopes": []})
            if audience:
                body = issuer.mint(audience, email)
            self.reply(200, body.encode(), {"Metadata-Flavor": "Google", "Content-Type": kind})

    with HttpServer(Metadata) as server:
        yield server.url.removeprefix("http://"), asked


def test_in_the_cloud_the_accounts_own_identity_opens_the_service_and_another_does_not(tmp_path: Path) -> None:
    with OidcIssuer() as issuer:
        env = {
            "WORKWRIGHT_MODE": "cloud",
            "WORKWRIGHT_RUNNER_CALLERS": CALLER,
            "WORKWRIGHT_CERTS_URL": issuer.certs_url,
        }
        with code_runner(tmp_path, **env) as platform:
            said = {}
            for email in (CALLER, OTHER):
                with metadata_server(issuer, email) as (host, asked):
                    ours = {"GCE_METADATA_HOST": host, "GCE_METADATA_IP": host, "HOME": str(tmp_path)}
                    done = subprocess.run(
                        [sys.executable, "-c", ASK, platform.url],
                        cwd=ROOT,
                        env={"PATH": os.environ["PATH"], **ours},
                        capture_output=True,
                        text=True,
                        timeout=60,
                        check=True,
                    )
                    said[email] = done.stdout
                    assert len([path for path in asked if "audience=" in path]) == 1  # one token serves until it ends
    assert said[CALLER] == "hello\nhello\n"
    assert "refused our identity (403)" in said[OTHER]
