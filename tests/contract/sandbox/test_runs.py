"""What every sandbox promises to an honest request, and which requests it refuses."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shared.backends.sandbox.bubblewrap import BubblewrapSandbox
from shared.backends.sandbox.rooms.supervise import descendants
from shared.core.errors import Unavailable
from shared.ports.sandbox import Sandbox, SandboxLimits, SandboxRequest, SandboxResult
from tests.contract.sandbox.cases import DRIVERS, strays

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module", params=list(DRIVERS))
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    made: Sandbox = DRIVERS[request.param]()
    made.check()
    return made


def python(program: str, *collect: str, limits: SandboxLimits | None = None, **more: bytes) -> SandboxRequest:
    files = {"main.py": program.encode(), **{name.replace("__", "/"): data for name, data in more.items()}}
    return SandboxRequest(files, ("python3", "main.py"), "offline", collect, limits=limits or SandboxLimits(wall_s=20))


def test_a_program_runs_and_its_files_come_back(sandbox: Sandbox) -> None:
    program = """
import os, pathlib, sys
import lib.names
pathlib.Path("out/deep").mkdir(parents=True)
pathlib.Path("out/deep/a.bin").write_bytes(bytes(range(256)))
pathlib.Path("out/b.txt").write_text(lib.names.NAME)
pathlib.Path("single.txt").write_text("one")
pathlib.Path("unwanted.txt").write_text("two")
print("said", os.environ["GREETING"])
print("wrong", file=sys.stderr)
sys.exit(3)
"""
    result = sandbox.run(
        SandboxRequest(
            files={"main.py": program.encode(), "lib/names.py": "NAME = 'Grüße'".encode()},
            command=("python3", "main.py"),
            origin="offline",
            collect=("out/", "single.txt", "missing.txt"),
            env={"GREETING": "hello"},
        )
    )
    assert (result.exit_code, result.killed_by, result.driver) == (3, "", sandbox.name)
    assert (result.stdout, result.stderr) == ("said hello\n", "wrong\n")
    assert result.files == {
        "out/deep/a.bin": bytes(range(256)),
        "out/b.txt": "Grüße".encode(),
        "single.txt": b"one",
    }


def test_links_pipes_and_second_names_do_not_come_back(sandbox: Sandbox) -> None:
    program = """
import os
os.mkdir("out")
os.symlink("/etc/passwd", "out/link")
os.symlink("/", "out/top")
os.symlink("/etc", "away")
open("out/first", "w").write("x")
try:
    os.link("out/first", "out/second")
except OSError:
    os.unlink("out/first")
open("out/plain", "w").write("fine")
"""
    result = sandbox.run(python(program, "out/", "out/link", "away/passwd", "out/top/etc/passwd"))
    assert result.exit_code == 0, result.stderr
    assert result.files == {"out/plain": b"fine"}


def test_results_are_capped_in_number_and_bytes(sandbox: Sandbox) -> None:
    limits = SandboxLimits(wall_s=20, result_files=5, result_bytes=1000)
    many = "import os\nos.mkdir('out')\nfor n in range(20):\n    open(f'out/{n:02}', 'wb').write(b'x')\n"
    large = "import os\nos.mkdir('out')\nfor n in range(4):\n    open(f'out/{n}', 'wb').write(b'x' * 400)\n"
    assert len(sandbox.run(python(many, "out/", limits=limits)).files) == 5
    assert sum(map(len, sandbox.run(python(large, "out/", limits=limits)).files.values())) == 800


def test_head_and_tail_of_the_output_are_kept(sandbox: Sandbox) -> None:
    limits = SandboxLimits(wall_s=20, output_bytes=1000)
    program = "import os, time\nos.write(1, b'first' + b'-' * 3000 + b'last')\ntime.sleep(5)"
    result = sandbox.run(python(program, limits=limits))
    assert result.killed_by == "output"
    assert result.stdout.startswith("first-")
    assert result.stdout.endswith("-last")
    assert "[... 2009 bytes left out ...]" in result.stdout  # 5 + 3000 + 4 written, 1000 kept


@pytest.mark.parametrize(
    ("program", "killed_by", "exit_code"),
    [
        ("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)", "signal", 139),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGXCPU)", "cpu", 152),
        ("import time\ntime.sleep(20)", "wall", 137),
        ("raise SystemExit(7)", "", 7),
    ],
)
def test_it_says_how_it_ended(sandbox: Sandbox, program: str, killed_by: str, exit_code: int) -> None:
    result = sandbox.run(python(program, limits=SandboxLimits(wall_s=0.5 if killed_by == "wall" else 20)))
    assert (result.killed_by, result.exit_code) == (killed_by, exit_code)


def test_nothing_of_one_run_is_there_in_the_next(sandbox: Sandbox) -> None:
    program = """
import os, tempfile
found = [os.path.join(d, n) for d in (".", tempfile.gettempdir()) for n in os.listdir(d) if n.startswith("trace")]
print(found)
for folder in (".", tempfile.gettempdir()):
    open(os.path.join(folder, "trace"), "w").close()
"""
    assert [sandbox.run(python(program)).stdout for _ in range(2)] == ["[]\n", "[]\n"]


def test_nothing_but_three_streams_is_handed_down(sandbox: Sandbox) -> None:
    program = """
import os
def is_open(number):
    try:
        os.fstat(number)
    except OSError:
        return False
    return True
