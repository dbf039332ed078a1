"""Packages are installed with a way to registries alone, run no code while they are, and are read-only afterwards."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from shared.backends.sandbox.bubblewrap import BubblewrapSandbox
from shared.backends.sandbox.landlock import LandlockSandbox
from shared.backends.sandbox.packages.registries import Registries
from shared.backends.sandbox.packages.registry_proxy import RegistryProxy
from shared.core.code.lock_files import LockProblem
from shared.core.code.verdict import REPORT, judge, runner_files, test_command
from shared.core.errors import SandboxUnavailable
from shared.ports.sandbox import Sandbox, SandboxLimits, SandboxRequest
from tests.support.parts import require
from tests.support.servers.package_registry import PackageRegistry, npm_project, package_registry

ROOT = Path(__file__).resolve().parents[3]
NODE = SandboxLimits(wall_s=60, memory_bytes=1 << 30)
USES_ALPHA = b"""
import alpha, unittest
class Uses(unittest.TestCase):
    def test_it(self):
        self.assertEqual("alpha 1.0", alpha.SAID)
"""


class Known:
    """Where packages come from; each test has a registry of its own, the sandbox is proven once for all of them."""

    def __init__(self) -> None:
        self.now = Registries()

    def __call__(self) -> Registries:
        return self.now


KNOWN = Known()


@pytest.fixture
def registry() -> Iterator[PackageRegistry]:
    with package_registry() as made:
        yield made


@pytest.fixture(scope="module")
def proven() -> BubblewrapSandbox:
    made = BubblewrapSandbox(known=KNOWN)
    made.check()
    return made


@pytest.fixture
def sandbox(registry: PackageRegistry, proven: BubblewrapSandbox) -> Sandbox:
    """Return the sandbox with this test's registry."""
    KNOWN.now = Registries(registry.npm, registry.pip)
    return proven


@pytest.fixture
def npm() -> None:
    require("npm")


def with_wheels(program: str, *lines: str) -> SandboxRequest:
    require("pip")
    files = {"requirements.txt": "\n".join(lines).encode(), "main.py": program.encode()}
    return SandboxRequest(files, ("python3", "-I", "main.py"), "gemini", packages="pip")


def test_a_wheel_is_there_read_only_for_a_command_that_has_no_network(
    sandbox: Sandbox, registry: PackageRegistry
) -> None:
    program = f"""
import alpha, os, socket, subprocess, sys
print(alpha.SAID, os.access(alpha.__file__, os.W_OK), sorted(os.listdir(".")), os.path.exists("/run/registry"))
print(subprocess.check_output([sys.executable, "-I", "-c", "import alpha; print(alpha.SAID)"], text=True).strip())
try:
    socket.create_connection(("127.0.0.1", {registry.url.rpartition(":")[2]}), 2)
except OSError:
    print("no network", os.environ.get("https_proxy"), os.environ.get("PIP_INDEX_URL"))
"""
    result = sandbox.run(with_wheels(program, registry.add_wheel("alpha")))
    assert result.stdout.splitlines() == [
        "alpha 1.0 False ['main.py', 'requirements.txt'] False",
        "alpha 1.0",
        "no network None None",
    ], result.stderr
    assert registry.asked == ["/simple/alpha/", "/files/alpha-1.0-py3-none-any.whl"]


_FROM_A_CLONE = """
import sys
from shared import programs
from shared.backends.sandbox.bubblewrap import BubblewrapSandbox
from shared.backends.sandbox.packages.registries import Registries
from shared.ports.sandbox import SandboxRequest
assert programs.__file__.startswith(sys.argv[1]), programs.__file__
files = {"requirements.txt": sys.argv[4].encode(), "main.py": b"import alpha; print(alpha.SAID)"}
request = SandboxRequest(files, ("python3", "-I", "main.py"), "gemini", packages="pip")
result = BubblewrapSandbox(known=lambda: Registries(sys.argv[2], sys.argv[3])).run(request)
print(result.stdout, result.stderr)
"""


