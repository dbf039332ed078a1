"""The tenant's own tests run as they were, whatever a change did to them and beside them."""

from __future__ import annotations

import pytest

from shared.core.code.own_tests import find_own_tests, select_tests

REPOSITORY = {
    "app.py": b"app",
    "tests/test_app.py": b"test",
    "tests/conftest.py": b"fixtures",
    "tests/data/x.json": b"{}",
    "scripts/check_test.py": b"test",
    "setup.cfg": b"cfg",
}


@pytest.mark.parametrize(
    ("runner", "path", "is_one"),
    [
        ("python", "tests/test_app.py", True),
        ("python", "test.py", True),
        ("python", "pkg/app_test.py", True),
        ("python", "pkg/latest.py", False),
        ("python", "tests/helpers.py", False),
        ("node", "src/sums.test.mjs", True),
        ("node", "test-sums.js", True),
        ("node", "sums_test.cjs", True),
        ("node", "src/sums.spec.js", False),
        ("node", "node_modules/x/x.test.js", False),
        ("none", "test_app.py", False),
    ],
)
def test_which_files_are_tests(runner: str, path: str, is_one: bool) -> None:
    assert select_tests([path], runner) == ([path] if is_one else [])


def test_what_tests_rest_on_is_put_back_and_nothing_new_stays_beside_it() -> None:
    own = find_own_tests(REPOSITORY, "python")
    assert own.files == ("scripts/check_test.py", "tests/test_app.py")
    changed = {
        **REPOSITORY,
        "app.py": b"better",
        "new.py": b"new",
        "conftest.py": b"passes everything",
        "tests/sitecustomize.py": b"passes everything",
        "tests/data/x.json": b"[]",
        "tests/test_new.py": b"new",
    }
    del changed["tests/test_app.py"]
    back = own.put_back(changed, REPOSITORY)
    assert back == {**REPOSITORY, "app.py": b"better", "new.py": b"new"}
    assert own.changed_by(changed) == ([], ["tests/test_app.py"])
    assert own.changed_by({**REPOSITORY, "tests/test_app.py": b"pass"}) == (["tests/test_app.py"], [])


def test_what_the_plan_lets_change_is_not_put_back() -> None:
    own = find_own_tests(REPOSITORY, "python", may_change=["tests/test_app.py"])
    assert own.files == ("scripts/check_test.py",)
    changed = {**REPOSITORY, "tests/test_app.py": b"other", "tests/conftest.py": b"other"}
    assert own.put_back(changed, REPOSITORY) == {**REPOSITORY, "tests/test_app.py": b"other"}