print([number for number in range(512) if is_open(number)], os.read(0, 1))
"""
    assert sandbox.run(python(program)).stdout == "[0, 1, 2] b''\n"


def test_runs_side_by_side_do_not_meet(sandbox: Sandbox) -> None:
    def run(number: int) -> SandboxResult:
        program = f"import time\nopen('n', 'w').write('{number}')\ntime.sleep(0.1)\nprint(open('n').read())"
        return sandbox.run(python(program, "n"))

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(run, range(8)))
    assert [(result.stdout, result.files) for result in results] == [(f"{n}\n", {"n": b"%d" % n}) for n in range(8)]


@pytest.mark.parametrize(
    "name",
    ["../up", "/abs", "a/../../up", "a//b", "./a", "", "a\0b", "a/", "a\nb", "x" * 300, "/".join("a" * 40)],
)
def test_names_that_lead_elsewhere_are_refused(sandbox: Sandbox, name: str) -> None:
    with pytest.raises(ValueError, match="path"):
        sandbox.run(SandboxRequest({name: b""}, ("true",), "offline"))
    if name != "a/":  # to collect a folder is allowed
        with pytest.raises(ValueError, match="path"):
            sandbox.run(SandboxRequest({}, ("true",), "offline", collect=(name,)))


@pytest.mark.parametrize(
    "request_",
    [
        SandboxRequest({}, (), "offline"),
        SandboxRequest({}, ("",), "offline"),
        SandboxRequest({}, ("a\0",), "offline"),
        SandboxRequest({}, ("-l",), "offline"),
        SandboxRequest({}, ("true", "\ud800"), "offline"),
        SandboxRequest({}, ("true", "x" * 200_000), "offline"),
        SandboxRequest({}, ("true",), "offline", env={f"A{number}": "x" * 90_000 for number in range(12)}),
        SandboxRequest({}, ("true",), "offline", limits=SandboxLimits(wall_s=float("inf"))),
        SandboxRequest({}, ("true",), "offline", env={"LD_PRELOAD": "x"}),
        SandboxRequest({}, ("true",), "offline", env={"A=B": "x"}),
        SandboxRequest({"a": b"", "a/b": b""}, ("true",), "offline"),
        SandboxRequest({"a": b"xx"}, ("true",), "offline", limits=SandboxLimits(disk_bytes=1)),
        SandboxRequest({}, ("true",), "offline", limits=SandboxLimits(inodes=0)),
        SandboxRequest({}, ("true",), "offline", limits=SandboxLimits(disk_bytes=0)),
    ],
)
def test_wrong_requests_are_refused(sandbox: Sandbox, request_: SandboxRequest) -> None:
    with pytest.raises(ValueError):
        sandbox.run(request_)


def test_files_that_do_not_fit_are_the_requests_fault(sandbox: Sandbox) -> None:
    many = {f"{number}": b"x" for number in range(30)}
    limits = SandboxLimits(wall_s=20, inodes=30)  # folders need inodes too
    if sandbox.name == "bubblewrap":  # landlock has no bound on inodes
        with pytest.raises(ValueError, match="fit"):
            sandbox.run(SandboxRequest(many, ("true",), "offline", limits=limits))
    with pytest.raises(ValueError, match="fit"):
        sandbox.run(SandboxRequest(many, ("true",), "offline", limits=SandboxLimits(wall_s=20, inodes=10)))


def test_a_command_that_is_not_there_ends_as_in_a_shell(sandbox: Sandbox) -> None:
    result = sandbox.run(SandboxRequest({"plain": b"x"}, ("no-such-program",), "offline"))
    assert (result.exit_code, result.killed_by) == (127, "")
    assert "no-such-program" in result.stderr
    odd = ("printf", "%s|", "a b", "$HOME", "'", '"', ";", "*")
    assert sandbox.run(SandboxRequest({}, odd, "offline")).stdout == "a b|$HOME|'|\"|;|*|"


@pytest.mark.parametrize("driver", list(DRIVERS))
def test_the_command_dies_with_its_caller(driver: str) -> None:
    case = f"case-{driver}-{os.getpid()}"
    program = f"""
from shared.ports.sandbox import SandboxLimits, SandboxRequest
from tests.contract.sandbox.cases import DRIVERS
DRIVERS[{driver!r}]().run(SandboxRequest({{}}, ("sleep", "40"), "offline", env={{"CASE": {case!r}}}))
"""
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT) as caller:
        try:
            assert _becomes(lambda: _sleepers(case) != [])
        finally:
            caller.send_signal(signal.SIGKILL)
    assert _becomes(lambda: _sleepers(case) == [])


def test_a_launcher_that_is_killed_is_no_reason_to_give_up_for_good() -> None:
    sandbox, case = BubblewrapSandbox(), f"case-killed-{os.getpid()}"
    sandbox.check()
    request = SandboxRequest({}, ("sleep", "40"), "offline", env={"CASE": case})
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(sandbox.run, request)
        assert _becomes(lambda: _sleepers(case) != [])
        (launcher,) = (pid for pid in descendants(os.getpid()) if _parent(pid) == os.getpid() and _launches(pid))
        os.kill(launcher, signal.SIGKILL)
        with pytest.raises(Unavailable, match="killed"):
            running.result(20)
    assert _becomes(lambda: _sleepers(case) == [])


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def _launches(pid: int) -> bool:
    return b"launcher.py" in Path(f"/proc/{pid}/cmdline").read_bytes()


def _sleepers(case: str) -> list[int]:
    return [pid for pid in strays(case) if Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"sleep")]


def _becomes(true: Callable[[], bool]) -> bool:
    end = time.monotonic() + 15
    while time.monotonic() < end:
        try:
            if true():
                return True
        except OSError:  # a process that ended while it was looked at
            continue
        time.sleep(0.02)
    return False