def test_a_wheel_is_installed_where_the_product_itself_lies_below_tmp(
    sandbox: Sandbox, registry: PackageRegistry
) -> None:
    """What a room mounts there hides the product's own files from it: people do clone into /tmp."""
    require("pip")
    with tempfile.TemporaryDirectory(dir="/tmp") as clone:
        shutil.copytree(ROOT / "shared", f"{clone}/shared", ignore=shutil.ignore_patterns("__pycache__"))
        command = [sys.executable, "-c", _FROM_A_CLONE, clone, registry.npm, registry.pip, registry.add_wheel("alpha")]
        done = subprocess.run(command, cwd=clone, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.split() == ["alpha", "1.0"], done.stderr


def test_a_wheel_of_another_hash_is_not_installed_and_the_command_never_runs(
    sandbox: Sandbox, registry: PackageRegistry
) -> None:
    line = registry.add_wheel("alpha")
    wrong = line[:-64] + "0" * 64
    result = sandbox.run(with_wheels("print('it ran')", wrong))
    assert (result.killed_by, result.exit_code, result.stdout) == ("install", 1, "")
    assert "hash" in result.stderr.lower()


def test_a_package_does_not_run_in_the_process_that_reports(sandbox: Sandbox, registry: PackageRegistry) -> None:
    require("pip")
    spies = "import sys; sys.orig_argv[-1].endswith('runner.py') and sys.stderr.write('it ran where the nonce is')\n"
    files = {"requirements.txt": registry.add_wheel("alpha", **{"alpha.pth": spies}).encode(), "test_it.py": USES_ALPHA}
    request = SandboxRequest(files | runner_files("nonce"), test_command(), "gemini", (REPORT,), packages="pip")
    result = sandbox.run(request)
    assert (judge(result, expected_tests=1, nonce="nonce").ok, result.stderr) == (True, "")


def test_a_source_archive_whose_program_would_run_is_not_installed(sandbox: Sandbox, registry: PackageRegistry) -> None:
    result = sandbox.run(with_wheels("print('it ran')", registry.add_source("gamma")))
    assert (result.killed_by, result.stdout) == ("install", "")
    assert "setup.py has run" not in result.stderr
    assert registry.asked == ["/simple/gamma/"]  # not even fetched


@pytest.mark.usefixtures("npm")
def test_a_package_of_npm_is_there_and_its_scripts_have_not_run(sandbox: Sandbox, registry: PackageRegistry) -> None:
    main = b"""
const fs = require('fs')
console.log(require('beta'), fs.readdirSync('/node_modules/beta'), fs.readdirSync('.'))
try { fs.writeFileSync('/node_modules/beta/index.js', '') } catch (error) { console.log(error.code) }
"""
    files = npm_project({"beta": registry.add_package("beta")}, main__js=main)
    result = sandbox.run(SandboxRequest(files, ("node", "main.js"), "gemini", packages="npm", limits=NODE))
    assert result.stdout.splitlines() == [
        "beta 1.0.0 [ 'index.js', 'package.json' ] [ 'main.js', 'package-lock.json', 'package.json' ]",
        "EROFS",
    ], result.stderr


@pytest.mark.usefixtures("npm")
def test_a_lock_file_that_points_elsewhere_is_refused_on_the_way(sandbox: Sandbox, registry: PackageRegistry) -> None:
    entry = registry.add_package("beta") | {"resolved": "http://169.254.169.254/latest/meta-data"}
    request = SandboxRequest(npm_project({"beta": entry}), ("node", "-v"), "gemini", packages="npm", limits=NODE)
    result = sandbox.run(request)
    assert result.killed_by == "install"
    assert "the network refused http://169.254.169.254/latest/meta-data" in result.stderr


def test_without_a_lock_file_nothing_is_installed(proven: BubblewrapSandbox) -> None:
    manifest = {"package.json": json.dumps({"name": "made", "dependencies": {"beta": "^1.0.0"}}).encode()}
    with pytest.raises(LockProblem, match=r"package-lock\.json is missing"):
        proven.run(SandboxRequest(manifest, ("node", "-v"), "gemini", packages="npm"))


ASKS_FROM_THE_ROOM = """
import json, sys
from types import SimpleNamespace
from shared.backends.sandbox.rooms import kernel
from shared.backends.sandbox.rooms.room import Job
from shared.backends.sandbox.rooms.room_bubblewrap import BubblewrapRoom
from shared.backends.sandbox.rooms.supervise import must_see_children, supervise
bwrap, program, limits, proxy = json.load(sys.stdin)
limits = SimpleNamespace(**limits)
must_see_children()
kernel.leave_root()
room = BubblewrapRoom({"bwrap": bwrap}, limits)
outcome = supervise(room.start(Job(("python3", "-c", program), room.work, {}, limits, proxy)), limits, room.kill)
room.confirm(outcome)
sys.stdout.buffer.write(outcome.stdout)
sys.stderr.buffer.write(outcome.stderr)
"""


def ask_from_the_room(program: str, proxy: RegistryProxy) -> str:
    """Return what a program says that stands where an installer stands."""
    given = json.dumps((shutil.which("bwrap"), program, asdict(SandboxLimits()), proxy.path))
    command = [sys.executable, "-c", ASKS_FROM_THE_ROOM]
    done = subprocess.run(command, cwd=ROOT, input=given, capture_output=True, text=True, check=False, timeout=100)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.usefixtures("proven")
def test_nothing_but_the_registries_can_be_reached_from_the_room(registry: PackageRegistry) -> None:
    registry.held["/simple/there/"] = ("text/html", b"the index")
    with socket.create_server(("127.0.0.1", 0)) as other:
        other.settimeout(0)
        port = other.getsockname()[1]
        program = f"""
import os, socket, urllib.error, urllib.request
proxy = os.environ["http_proxy"].rpartition("/")[2].split(":")
def ask(text):
    with socket.create_connection((proxy[0], int(proxy[1])), 5) as end:
        end.sendall(text.encode())
        return end.recv(100).split(b"\\r\\n")[0].decode()
def direct(host, port):
    try:
        socket.create_connection((host, port), 2)
    except OSError as error:
        return "closed"
    return "open"
print(urllib.request.urlopen("{registry.pip}/there/").read())
print(ask("CONNECT 127.0.0.1:{port} HTTP/1.1\\r\\n\\r\\n"))
print(ask("CONNECT 169.254.169.254:80 HTTP/1.1\\r\\n\\r\\n"))
print(ask("CONNECT metadata.google.internal:80 HTTP/1.1\\r\\n\\r\\n"))
print(ask("GET http://127.0.0.1:{port}/ HTTP/1.1\\r\\nHost: {registry.url[7:]}\\r\\n\\r\\n"))
print(ask("GET http://[::1/ HTTP/1.1\\r\\n\\r\\n"))
print(ask("POST {registry.pip}/there/ HTTP/1.1\\r\\n\\r\\n"))
print(ask("PUT {registry.npm}/beta HTTP/1.1\\r\\nContent-Length: 0\\r\\n\\r\\n"))
print(direct("127.0.0.1", {port}), direct("169.254.169.254", 80), direct("192.0.2.1", 443))
"""
        with RegistryProxy(Registries(pip=registry.pip).find_hosts("pip")[1]) as proxy:
            lines = ask_from_the_room(program, proxy).splitlines()
        with pytest.raises(BlockingIOError):  # nobody has come
            other.accept()
    assert lines[0] == "b'the index'"
    assert lines[1:8] == ["HTTP/1.1 403 Forbidden"] * 7
    assert lines[8] == "closed closed closed"
    told = {f"127.0.0.1:{port}", "169.254.169.254:80", f"POST {registry.pip}/there/", f"PUT {registry.npm}/beta"}
    assert told <= set(proxy.refused)
    assert registry.asked == ["/simple/there/"]


def test_packages_are_refused_where_nothing_would_hold_them() -> None:
    with pytest.raises(SandboxUnavailable, match="apt-get install bubblewrap"):
        LandlockSandbox().run(SandboxRequest({}, ("true",), "offline", packages="pip"))


def test_without_a_registry_or_with_one_that_has_a_password_nothing_is_installed(proven: BubblewrapSandbox) -> None:
    for given in ("", "https://somebody:word@registry.example/simple"):
        KNOWN.now = Registries(pip=given)
        with pytest.raises(SandboxUnavailable, match="WORKWRIGHT_PIP_INDEX"):
            proven.run(with_wheels("", "alpha==1 --hash=sha256:" + "0" * 64))


def test_what_cannot_be_given_is_refused(proven: BubblewrapSandbox) -> None:
    with pytest.raises(ValueError, match="'cargo' cannot be provided"):
        proven.run(SandboxRequest({}, ("true",), "offline", packages="cargo"))  # type: ignore[arg-type]


def test_what_is_not_named_is_what_this_machine_uses(tmp_path: Path) -> None:
    (tmp_path / "pip.conf").write_text("[global]\nindex-url = https://pip.example:8443/simple\n")
    (tmp_path / "npmrc").write_text("registry=https://npm.example/\n")
    program = """
from shared.backends.sandbox.packages.registries import registries
print(registries(), registries("none", "none"), registries("https://a.example", "https://b.example/s", ["c:81"]))
"""
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PIP_CONFIG_FILE": str(tmp_path / "pip.conf")}
    env |= {"NPM_CONFIG_USERCONFIG": str(tmp_path / "npmrc")}
    said = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=env, capture_output=True, text=True, check=True, timeout=60
    ).stdout
    npm = "https://npm.example/" if shutil.which("npm") else ""
    named = Registries("https://a.example", "https://b.example/s", frozenset({("c", 81)}))
    assert said.strip() == f"{Registries(npm, 'https://pip.example:8443/simple')} {Registries()} {named}"
    assert named.find_hosts("npm") == ("https://a.example", {("a.example", 443), ("c", 81)})
    assert named.find_hosts("pip") == ("https://b.example/s", {("b.example", 443), ("c", 81)})
