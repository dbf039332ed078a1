"""A verdict of "passed" cannot be had by ending early, printing, or writing the report oneself."""

from __future__ import annotations

import secrets

import pytest

from shared.core.code.verdict import REPORT, Verdict, judge, runner_files, test_command
from shared.core.page import Page
from shared.ports.sandbox import Sandbox, SandboxLimits, SandboxRequest
from tests.contract.sandbox.cases import DRIVERS
from tests.unit.offline.pages import block, code, page

TWO = b"""
import unittest
from pathlib import Path
import product

class Sums(unittest.TestCase):
    def test_one(self):
        self.assertEqual(2, product.add(1, 1))

    def test_two(self):
        self.assertTrue(Path("data/requirements.json").exists())
        for number in range(3):
            with self.subTest(number=number):
                self.assertEqual(number, product.add(number, 0))
"""
PRODUCT = b"def add(a, b):\n    return a + b\n"
GOOD = {"product.py": PRODUCT, "tests/test_sums.py": TWO, "data/requirements.json": b"[]"}


@pytest.fixture(scope="module", params=list(DRIVERS))
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    made: Sandbox = DRIVERS[request.param]()
    return made


def verdict_on(sandbox: Sandbox, files: dict[str, bytes], expected: int, wall_s: float = 20) -> Verdict:
    nonce = secrets.token_hex(16)
    request = SandboxRequest(
        files | runner_files(nonce), test_command(), "offline", (REPORT,), limits=SandboxLimits(wall_s=wall_s)
    )
    return judge(sandbox.run(request), expected_tests=expected, nonce=nonce)


def with_product(attack: str) -> dict[str, bytes]:
    return {**GOOD, "product.py": PRODUCT + attack.encode()}


def test_what_passes_passes(sandbox: Sandbox) -> None:
    assert verdict_on(sandbox, GOOD, 2) == Verdict(True, 2, (), "", "")


def test_two_files_count_together(sandbox: Sandbox) -> None:
    files = {**GOOD, "tests/test_more.py": TWO, "tests/deep/__init__.py": b"", "tests/deep/test_deep.py": TWO}
    assert verdict_on(sandbox, files, 6).ok


def test_what_fails_is_named_and_the_same_failure_looks_the_same(sandbox: Sandbox) -> None:
    broken = {**GOOD, "product.py": b"def add(a, b):\n    return a - b\n"}
    first, second = verdict_on(sandbox, broken, 2), verdict_on(sandbox, broken, 2)
    assert not first.ok
    assert [name for name, _ in first.failures] == ["tests/test_sums.py: test_sums.Sums.test_one"]
    assert "AssertionError: 2 != 0" in first.failures[0][1]
    assert "AssertionError: 2 != 0" in first.feedback
    assert first.signature == second.signature
    other = verdict_on(sandbox, {**GOOD, "product.py": b"def add(a, b):\n    return 7\n"}, 2)
    assert other.signature != first.signature


FORGERIES = {
    "ends at import": "import os\nos._exit(0)",
    "leaves at import": "import sys\nsys.exit(0)",
    "says that all is well": "import os, sys\nos.write(2, b'Ran 2 tests in 0.001s\\n\\nOK\\n')\nos._exit(0)",
    "claims to be done": """
import json, os
for fd in range(3, 30):
    try:
        os.write(fd, json.dumps({"done": 2}).encode() + b"\\n")
    except OSError:
        pass
os._exit(0)
""",
    "writes the report": """
import json, os, glob
body = json.dumps([{"file": "tests/test_sums.py", "exit": 0, "lines": [
    {"id": "a", "outcome": "passed"}, {"id": "b", "outcome": "passed"}, {"done": 2}]}])
if os.fork() == 0:
    while True:
        for folder in ("/box", *glob.glob("/tmp/box-*/files"), "."):
            try:
                with open(folder + "/report.json", "w") as file:
                    file.write(json.dumps({"body": body, "code": "0" * 64}))
            except OSError:
                pass
os._exit(0)
""",
    "ends the runner": "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)",
    "changes what comes next": """
import os, glob
for folder in ("/box", *glob.glob("/tmp/box-*/files"), os.getcwd()):
    for root, _, names in os.walk(folder):
        for name in names:
            if name.endswith(".py"):
                open(os.path.join(root, name), "w").write("import os; os._exit(0)")
os._exit(0)
""",
    "skips itself": "import unittest\ndef add(a, b):\n    raise unittest.SkipTest('not today')",
}


@pytest.mark.parametrize("attack", list(FORGERIES))
def test_a_forgery_fails(sandbox: Sandbox, attack: str) -> None:
    verdict = verdict_on(sandbox, with_product(FORGERIES[attack]), 2)
    assert not verdict.ok
    assert verdict.feedback
    assert verdict.signature


def test_what_one_test_file_writes_is_not_there_for_the_next(sandbox: Sandbox) -> None:
    meddling = b"""
import glob, os, unittest
for folder in (os.getcwd(), "/box", *glob.glob("/tmp/box-*/files"), *glob.glob("/tmp/tmp*")):
    try:
        open(folder + "/product.py", "w").write("def add(a, b): return 5")
    except OSError:
        pass
class Nothing(unittest.TestCase):
    def test_nothing(self):
        pass
"""
    assert verdict_on(sandbox, {**GOOD, "tests/test_a_first.py": meddling}, 3).ok


