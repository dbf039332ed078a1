"""Runs one test file, by unittest or pytest, and writes each outcome to the leader's channel."""

import ast
import json
import os
import sys
import unittest

root, name, channel = sys.argv[1], sys.argv[2], int(sys.argv[3])
os.set_inheritable(channel, False)
folder = os.path.dirname(os.path.join(root, name))
packaged = os.path.exists(os.path.join(folder, "__init__.py"))
sys.path[:0] = [root] if packaged else [folder, root]


class Result(unittest.TestResult):
    def startTest(self, test):
        super().startTest(test)
        self.outcome, self.detail = "passed", ""

    def note(self, outcome, detail):
        if self.outcome in ("passed", "skipped"):
            self.outcome, self.detail = outcome, detail[-2000:]

    def addFailure(self, test, error):
        self.note("failed", self._exc_info_to_string(error, test))

    def addError(self, test, error):
        if isinstance(test, unittest.TestCase):
            self.note("error", self._exc_info_to_string(error, test))
        else:
            tell({"id": str(test), "outcome": "error", "detail": str(error[1])[-2000:], "outside": True})

    def addSubTest(self, test, subtest, error):
        if error is not None:
            self.note("failed", str(subtest) + chr(10) + self._exc_info_to_string(error, test))

    def addSkip(self, test, reason):
        if isinstance(test, unittest.TestCase):
            self.note("skipped", reason)
        else:
            tell({"id": str(test), "outcome": "skipped", "detail": reason, "outside": True})

    def addUnexpectedSuccess(self, test):
        self.note("failed", "was expected to fail and passed")

    def stopTest(self, test):
        super().stopTest(test)
        tell({"id": test.id(), "outcome": self.outcome, "detail": self.detail})


def tell(line):
    os.write(channel, json.dumps(line).encode() + bytes([10]))


def wants_pytest(text):
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return False

    def function(node):
        return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test")

    def plain(node):
        return isinstance(node, ast.ClassDef) and node.name.startswith("Test") and not node.bases

    def imports(node):
        names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
        return "pytest" in names or (isinstance(node, ast.ImportFrom) and node.module == "pytest")

    if any(imports(node) for node in ast.walk(tree)):
        return True
    return any(function(node) or (plain(node) and any(map(function, node.body))) for node in tree.body)


class Plugin:
    ended = 0

    def pytest_runtest_logreport(self, report):
        if report.when != "call" and report.passed:
            return
        outcome = "error" if report.failed and report.when != "call" else report.outcome
        line = {"id": report.nodeid, "outcome": outcome, "detail": str(report.longrepr or "")[-2000:]}
        after = report.when == "teardown"
        self.ended += not after
        tell({**line, "id": report.nodeid + " (teardown)", "outside": True} if after else line)

    def pytest_collectreport(self, report):
        if report.failed:
            tell({"id": report.nodeid, "outcome": "error", "detail": str(report.longrepr)[-2000:], "outside": True})


def run_pytest():
    try:
        import pytest
    except ImportError:
        detail = "this file needs pytest, which the sandbox does not have: only unittest can be run here"
        tell({"id": "pytest", "outcome": "error", "detail": detail, "outside": True})
        return 0
    plugin = Plugin()
    quiet = ["-q", "-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir", root, "-o", "addopts="]
    pytest.main([*quiet, os.path.join(root, name)], plugins=[plugin])
    return plugin.ended


def run_unittest():
    loader = unittest.TestLoader()
    suite = loader.discover(folder, os.path.basename(name), root if packaged else folder)
    result = Result()
    suite.run(result)
    return result.testsRun


with open(os.path.join(root, name), encoding="utf-8", errors="replace") as file:
    run = run_pytest if wants_pytest(file.read()) else run_unittest
tell({"done": run()})
