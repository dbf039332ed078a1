"""The text of the trusted test runner for Node: the leader of `test_runner.py`, with `node:test` for one file.

Between the leader and the file stands a process of ours that never loads the code under test: Node's own test harness
starts the file in a third process and hands over what it reports. The leader's channel is closed to that third one; a
file that ends early, or without tests, reports fewer of them than it was told to bring.

Tests are counted as Node's own line `tests` counts them: `test`, `it` and subtests, but no suites.
"""

from __future__ import annotations

from shared.core.code.test_runner import LEADER

_PART = r'''
ONE_FILE = """
import { run } from "node:test";
import { writeSync } from "node:fs";
import { join } from "node:path";

const [root, name, channel] = process.argv.slice(1);
const file = join(root, name);
const path = [];
let told = 0;
process.execArgv.length = 0;  // else the file's own process would be handed this program
const tell = (line) => writeSync(Number(channel), JSON.stringify(line) + String.fromCharCode(10));
const words = (error) => String(error?.cause?.stack ?? error?.cause ?? error?.stack ?? error ?? "").slice(-2000);

function outcome(type, data) {
  if (data.skip !== undefined || data.todo !== undefined) return "skipped";
  return type === "test:pass" ? "passed" : "failed";
}

for await (const { type, data } of run({ files: [file], concurrency: 1 })) {
  if (type === "test:start") path.splice(data.nesting, Infinity, data.name);
  if (type !== "test:pass" && type !== "test:fail") continue;
  path.splice(data.nesting, Infinity, data.name);
  const detail = type === "test:fail" ? words(data.details.error) : "";
  if (data.nesting === 0 && [file, name].includes(data.name)) {  // the file as a whole, not a test of it
    if (type === "test:fail") tell({ id: "the file", outcome: "error", detail, outside: true });
  } else if (data.details.type === "suite") {
    const own = type === "test:fail" && data.details.error?.failureType !== "subtestsFailed";
    if (own) tell({ id: path.join(" > "), outcome: "error", detail, outside: true });
    else if (data.skip !== undefined) tell({ id: path.join(" > "), outcome: "skipped", detail, outside: true });
  } else {
    told += 1;
    tell({ id: path.join(" > "), outcome: outcome(type, data), detail });
  }
}
tell({ done: told });
process.exitCode = 0;  // what failed is in the lines; a status says that this program itself came to its end
"""
ENDS = ("js", "mjs", "cjs")
NAMES = [f"{name}.{end}" for end in ENDS for name in ("*.test", "*-test", "*_test", "test-*", "test")]


def is_test(path):
    return "node_modules" not in path.parts and any(path.match(name) for name in NAMES)


def command_for(fresh, name, channel):
    return ["node", "--input-type=module", "-e", ONE_FILE, fresh, name, str(channel)]
'''
NODE_RUNNER = LEADER.replace("@PART@", _PART.strip())
