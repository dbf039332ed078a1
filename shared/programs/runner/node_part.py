"""What the leader does for Node: each test file through `node:test`.

Between the leader and the file stands a process of ours that never loads the code under test: Node's own test harness
starts the file in a third process and hands over what it reports. The leader's channel is closed to that third one; a
file that ends early, or without tests, reports fewer of them than it was told to bring.

Tests are counted as Node's own line `tests` counts them: `test`, `it` and subtests, but no suites.
"""

ONE_FILE = "@FILE@"
ENDS = ("js", "mjs", "cjs")
NAMES = [f"{name}.{end}" for end in ENDS for name in ("*.test", "*-test", "*_test", "test-*", "test")]


def is_test(path):
    return "node_modules" not in path.parts and any(path.match(name) for name in NAMES)


def command_for(fresh, name, channel):
    return ["node", "--input-type=module", "-e", ONE_FILE, fresh, name, str(channel)]
