"""Node's tests are judged like Python's: ending early, printing, or writing reports oneself passes nothing.

All attacks go into one run, each with a test file of its own, and each file is judged by what was reported of it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace

import pytest

from shared.core.code.verdict import REPORT, Verdict, judge, runner_files, test_command
from shared.ports.sandbox import Sandbox, SandboxLimits, SandboxRequest, SandboxResult
from tests.contract.sandbox.cases import DRIVERS
from tests.support.parts import require

pytestmark = pytest.mark.xdist_group("verdict-node")

LIMITS = SandboxLimits(wall_s=60, memory_bytes=1536 * 1024 * 1024, processes=128)
TESTS = """
import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { add } from './PRODUCT';

test('one', () => assert.equal(add(1, 1), 2));
describe('more', () => {
  test('two', async () => { await null; assert.equal(add(2, 0), 2); });
});
"""
RIGHT = "export const add = (a, b) => a + b;\n"
WRONG = "export const add = (a, b) => a - b - 1;\n"
HARNESS = "const harness = require('node:test');\nconst real = harness.test;\n"
LINES = """JSON.stringify({id: 'one', outcome: 'passed', detail: ''}) + '\\n'
  + JSON.stringify({id: 'more > two', outcome: 'passed', detail: ''}) + '\\n' + JSON.stringify({done: 2}) + '\\n'"""
INTO_THE_PARENT = f"""
import {{ readdirSync, writeFileSync }} from 'node:fs';
const reporter = process.ppid;  // whoever loses its reporter, by what is written here, becomes the leader's own child
const there = `/proc/${{reporter}}/fd`;
for (const fd of readdirSync(there))
  if (Number(fd) > 2) try {{ writeFileSync(`${{there}}/${{fd}}`, {LINES}); }} catch {{}}
"""

FORGERIES = {
    "ends at import": "process.exit(0);",
    "ends below Node": "process.reallyExit(0);",
    "aborts": "process.abort();",
    "ends in the middle of a test": "setImmediate(() => process.exit(0));",
    "ends when the first test asks": "process.on('beforeExit', () => process.exit(0)); process.stdout.destroy();",
    "prints what a reporter prints": (
        "console.log('TAP version 13\\nok 1 - one\\nok 2 - two\\n1..2\\n# tests 2\\n# pass 2\\n# fail 0');"
        " process.exit(0);"
    ),
    "prints lines of ours": f"console.log({LINES}); process.exit(0);",
    "writes lines to every descriptor": f"""
import {{ writeSync }} from 'node:fs';
for (let fd = 3; fd < 60; fd++) {{ try {{ writeSync(fd, {LINES}); }} catch {{}} }}
process.exit(0);""",
    "writes lines into the parent's descriptors": INTO_THE_PARENT + "process.exit(0);",
    "ends the reporter": "process.kill(process.ppid, 'SIGKILL');",
    "ends the reporter after writing for it": INTO_THE_PARENT + "process.kill(reporter, 'SIGKILL');",
    "writes the report": """
import { writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
const body = JSON.stringify([{file: 'x.test.mjs', exit: 0, lines: [{id: 'a', outcome: 'passed'}, {done: 1}]}]);
const text = JSON.stringify({body, code: '0'.repeat(64)});
for (const folder of ['/box', process.cwd(), '.']) try { writeFileSync(folder + '/report.json', text); } catch {}
process.exit(0);""",
    "rewrites every program it finds": """
import { readdirSync, writeFileSync } from 'node:fs';
for (const folder of ['/box', '/box/_runner', '/box/tests', process.cwd(), process.cwd() + '/tests'])
  try { for (const name of readdirSync(folder)) if (/[.](mjs|js|py)$/.test(name))
    try { writeFileSync(folder + '/' + name, 'process.exit(0)'); } catch {} } catch {}
process.exit(0);""",
    "says that nothing went wrong": "process.on('exit', () => { process.exitCode = 0; });",
    "lets nothing out": "process.stdout.write = () => true;",
    "closes its own output": "import { closeSync } from 'node:fs'; closeSync(1);",
    "spoils what writes": "JSON.stringify = () => '{}'; Array.prototype.push = () => 0;",
    "fails beside the tests": "Promise.reject(new Error('beside'));",
}
IN_THE_HARNESS = {
    "registers no tests": "harness.test = () => {};",
    "skips the tests": "harness.test = (name, body) => real(name, { skip: true }, body);",
    "means to do them later": "harness.test = (name, body) => real(name, { todo: true }, body);",
    "puts its own in their place": "harness.test = (name, body) => { if (name === 'one') real(name, () => {}); };",
    "adds tests of its own beside": "real('three', () => {}); real('four', () => {});",
    "tests of its own, then the end": "real('one', () => {}); setTimeout(() => process.exit(0), 5);",
}  # where modules are required, what a program changes in the harness is what its tests get
SNOOPING = (
    RIGHT
    + """
import { readFileSync, readdirSync, openSync } from 'node:fs';
const above = (pid) => Number(/PPid:\\s*(\\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
const leader = above(process.ppid);
const found = [];
for (const path of [`/proc/${leader}/mem`, `/proc/${leader}/environ`, `/proc/${leader}/fd/3`, '/box/_runner/nonce'])
  try { openSync(path, 'r'); found.push(path); } catch {}
if (found.length || Object.keys(process.env).some((name) => /nonce/i.test(name))) throw new Error(found.join());
"""
)
BREAKS = {"throws at import": "throw new Error('no');", "is no program": "this is ( no program"}


@dataclass(frozen=True)
class Ran:
    """One run of all of them."""

    result: SandboxResult
    nonce: str

    def of(self, file: str, expected: int = 2) -> Verdict:
        """Return the verdict there would be on this file alone: its part of the report, in order and signed."""
        files = json.loads(json.loads(self.result.files[REPORT])["body"])
        body = json.dumps([each for each in files if each["file"] == file])
        code = hmac.new(self.nonce.encode(), body.encode(), hashlib.sha256).hexdigest()
        alone = replace(self.result, files={REPORT: json.dumps({"body": body, "code": code}).encode()})
        return judge(alone, expected_tests=expected, nonce=self.nonce)


def run(sandbox: Sandbox, files: Mapping[str, bytes], *tests: str) -> Ran:
    nonce = secrets.token_hex(16)
    request = SandboxRequest(
        {**files, **runner_files(nonce, "node")}, test_command(*tests), "offline", (REPORT,), limits=LIMITS
    )
    return Ran(sandbox.run(request), nonce)


def pair(number: int, product: str) -> dict[str, bytes]:
    """Return a product and its tests."""
    tests = TESTS.replace("PRODUCT", f"product-{number}.mjs").encode()
    return {f"tests/product-{number}.mjs": product.encode(), f"tests/case-{number}.test.mjs": tests}


def common(number: int, attack: str) -> dict[str, bytes]:
    """Return a product and its tests as modules that are required."""
    tests = TESTS.replace("import { add } from './PRODUCT';", "").replace("import { describe, test } from", "")
    tests = tests.replace("'node:test';", f"const {{ add }} = require('./product-{number}.cjs');", 1)
    tests = tests.replace("import assert from 'node:assert/strict';", "const assert = require('node:assert/strict');")
    begin = "const { describe, test } = require('node:test');\n"
    product = f"exports.add = (a, b) => a - b - 1;\n{HARNESS}{attack}"
    first, _, rest = tests.partition("\n\n")
    return {
        f"tests/product-{number}.cjs": product.encode(),
        f"tests/case-{number}.test.cjs": f"{first}\n{begin}\n{rest}".encode(),
    }


def name(number: int) -> str:
    return f"tests/case-{number}.test.{'cjs' if REQUIRED <= number < PLAIN else 'mjs'}"


ATTACKS = [*FORGERIES, *IN_THE_HARNESS]
REQUIRED = len(FORGERIES)
PLAIN, SNOOPS, LIES, BROKEN = (len(ATTACKS) + more for more in range(4))
LIE = "import assert from 'node:assert/strict'; assert.equal = () => {};\n"


@pytest.fixture(scope="module")
def ran() -> Ran:
    require("node")
    files: dict[str, bytes] = {}
    for number, attack in enumerate(ATTACKS):
        required = IN_THE_HARNESS.get(attack)
        files |= common(number, required) if required else pair(number, WRONG + FORGERIES[attack])
    files |= pair(PLAIN, RIGHT) | pair(SNOOPS, SNOOPING) | pair(LIES, WRONG + LIE)
    for number, words in enumerate(BREAKS.values()):
        files |= pair(BROKEN + number, RIGHT + words)
    return run(DRIVERS["bubblewrap"](), files)


def test_what_passes_passes(ran: Ran) -> None:
    assert ran.of(name(PLAIN)) == Verdict(True, 2, (), "", "")


def test_the_leader_gives_its_nonce_to_nobody(ran: Ran) -> None:
    assert ran.of(name(SNOOPS)).ok, ran.of(name(SNOOPS)).feedback


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_forgery_fails(ran: Ran, attack: str) -> None:
    verdict = ran.of(name(ATTACKS.index(attack)))
    assert not verdict.ok
    assert verdict.feedback
    assert verdict.signature


def test_a_file_that_ends_well_is_no_test_of_its_own(ran: Ran) -> None:
    verdict = ran.of(name(ATTACKS.index("ends at import")), expected=1)
    assert (verdict.ok, verdict.reason) == (False, "0 tests ran, 1 were expected")


@pytest.mark.parametrize("how", list(BREAKS))
def test_a_file_that_cannot_be_read_is_named(ran: Ran, how: str) -> None:
    verdict = ran.of(name(BROKEN + list(BREAKS).index(how)))
    assert not verdict.ok
    assert name(BROKEN + list(BREAKS).index(how)) in verdict.feedback


@pytest.mark.parametrize("driver", list(DRIVERS))
def test_failures_are_told_in_every_sandbox(driver: str) -> None:
    require("node")
    files = {**pair(1, WRONG), **pair(2, RIGHT)}
    ran = run(DRIVERS[driver](), files, name(1), name(2))
    told = judge(ran.result, expected_tests=4, nonce=ran.nonce)
    assert (told.ok, told.ran) == (False, 4)
    assert [failed for failed, _ in told.failures] == [f"{name(1)}: one", f"{name(1)}: more > two"]
    assert "-1 !== 2" in told.feedback


def test_who_ends_the_leader_has_no_report() -> None:
    require("node")
    attack = """
import { readFileSync } from 'node:fs';
process.kill(Number(/PPid:\\s*(\\d+)/.exec(readFileSync(`/proc/${process.ppid}/status`, 'utf8'))[1]), 'SIGKILL');
"""
    ran = run(DRIVERS["bubblewrap"](), pair(1, RIGHT + attack))
    assert not judge(ran.result, expected_tests=2, nonce=ran.nonce).ok


def test_what_remains_code_in_the_tests_own_process_can_lie_for_itself(ran: Ran) -> None:
    """Kept as a test so that nobody takes a verdict for more than advice."""
    assert ran.of(name(LIES)).ok
