"""What the leader does for Python: each test file in a process of its own."""

import sys

ONE_FILE = "@FILE@"


def is_test(path):
    return path.match("test*.py")


def command_for(fresh, name, channel):
    return [sys.executable, "-I", "-B", "-c", ONE_FILE, fresh, name, str(channel)]