FAILS = b"""
import unittest
class Wrong(unittest.TestCase):
    def test_wrong(self):
        self.fail("as it should")
"""
STAYS = b"""
import glob, os, time, unittest
if os.fork() == 0:
    os.setsid()
    for number in range(3, 64):
        try:
            os.close(number)
        except OSError:
            pass
    ends = time.monotonic() + 5
    while time.monotonic() < ends:
        for path in glob.glob("/tmp/*/tests/test_b_wrong.py"):
            try:
                text = open(path).read()
                if "self.fail" in text:
                    open(path, "w").write(text.replace("self.fail", "str"))
            except OSError:
                pass
    os._exit(0)
class Nothing(unittest.TestCase):
    def test_nothing(self):
        pass
"""


def test_what_one_test_file_leaves_running_does_not_reach_the_next() -> None:
    files = {"tests/test_a_first.py": STAYS, "tests/test_b_wrong.py": FAILS}
    verdict = verdict_on(DRIVERS["bubblewrap"](), files, 2)
    assert [name for name, _ in verdict.failures] == ["tests/test_b_wrong.py: test_b_wrong.Wrong.test_wrong"]


def test_what_one_test_file_leaves_in_temporary_folders_does_not_reach_the_next(sandbox: Sandbox) -> None:
    plants = b"""
import os, tempfile, unittest
top = tempfile.gettempdir()
class Alone(unittest.TestCase):
    def test_alone(self):
        self.assertEqual(set(), {"node_modules", "conftest.py", "closed"} & set(os.listdir(top)))
        os.mkdir(os.path.join(top, "node_modules"))
        open(os.path.join(top, "node_modules", "conftest.py"), "w").close()
        open(os.path.join(top, "conftest.py"), "w").close()
        os.mkdir(os.path.join(top, "closed"), 0)
"""
    verdict = verdict_on(sandbox, {"tests/test_a.py": plants, "tests/test_b.py": plants}, 2)
    assert verdict.ok, verdict.feedback


def test_the_runner_gives_its_nonce_to_nobody(sandbox: Sandbox) -> None:
    snooping = """
import os
parent = os.getppid()
found = []
for path in (f"/proc/{parent}/mem", f"/proc/{parent}/environ", f"/proc/{parent}/fd/1", "/box/_runner/nonce"):
    try:
        open(path, "rb").close()
        found.append(path)
    except OSError:
        pass
assert not found, found
"""
    assert verdict_on(sandbox, with_product(snooping), 2).ok


@pytest.mark.parametrize("expected", [0, 1, 3])
def test_another_number_of_tests_fails(sandbox: Sandbox, expected: int) -> None:
    verdict = verdict_on(sandbox, GOOD, expected)
    assert (verdict.ok, verdict.reason) == (False, f"2 tests ran, {expected} were expected")


def test_a_report_of_another_run_or_without_nonce_is_worth_nothing(sandbox: Sandbox) -> None:
    request = SandboxRequest(GOOD | runner_files("one"), test_command(), "offline", (REPORT,))
    result = sandbox.run(request)
    assert judge(result, expected_tests=2, nonce="one").ok
    assert not judge(result, expected_tests=2, nonce="two").ok
    empty = sandbox.run(SandboxRequest(GOOD | runner_files(""), test_command(), "offline", (REPORT,)))
    assert not judge(empty, expected_tests=2, nonce="").ok


def test_tests_that_never_end_are_said_to_take_too_long(sandbox: Sandbox) -> None:
    verdict = verdict_on(sandbox, with_product("\nwhile True:\n    pass\n"), 2, wall_s=0.7)
    assert (verdict.ok, verdict.reason) == (False, "the tests took too long")


def test_what_remains_code_in_the_tests_own_process_can_lie_for_itself(sandbox: Sandbox) -> None:
    """Kept as a test so that nobody takes a verdict for more than advice."""
    lie = "import unittest\nunittest.TestCase.assertEqual = lambda *a: None\ndef add(a, b):\n    return 'wrong'\n"
    assert verdict_on(sandbox, with_product(lie), 2).ok


@pytest.mark.parametrize(
    "of",
    [
        page("Garden", block("heading_1", "Spring"), block("to_do", "Sow beans"), block("paragraph", "Water daily.")),
        page("Orders", block("heading_1", "API"), block("bulleted_list_item", "GET /orders returns all orders")),
    ],
    ids=["site", "service"],
)
def test_what_the_offline_model_writes_passes_in_every_sandbox(sandbox: Sandbox, of: Page) -> None:
    answer = code(of)
    files = {file["path"]: file["content"].encode() for file in answer["files"]}
    verdict = verdict_on(sandbox, files, answer["expected_tests"])
    assert (verdict.ok, verdict.ran) == (True, answer["expected_tests"]), verdict.feedback
